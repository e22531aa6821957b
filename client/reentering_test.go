package client_test

import (
	"testing"

	"ionbench/client"
	"ionbench/simulator/ion"
)

// brought is a desk whose meter was in download state when it was identified, and whose
// application somebody else has brought back by the time that it is told to enter.
func brought(t *testing.T, cfg client.Config) *desk {
	d := newDesk(t, cfg)
	identified := 0
	d.tap = answering(ion.OpIdentify, func(_ *ion.Packet, r *ion.DownloadReply) {
		if identified++; identified == 1 {
			r.State = ion.StateDownload
		}
	})
	return d
}

// resetOnce is a desk whose meter also says that it was in download state already, and is reset
// once its loader has been found.
func resetOnce(t *testing.T, cfg client.Config) *desk {
	d := newDesk(t, cfg)
	identified, entered := 0, 0
	d.tap = func(a *answer) []late {
		return a.change(func(_ *ion.Packet, r *ion.DownloadReply) {
			switch {
			case r.Op == ion.OpIdentify:
				switch identified++; identified {
				case 1:
					r.State = ion.StateDownload
				case 2:
					d.m.PowerOff(d.now)
					d.m.PowerOn(d.now)
				}
			case r.Op == ion.OpEnter && entered == 0:
				entered++
				r.Already = true
			}
		})
	}
	return d
}

func TestAnApplicationThatAnotherToolHasBroughtBackIsReadBeforeItsFlashIsCleared(t *testing.T) {
	for name, of := range map[string]func(*testing.T, client.Config) *desk{"before the enter": brought, "between enter and clear": resetOnce} {
		for _, journaled := range []bool{false, true} {
			for _, task := range []client.Task{client.TaskUpgrade, client.TaskRecover} {
				cfg := deskConfig()
				cfg.Journal = journaled
				d := of(t, cfg)
				before := d.m.Settings(0)
				if err := d.do(task); err != nil {
					t.Fatalf("%s, journal %v: %v\n%s", name, journaled, err, d.logText())
				}
				d.upgraded()
				after := d.m.Settings(d.now)
				if lost := before.Differs(&after) &^ ion.Of(ion.Energy); lost != 0 || after.Template != before.Template {
					t.Errorf("%s, journal %v: lost: %v, template %q\n%s", name, journaled, lost, after.Template, d.logText())
				}
			}
		}
	}
}

func TestAMeterThatAlwaysSaysItWasTakenOutOfItsApplicationKeepsNobodyAtWork(t *testing.T) {
	d := newDesk(t, deskConfig())
	d.tap = func(a *answer) []late {
		return a.change(func(_ *ion.Packet, r *ion.DownloadReply) {
			switch r.Op {
			case ion.OpIdentify:
				r.State = ion.StateErasing
			case ion.OpEnter:
				r.Already = false
			}
		})
	}
	if err := d.do(client.TaskRecover); err == nil && !d.m.HoldsImage(d.file.Image) {
		t.Errorf("it says that it has succeeded\n%s", d.logText())
	}
}

func TestWhoEntersAnewStopsAtAnotherMeter(t *testing.T) {
	d := newDesk(t, deskConfig())
	blocks, enters := 0, 0
	d.tap = func(a *answer) []late {
		return a.change(func(_ *ion.Packet, r *ion.DownloadReply) {
			switch {
			case r.Op == ion.OpBlock:
				if blocks++; blocks == 2 {
					r.Status = ion.StatusRefused
				}
			case r.Op == ion.OpEnter:
				enters++
			case r.Op == ion.OpIdentify && blocks >= 2:
				copy(r.Serial[:], "PC-0209A001-12")
			}
		})
	}
	if err := d.do(client.TaskUpgrade); err == nil || enters != 1 {
		t.Errorf("%v, with %d enters", err, enters)
	}
}
