package meter

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// erasing is a tester whose meter began to clear its flash a while ago.
func erasing(t *testing.T, since time.Duration) *tester {
	t.Helper()
	x := running(t, testConfig())
	x.intoDownload(newImage())
	x.order(ion.DownloadRequest{Op: ion.OpClear, Begin: true})
	x.wait(since)
	return x
}

// order sends a request and does not wait for the answer.
func (x *tester) order(r ion.DownloadRequest) {
	x.id++
	x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &r)))
}

func (x *tester) logTexts() (texts []string) {
	for _, e := range x.m.EventLog() {
		texts = append(texts, e.Text)
	}
	return texts
}

func TestHangingFirmwareHearsSaysAndBeginsNothing(t *testing.T) {
	x := erasing(t, 2500*time.Millisecond)
	x.m.Hang(x.now)
	x.order(ion.DownloadRequest{Op: ion.OpIdentify})
	if got := x.wait(time.Hour); len(got) > 0 {
		t.Errorf("it says % x", got)
	}
	if !x.m.Hung() || x.m.State() != Erasing {
		t.Errorf("hung %v, %v", x.m.Hung(), x.m.State())
	}
	if got := x.m.Chip().Ops(); got != 3 {
		t.Errorf("%d operations: two were done and one under way", got)
	}
}

// The chip has power: the erase under way is completed, not torn.
func TestWatchdogLetsTheChipCompleteItsOperation(t *testing.T) {
	for _, hangs := range []time.Duration{0, 100 * time.Millisecond, 10 * time.Second} {
		x := erasing(t, 2500*time.Millisecond)
		log := x.logTexts()
		sector := uint32((x.m.cfg.recordSector() + 2) * x.m.cfg.Geometry.SectorBytes)
		x.m.Hang(x.now)
		x.wait(hangs)
		x.m.Bite(x.now)
		if x.m.State() != Booting || x.m.Hung() {
			t.Errorf("after %v: %v, hung %v", hangs, x.m.State(), x.m.Hung())
		}
		x.wait(time.Minute)
		content := make([]byte, x.m.cfg.Geometry.SectorBytes)
		x.m.Chip().Read(sector, content)
		if !bytes.Equal(content, bytes.Repeat([]byte{0xFF}, len(content))) || x.m.Chip().Ops() != 3 {
			t.Errorf("after %v: the third sector holds % x..., %d operations", hangs, content[:8], x.m.Chip().Ops())
		}
		if x.m.State() != Download || !slices.Equal(x.logTexts(), log) {
			t.Errorf("after %v: %v, event log %v", hangs, x.m.State(), x.logTexts())
		}
	}
}

func TestWatchdogInTheMiddleOfABlockLeavesTheOperationsBehindUndone(t *testing.T) {
	image := newImage()
	x := running(t, testConfig())
	x.intoDownload(image)
	x.clear()
	before := x.m.Chip().Ops()
	x.order(x.block(image, 1))
	x.wait(10 * x.m.programTime(flash.MaxProgram) / 4) // in the third operation
	x.m.Hang(x.now)
	clone := &tester{tb: t, m: x.m.Clone(), now: x.now}
	if !bytes.Equal(clone.m.AppendState(nil, clone.now), x.m.AppendState(nil, x.now)) {
		t.Error("a clone has another state")
	}
	for _, y := range []*tester{x, clone} {
		y.m.Bite(y.now)
		y.wait(time.Minute)
		if got := y.m.Chip().Ops() - before; got != 3 {
			t.Errorf("%d operations", got)
		}
		got := make([]byte, 4*flash.MaxProgram)
		y.m.Chip().Read(y.m.cfg.imageBase(), got)
		n := 3 * flash.MaxProgram
		if !bytes.Equal(got[:n], image[:n]) || !bytes.Equal(got[n:], bytes.Repeat([]byte{0xFF}, len(got)-n)) {
			t.Error("what three operations program is not there, or more is")
		}
	}
}

func TestRecordThatWasUnderWayAtAWatchdogResetIsWhole(t *testing.T) {
	image := newImage()
	x := running(t, testConfig())
	x.intoDownload(image)
	x.clear()
	x.blocks(image)
	x.order(verify(image, "7350V283"))
	x.wait(time.Duration(len(image))*x.m.cfg.Timing.VerifyByte + 100*time.Microsecond)
	x.m.Hang(x.now)
	x.m.Bite(x.now)
	x.wait(time.Minute)
	if x.m.State() != Application || x.m.Running() != "7350V283" || !x.m.HoldsImage(image) {
		t.Errorf("%v runs %q", x.m.State(), x.m.Running())
	}
}

func TestMeterThatHangsWhileItBootsStaysThere(t *testing.T) {
	m := newMeter(t, testConfig())
	x := &tester{tb: t, m: m}
	m.PowerOn(0)
	x.wait(time.Second)
	m.Hang(x.now)
	if x.wait(time.Hour); m.State() != Booting {
		t.Fatalf("it is %v", m.State())
	}
	m.Bite(x.now)
	if x.wait(3 * time.Second); m.State() != Application {
		t.Errorf("after the watchdog it is %v", m.State())
	}
}

func TestWatchdogBitesNobodyElse(t *testing.T) {
	x := running(t, testConfig())
	x.m.Bite(x.now)
	if x.m.State() != Application {
		t.Errorf("a firmware that runs well is restarted: %v", x.m.State())
	}
	x.m.Hang(x.now)
	x.m.PowerOff(x.now)
	x.m.Hang(x.now)
	if x.m.Hung() {
		t.Error("a meter without power hangs")
	}
	x.m.PowerOn(x.now)
	x.wait(time.Minute)
	x.m.Bite(x.now)
	if x.m.State() != Application {
		t.Errorf("after a power loss the watchdog still bites: %v", x.m.State())
	}
}

func TestPowerLossTearsTheOperationThatAHangLeftToTheChip(t *testing.T) {
	x := erasing(t, 2500*time.Millisecond)
	x.m.Hang(x.now)
	x.wait(100 * time.Millisecond)
	x.m.PowerOff(x.now)
	sector := make([]byte, x.m.cfg.Geometry.SectorBytes)
	x.m.Chip().Read(uint32((x.m.cfg.recordSector()+2)*len(sector)), sector)
	if n := bytes.Count(sector, []byte{0xFF}); x.m.Chip().Ops() != 3 || n == len(sector) {
		t.Errorf("%d operations, %d of %d bytes erased", x.m.Chip().Ops(), n, len(sector))
	}
}

func TestBrownOutTearsAndTheEventLogKnowsNothing(t *testing.T) {
	x := erasing(t, 2500*time.Millisecond)
	log := x.logTexts()
	x.m.BrownOut(x.now)
	if x.m.State() != Off || x.m.Chip().Powered() {
		t.Errorf("%v, the chip has power: %v", x.m.State(), x.m.Chip().Powered())
	}
	clone := x.m.Clone()
	off := x.m.AppendState(nil, x.now)
	if !bytes.Equal(clone.AppendState(nil, x.now), off) {
		t.Error("a clone has another state")
	}
	x.m.PowerOn(x.now)
	x.wait(time.Minute)
	if x.m.State() != Download || x.m.Chip().Ops() != 3 || !slices.Equal(x.logTexts(), log) {
		t.Errorf("%v, %d operations, event log %v", x.m.State(), x.m.Chip().Ops(), x.logTexts())
	}
	x.powerCycle()
	if got := x.logTexts(); !slices.Equal(got[len(log):], []string{EventPowerDown, EventPowerUp}) {
		t.Errorf("a power loss after it is told as %v", got[len(log):])
	}

	loss := erasing(t, 2500*time.Millisecond)
	loss.m.PowerOff(loss.now)
	if bytes.Equal(loss.m.AppendState(nil, loss.now), off) {
		t.Error("a brown-out and a power loss have one state")
	}
}

func TestBrownOutAtAFlashOperationIsLikeAPowerLossThere(t *testing.T) {
	for _, phase := range []flash.Phase{flash.Before, flash.Torn, flash.After} {
		x := running(t, testConfig())
		x.intoDownload(newImage())
		log := x.logTexts()
		cut := x.m.Clone()
		cut.CutFlash(3, phase, 1, -1)
		x.m.DipFlash(3, phase, 1, -1)
		if bytes.Equal(cut.AppendState(nil, x.now), x.m.AppendState(nil, x.now)) {
			t.Errorf("%v: the traps of a power loss and of a brown-out are one state", phase)
		}
		x.order(ion.DownloadRequest{Op: ion.OpClear, Begin: true})
		x.wait(10 * time.Second)
		if x.m.State() != Off || x.m.Chip().Ops() != 3 || !slices.Equal(x.logTexts(), log) {
			t.Errorf("%v: %v after %d operations, event log %v", phase, x.m.State(), x.m.Chip().Ops(), x.logTexts())
		}
	}
}

func TestNextFlashOperationIsToldByItsSort(t *testing.T) {
	image := newImage()
	x := running(t, testConfig())
	if op, ok := x.m.NextFlashOp(); ok {
		t.Errorf("a meter at rest is about to do %+v", op)
	}
	x.intoDownload(image)
	x.order(ion.DownloadRequest{Op: ion.OpClear, Begin: true})
	x.wait(1500 * time.Millisecond)
	if op, ok := x.m.NextFlashOp(); !ok || op != (FlashOp{Erases: true, Sector: x.m.cfg.recordSector() + 1}) {
		t.Errorf("%+v, %v", op, ok)
	}
	x.wait(20 * time.Second)
	x.order(x.block(image, 1))
	if op, ok := x.m.NextFlashOp(); !ok || op != (FlashOp{Address: x.m.cfg.imageBase()}) {
		t.Errorf("%+v, %v", op, ok)
	}
}

// What an observer asks reads nothing, so that looking at a meter does not change it.
func TestLookingAtTheImageDoesNotReadAMarginalCell(t *testing.T) {
	x := running(t, testConfig())
	x.m.Chip().MakeMarginal(x.m.cfg.imageBase(), 1)
	state := x.m.AppendState(nil, x.now)
	for range 20 {
		if r, ok := x.m.Revision(); !ok || r != "7350V282" || !x.m.HoldsImage(testConfig().Firmware.Image) {
			t.Fatalf("revision %q, %v", r, ok)
		}
	}
	if !bytes.Equal(x.m.AppendState(nil, x.now), state) {
		t.Error("the meter has changed")
	}
}

func TestMeterWithAMarginalCellInItsImageBootsNowAndThen(t *testing.T) {
	x := running(t, testConfig())
	x.m.Chip().MakeMarginal(x.m.cfg.imageBase(), 1)
	seen := map[State]int{}
	for range 30 {
		x.powerCycle()
		seen[x.m.State()]++
	}
	if seen[Application] == 0 || seen[Download] == 0 || len(seen) != 2 {
		t.Errorf("it came up as %v", seen)
	}
}
