package client_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/simulator/ion"
)

func listening() client.Config {
	c := deskConfig()
	c.Listens = true
	return c
}

// twin has every answer to identify followed, so much later, by one of another meter.
func twin(serial string, after time.Duration) func(*answer) []late {
	return func(a *answer) []late {
		if a.op() != ion.OpIdentify {
			return asIs(a)
		}
		second := a.change(func(_ *ion.Packet, r *ion.DownloadReply) { r.Serial = ion.PadText(serial) })
		second[0].at = after
		return append(asIs(a), second...)
	}
}

func (d *desk) unchanged() bool {
	return len(d.blocks) == 0 && d.clears == 0 && d.m.Marks().Changes == [ion.KindCount]uint32{}
}

func TestASecondMeterThatAnswersIsHeardBeforeAnythingIsChanged(t *testing.T) {
	write, err := ion.SettingTable()[0].Parse("480")
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []time.Duration{time.Millisecond, 90 * time.Millisecond, 399 * time.Millisecond} {
		for _, task := range []client.Task{client.TaskUpgrade, client.TaskRecover, client.TaskSendTemplate, client.TaskWriteSettings} {
			d := newDesk(t, listening())
			d.tap, d.template = twin("PC-TWIN", after), new(dcf.File)
			if err := d.u.SetWrites(map[int]ion.Value{0: write}); err != nil {
				t.Fatal(err)
			}
			err := d.do(task)
			var both *client.TwinError
			if !errors.As(err, &both) || *both != (client.TwinError{UnitID: 105, First: "PC-0209A001-11", Second: "PC-TWIN"}) || !client.IsRefusal(err) || !d.unchanged() {
				t.Errorf("task %d, %v later: %v", task, after, err)
			}
		}
	}
}

// A network may double what a meter says, and an answer to the first of two questions may be late.
func TestTheSameAnswerTwiceIsOfOneMeter(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, 300 * time.Millisecond, 11 * time.Second} {
		d := newDesk(t, listening())
		d.tap = func(a *answer) []late { return append(asIs(a), late{after, a.bytes}) }
		if err := d.do(client.TaskUpgrade); err != nil {
			t.Errorf("%v later: %v", after, err)
		}
	}
}

func TestWhatCannotBeReadIsAskedForAgain(t *testing.T) {
	garbled := func(first, last int) func(*answer) []late {
		n := 0
		return func(a *answer) []late {
			both := twin("PC-TWIN", 50*time.Millisecond)(a)
			if a.op() == ion.OpIdentify {
				if n++; n >= first && n <= last {
					both[1].bytes[20] ^= 1
				}
			}
			return both
		}
	}
	for last, want := range map[int]error{0: client.ErrTwin, 1: client.ErrTwin, 3: client.ErrTwin, 99: client.ErrTwin} {
		d := newDesk(t, listening())
		d.tap = garbled(1, last)
		if err := d.do(client.TaskUpgrade); !errors.Is(err, want) || !d.unchanged() {
			t.Errorf("%d answers of the other meter are garbled: %v, want %v", last, err, want)
		}
	}
}

// Drivers that come on leave a few bytes in front of a frame.
func TestAFewBytesThatAreNoneAreNoMeter(t *testing.T) {
	d := newDesk(t, listening())
	d.tap = func(a *answer) []late { return []late{{0, append([]byte{0, 0xFF, 0, 0x14}, a.bytes...)}} }
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Error(err)
	}
}

func TestASecondMeterWithAStrangeSerialNumberIsNotShown(t *testing.T) {
	d := newDesk(t, listening())
	d.tap = twin("PC\x1b[2J", 50*time.Millisecond)
	if err := d.do(client.TaskUpgrade); !errors.Is(err, client.ErrTwin) || strings.Contains(err.Error(), "\x1b") || !d.unchanged() {
		t.Error(err)
	}
}

func TestListeningCostsItsTimeAndNoMore(t *testing.T) {
	var took [2]time.Duration
	for i, c := range []client.Config{deskConfig(), listening()} {
		d := newDesk(t, c)
		if err := d.do(client.TaskUpgrade); err != nil {
			t.Fatal(err)
		}
		took[i] = d.now
	}
	const times, questions, answer = 6, 3, 20 * time.Millisecond // one of them behind the first frame of the write
	if more := took[1] - took[0]; more < times*400*time.Millisecond || more > times*400*time.Millisecond+questions*answer {
		t.Errorf("it takes %v more", more)
	}
}
