package client_test

import (
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// stops are answers with which a tool cannot go on, wherever they come.
func stops() map[string]func(*answer) []late {
	program := func(edit func(*ion.Result)) func(*answer) []late {
		return func(a *answer) []late {
			p, err := ion.ParsePacket(a.frame.Data)
			if err != nil || p.Type != ion.TypeProgram {
				return asIs(a)
			}
			r, err := ion.ParseResult(p.Body)
			if err != nil || len(r.Values) == 0 {
				return asIs(a)
			}
			edit(&r)
			f := a.frame
			p.Body = ion.AppendResult(nil, r)
			f.Data = ion.AppendPacket(nil, p)
			return []late{{0, ion.AppendFrame(nil, f)}}
		}
	}
	download := func(edit func(*ion.DownloadReply)) func(*answer) []late {
		return func(a *answer) []late { return a.change(func(_ *ion.Packet, r *ion.DownloadReply) { edit(r) }) }
	}
	return map[string]func(*answer) []late{
		"the password is refused": program(func(r *ion.Result) { r.Values[0] = ion.ExceptionValue(0, 0, ion.InvalidPassword) }),
		"a setting makes no sense": program(func(r *ion.Result) {
			if len(r.Values) > 1 {
				r.Values[1] = ion.TextValue("?")
			}
		}),
		"refused":           download(func(r *ion.DownloadReply) { r.Status = ion.StatusRefused }),
		"the wrong product": download(func(r *ion.DownloadReply) { r.Status, r.Product = ion.StatusWrongProduct, 1 }),
		"another meter":     download(func(r *ion.DownloadReply) { r.Serial[7] ^= 1 }),
		"another unit":      stranger,
		"in download state": download(func(r *ion.DownloadReply) { r.State = ion.StateDownload }),
	}
}

// Whatever is answered from whatever moment on: a tool that says that nothing was changed has changed
// nothing, and an upgrade that says that nothing was erased has erased nothing.
func TestWhoSaysThatNothingWasChangedHasChangedNothing(t *testing.T) {
	template, err := dcf.Parse([]byte("[template]\nname = Plant C\n"))
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, task := range []client.Task{client.TaskUpgrade, client.TaskWriteSettings, client.TaskSendTemplate} {
		for name, stop := range stops() {
			for from, more := 1, true; more && from < 200; from++ {
				d := newDesk(t, standConfig())
				d.template = template
				if task == client.TaskWriteSettings {
					if err := d.u.SetWrites(map[int]ion.Value{0: ion.FloatValue(480)}); err != nil {
						t.Fatal(err)
					}
				}
				before := d.m.Settings(0)
				more = false
				d.tap = func(a *answer) []late {
					if a.n < from {
						return asIs(a)
					}
					more = true
					if d.clears == 0 && d.steps[len(d.steps)-1].ChangesMeter() {
						return asIs(a) // who has done what it was told does not refuse it
					}
					return stop(a)
				}
				d.start(task)
				d.run(d.now + 3*time.Hour)
				if d.claim == nil || !strings.Contains(d.claim.Error()+d.logText(), "nothing was ") {
					continue
				}
				said++
				after := d.m.Settings(d.now)
				erased := d.m.Chip().Ops() > 0 && d.clears > 0
				touched := erased || before.Differs(&after)&^ion.Of(ion.Energy) != 0 || before.Template != after.Template || d.m.State() != meter.Application
				if erased || touched && strings.Contains(d.claim.Error()+d.logText(), "nothing was changed") {
					t.Errorf("%v, %s from answer %d on: %v; %d clears, the meter is %v", task, name, from, d.claim, d.clears, d.m.State())
				}
			}
		}
	}
	if said < 10 {
		t.Errorf("it was said %d times", said)
	}
}

func standConfig() client.Config {
	cfg := deskConfig()
	cfg.Journal = true
	return cfg
}
