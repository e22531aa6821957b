package control

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"ionbench/simulator/ion"
)

// TestWhatChangesSeldomIsToldAsItIs lets an event log grow, lose its oldest entries, hold the same entry more
// than once, be emptied and be another one, and compares what is kept of it with what is there.
func TestWhatChangesSeldomIsToldAsItIs(t *testing.T) {
	entry := func(n int) logged {
		return logged{time.Unix(int64(1e9+n/3), 0).UTC(), fmt.Sprintf("event \"%d\" <&>", n/2)}
	}
	from := func(first, last int) (log []logged) {
		for n := first; n < last; n++ {
			log = append(log, entry(n))
		}
		return log
	}
	var s seldom
	for i, log := range [][]logged{from(0, 3), from(0, 9), from(2, 12), from(3, 12), from(11, 12), nil, from(4, 9), from(40, 50), from(39, 50), append(from(40, 42), from(44, 60)...)} {
		var got []LogEntry
		if err := json.Unmarshal(s.eventLog(log), &got); err != nil {
			t.Fatal(err)
		}
		if got == nil || len(got) != len(log) {
			t.Fatalf("log %d: %d entries, want %d", i, len(got), len(log))
		}
		for n, e := range log {
			if want := (LogEntry{At: e.at.Format(time.RFC3339), Text: e.text}); got[n] != want {
				t.Errorf("log %d, entry %d is %v, want %v", i, n, got[n], want)
			}
		}
	}
	var settings ion.Settings
	for i, owner := range []string{"", "A \"quoted\" owner", "", "B"} {
		for n, setting := range ion.SettingTable() {
			switch setting.Key {
			case "owner":
				settings.Values[n] = ion.TextValue(owner)
			case "ratio-ia":
				settings.Values[n] = ion.FloatValue(float32(i))
			}
		}
		got := map[string]string{}
		if err := json.Unmarshal(s.settings(&settings), &got); err != nil {
			t.Fatal(err)
		}
		for n, setting := range ion.SettingTable() {
			if want := setting.Format(settings.Values[n]); got[setting.Key] != want {
				t.Errorf("look %d: %s is %q, want %q", i, setting.Key, got[setting.Key], want)
			}
		}
	}
}
