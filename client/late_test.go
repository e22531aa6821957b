package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// answersOf counts the answers of an upgrade without faults.
func answersOf(t *testing.T) int {
	t.Helper()
	d := newDesk(t, deskConfig())
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	return d.answers
}

// Every answer of an upgrade is late, doubled or lost, one at a time and with its resends:
// no block is skipped or programmed twice, and the upgrade succeeds.
func TestLateDoubledAndLostAnswersAtEveryStepEndInSuccess(t *testing.T) {
	total := answersOf(t)
	if total < 12 {
		t.Fatalf("only %d answers", total)
	}
	for name, fate := range map[string]func(*answer) []late{
		"late by 11 s":               func(a *answer) []late { return []late{{11 * time.Second, a.bytes}} },
		"late by 25 s":               func(a *answer) []late { return []late{{25 * time.Second, a.bytes}} },
		"late by 9.9 s":              func(a *answer) []late { return []late{{9900 * time.Millisecond, a.bytes}} },
		"twice at once":              func(a *answer) []late { return []late{{0, a.bytes}, {0, a.bytes}} },
		"twice, the second in 50 ms": func(a *answer) []late { return []late{{0, a.bytes}, {50 * time.Millisecond, a.bytes}} },
		"twice, the second in 11 s":  func(a *answer) []late { return []late{{0, a.bytes}, {11 * time.Second, a.bytes}} },
		"carried out but lost":       func(*answer) []late { return nil },
		"damaged":                    func(a *answer) []late { b := append([]byte(nil), a.bytes...); b[len(b)-3] ^= 4; return []late{{0, b}} },
		"cut short":                  func(a *answer) []late { return []late{{0, a.bytes[:len(a.bytes)-4]}} },
	} {
		for many := 1; many <= 3; many += 2 { // this answer alone, or also the two behind it
			t.Run(fmt.Sprintf("%s, %d in a row", name, many), func(t *testing.T) {
				for n := 1; n <= total; n++ {
					d := newDesk(t, deskConfig())
					d.tap = func(a *answer) []late {
						if a.n >= n && a.n < n+many {
							return fate(a)
						}
						return asIs(a)
					}
					if err := d.do(client.TaskUpgrade); err != nil {
						t.Fatalf("answer %d: %v\n%s", n, err, d.logText())
					}
					if d.upgraded(); t.Failed() {
						t.Fatalf("answer %d\n%s", n, d.logText())
					}
					if c := d.counts; d.clears != 1 || c.Transmitted < 3 {
						t.Fatalf("answer %d: %d clears, %+v", n, d.clears, c)
					}
				}
			})
		}
	}
}

// Every answer to one block comes too late, also those to its resends: each is an answer
// to that block all the same, and only to it.
func TestAnswersThatAreAlwaysLateAreTakenForTheirOwnBlock(t *testing.T) {
	d := newDesk(t, deskConfig())
	d.tap = func(a *answer) []late {
		if a.op() == ion.OpBlock {
			return []late{{13 * time.Second, a.bytes}}
		}
		return asIs(a)
	}
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	d.upgraded()
	if c := d.counts; c.Transmitted != 6 || c.Confirmed != 3 {
		t.Errorf("%+v: each of three blocks is sent twice", c)
	}
	if log := d.logText(); !strings.Contains(log, "No response... resending (1 of 1)") || !strings.Contains(log, "Comm efficiency = 50.0%") {
		t.Errorf("\n%s", log)
	}
}

func TestAnswersUnderAnotherMessageIDOrToAnotherBlockAreNone(t *testing.T) {
	for name, edit := range map[string]func(p *ion.Packet, r *ion.DownloadReply){
		"message id":       func(p *ion.Packet, _ *ion.DownloadReply) { p.MessageID-- },
		"sequence number":  func(_ *ion.Packet, r *ion.DownloadReply) { r.Sequence-- },
		"marked a request": func(p *ion.Packet, _ *ion.DownloadReply) { p.Request = true },
		"operation":        func(_ *ion.Packet, r *ion.DownloadReply) { r.Op = ion.OpRestart },
		"type":             func(p *ion.Packet, _ *ion.DownloadReply) { p.Type = ion.TypeProgram },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, deskConfig())
			done := false
			d.tap = func(a *answer) []late {
				if a.op() != ion.OpBlock || done {
					return asIs(a)
				}
				done = true
				return a.change(edit)
			}
			if err := d.do(client.TaskUpgrade); err != nil {
				t.Fatal(err)
			}
			d.upgraded()
			if c := d.counts; c.Transmitted != 4 {
				t.Errorf("%+v: the first block should have been sent twice", c)
			}
		})
	}
}

// The loader says that it has the block already: its first answer was lost with the power
// of a converter in between.
func TestBlockThatTheLoaderHasAlreadyCountsAsTaken(t *testing.T) {
	d := newDesk(t, deskConfig())
	d.tap = answering(ion.OpBlock, func(_ *ion.Packet, r *ion.DownloadReply) {
		r.Status = ion.StatusBadSequence
	})
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	d.upgraded()
}

func TestBlocksThatAreBusyDamagedOrWantedStillAreSentAgain(t *testing.T) {
	for _, s := range []ion.Status{ion.StatusBusy, ion.StatusVerifyFailed, ion.StatusBadSequence} {
		d := newDesk(t, deskConfig())
		told := 0
		d.tap = func(a *answer) []late {
			if a.op() != ion.OpBlock || told == 5 {
				return asIs(a)
			}
			told++
			return a.change(func(_ *ion.Packet, r *ion.DownloadReply) { r.Status, r.Expected = s, r.Sequence })
		}
		if err := d.do(client.TaskUpgrade); err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		d.upgraded()
		if c := d.counts; c.Transmitted != 8 {
			t.Errorf("%v: %+v", s, c)
		}
	}
}

// A NAK, an acknowledgement of another frame and one from another unit move nothing on.
func TestOnlyTheRightAcknowledgementMovesAMessageOn(t *testing.T) {
	u, err := client.New(deskConfig())
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, deskConfig())
	d.u = u
	d.tap = nil
	d.start(client.TaskUpgrade)
	for len(d.blocks) == 0 && d.step(time.Hour) {
	}
	// The next block's first frame goes out; the test answers it.
	var first ion.Frame
	for {
		at, ok := u.Next()
		if !ok {
			t.Fatal("the tool waits for nothing")
		}
		d.now = at
		u.Advance(at)
		if p := u.Transmit(nil); len(p) > 0 {
			if first, _, err = ion.ParseFrame(p); err != nil {
				t.Fatal(err)
			}
			if first.First() && first.Left() > 0 {
				break
			}
		}
		if p := d.m.Transmit(nil); len(p) > 0 {
			u.Receive(d.now, p)
		}
	}
	due, _ := u.Next()
	good := ion.Ack(first)
	for name, change := range map[string]func(*ion.Frame){
		"NAK":             func(f *ion.Frame) { f.Control = 0xC0 },
		"other frame":     func(f *ion.Frame) { f.Transaction = 3 },
		"other unit":      func(f *ion.Frame) { f.Source = 106 },
		"for other host":  func(f *ion.Frame) { f.Destination = 7 },
		"data in its way": func(f *ion.Frame) { f.Control = 0x80 },
	} {
		f := good
		change(&f)
		u.Receive(d.now, ion.AppendFrame(nil, f))
		if at, _ := u.Next(); at != due || len(u.Transmit(nil)) > 0 {
			t.Errorf("%s: next at %v instead of %v", name, at, due)
		}
	}
	u.Receive(d.now, ion.AppendFrame(nil, good))
	if at, _ := u.Next(); at != d.now+client.ArticleTurnaround {
		t.Errorf("the right one: next at %v", at)
	}
	// A late frame comes in between and wants an acknowledgement: the tool's own next frame
	// follows that one and does not wait for an answer.
	stray := ion.Frame{Control: 0xA0, Source: 105, Destination: ion.HostAddress, Transaction: 0x41, Data: []byte{1}}
	u.Receive(d.now, ion.AppendFrame(nil, stray))
	var sent []ion.Frame
	for end := d.now + time.Second; len(sent) < 2; {
		at, ok := u.Next()
		if !ok || at > end {
			t.Fatalf("next at %v, after %v", at, sent)
		}
		u.Advance(at)
		if f, _, err := ion.ParseFrame(u.Transmit(nil)); err == nil {
			sent = append(sent, f)
		}
	}
	if !sent[0].IsAck() || sent[0].Transaction != 0x41 || sent[1].Left() != first.Left()-1 {
		t.Errorf("it sends %+v", sent)
	}
}

func TestMessageIDsGoOnWithOneBehindFFFF(t *testing.T) {
	cfg := deskConfig()
	cfg.FirstMessageID = 0xFFF8
	d := newDesk(t, cfg)
	ids := map[uint16]int{}
	d.tap = func(a *answer) []late {
		if p, err := ion.ParsePacket(a.frame.Data); err == nil && a.frame.First() {
			ids[p.MessageID]++
		}
		return asIs(a)
	}
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	d.upgraded()
	if ids[0] != 0 || ids[1] != 1 || ids[0xFFF8] != 1 || ids[0xFFFF] != 1 {
		t.Errorf("message ids %v", ids)
	}
}

// Resends, percentages and efficiency, as the article counts them.
func TestLogCountsWhatWasSentAndAnswered(t *testing.T) {
	for _, c := range []struct {
		name   string
		blocks int
		lost   []int // answers to blocks that never arrive, counted over all
		want   []string
	}{
		{"none lost", 3, nil, []string{"30% completed", "Comm efficiency = 100.0%", "100% completed"}},
		{"the second", 3, []int{2}, []string{"30% completed\nComm efficiency = 100.0%", "No response... resending (1 of 2)", "60% completed\nComm efficiency = 66.7%", "100% completed\nComm efficiency = 75.0%"}},
		{"two of the first", 2, []int{1, 2}, []string{"No response... resending (1 of 1)\nNo response... resending (2 of 2)", "10% completed\nComm efficiency = 33.3%", "100% completed\nComm efficiency = 50.0%"}},
		{"one block", 1, nil, []string{"10% completed\nComm efficiency = 100.0%\n20% completed", "100% completed"}},
		{"eight blocks", 8, []int{8}, []string{"70% completed\nComm efficiency = 100.0%\n80% completed", "90% completed\nComm efficiency = 88.9%\n100% completed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, deskConfig())
			d.file = mustUPG(t, d.file.Revision, c.blocks*ion.BlockBytes-ion.BlockBytes/2)
			n := 0
			d.tap = func(a *answer) []late {
				if a.op() == ion.OpBlock {
					n++
					for _, lost := range c.lost {
						if n == lost {
							return nil
						}
					}
				}
				return asIs(a)
			}
			if err := d.do(client.TaskUpgrade); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(strings.ReplaceAll(d.logText(), "\r", ""), want) {
					t.Errorf("%q is not in\n%s", want, d.logText())
				}
			}
			percents := 0
			for _, l := range d.log {
				if l.Kind == upgradelog.Completed {
					percents++
					if l.Number != 10*percents {
						t.Errorf("%d. percentage is %d", percents, l.Number)
					}
				}
			}
			if percents != 10 {
				t.Errorf("%d percentages", percents)
			}
		})
	}
}

func TestMissingAnswersEndTheUpgradeAfterTenResends(t *testing.T) {
	d := newDesk(t, deskConfig())
	n := 0
	d.tap = func(a *answer) []late {
		if a.op() == ion.OpBlock {
			if n++; n > 1 {
				return nil
			}
		}
		return asIs(a)
	}
	err := d.do(client.TaskUpgrade)
	if !errors.Is(err, client.ErrNoResponse) {
		t.Fatal(err)
	}
	var kinds []upgradelog.Kind
	for _, l := range d.log {
		if l.Kind == upgradelog.Resending || l.Kind == upgradelog.Aborting {
			kinds = append(kinds, l.Kind)
			if l.Number != len(kinds) || l.Total != len(kinds)+1 {
				t.Errorf("line %d counts %d of %d", len(kinds), l.Number, l.Total)
			}
		}
	}
	if len(kinds) != 11 || kinds[10] != upgradelog.Aborting {
		t.Errorf("%v", kinds)
	}
	if c := d.counts; c.Transmitted != 12 || c.Confirmed != 1 {
		t.Errorf("%+v", c)
	}
}

// Only the meter knows whether it restarted, whatever the answer says.
func TestAnAnswerToARestartThatMakesNoSenseIsNoFailure(t *testing.T) {
	for s := ion.StatusOK; s <= ion.StatusRefused; s++ {
		d := newDesk(t, deskConfig())
		d.tap = status(ion.OpRestart, s)
		if err := d.do(client.TaskUpgrade); err != nil {
			t.Errorf("%v: %v", s, err)
			continue
		}
		d.upgraded()
	}
}

// A line that takes just longer than a poll brings each answer while the next question goes out. The
// meter has the new image and says so: that is no failure.
func TestAnswersOfARestartedMeterThatAlwaysComeJustBehindThePollAreASuccess(t *testing.T) {
	d := newDesk(t, deskConfig())
	restarted := false
	d.tap = func(a *answer) []late {
		if restarted {
			half, poll := len(a.bytes)/2, 2*time.Second
			return []late{{poll - 50*time.Millisecond, a.bytes[:half]}, {poll + 50*time.Millisecond, a.bytes[half:]}}
		}
		restarted = a.op() == ion.OpRestart
		return asIs(a)
	}
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatalf("%v\n%s", err, d.logText())
	}
	d.upgraded()
}
