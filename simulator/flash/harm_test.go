package flash

import (
	"bytes"
	"errors"
	"testing"
)

func TestCellStuckAtOneFailsTheProgramThatMustClearIt(t *testing.T) {
	c := newChip(t, small)
	at := uint32(small.SectorBytes)
	c.StickBit(at+3, 2, true)
	must(t, c.Program(at, []byte{0, 0, 0, 0x04}))
	err := c.Program(at, []byte{0, 0, 0, 0x00, 0x00})
	if !errors.Is(err, ErrProgramFailed) {
		t.Errorf("got %v", err)
	}
	got := make([]byte, 5)
	c.Read(at, got)
	if !bytes.Equal(got, []byte{0, 0, 0, 4, 0xFF}) {
		t.Errorf("reads % X", got)
	}
	must(t, c.Erase(1))
	c.ClearFaults()
	must(t, c.Program(at, make([]byte, 5)))
}

func TestCellStuckAtZeroFailsTheEraseAndAProgramOfAOne(t *testing.T) {
	c := newChip(t, small)
	at := uint32(small.SectorBytes)
	must(t, c.Program(at+9, []byte{0}))
	c.StickBit(at, 7, false)
	if err := c.Erase(1); !errors.Is(err, ErrEraseFailed) {
		t.Errorf("erase: %v", err)
	}
	got := make([]byte, 10)
	c.Read(at, got)
	if got[0] != 0x7F || got[9] != 0xFF {
		t.Errorf("reads % X", got)
	}
	var e *BitError
	if err := c.Program(at, []byte{0x80}); !errors.As(err, &e) {
		t.Errorf("program of a one: %v", err)
	}
	must(t, c.Program(at, []byte{0x0F}))
	must(t, c.Erase(2)) // other sectors are well
	c.ClearFaults()
	must(t, c.Erase(1))
}

func TestStuckCellSurvivesEveryTear(t *testing.T) {
	at := uint32(small.SectorBytes)
	for seed := range uint64(30) {
		c := newChip(t, small)
		c.StickBit(at+1, 0, true)
		c.StickBit(at+1, 1, false)
		c.StickBit(at+1, 1, false)
		_ = c.TearProgram(at, []byte{0, 0, 0}, 2, seed)
		c.PowerOn()
		_ = c.TearErase(1, seed)
		got := make([]byte, 3)
		c.Read(at, got)
		if got[1]&3 != 1 {
			t.Fatalf("seed %d: the byte reads %02X", seed, got[1])
		}
	}
}

func TestTearBehindAFailingByteLeavesWhatTheFailureLeft(t *testing.T) {
	at := uint32(small.SectorBytes)
	c := newChip(t, small)
	c.FailProgram(at + 2)
	_ = c.TearProgram(at, []byte{0, 0, 0, 0, 0}, 4, 1)
	got := make([]byte, 5)
	c.Read(at, got)
	if !bytes.Equal(got, []byte{0, 0, 0xFF, 0xFF, 0xFF}) {
		t.Errorf("reads % X", got)
	}
}

func TestLieReportsSuccessAndDoesNothing(t *testing.T) {
	at := uint32(small.SectorBytes)
	c := newChip(t, small)
	c.LieAt(1)
	c.LieAt(3)
	c.LieAt(3)
	must(t, c.Program(at, []byte{1}))
	must(t, c.Program(at, []byte{2}))
	must(t, c.Erase(1))
	got := make([]byte, 1)
	c.Read(at, got)
	if got[0] != 2 || c.Ops() != 3 {
		t.Errorf("reads %02X after %d operations", got[0], c.Ops())
	}
	c.LieAt(4)
	_ = c.TearErase(1, 1)
	c.Read(at, got)
	if got[0] != 2 {
		t.Error("a lying operation did something before it was torn")
	}
}

func TestFailingPlacesAndOperationsAreReported(t *testing.T) {
	sector := uint32(small.SectorBytes)
	c := newChip(t, small)
	c.FailErase(2)
	c.FailProgram(sector + 4)
	c.FailAt(5)
	c.FailAt(6)
	must(t, c.Program(sector, []byte{1, 2, 3, 4})) // 1: ends before the bad byte
	must(t, c.Program(sector+5, []byte{6}))        // 2: begins behind it
	err := c.Program(sector+2, []byte{3, 4, 5, 6}) // 3
	if !errors.Is(err, ErrProgramFailed) {
		t.Errorf("program across the bad byte: %v", err)
	}
	if err := c.Erase(2); !errors.Is(err, ErrEraseFailed) { // 4
		t.Errorf("erase of the bad sector: %v", err)
	}
	if err := c.Erase(1); !errors.Is(err, ErrEraseFailed) { // 5
		t.Errorf("failing erase: %v", err)
	}
	if err := c.Program(3*sector, []byte{0}); !errors.Is(err, ErrProgramFailed) { // 6
		t.Errorf("failing program: %v", err)
	}
	got := make([]byte, 6)
	c.Read(sector, got)
	if !bytes.Equal(got, []byte{1, 2, 3, 4, 0xFF, 6}) {
		t.Errorf("reads % X", got)
	}
	must(t, c.Erase(1))
	must(t, c.Program(3*sector, []byte{0}))
	c.ClearFaults()
	must(t, c.Erase(2))
}

func TestFailureOnCutAfterIsStillAPowerCut(t *testing.T) {
	c := newChip(t, small)
	c.FailErase(1)
	c.CutAt(1, After, 0, 0)
	if err := c.Erase(1); err != ErrPowerCut {
		t.Errorf("got %v", err)
	}
}
