package bench_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// answerTo reads the one frame with an answer that b consists of.
func answerTo(t *testing.T, b []byte) (ion.Frame, ion.Packet) {
	t.Helper()
	f, n, err := ion.ParseFrame(b)
	if err != nil || n != len(b) {
		t.Fatalf("% x is no frame: %v", b, err)
	}
	p, err := ion.ParsePacket(f.Data)
	if err != nil {
		t.Fatalf("% x is no packet: %v", f.Data, err)
	}
	return f, p
}

func TestSwappedAnswerComesBehindTheNextOne(t *testing.T) {
	plain := newBare(t, "")
	first, second := plain.ask(1), plain.ask(2)
	b := newBare(t, "reply-swap")
	if got := b.askFor(1, 50*time.Second); len(got) != 0 {
		t.Fatalf("at once comes % x", got)
	}
	if got := b.ask(2); !bytes.Equal(got, slices.Concat(second, first)) {
		t.Errorf("then\n% x, not\n% x and\n% x", got, second, first)
	}
	if got := b.ask(3); len(got) != 82 {
		t.Errorf("and then % x", got)
	}
}

func TestSwappedAnswerIsLostWhenNoneComesWithinAMinute(t *testing.T) {
	b := newBare(t, "reply-swap")
	if got := b.askFor(1, 61*time.Second); len(got) != 0 {
		t.Fatalf("% x", got)
	}
	if _, p := answerTo(t, b.ask(2)); p.MessageID != 2 {
		t.Errorf("message %d is answered", p.MessageID)
	}
}

// An answer that is late goes out too, so one that waits comes behind it.
func TestSwappedAnswerComesBehindALateOne(t *testing.T) {
	b := newBare(t, "reply-late by 30s; reply-swap at 1s")
	got := slices.Concat(b.askFor(1, 2*time.Second), b.askFor(2, 50*time.Second))
	if len(got) != 2*82 {
		t.Fatalf("% x", got)
	}
	_, late := answerTo(t, got[:82])
	_, swapped := answerTo(t, got[82:])
	if late.MessageID != 1 || swapped.MessageID != 2 {
		t.Errorf("%d comes before %d", late.MessageID, swapped.MessageID)
	}
}

func TestHealForgetsAnswersThatAreHeldBack(t *testing.T) {
	b := newBare(t, "reply-swap")
	b.askFor(1, time.Second)
	b.s.Heal(b.now)
	if got := b.ask(2); len(got) != 82 {
		t.Errorf("% x", got)
	}
}

func TestStrangersAnswerHasTheNextIDAndARightCRC(t *testing.T) {
	for id, strange := range map[uint16]uint16{1: 2, 0x00FF: 0x0100, 0xFFFF: 0} {
		want := newBare(t, "").ask(id)
		got := newBare(t, "reply-stranger").ask(id)
		_, p := answerTo(t, got)
		if p.MessageID != strange {
			t.Errorf("the answer to %04X has id %04X", id, p.MessageID)
		}
		const packet, crc = 12, 2 // bytes before and behind it
		if a, b := got[packet+4:len(got)-crc], want[packet+4:len(want)-crc]; !bytes.Equal(a, b) {
			t.Errorf("the rest is\n% x, not\n% x", a, b)
		}
	}
}

func TestNakComesInPlaceOfTheAnswer(t *testing.T) {
	b := newBare(t, "reply-nak")
	want := ion.AppendFrame(nil, ion.Frame{Control: 0xC0, Source: 105, Destination: ion.HostAddress, Transaction: 0x40})
	if got := b.ask(1); !bytes.Equal(got, want) {
		t.Errorf("% x, not % x", got, want)
	}
	if got := b.ask(2); len(got) != 82 {
		t.Errorf("then % x", got)
	}
}

// The request had many frames; what is refused is its last.
func TestNakNamesTheFrameThatItRefuses(t *testing.T) {
	r := try(t, 3, "reply-nak at block 2")
	nak, i := r.find(0, "frame-from-meter", "00 00 14 ac c0")
	if i < 0 || !strings.HasPrefix(wire(nak), "00 00 14 ac c0 07 69 00 20 4e 00") {
		t.Errorf("the refusal is %q", wire(nak))
	}
}

func TestAnswerSaysTheStatusThatItIsTold(t *testing.T) {
	want := newBare(t, "").ask(1)
	for s := fault.StatusOK; s <= fault.StatusRefused; s++ {
		got := newBare(t, "reply-status status "+s.String()).ask(1)
		_, p := answerTo(t, got)
		var r ion.DownloadReply
		if err := ion.ParseDownloadReply(p.Body, &r); err != nil {
			t.Fatal(err)
		}
		if word := strings.ReplaceAll(r.Status.String(), " ", "-"); word != s.String() {
			t.Errorf("asked to say %v it says %s", s, word)
		}
		const status = 12 + 15 + 1
		if a, b := got[status+1:len(got)-2], want[status+1:len(want)-2]; !bytes.Equal(got[:status], want[:status]) || !bytes.Equal(a, b) {
			t.Errorf("%v: the answer differs in more than its status:\n% x\n% x", s, got, want)
		}
	}
	if a, b := newBare(t, "reply-busy").ask(1), newBare(t, "reply-status status busy").ask(1); !bytes.Equal(a, b) {
		t.Errorf("reply-busy makes % x, not % x", a, b)
	}
}

// readOwner asks the application, whose answers have no status of the download service.
func readOwner(t *testing.T, b *bare, id uint16) []byte {
	t.Helper()
	return readOwners(t, b, id, 1)
}

// readOwners asks for the owner so many times in one request.
func readOwners(t *testing.T, b *bare, id uint16, times int) []byte {
	t.Helper()
	credential, err := ion.ParsePassword("0", 0)
	if err != nil {
		t.Fatal(err)
	}
	out := ion.Outgoing{Message: ion.AppendPacket(nil, ion.Packet{MessageID: id, Request: true, Source: ion.ClientAddress(),
		Destination: ion.MeterAddress(105), HasCredential: true, Credential: credential, Type: ion.TypeProgram,
		Body: ion.AppendProgram(nil, ion.Read(slices.Repeat([]ion.Handle{ion.HandleOwner}, times)...))})}
	out.Begin(ion.HostAddress, 105, false)
	b.s.Receive(b.now, out.AppendFrame(nil))
	return b.hear(time.Minute)
}

func TestStatusWaitsForAnAnswerThatHasOne(t *testing.T) {
	want := readOwner(t, newBare(t, ""), 1)
	answerTo(t, want)
	b := newBare(t, "reply-busy; reply-nak at 1m")
	if got := readOwner(t, b, 1); !bytes.Equal(got, want) {
		t.Errorf("an answer without a status becomes % x, was % x", got, want)
	}
	b.s.Heal(b.now)

	b = newBare(t, "reply-busy")
	readOwner(t, b, 1)
	if a, busy := b.ask(2), newBare(t, "reply-busy").ask(2); !bytes.Equal(a, busy) {
		t.Errorf("the next is % x, not % x", a, busy)
	}
}

// Whoever is first in the plan has the answer first: what is no answer any more is none for
// the next.
func TestFaultsOfTheAnswersStrikeInTheOrderOfThePlan(t *testing.T) {
	b := newBare(t, "reply-nak; reply-stranger; reply-busy")
	if got := b.ask(1); len(got) != 14 {
		t.Fatalf("% x", got)
	}
	_, p := answerTo(t, b.ask(2))
	if p.MessageID != 3 || p.Body[1] != byte(ion.StatusBusy) {
		t.Errorf("%+v", p)
	}
}

func TestUpgradeOutlivesWhatComesInPlaceOfAnAnswer(t *testing.T) {
	for plan, resends := range map[string]int{
		"reply-swap at block 2": 1, "reply-stranger at block 2": 1, "reply-nak at block 2": 1, "reply-busy at block 2": 0,
		"reply-swap every 2 blocks": 2, "reply-stranger at block 1..4": 4, "reply-nak at block 2..3": 2, "reply-busy at block 1..5": 0,
		"reply-status at block 2 status ok": 0, "reply-status at block 2 status verify-failed": 0, "reply-status at state erasing status busy": 0,
	} {
		r := try(t, 5, plan)
		if n := strings.Count(string(r.Log), "No response"); n != resends || r.Claim != nil || len(r.Violations) > 0 || len(r.Unstruck) > 0 {
			t.Errorf("%s: %d lines, %v, %v, %v", plan, n, r.Claim, r.Violations, r.Unstruck)
		}
		if programmed := r.count("block-programmed", ""); programmed != 5 {
			t.Errorf("%s: %d blocks were programmed", plan, programmed)
		}
	}
}

// What comes behind the first frame of an answer has no id and is no answer of its own.
func TestFaultsOfWholeAnswersPassOverTheRestOfOne(t *testing.T) {
	for _, kind := range []string{"reply-stranger", "reply-nak"} {
		var rests [][]byte
		for _, plan := range []string{"", kind + " at 90s"} {
			b := newBare(t, plan)
			first, _, err := ion.ParseFrame(readOwners(t, b, 1, 60))
			if err != nil || first.Left() == 0 {
				t.Fatalf("the answer begins with %+v, %v", first, err)
			}
			b.hear(time.Minute)
			b.s.Receive(b.now, ion.AppendFrame(nil, ion.Ack(first)))
			rests = append(rests, b.hear(time.Second))
			if got, plain := b.ask(2), newBare(t, "").ask(2); bytes.Equal(got, plain) != (plan == "") {
				t.Errorf("%q: the next answer is % x", plan, got)
			}
		}
		if len(rests[0]) < 20 || !bytes.Equal(rests[0], rests[1]) {
			t.Errorf("%s: the second frame is % x, not % x", kind, rests[1], rests[0])
		}
	}
}

func TestRefusalIsNotRefusedAgain(t *testing.T) {
	b := newBare(t, "reply-nak; reply-nak")
	for id, want := range []int{14, 14, 82} {
		if got := b.ask(uint16(id + 1)); len(got) != want {
			t.Errorf("question %d: % x", id+1, got)
		}
	}
}

// What the meter says is believed, and no success is claimed that is none.
func TestUpgradeTakesAWrongStatusForWhatItSays(t *testing.T) {
	for s := fault.StatusOK; s <= fault.StatusRefused; s++ {
		for _, at := range []string{"block 2", "state erasing", "state verifying", "state download"} {
			r := try(t, 3, fmt.Sprintf("reply-status at %s status %v", at, s))
			if len(r.Violations) > 0 || len(r.Unstruck) > 0 || !r.Ended {
				t.Errorf("%v at %s: %v, %v, ended %v", s, at, r.Violations, r.Unstruck, r.Ended)
			}
		}
	}
}

// answers are the events of the frames with which the meter's answers begin.
func (r run) answers() (list []story.Event) {
	for _, e := range r.Trace {
		if e.What.Kind() != "frame-from-meter" {
			continue
		}
		raw, err := hex.DecodeString(strings.ReplaceAll(wire(e), " ", ""))
		if err != nil {
			panic(err)
		}
		if f, _, err := ion.ParseFrame(raw); err == nil && f.Control&ion.AckFrame == 0 && f.First() {
			list = append(list, e)
		}
	}
	return list
}

// The run has answers of many frames, and acknowledgements between them.
func TestFaultAtAReplyStrikesAsThatAnswerBegins(t *testing.T) {
	for name, try := range attempts() {
		calm := try(t, 3, "")
		answers := calm.answers()
		if frames := calm.count("frame-from-meter", ""); frames < len(answers)+50 {
			t.Fatalf("%s: %d frames of the meter, %d answers: too few others", name, frames, len(answers))
		}
		for _, n := range []int{1, 2, len(answers) / 2, len(answers)} {
			r := try(t, 3, fmt.Sprintf("noise at reply %d%s", n, mark))
			if f := r.faults(); len(f) != 1 || f[0].at != answers[n-1].At {
				t.Errorf("%s: reply %d of %d begins at %v: %+v", name, n, len(answers), answers[n-1].At, f)
			}
		}
		if got := calm.r.Bench().Station().InRun().Replies; got != uint64(len(answers)) {
			t.Errorf("%s: %d answers are counted of %d", name, got, len(answers))
		}
	}
}

func TestFaultAtAReplyBefallsThatVeryAnswer(t *testing.T) {
	const whole = 82 // bytes of such an answer
	for plan, want := range map[string][]int{
		"reply-lost at reply 2":           {whole, 0, whole, whole},
		"reply-lost every 2 replies":      {whole, 0, whole, 0},
		"reply-dup at reply 2..3":         {whole, 2 * whole, 2 * whole, whole},
		"reply-late at reply 1 by 90s":    {0, 2 * whole, whole, whole},
		"reply-swap at reply 2":           {whole, 0, whole, whole},
		"frame-lost at reply 3":           {whole, whole, 0, whole},
		"byte-drop from-meter at reply 2": {whole, whole - 1, whole, whole},
		"power-loss at reply 2 for 90s":   {whole, 0, 0, whole},
	} {
		b := newBare(t, plan)
		var got []int
		for id := range uint16(4) {
			got = append(got, len(b.ask(id+1)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: answers of %d bytes, want %d", plan, got, want)
		}
	}
}
