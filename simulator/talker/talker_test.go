package talker

import (
	"slices"
	"testing"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// said returns the first frames of a talker.
func said(t *testing.T, c Config, n int) []ion.Frame {
	t.Helper()
	talk := New(c)
	var frames []ion.Frame
	for i := range n {
		if want := c.First + time.Duration(i)*c.Every; talk.Next() != want {
			t.Fatalf("frame %d comes at %v, want %v", i, talk.Next(), want)
		}
		f, _, err := ion.ParseFrame(talk.Speak(talk.Next(), nil))
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
	return frames
}

func TestASecondMasterAsksAMeterThingsThatDoNoHarm(t *testing.T) {
	for i, f := range said(t, Config{Role: SecondMaster, Unit: 77, First: time.Second, Every: time.Minute}, 4) {
		p, err := ion.ParsePacket(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		if f.Destination != 77 || f.Source != ion.HostAddress || !p.Request || p.MessageID != uint16(i+1) || !f.First() || f.Left() != 0 {
			t.Errorf("frame %d is %+v with %+v", i, f, p)
		}
		if i%2 == 0 {
			var r ion.DownloadRequest
			if err := ion.ParseDownloadRequest(p.Body, &r); err != nil || r.Op != ion.OpIdentify {
				t.Errorf("frame %d asks for %v (%v)", i, r.Op, err)
			}
			continue
		}
		program, err := ion.ParseProgram(p.Body)
		if err != nil || len(program.Commands) != 3 {
			t.Errorf("frame %d asks %+v (%v)", i, program, err)
		}
	}
}

func TestASecondMasterAsksSeveralMetersByTurns(t *testing.T) {
	var asked []uint16
	var kinds []ion.MessageType
	for _, f := range said(t, Config{Role: SecondMaster, Unit: 101, Units: 3, Every: time.Second}, 7) {
		p, err := ion.ParsePacket(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		asked, kinds = append(asked, f.Destination), append(kinds, p.Type)
	}
	if want := []uint16{101, 102, 103, 101, 102, 103, 101}; !slices.Equal(asked, want) || kinds[0] != kinds[2] || kinds[0] == kinds[3] {
		t.Errorf("it asks %v, want %v, for %v", asked, want, kinds)
	}
}

func TestABabblerSaysToTheHostWhatNobodyAskedFor(t *testing.T) {
	frames := said(t, Config{Role: Babbler, Unit: 77, Every: 100 * time.Millisecond}, 6)
	for i, f := range frames {
		if f.Source != 77 || f.Destination != ion.HostAddress || f.Control&ion.FromMeter == 0 || !f.First() {
			t.Errorf("frame %d is %+v", i, f)
		}
		if whole := i%3 == 2; whole != (f.Left() == 0) || whole == f.WantsAck() {
			t.Errorf("frame %d is %+v", i, f)
		}
	}
}

func TestATalkerThatWasHeldUpDoesNotCatchUp(t *testing.T) {
	talk := New(Config{Role: Babbler, Unit: 1, Every: time.Second})
	talk.Speak(5500*time.Millisecond, nil)
	if talk.Next() != 6*time.Second {
		t.Errorf("it talks again at %v", talk.Next())
	}
}

func TestATalkerForgetsNothingOfItsState(t *testing.T) {
	machinetest.EveryField(t, machinetest.Subject[Talker]{
		Bases: map[string]func() *Talker{"babbler": func() *Talker {
			talk := New(Config{Role: Babbler, Unit: 5, Every: time.Second})
			talk.Speak(0, nil)
			return &talk
		}},
		Copy:    func(from, to *Talker) { *to = *from },
		Declare: func(talk *Talker, w *machine.State) { talk.Declare(w) },
		Idle:    map[string]string{"cfg.First": "over"},
	})
}
