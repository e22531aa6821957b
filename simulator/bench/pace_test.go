package bench

import (
	"bytes"
	"testing"

	"ionbench/scenarios/world"
)

func TestAPaceIsWrittenAsItIsRead(t *testing.T) {
	for text, want := range map[string]int{"baud": 1, "off": Unpaced, "1": 1, "100": 100, "100x": 100, "0100": 100, "10000": 10000} {
		pace, err := ParsePace(text)
		if err != nil || pace != want {
			t.Errorf("%s is %d, %v", text, pace, err)
		}
		if again, err := ParsePace(FormatPace(pace)); err != nil || again != pace {
			t.Errorf("%s is written as %s, which is %d, %v", text, FormatPace(pace), again, err)
		}
	}
	for _, text := range []string{"", "fast", "0", "-5", "-1", "10001", "1.5", "x"} {
		if pace, err := ParsePace(text); err == nil {
			t.Errorf("%q is the pace %d", text, pace)
		}
	}
}

// A station that gets another pace on its way is as fast as one that was made with it.
func TestAStationGetsAnotherPaceOnItsWay(t *testing.T) {
	for _, pace := range []int{0, 1, 10, Unpaced} {
		config := Config{Meter: world.Meter{}.Config(), Baud: 9600}
		made, err := NewStation(config.AtPace(pace))
		if err != nil {
			t.Fatal(err)
		}
		changed, err := NewStation(config)
		if err != nil {
			t.Fatal(err)
		}
		copied := changed.Clone()
		changed.SetPace(0, pace)
		for _, s := range []*Station{made, changed} {
			s.RunSince(-s.Meter().Config().Timing.Boot)
		}
		if !bytes.Equal(made.AppendState(nil, 0), changed.AppendState(nil, 0)) || made.Meter().Config().Timing != changed.Meter().Config().Timing {
			t.Errorf("pace %d: made so %+v, then %+v", pace, made.Meter().Config().Timing, changed.Meter().Config().Timing)
		}
		if copied.Meter().Config().Timing != config.Meter.Timing {
			t.Errorf("pace %d: a copy has changed too", pace)
		}
	}
}
