package bench_test

import (
	"strings"
	"testing"
	"time"
)

// A request begins to leave and is lost with its connection. Others follow, one a minute.
func TestAByteThatIsLostBeforeItLeavesHidesNothingBehindIt(t *testing.T) {
	if length := len(identify(1)); length != 30 {
		t.Fatalf("a request has %d bytes, and the plans below count on 30", length)
	}
	const lost = ": never struck: the byte was lost before it left"
	for _, c := range []struct{ plan, answers, unstruck string }{
		{"", "11111", ""},
		{"byte-flip at byte 20 to-meter", "11111", "byte-flip at byte 20 to-meter" + lost},
		{"byte-flip at byte 20 to-meter; byte-flip at byte 50 to-meter", "01111", "byte-flip at byte 20 to-meter" + lost},
		{"byte-flip at byte 50 to-meter; byte-drop at byte 50 to-meter; byte-flip at byte 80 to-meter", "00111", ""},
		{"byte-drop at byte 50 to-meter; byte-flip at byte 50 to-meter; byte-flip at byte 80 to-meter", "00111", "byte-flip at byte 50 to-meter" + lost},
		{"byte-drop at byte 50 to-meter; byte-flip at byte 50 every 60 bytes to-meter", "01010", ""},
		{"byte-flip at byte 20 every 30 bytes to-meter", "00000", ""},
		{"byte-flip at byte 20 every 60 bytes to-meter", "10101", ""},
		{"byte-flip at byte 20..80 every 10 bytes to-meter", "00111", ""},
		{"byte-drop at byte 2 length 50 to-meter", "00111", ""}, // the rest of them falls to what comes next
		{"cable-pull at byte 20 to-meter for 90s", "11111", "cable-pull at byte 20 to-meter for 1m30s" + lost},
		{"noise at byte 20..50 to-meter rate 1", "01111", ""}, // it begins late
		{"noise at byte 2..20 to-meter rate 1", "11111", ""},  // it ends early
		{"cable-pull at byte 40 every 10 bytes to-meter for 90s", "00000", ""},
		{"cable-pull at byte 40 every 1000 bytes to-meter for 90s", "00111", ""},
	} {
		b := newBare(t, c.plan)
		b.send(1)
		b.s.Advance(10 * time.Millisecond)
		b.s.HostGone(10 * time.Millisecond)
		var answers, unstruck []string
		for id := range uint16(5) {
			answer := "0"
			if len(b.ask(2+id)) > 0 {
				answer = "1"
			}
			answers = append(answers, answer)
		}
		for _, u := range b.s.Unstruck() {
			unstruck = append(unstruck, u.String())
		}
		if got, why := strings.Join(answers, ""), strings.Join(unstruck, "; "); got != c.answers || why != c.unstruck {
			t.Errorf("%q:\n%s answered (%s)\nwant %s (%s)", c.plan, got, why, c.answers, c.unstruck)
		}
	}
}
