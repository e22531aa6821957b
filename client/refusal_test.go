package client_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/simulator/ion"
)

// refusals are all that the tool can say, as far as numbers do not differ.
func refusals() []*client.RefusalError {
	list := []*client.RefusalError{
		{Op: ion.OpEnter, Status: ion.StatusWrongProduct, Product: 7350},
		{Op: ion.OpEnter, Status: ion.StatusBusy, Times: 120},
		{Op: ion.OpClear, Status: ion.StatusBusy, Times: 600},
		{Op: ion.OpClear, Status: ion.StatusEraseFailed, Sector: 26},
		{Op: ion.OpClear, Status: ion.StatusEraseFailed, Sector: 0},
		{Op: ion.OpBlock, Status: ion.StatusBadSequence, Block: 12, Wanted: 5},
		{Op: ion.OpBlock, Status: ion.StatusBusy, Block: 1, Times: 120},
		{Op: ion.OpBlock, Status: ion.StatusVerifyFailed, Block: 438, Times: 120},
		{Op: ion.OpVerify, Status: ion.StatusBusy, Times: 120},
		{Op: ion.OpVerify, Status: ion.StatusVerifyFailed, CRC: 0x0000BEEF, Sent: 0xFFFFFFFF},
	}
	for s := ion.StatusOK; s <= ion.StatusRefused+1; s++ {
		list = append(list, &client.RefusalError{Status: s}, &client.RefusalError{Op: ion.OpBlock, Status: s, Block: 7}, &client.RefusalError{Op: ion.OpRestart, Status: s})
		if s != ion.StatusVerifyFailed {
			list = append(list, &client.RefusalError{Op: ion.OpVerify, Status: s})
		}
		if s != ion.StatusEraseFailed {
			list = append(list, &client.RefusalError{Op: ion.OpClear, Status: s})
		}
		if s != ion.StatusWrongProduct {
			list = append(list, &client.RefusalError{Op: ion.OpEnter, Status: s})
		}
	}
	return list
}

func TestWhatTheLogSaysOfARefusalIsReadBack(t *testing.T) {
	seen := map[string]bool{}
	for _, want := range refusals() {
		text := want.Error()
		if seen[text] {
			t.Errorf("%q stands for two refusals", text)
		}
		seen[text] = true
		if got, ok := client.ParseRefusal(text); !ok || !reflect.DeepEqual(got, error(want)) {
			t.Errorf("%q is read as %#v (%v), want %#v", text, got, ok, want)
		}
		for _, spelled := range []string{strings.ToUpper(text), strings.ToLower(text)} {
			if got, ok := client.ParseRefusal(spelled); !ok || !reflect.DeepEqual(got, error(want)) {
				t.Errorf("%q is read as %#v (%v), want %#v", spelled, got, ok, want)
			}
		}
		again := &client.TooOftenError{Passes: 3, Why: want}
		got, ok := client.ParseRefusal(again.Error())
		var inside *client.RefusalError
		if !ok || !errors.As(got, &inside) || *inside != *want || !errors.Is(got, client.ErrTooOften) {
			t.Errorf("%q is read as %#v (%v)", again, got, ok)
		}
	}
}

func TestWhatTheLogSaysOfAnImageThatDoesNotRunIsReadBack(t *testing.T) {
	for _, want := range []*client.NotRunningError{{Download: true}, {Revision: "7350V282"}, {Revision: "7350V283", CRC: 0xBEEF}} {
		again := &client.TooOftenError{Passes: 3, Why: want}
		for _, text := range []string{want.Error(), strings.ToUpper(want.Error()), again.Error()} {
			got, ok := client.ParseRefusal(text)
			var inside *client.NotRunningError
			if !ok || !errors.As(got, &inside) || *inside != *want || errors.Is(got, client.ErrTooOften) != (text == again.Error()) {
				t.Errorf("%q is read as %#v (%v)", text, got, ok)
			}
		}
	}
}

func TestWhatIsNoRefusalIsNotReadAsOne(t *testing.T) {
	for _, text := range []string{
		"", "no", "refuse", "refused ", "block 7: busy", "the meter's flash failed", "the meter's flash failed: ",
		"the meter's flash failed: sector cannot be erased", "the meter's flash failed: sector 05 cannot be erased",
		"the meter's flash failed: sector -5 cannot be erased", "the meter's flash failed: sector 4294967296 cannot be erased",
		"the meter's flash failed: sector 5 cannot be erased.", "the meter gave an answer that makes no sense: sector 5 cannot be erased",
		"the meter gave an answer that makes no sense: block 3: busy, 0 times",
		"the meter does not hold the image that was sent: CRC-32 BEEF, sent 0000beef",
		"the download had to begin anew too often: 3 times: nothing", "the download had to begin anew too often: many times: refused",
		"the meter has another serial number: PC-1 was asked for and PC-2 answers at unit 105; nothing was changed; check which meter is on the line, or the serial number",
	} {
		if got, ok := client.ParseRefusal(text); ok || got != nil {
			t.Errorf("%q is read as %#v", text, got)
		}
	}
}

func FuzzParseRefusal(f *testing.F) {
	for _, r := range refusals() {
		f.Add(r.Error())
	}
	f.Add((&client.TooOftenError{Passes: 3, Why: refusals()[0]}).Error())
	f.Add((&client.NotRunningError{Revision: "7350V283", CRC: 1}).Error())
	f.Fuzz(func(t *testing.T, text string) {
		if r, ok := client.ParseRefusal(text); ok && !strings.EqualFold(r.Error(), text) {
			t.Errorf("%q is read as %#v, which says %q", text, r, r)
		}
	})
}
