package story_test

import (
	"testing"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

func TestAnEventIsALineOfATrace(t *testing.T) {
	plan, err := fault.Parse("cable-pull at block 3 for 2 no-responses")
	if err != nil {
		t.Fatal(err)
	}
	pull := plan[0]
	for _, test := range []struct {
		source story.Source
		what   story.What
		want   string
	}{
		{story.Meter, story.StateEntered{State: meter.Erasing}, "meter state erasing"},
		{story.Meter, story.Displayed{Text: "Upgrading…"}, "meter lcd Upgrading…"},
		{story.Meter, story.Displayed{}, "meter lcd"},
		{story.Meter, story.EventLogged{Text: "Firmware upgrade performed"}, "meter event-log Firmware upgrade performed"},
		{story.Meter, story.SectorErased{Sector: 2, Left: 61}, "meter sector-erased 2 (61)"},
		{story.Meter, story.SectorErased{Sector: 63}, "meter sector-erased 63"},
		{story.Meter, story.BlockProgrammed{Block: 7}, "meter block-programmed 7"},
		{story.Meter, story.ImageChecked{Status: ion.StatusVerifyFailed}, "meter verified verify failed"},
		{story.Meter, story.FlashCut{Operation: 1170, Phase: flash.Torn}, "meter flash-cut 1170 torn"},
		{story.Meter, story.FlashReached{Operation: 9, Phase: flash.Before}, "meter flash-op 9 before"},
		{story.Line, story.HostBaudSet{Baud: 9600}, "line host-baud 9600"},
		{story.Line, story.HostBaudSet{}, "line host-baud"},
		{story.Line, story.FrameSent{Direction: line.ToMeter, Bytes: "\x00\xac"}, "line frame-to-meter 2 00 ac"},
		{story.Line, story.BytesArrived{Direction: line.FromMeter, Bytes: "\x14"}, "line arrived-from-meter 1 14"},
		{story.Meter, story.LampToggled{Count: 12}, "meter led 12"},
		{story.Fault, story.FaultStruck{Fault: pull}, "fault strikes cable-pull at block 3 for 2 no-responses"},
		{story.Fault, story.FaultEnded{Fault: pull}, "fault ends cable-pull at block 3 for 2 no-responses"},
		{story.Fault, story.FaultMissed{Fault: pull, Reason: "the image has 2 blocks"}, "fault cannot-strike cable-pull at block 3 for 2 no-responses: the image has 2 blocks"},
		{story.Fault, story.NotReset{Reason: "nobody is connected"}, "fault not-reset nobody is connected"},
	} {
		e := story.Event{At: 1500 * time.Microsecond, Source: test.source, What: test.what}
		if got := e.Untimed(); got != test.want {
			t.Errorf("%#v prints as %q, want %q", test.what, got, test.want)
		}
		if got := e.String(); got != "      0.001500 "+test.want {
			t.Errorf("%#v prints as %q", test.what, got)
		}
	}
}
