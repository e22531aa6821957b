package flash

import (
	"bytes"
	"errors"
	"math/bits"
	"testing"
)

// story is a fixed run of operations: erase, program, program again, erase again.
func story(c *Chip) (done int, err error) {
	sector := uint32(small.SectorBytes)
	steps := []func() error{
		func() error { return c.Program(sector, bytes.Repeat([]byte{0x55}, 256)) },
		func() error { return c.Program(2*sector-100, bytes.Repeat([]byte{0xAA}, 100)) },
		func() error { return c.Erase(2) },
		func() error { return c.Program(2*sector, []byte{0xF0, 0xF0}) },
		func() error { return c.Program(2*sector, []byte{0x30, 0x10}) },
		func() error { return c.Erase(1) },
		func() error { return c.Program(sector+7, []byte{0x00}) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return i, err
		}
	}
	return len(steps), nil
}

func TestPowerIsCutExactlyAtTheOperationThatTheTrapNames(t *testing.T) {
	// snapshots[i] is the chip after i operations.
	reference := newChip(t, small)
	snapshots := [][]byte{content(reference)}
	for n := uint64(1); ; n++ {
		c := newChip(t, small)
		c.CutAt(n, After, 0, -1)
		if _, err := story(c); err == nil {
			break
		}
		snapshots = append(snapshots, content(c))
	}
	done, err := story(reference)
	if err != nil || len(snapshots) != done+1 || reference.Ops() != uint64(done) {
		t.Fatalf("%d operations, %d cuts, %v", done, len(snapshots)-1, err)
	}
	for n := 1; n <= done; n++ {
		for _, phase := range []Phase{Before, Torn, After} {
			c := newChip(t, small)
			c.CutAt(uint64(n), phase, 9, -1)
			if op, ok := c.NextCut(); !ok || op != uint64(n) {
				t.Errorf("%v %d: the trap waits for %d, %v", phase, n, op, ok)
			}
			at, err := story(c)
			if at != n-1 || !errors.Is(err, ErrPowerCut) || c.Ops() != uint64(n) || c.Powered() {
				t.Errorf("%v %d: struck in step %d (%v), %d operations", phase, n, at+1, err, c.Ops())
			}
			if op, ok := c.NextCut(); ok {
				t.Errorf("%v %d: the trap still waits for %d", phase, n, op)
			}
			got := content(c)
			switch {
			case phase == Before && !bytes.Equal(got, snapshots[n-1]):
				t.Errorf("before %d: something of the operation was done", n)
			case phase == After && !bytes.Equal(got, snapshots[n]):
				t.Errorf("after %d: the operation is not complete", n)
			case phase == Torn:
				checkBetween(t, n, got, snapshots[n-1], snapshots[n])
			}
		}
	}
}

// checkBetween sees to it that every bit that tearing left is of before or of after.
func checkBetween(t *testing.T, n int, got, before, after []byte) {
	t.Helper()
	for i := range got {
		if (got[i]^before[i])&(got[i]^after[i]) != 0 {
			t.Fatalf("torn %d: byte %d is %02X, between %02X and %02X", n, i, got[i], before[i], after[i])
		}
	}
}

func TestChipWithoutPowerDoesNothingUntilPowerIsBack(t *testing.T) {
	c := newChip(t, small)
	c.CutAt(1, Before, 0, 0)
	sector := uint32(small.SectorBytes)
	for range 3 {
		if err := c.Program(sector, []byte{0}); err != ErrPowerCut {
			t.Errorf("program: %v", err)
		}
		if err := c.Erase(1); err != ErrPowerCut {
			t.Errorf("erase: %v", err)
		}
		if err := c.TearErase(1, 1); err != ErrPowerCut {
			t.Errorf("tear: %v", err)
		}
	}
	if c.Ops() != 1 {
		t.Errorf("%d operations, want 1", c.Ops())
	}
	c.PowerOn()
	c.PowerOn()
	must(t, c.Program(sector, []byte{0}))
	if c.Ops() != 2 {
		t.Errorf("%d operations, want 2", c.Ops())
	}
}

func TestTornProgramIsAPrefixAndOneByteInBetween(t *testing.T) {
	sector := uint32(small.SectorBytes)
	p := bytes.Repeat([]byte{0x11}, 200)
	tests := []struct{ tornBytes, prefix int }{
		{-1, 100}, {-99, 100}, {0, 0}, {1, 1}, {17, 17}, {199, 199}, {200, 199}, {1 << 30, 199},
	}
	for _, test := range tests {
		seen := map[byte]bool{}
		for seed := range uint64(50) {
			c := newChip(t, small)
			c.CutAt(1, Torn, seed, test.tornBytes)
			if err := c.Program(sector+1000, p); err != ErrPowerCut {
				t.Fatal(err)
			}
			got := make([]byte, 200)
			c.Read(sector+1000, got)
			for i, b := range got {
				switch {
				case i < test.prefix && b != 0x11:
					t.Fatalf("%d: byte %d of the prefix is %02X", test.tornBytes, i, b)
				case i > test.prefix && b != 0xFF:
					t.Fatalf("%d: byte %d behind the tear is %02X", test.tornBytes, i, b)
				}
			}
			torn := got[test.prefix]
			if torn == 0xFF || torn == 0x11 || torn&0x11 != 0x11 {
				t.Fatalf("%d, seed %d: the torn byte is %02X", test.tornBytes, seed, torn)
			}
			seen[torn] = true
		}
		if len(seen) < 10 {
			t.Errorf("%d: 50 seeds tear in %d ways", test.tornBytes, len(seen))
		}
	}
}

func TestTornProgramOfOneBitIsEitherWay(t *testing.T) {
	seen := map[byte]int{}
	for seed := range uint64(100) {
		c := newChip(t, small)
		must(t, c.Program(uint32(small.SectorBytes), []byte{0x0F}))
		if err := c.TearProgram(uint32(small.SectorBytes), []byte{0x0E}, 0, seed); err != ErrPowerCut {
			t.Fatal(err)
		}
		got := make([]byte, 1)
		c.Read(uint32(small.SectorBytes), got)
		seen[got[0]]++
	}
	if len(seen) != 2 || seen[0x0F] < 20 || seen[0x0E] < 20 {
		t.Errorf("tears to %v", seen)
	}
}

func TestTornProgramOfImpossibleDataDoesNothing(t *testing.T) {
	c := newChip(t, small)
	must(t, c.Program(uint32(small.SectorBytes), []byte{0x0F, 0x0F}))
	before := content(c)
	if err := c.TearProgram(uint32(small.SectorBytes), []byte{0x00, 0xF0}, 1, 3); err != ErrPowerCut {
		t.Fatal(err)
	}
	if !bytes.Equal(content(c), before) {
		t.Error("the chip began what it should have refused")
	}
}

func TestTornEraseIsASeededMixOfOldAndErased(t *testing.T) {
	old := newChip(t, small)
	for at := 0; at < small.SectorBytes; at += MaxProgram {
		must(t, old.Program(uint32(small.SectorBytes+at), bytes.Repeat([]byte{0x3C}, MaxProgram)))
	}
	must(t, old.Program(uint32(2*small.SectorBytes), []byte{0x3C}))
	least, most := 1.0, 0.0
	states := map[string]bool{}
	for seed := range uint64(64) {
		c, again := old.Clone(), old.Clone()
		if err := c.TearErase(1, seed); err != ErrPowerCut {
			t.Fatal(err)
		}
		again.CutAt(again.Ops()+1, Torn, seed, -1)
		if err := again.Erase(1); err != ErrPowerCut {
			t.Fatal(err)
		}
		state := string(c.AppendState(nil))
		if state != string(again.AppendState(nil)) {
			t.Fatalf("seed %d tears in two ways", seed)
		}
		states[state] = true
		erasedBits := 0
		got := content(c)
		for _, b := range got[small.SectorBytes : 2*small.SectorBytes] {
			if b&0x3C != 0x3C {
				t.Fatalf("seed %d: a bit went from 1 to 0: %02X", seed, b)
			}
			erasedBits += bits.OnesCount8(b &^ 0x3C)
		}
		if got[2*small.SectorBytes] != 0x3C {
			t.Fatalf("seed %d: another sector was erased", seed)
		}
		part := float64(erasedBits) / float64(4*small.SectorBytes)
		least, most = min(least, part), max(most, part)
	}
	if least > 0.15 || most < 0.85 || len(states) != 64 {
		t.Errorf("64 seeds reach %.2f to %.2f in %d ways", least, most, len(states))
	}
}

func TestTornEraseOfAnErasedSectorLeavesItErased(t *testing.T) {
	c := newChip(t, small)
	state := c.Clone()
	if err := c.TearErase(1, 5); err != ErrPowerCut {
		t.Fatal(err)
	}
	c.PowerOn()
	if !bytes.Equal(c.AppendState(nil), state.AppendState(nil)) {
		t.Error("the chip changed")
	}
}

func TestTearOfAPageDoesNotDependOnItsNeighbours(t *testing.T) {
	second := uint32(small.SectorBytes + maxPageBytes)
	alone, both := newChip(t, small), newChip(t, small)
	for at := uint32(0); at < maxPageBytes; at += MaxProgram {
		must(t, alone.Program(second+at, make([]byte, MaxProgram)))
		must(t, both.Program(second+at, make([]byte, MaxProgram)))
	}
	must(t, both.Program(second-1, []byte{0}))
	_, _ = alone.TearErase(1, 8), both.TearErase(1, 8)
	if !bytes.Equal(content(alone)[second:], content(both)[second:]) {
		t.Error("the same page tears differently")
	}
}

func TestPassedOrRemovedTrapNeverStrikes(t *testing.T) {
	c := newChip(t, small)
	must(t, c.Erase(1))
	clean := string(c.AppendState(nil))
	for _, op := range []uint64{0, 1} {
		c.CutAt(op, After, 1, 1)
		if at, ok := c.NextCut(); ok {
			t.Errorf("a trap at %d waits for %d", op, at)
		}
		if string(c.AppendState(nil)) != clean {
			t.Errorf("a trap at %d that never strikes shows in the state", op)
		}
	}
	must(t, c.Erase(1))
}

func TestTearSpringsTheTrapOfItsOwnOperation(t *testing.T) {
	c := newChip(t, small)
	c.CutAt(1, Before, 0, 0)
	if err := c.TearErase(1, 1); err != ErrPowerCut {
		t.Fatal(err)
	}
	if op, ok := c.NextCut(); ok {
		t.Errorf("the trap still waits for %d", op)
	}
	c.PowerOn()
	c.CutAt(3, Before, 0, 0)
	_ = c.TearErase(1, 1)
	if op, ok := c.NextCut(); !ok || op != 3 {
		t.Errorf("a later trap waits for %d, %v", op, ok)
	}
}

func TestPhasesHaveNames(t *testing.T) {
	if got := Before.String() + " " + Torn.String() + " " + After.String() + " " + Phase(7).String(); got != "before torn after phase 7" {
		t.Errorf("got %q", got)
	}
}
