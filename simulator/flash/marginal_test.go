package flash

import (
	"bytes"
	"hash/crc32"
	"math/bits"
	"slices"
	"testing"
)

// readings are what so many reads of three bytes give, of which the middle one is marginal.
func readings(c *Chip, at uint32, n int) (list []byte) {
	p := make([]byte, 3)
	for range n {
		c.Read(at-1, p)
		list = append(list, p...)
	}
	return list
}

func TestMarginalByteReadsNowSoNowOtherwiseInOneBit(t *testing.T) {
	at := uint32(small.SectorBytes) + 9
	for seed := range uint64(20) {
		c := newChip(t, small)
		must(t, c.Program(at-1, []byte{0x12, 0x34, 0x56}))
		c.MakeMarginal(at, seed)
		const reads = 200
		var seen byte
		flips := 0
		for p := range slices.Chunk(readings(c, at, reads), 3) {
			if p[0] != 0x12 || p[2] != 0x56 {
				t.Fatalf("seed %d: its neighbours read % X", seed, p)
			}
			if p[1] != 0x34 {
				flips++
				seen |= p[1] ^ 0x34
			}
		}
		if bits.OnesCount8(seen) != 1 || flips < reads/4 || flips > reads*3/4 {
			t.Errorf("seed %d: the bits %02X read otherwise, in %d of %d reads", seed, seen, flips, reads)
		}
	}
}

func TestMarginalByteIsDrawnFromItsSeedAndTheCountOfReads(t *testing.T) {
	at := uint32(small.SectorBytes)
	of := func(seed uint64) *Chip {
		c := newChip(t, small)
		c.MakeMarginal(at, seed)
		return c
	}
	a, b, other := of(1), of(1), of(2)
	first := readings(a, at, 64)
	if !bytes.Equal(first, readings(b, at, 64)) {
		t.Error("the same seed reads differently")
	}
	if bytes.Equal(first, readings(other, at, 64)) {
		t.Error("another seed reads the same")
	}
	clone := a.Clone()
	if !bytes.Equal(a.AppendState(nil), clone.AppendState(nil)) {
		t.Error("a clone has another state")
	}
	before := clone.AppendState(nil)
	next := readings(a, at, 64)
	if !bytes.Equal(clone.AppendState(nil), before) {
		t.Error("reading the original changes its clone")
	}
	if !bytes.Equal(readings(clone, at, 64), next) {
		t.Error("a clone reads differently")
	}
	if bytes.Equal(of(1).AppendState(nil), before) {
		t.Error("the reads so far do not show in the state")
	}
}

func TestChecksumOfAMarginalByteIsThatOfWhatIsRead(t *testing.T) {
	at := uint32(2*small.SectorBytes) - 1 // the last of its sector
	c, same := newChip(t, small), newChip(t, small)
	for _, chip := range []*Chip{c, same} {
		must(t, chip.Program(at, []byte{0x5A}))
		chip.MakeMarginal(at, 4)
	}
	seen := map[uint32]bool{}
	for range 20 {
		got := c.CRC32(at-4, 9)
		p := make([]byte, 9)
		same.Read(at-4, p)
		if want := crc32.ChecksumIEEE(p); got != want {
			t.Fatalf("CRC-32 %08X of % X, want %08X", got, p, want)
		}
		seen[got] = true
	}
	if len(seen) != 2 {
		t.Errorf("%d checksums of a byte that reads in two ways", len(seen))
	}
	for range 20 {
		if c.CRC32(at+1, 100) != c.Cells().CRC32(at+1, 100) || c.CRC32(at-100, 100) != c.Cells().CRC32(at-100, 100) {
			t.Fatal("the bytes beside it read differently")
		}
	}
}

func TestLookingAtCellsReadsNothing(t *testing.T) {
	at := uint32(small.SectorBytes)
	c := newChip(t, small)
	must(t, c.Program(at, []byte{0x0F}))
	c.MakeMarginal(at, 1)
	before := c.AppendState(nil)
	p := make([]byte, 1)
	for range 50 {
		if c.Cells().Read(at, p); p[0] != 0x0F || c.Cells().CRC32(at, 1) != crc32.ChecksumIEEE([]byte{0x0F}) {
			t.Fatalf("the cells hold %02X", p[0])
		}
	}
	if !bytes.Equal(c.AppendState(nil), before) {
		t.Error("a look has changed the chip")
	}
}

func TestMarginalByteCanBeErasedProgrammedAndHealed(t *testing.T) {
	at := uint32(small.SectorBytes)
	c := newChip(t, small)
	fresh := string(c.AppendState(nil))
	c.MakeMarginal(at+1, 5)
	c.MakeMarginal(at, 3)
	c.MakeMarginal(at, 4)
	must(t, c.Program(at, []byte{0x7F}))
	must(t, c.Erase(1))
	if !c.Faulty() {
		t.Error("it counts as healthy")
	}
	c.ClearMarginal(at + 1)
	c.ClearMarginal(at + 1)
	if !c.Faulty() {
		t.Error("the other one is gone too")
	}
	c.ClearMarginal(at)
	if c.Faulty() || string(c.AppendState(nil)) != fresh {
		t.Error("there is no marginal byte, and the chip is not as new")
	}
	c.MakeMarginal(at, 3)
	c.ClearFaults()
	if c.Faulty() || string(c.AppendState(nil)) != fresh {
		t.Error("the faults are cleared, and the chip is not as new")
	}
}

func TestChipIsFaultyWhileAFaultCanStillShow(t *testing.T) {
	for name, harm := range map[string]func(*Chip){
		"a stuck bit":      func(c *Chip) { c.StickBit(9, 0, false) },
		"a failing sector": func(c *Chip) { c.FailErase(3) },
		"a failing byte":   func(c *Chip) { c.FailProgram(9) },
	} {
		c := newChip(t, small)
		harm(c)
		must(t, c.Erase(1))
		if !c.Faulty() {
			t.Errorf("%s does not count", name)
		}
	}
	for name, harm := range map[string]func(*Chip){
		"a lie": func(c *Chip) { c.LieAt(1) }, "a failure": func(c *Chip) { c.FailAt(1) },
	} {
		c := newChip(t, small)
		harm(c)
		if !c.Faulty() {
			t.Errorf("%s that is to come does not count", name)
		}
		_ = c.Erase(1)
		if c.Faulty() {
			t.Errorf("%s that is over counts", name)
		}
	}
	if newChip(t, small).Faulty() {
		t.Error("a new chip is faulty")
	}
}
