package flash

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"ionbench/simulator/machine"
)

// small is a chip of four sectors with two pages each, the first protected.
var small = Geometry{Sectors: 4, SectorBytes: 2 * maxPageBytes, Protected: 1}

// tiny has sectors that are smaller than a page usually is.
var tiny = Geometry{Sectors: 8, SectorBytes: MaxProgram, Protected: 2}

func newChip(t testing.TB, g Geometry) *Chip {
	t.Helper()
	c, err := New(g)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func content(c *Chip) []byte {
	p := make([]byte, c.Geometry().Bytes())
	c.Read(0, p)
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestNewChipIsErasedAndHasTheCapacityOfItsPart(t *testing.T) {
	c := newChip(t, Am29F032B())
	if got := c.Geometry().Bytes(); got != 4<<20 {
		t.Errorf("capacity %d, want 4 MiB", got)
	}
	for i, b := range content(c) {
		if b != 0xFF {
			t.Fatalf("byte %d is %02X", i, b)
		}
	}
	if g := c.Geometry(); g.EraseTime != time.Second || g.ByteProgramTime != 7*time.Microsecond || c.Ops() != 0 {
		t.Errorf("geometry %+v, %d operations", g, c.Ops())
	}
}

func TestNewRefusesShapesThatAreNoChip(t *testing.T) {
	for name, g := range map[string]Geometry{
		"nothing":                {},
		"no sectors":             {Sectors: 0, SectorBytes: 1024},
		"negative sectors":       {Sectors: -1, SectorBytes: 1024},
		"sectors too small":      {Sectors: 4, SectorBytes: 128},
		"no power of two":        {Sectors: 4, SectorBytes: 3000},
		"too large":              {Sectors: 1 << 20, SectorBytes: 1 << 20},
		"larger than an integer": {Sectors: math.MaxInt, SectorBytes: 1 << 30},
		"all protected":          {Sectors: 4, SectorBytes: 1024, Protected: 4},
		"negative protection":    {Sectors: 4, SectorBytes: 1024, Protected: -1},
		"negative time":          {Sectors: 4, SectorBytes: 1024, EraseTime: -1},
	} {
		if c, err := New(g); err == nil || c != nil {
			t.Errorf("%s: %+v is accepted", name, g)
		}
	}
}

func TestProgramClearsBitsAndEraseSetsThem(t *testing.T) {
	c := newChip(t, small)
	at := uint32(small.SectorBytes + 5)
	must(t, c.Program(at, []byte{0xF0, 0x0F}))
	must(t, c.Program(at, []byte{0x30, 0x0F})) // further down is legal
	got := make([]byte, 4)
	c.Read(at-1, got)
	if !bytes.Equal(got, []byte{0xFF, 0x30, 0x0F, 0xFF}) {
		t.Errorf("reads % X", got)
	}
	must(t, c.Erase(1))
	for _, b := range content(c) {
		if b != 0xFF {
			t.Fatal("the sector is not erased")
		}
	}
	if c.Ops() != 3 {
		t.Errorf("%d operations, want 3", c.Ops())
	}
}

func TestProgrammingABitFromZeroToOneIsReportedAndChangesNothing(t *testing.T) {
	for i := range 40 { // in whole words and behind them
		c := newChip(t, small)
		at := uint32(small.SectorBytes + maxPageBytes - 20) // across a page border
		held := bytes.Repeat([]byte{0xF7}, 40)
		must(t, c.Program(at, held))
		before := content(c)
		p := bytes.Repeat([]byte{0x07}, 40)
		p[i] = 0x08
		err := c.Program(at, p)
		var e *BitError
		if !errors.As(err, &e) || *e != (BitError{Address: at + uint32(i), Held: 0xF7, Wanted: 0x08}) {
			t.Errorf("byte %d: %v", i, err)
		}
		if !bytes.Equal(content(c), before) {
			t.Errorf("byte %d: the refused operation changed something", i)
		}
		if c.Ops() != 2 {
			t.Errorf("byte %d: %d operations, want 2", i, c.Ops())
		}
	}
}

func TestEverySingleBitThatWouldBeSetIsFound(t *testing.T) {
	at := uint32(small.SectorBytes)
	for bit := range 80 { // whole words and what is left behind them
		c := newChip(t, small)
		must(t, c.Program(at, make([]byte, 10)))
		p := make([]byte, 10)
		p[bit/8] = 1 << (bit % 8)
		var e *BitError
		if err := c.Program(at, p); !errors.As(err, &e) || e.Address != at+uint32(bit/8) {
			t.Errorf("bit %d: %v", bit, err)
		}
	}
}

func TestRefusedOperationsAreNotCountedAndChangeNothing(t *testing.T) {
	c := newChip(t, small)
	sector := uint32(small.SectorBytes)
	end := uint32(small.Bytes())
	tests := []struct {
		name string
		do   func() error
		want error
	}{
		{"program nothing", func() error { return c.Program(sector, nil) }, ErrRange},
		{"program 257 bytes", func() error { return c.Program(sector, make([]byte, 257)) }, ErrRange},
		{"program across a sector border", func() error { return c.Program(2*sector-1, []byte{0, 0}) }, ErrRange},
		{"program across the end", func() error { return c.Program(end-1, []byte{0, 0}) }, ErrRange},
		{"program beyond the end", func() error { return c.Program(0xFFFFFFFF, []byte{0, 0}) }, ErrRange},
		{"program the loader", func() error { return c.Program(0, []byte{0}) }, ErrProtected},
		{"program from the loader on", func() error { return c.Program(sector-1, []byte{0, 0}) }, ErrRange},
		{"erase the loader", func() error { return c.Erase(0) }, ErrProtected},
		{"erase sector -1", func() error { return c.Erase(-1) }, ErrRange},
		{"erase sector 4", func() error { return c.Erase(4) }, ErrRange},
		{"tear the loader", func() error { return c.TearErase(0, 1) }, ErrProtected},
		{"tear nothing", func() error { return c.TearProgram(sector, nil, 0, 1) }, ErrRange},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := test.do(); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if c.Ops() != 0 || !c.Powered() {
		t.Errorf("%d operations counted, powered: %v", c.Ops(), c.Powered())
	}
	for _, b := range content(c) {
		if b != 0xFF {
			t.Fatal("a refused operation changed a cell")
		}
	}
}

func TestCRC32IsThatOfTheBytes(t *testing.T) {
	c := newChip(t, small)
	must(t, c.Program(uint32(small.SectorBytes)+100, []byte("123456789")))
	all := content(c)
	for _, test := range []struct{ at, n int }{
		{0, 0}, {0, len(all)}, {small.SectorBytes + 100, 9}, {small.SectorBytes + 50, maxPageBytes}, {maxPageBytes - 1, 2}, {len(all), 0},
	} {
		if got, want := c.CRC32(uint32(test.at), uint32(test.n)), crc32.ChecksumIEEE(all[test.at:test.at+test.n]); got != want {
			t.Errorf("%d bytes from %d: %08X, want %08X", test.n, test.at, got, want)
		}
	}
	if got := c.CRC32(uint32(small.SectorBytes)+100, 9); got != 0xCBF43926 { // the check value of the CRC catalogue
		t.Errorf("CRC-32 of 123456789 is %08X", got)
	}
}

func TestReadingBeyondTheChipPanics(t *testing.T) {
	c := newChip(t, small)
	for name, read := range map[string]func(){
		"read":      func() { c.Read(uint32(small.Bytes())-1, make([]byte, 2)) },
		"CRC-32":    func() { c.CRC32(1, uint32(small.Bytes())) },
		"stuck bit": func() { c.StickBit(uint32(small.Bytes()), 0, true) },
		"bit 8":     func() { c.StickBit(0, 8, true) },
		"sector 4":  func() { c.FailErase(4) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			read()
		})
	}
}

func TestCloneAndOriginalNeverSeeEachOthersWrites(t *testing.T) {
	a := newChip(t, small)
	at := uint32(small.SectorBytes)
	must(t, a.Program(at, []byte{0xF0}))
	b := a.Clone()
	must(t, a.Program(at, []byte{0x10})) // the original writes a page that both know
	must(t, b.Program(at, []byte{0x20})) // and so does the clone
	c := b.Clone()
	must(t, b.Erase(1))
	must(t, a.Program(at+1, []byte{0x01}))
	for name, test := range map[string]struct {
		chip *Chip
		want []byte
	}{
		"original": {a, []byte{0x10, 0x01}}, "clone": {b, []byte{0xFF, 0xFF}}, "clone of the clone": {c, []byte{0x20, 0xFF}},
	} {
		got := make([]byte, 2)
		test.chip.Read(at, got)
		if !bytes.Equal(got, test.want) {
			t.Errorf("%s reads % X, want % X", name, got, test.want)
		}
	}
}

func TestCloneKeepsTrapFaultsPowerAndCount(t *testing.T) {
	a := newChip(t, small)
	must(t, a.Erase(1))
	a.CutAt(3, Before, 1, -1)
	a.FailErase(2)
	b := a.Clone()
	a.ClearFaults()
	a.CutAt(0, Before, 0, 0)
	if err := b.Erase(2); !errors.Is(err, ErrEraseFailed) {
		t.Errorf("the clone lost its fault: %v", err)
	}
	if err := b.Erase(1); !errors.Is(err, ErrPowerCut) {
		t.Errorf("the clone lost its trap: %v", err)
	}
	must(t, a.Erase(2))
	must(t, a.Erase(1))
	dark := b.Clone()
	if dark.Powered() || dark.Ops() != 3 || a.Ops() != 3 {
		t.Errorf("clone powered %v, %d operations; original %d", dark.Powered(), dark.Ops(), a.Ops())
	}
}

func TestClonesMayBeUsedFromDifferentGoroutines(t *testing.T) {
	original := newChip(t, small)
	must(t, original.Program(uint32(small.SectorBytes), make([]byte, 256)))
	original.Clone()
	var all sync.WaitGroup
	states := make([][]byte, 8)
	for i := range states {
		all.Go(func() {
			c := original.Clone()
			states[i] = c.AppendState(nil) // digests of shared pages
			if err := c.Program(uint32(small.SectorBytes)+256, []byte{byte(i)}); err != nil {
				t.Error(err)
			}
			c.AppendState(nil)
		})
	}
	all.Wait()
	for _, s := range states {
		if !bytes.Equal(s, states[0]) {
			t.Error("equal clones have different states")
		}
	}
}

// naive is the same chip without any cleverness: an array, and every rule written out.
type naive struct {
	g     Geometry
	cells []byte
	ops   uint64
	dark  bool
	cut   uint64
	phase Phase
}

func (n *naive) clone() *naive {
	c := *n
	c.cells = slices.Clone(n.cells)
	return &c
}

func (n *naive) operate(legal bool, work func()) (ok bool) {
	if n.dark || !legal {
		return false
	}
	n.ops++
	if n.ops == n.cut {
		n.dark = true
		if n.phase == After {
			work()
		}
		return false
	}
	work()
	return true
}

func (n *naive) erase(sector int) bool {
	return n.operate(sector >= n.g.Protected && sector < n.g.Sectors, func() {
		for i := sector * n.g.SectorBytes; i < (sector+1)*n.g.SectorBytes; i++ {
			n.cells[i] = 0xFF
		}
	})
}

func (n *naive) program(at int, p []byte) bool {
	fits := len(p) > 0 && len(p) <= 256 && at+len(p) <= len(n.cells) &&
		at/n.g.SectorBytes == (at+len(p)-1)/n.g.SectorBytes && at/n.g.SectorBytes >= n.g.Protected
	sets := false
	return n.operate(fits, func() {
		for i := range p {
			sets = sets || p[i]&^n.cells[at+i] != 0
		}
		for i := range p {
			if !sets {
				n.cells[at+i] = p[i]
			}
		}
	}) && !sets
}

// runAgainstNaive interprets script as operations on a herd of chips and on the same
// herd of naive ones, and compares them all after every few steps.
func runAgainstNaive(t *testing.T, g Geometry, script []byte) {
	chips := []*Chip{newChip(t, g)}
	models := []*naive{{g: g, cells: bytes.Repeat([]byte{0xFF}, g.Bytes())}}
	take := func() int {
		if len(script) == 0 {
			return 0
		}
		b := script[0]
		script = script[1:]
		return int(b)
	}
	for step := 0; len(script) > 0; step++ {
		which := take() % len(chips)
		c, m := chips[which], models[which]
		switch act := take(); act % 16 {
		case 0:
			sector := take() % (g.Sectors + 1)
			if got, want := c.Erase(sector) == nil, m.erase(sector); got != want {
				t.Fatalf("step %d: erase %d of chip %d: ok %v, want %v", step, sector, which, got, want)
			}
		case 1:
			if len(chips) < 6 {
				chips, models = append(chips, c.Clone()), append(models, m.clone())
			} else {
				other := take() % len(chips)
				chips[other], models[other] = c.Clone(), m.clone()
			}
		case 2:
			phase := []Phase{Before, After}[take()%2]
			op := c.Ops() + uint64(take()%4)
			c.CutAt(op, phase, 0, 0)
			m.cut, m.phase = op, phase
		case 3:
			c.PowerOn()
			m.dark = false
		case 4:
			c.AppendState(nil) // must not disturb anything
		case 5:
			for range c.Dirty {
				break
			}
		default:
			at := (take()<<16 | take()<<8 | take()) % g.Bytes()
			p := make([]byte, take()+take()%3)
			fill := byte(take())
			for i := range p {
				p[i] = fill | byte(i)<<(act%8)
			}
			if got, want := c.Program(uint32(at), p) == nil, m.program(at, p); got != want {
				t.Fatalf("step %d: program %d bytes at %d of chip %d: ok %v, want %v", step, len(p), at, which, got, want)
			}
		}
		if c.Ops() != m.ops || c.Powered() == m.dark {
			t.Fatalf("step %d: chip %d counts %d operations (powered %v), want %d (%v)", step, which, c.Ops(), c.Powered(), m.ops, !m.dark)
		}
		if step%8 == 0 || len(script) == 0 {
			compareHerds(t, step, chips, models)
		}
	}
}

func compareHerds(t *testing.T, step int, chips []*Chip, models []*naive) {
	t.Helper()
	for i := range chips {
		if !bytes.Equal(content(chips[i]), models[i].cells) {
			t.Fatalf("step %d: chip %d differs from the naive one", step, i)
		}
		if got, want := chips[i].CRC32(0, uint32(len(models[i].cells))), crc32.ChecksumIEEE(models[i].cells); got != want {
			t.Fatalf("step %d: chip %d has CRC-32 %08X, want %08X", step, i, got, want)
		}
		for j := range i {
			same := models[i].dark == models[j].dark && bytes.Equal(models[i].cells, models[j].cells) &&
				models[i].pending() == models[j].pending()
			if got := bytes.Equal(chips[i].AppendState(nil), chips[j].AppendState(nil)); got != same {
				t.Fatalf("step %d: chips %d and %d have the same state: %v, want %v", step, i, j, got, same)
			}
		}
	}
}

// pending is the trap as the future sees it.
func (n *naive) pending() string {
	if n.cut <= n.ops {
		return ""
	}
	return fmt.Sprint(n.cut-n.ops, n.phase)
}

func TestChipsAgreeWithTheNaiveModelAtAnyInterleavingOfClones(t *testing.T) {
	for _, g := range []Geometry{small, tiny} {
		for seed := range uint64(30) {
			draw := machine.Draws(seed)
			script := make([]byte, 3000)
			for i := 0; i < len(script); i += 8 {
				binary.LittleEndian.PutUint64(script[i:], draw.Next())
			}
			runAgainstNaive(t, g, script)
		}
	}
}

func FuzzChipAgainstNaive(f *testing.F) {
	f.Add([]byte{0, 6, 0, 1, 0, 200, 0, 0x0F, 0, 1, 1, 6, 0, 1, 0, 200, 0, 0x01, 0, 0, 1})
	f.Add([]byte{0, 2, 1, 1, 0, 9, 0, 2, 0, 10, 0, 0, 0, 3, 0, 9, 0, 2, 0, 10, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 2000 {
			return
		}
		runAgainstNaive(t, tiny, script)
	})
}

func TestProgrammingATouchedPageAllocatesNothing(t *testing.T) {
	c := newChip(t, Am29F032B())
	p := make([]byte, MaxProgram)
	must(t, c.Program(128<<10, p))
	if n := testing.AllocsPerRun(100, func() { _ = c.Program(128<<10+1000, p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { c.CRC32(0, 4<<20) }); n != 0 {
		t.Errorf("CRC-32: %v allocations", n)
	}
}

func TestProgrammingNothingNewKeepsAPageShared(t *testing.T) {
	a := newChip(t, small)
	must(t, a.Program(uint32(small.SectorBytes), []byte{1, 2, 3}))
	b := a.Clone()
	if n := testing.AllocsPerRun(10, func() {
		_ = b.Program(uint32(small.SectorBytes), []byte{1, 2, 3})
		_ = b.Program(uint32(2*small.SectorBytes), []byte{0xFF, 0xFF})
	}); n != 0 {
		t.Errorf("%v allocations for writing what is there already", n)
	}
}

func BenchmarkProgram(b *testing.B) {
	c := newChip(b, Am29F032B())
	p := bytes.Repeat([]byte{0x5A}, MaxProgram)
	size := uint32(c.Geometry().Bytes())
	first := unprotected(c)
	b.SetBytes(MaxProgram)
	b.ReportAllocs()
	for at := first; b.Loop(); {
		if err := c.Program(at, p); err != nil {
			b.Fatal(err)
		}
		if at += MaxProgram; at == size {
			at = first
		}
	}
}

// BenchmarkProgramImage is a whole download of an erased chip, page allocation included.
func BenchmarkProgramImage(b *testing.B) {
	empty := newChip(b, Am29F032B())
	p := bytes.Repeat([]byte{0x5A}, MaxProgram)
	size := uint32(empty.Geometry().Bytes())
	first := unprotected(empty)
	b.SetBytes(int64(size - first))
	b.ReportAllocs()
	for b.Loop() {
		c := empty.Clone()
		for at := first; at < size; at += MaxProgram {
			if err := c.Program(at, p); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// unprotected is the first address behind the loader.
func unprotected(c *Chip) uint32 {
	return uint32(c.Geometry().Protected * c.Geometry().SectorBytes)
}

// fullChip holds no erased page but the loader's.
func fullChip(b *testing.B) *Chip {
	c := newChip(b, Am29F032B())
	for at := int(unprotected(c)); at < c.Geometry().Bytes(); at += MaxProgram {
		must(b, c.Program(uint32(at), bytes.Repeat([]byte{byte(at >> 8)}, MaxProgram)))
	}
	return c
}

func BenchmarkClone(b *testing.B) {
	c := fullChip(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Clone()
	}
}

func BenchmarkCloneAndProgram(b *testing.B) {
	c := fullChip(b)
	p := make([]byte, MaxProgram)
	b.ReportAllocs()
	for b.Loop() {
		must(b, c.Clone().Program(1<<20+MaxProgram, p))
	}
}

func BenchmarkCRC32(b *testing.B) {
	for name, c := range map[string]*Chip{"full": fullChip(b), "erased": newChip(b, Am29F032B())} {
		b.Run(name, func(b *testing.B) {
			size := uint32(c.Geometry().Bytes())
			b.SetBytes(int64(size))
			for b.Loop() {
				c.CRC32(0, size)
			}
		})
	}
}

// BenchmarkAppendState is the state of a fork after one program: one page to digest anew.
func BenchmarkAppendState(b *testing.B) {
	c := fullChip(b)
	state := c.AppendState(nil)
	p := make([]byte, MaxProgram)
	b.ReportAllocs()
	for b.Loop() {
		fork := c.Clone()
		must(b, fork.Program(1<<20+MaxProgram, p))
		state = fork.AppendState(state[:0])
	}
}
