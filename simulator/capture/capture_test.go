package capture_test

import (
	"bytes"
	"testing"
	"time"

	"ionbench/simulator/capture"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/pcapng"
	"ionbench/simulator/story"
)

func config() pcapng.Config {
	return pcapng.Config{Start: time.Date(2008, time.March, 1, 12, 0, 0, 0, time.UTC), Lines: []pcapng.Line{{Name: "1", TCP: true}, {Name: "2"}}}
}

func parse(t *testing.T, text string) fault.Fault {
	t.Helper()
	p, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p[0]
}

// TestEventsAreWrittenAsWhatTheyAreOnTheLine writes events, and the same by hand.
func TestEventsAreWrittenAsWhatTheyAreOnTheLine(t *testing.T) {
	pull, both, late := parse(t, "cable-pull at block 3"), parse(t, "cable-pull at block 4"), parse(t, "reply-lost at block 9")
	frame := string(ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 105, Data: []byte{1, 2, 3, 4}}))
	second := func(w story.What) story.Event { return story.Event{OnLine: 1, What: w} }
	for name, c := range map[string]struct {
		events []story.Event
		want   func(w *pcapng.Writer)
	}{
		"frames": {
			[]story.Event{{What: story.FrameSent{Direction: line.ToMeter, Bytes: frame}}, {What: story.FrameSent{Direction: line.FromMeter, Bytes: frame}}},
			func(w *pcapng.Writer) { w.Frame(0, 0, pcapng.ToMeter, frame); w.Frame(0, 0, pcapng.FromMeter, frame) },
		},
		"a frame of another station": {
			[]story.Event{{Station: 2, What: story.FrameSent{Direction: line.FromMeter, Bytes: frame}}},
			func(w *pcapng.Writer) {
				w.Comment(0, "sent by station 2 of the line")
				w.Frame(0, 0, pcapng.FromMeter, frame)
			},
		},
		"two faults that hold the cable of the second line out": {
			[]story.Event{second(story.FaultStruck{Fault: pull}), second(story.FaultStruck{Fault: both}), second(story.FaultEnded{Fault: pull}), second(story.FaultEnded{Fault: both})},
			func(w *pcapng.Writer) {
				w.Comment(1, "fault strikes: "+pull.String())
				w.Cable(0, 1, false)
				w.Comment(1, "fault strikes: "+both.String())
				w.Comment(1, "fault ends: "+pull.String())
				w.Comment(1, "fault ends: "+both.String())
				w.Cable(0, 1, true)
			},
		},
		"a fault that cannot strike": {
			[]story.Event{{What: story.FaultMissed{Fault: late, Reason: "the image has 3 blocks"}}},
			func(w *pcapng.Writer) { w.Comment(0, "fault cannot strike: "+late.String()+": the image has 3 blocks") },
		},
		"power, but not that of a neighbour": {
			[]story.Event{{What: story.StateEntered{State: meter.Off}}, {Station: 1, What: story.StateEntered{State: meter.Booting}}, {What: story.StateEntered{State: meter.Booting}}},
			func(w *pcapng.Writer) { w.Power(0, 0, false); w.Power(0, 0, true) },
		},
		"connections": {
			[]story.Event{{What: story.HostConnected{}}, {What: story.HostLeft{Reason: "reset"}}},
			func(w *pcapng.Writer) { w.Connect(0, 0); w.Disconnect(0, 0, "reset") },
		},
	} {
		var got, want bytes.Buffer
		w, err := capture.New(&got, config())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.events {
			w.Add(e)
		}
		w.End(time.Minute)
		byHand, err := pcapng.New(&want, config())
		if err != nil {
			t.Fatal(err)
		}
		c.want(byHand)
		byHand.End(time.Minute)
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s:\n%q\nwant\n%q", name, got.Bytes(), want.Bytes())
		}
	}
}
