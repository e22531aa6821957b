package flash

import (
	"bytes"
	"errors"
	"testing"
)

func TestStateTellsApartWhatHasAnotherFuture(t *testing.T) {
	at := uint32(small.SectorBytes)
	changes := map[string]func(c *Chip){
		"nothing":                 func(*Chip) {},
		"a byte":                  func(c *Chip) { must(t, c.Program(at, []byte{1})) },
		"another byte":            func(c *Chip) { must(t, c.Program(at, []byte{2})) },
		"the byte elsewhere":      func(c *Chip) { must(t, c.Program(at+1, []byte{1})) },
		"the byte a page on":      func(c *Chip) { must(t, c.Program(at+maxPageBytes, []byte{1})) },
		"trap before":             func(c *Chip) { c.CutAt(c.Ops()+2, Before, 1, 1) },
		"trap after":              func(c *Chip) { c.CutAt(c.Ops()+2, After, 1, 1) },
		"trap torn":               func(c *Chip) { c.CutAt(c.Ops()+2, Torn, 1, 1) },
		"trap torn, other seed":   func(c *Chip) { c.CutAt(c.Ops()+2, Torn, 2, 1) },
		"trap torn, other prefix": func(c *Chip) { c.CutAt(c.Ops()+2, Torn, 1, -1) },
		"trap later":              func(c *Chip) { c.CutAt(c.Ops()+3, Before, 1, 1) },
		"no power":                func(c *Chip) { c.CutAt(c.Ops()+1, Before, 1, 1); _ = c.Erase(1) },
		"stuck at 1":              func(c *Chip) { c.StickBit(at, 1, true) },
		"other bit stuck":         func(c *Chip) { c.StickBit(at, 2, true) },
		"stuck at 0":              func(c *Chip) { c.StickBit(at, 1, false) },
		"failing sector":          func(c *Chip) { c.FailErase(2) },
		"failing byte":            func(c *Chip) { c.FailProgram(2) },
		"failing operation":       func(c *Chip) { c.FailAt(c.Ops() + 2) },
		"marginal":                func(c *Chip) { c.MakeMarginal(at, 1) },
		"marginal, other byte":    func(c *Chip) { c.MakeMarginal(at+1, 1) },
		"marginal, other seed":    func(c *Chip) { c.MakeMarginal(at, 2) },
		"marginal, read once":     func(c *Chip) { c.MakeMarginal(at, 1); c.CRC32(at, 1) },
		"lie":                     func(c *Chip) { c.LieAt(c.Ops() + 2) },
	}
	seen := map[string]string{}
	for name, change := range changes {
		for _, ops := range []int{0, 3} { // the count so far has no part in the future
			c := newChip(t, small)
			for range ops {
				must(t, c.Erase(1))
			}
			change(c)
			state := string(c.AppendState([]byte("front")))
			if state[:5] != "front" {
				t.Fatal("AppendState does not append")
			}
			if other, ok := seen[state]; ok && other != name {
				t.Errorf("%q and %q have the same state", name, other)
			}
			if ops == 3 && seen[state] != name {
				t.Errorf("%q looks different three operations later", name)
			}
			seen[state] = name
		}
	}
}

func TestStateForgetsWhatIsOver(t *testing.T) {
	at := uint32(small.SectorBytes)
	fresh := string(newChip(t, small).AppendState(nil))
	c := newChip(t, small)
	c.LieAt(1)
	c.FailAt(2)
	must(t, c.Erase(1))
	_ = c.Erase(1)
	must(t, c.Program(at, []byte{0}))
	c.CutAt(4, Torn, 1, 1)
	_ = c.Program(at, []byte{0})
	c.PowerOn()
	must(t, c.Erase(1))
	if string(c.AppendState(nil)) != fresh {
		t.Error("faults that have struck still show in the state")
	}
	c.FailErase(1)
	c.ClearFaults()
	c.StickBit(at, 0, false)
	c.StickBit(at, 0, true) // the page is erased again
	c.ClearFaults()
	if string(c.AppendState(nil)) != fresh {
		t.Error("faults that were cleared still show in the state")
	}
}

func TestDigestFollowsEveryWrite(t *testing.T) {
	at := uint32(small.SectorBytes)
	c := newChip(t, small)
	seen := map[string]bool{}
	for i := range 8 {
		must(t, c.Program(at, []byte{0xFF << (i + 1)}))
		state := string(c.AppendState(nil))
		if seen[state] {
			t.Fatalf("write %d does not show", i)
		}
		seen[state] = true
	}
}

func TestDirtyGivesEveryChangedPageOnceAndRebuildsTheChip(t *testing.T) {
	sector := uint32(small.SectorBytes)
	c, file := newChip(t, small), newChip(t, small)
	save := func() (pages []int) {
		for page, data := range c.Dirty {
			pages = append(pages, page)
			must(t, file.LoadPage(page, data))
		}
		return pages
	}
	expect := func(what string, got []int, want ...int) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: pages %v, want %v", what, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: pages %v, want %v", what, got, want)
			}
		}
		if !bytes.Equal(content(c), content(file)) {
			t.Fatalf("%s: the file differs", what)
		}
	}
	expect("a new chip", save())
	must(t, c.Program(3*sector, []byte{1}))
	must(t, c.Program(sector+maxPageBytes-1, []byte{1, 2}))
	expect("two programs", save(), 2, 3, 6)
	expect("nothing since", save())
	must(t, c.Erase(1))
	expect("an erase", save(), 2, 3)
	must(t, c.Erase(1))
	expect("an erase of nothing", save())
	must(t, c.Program(sector, []byte{0xFF}))
	expect("a program of nothing", save())
	c.StickBit(2*sector, 0, false)
	expect("a stuck bit", save(), 4)
	_ = c.TearErase(3, 4)
	c.PowerOn()
	must(t, c.Program(3*sector+1, []byte{0}))
	expect("a tear", save(), 6)
	for range file.Dirty {
		t.Fatal("a loaded page is dirty")
	}
}

func TestDirtyPageThatCouldNotBeSavedStaysDirty(t *testing.T) {
	sector := uint32(small.SectorBytes)
	c := newChip(t, small)
	for n := range uint32(3) {
		must(t, c.Program((n+1)*sector, []byte{0}))
	}
	calls := 0
	c.Dirty(func(int, []byte) bool { calls++; return calls < 2 })
	clone := c.Clone()
	for _, chip := range []*Chip{c, clone} {
		var pages []int
		for page := range chip.Dirty {
			pages = append(pages, page)
		}
		if len(pages) != 2 || pages[0] != 4 || pages[1] != 6 {
			t.Errorf("still dirty: %v", pages)
		}
	}
}

func TestLoadPageReachesProtectedSectorsAndChecksItsInput(t *testing.T) {
	c := newChip(t, small)
	data := bytes.Repeat([]byte{0x42}, c.PageBytes())
	must(t, c.LoadPage(0, data))
	data[0] = 0
	got := make([]byte, 1)
	c.Read(0, got)
	if got[0] != 0x42 || c.Ops() != 0 {
		t.Errorf("reads %02X after %d operations", got[0], c.Ops())
	}
	clone := c.Clone()
	must(t, c.LoadPage(0, nil))
	clone.Read(0, got)
	if got[0] != 0x42 {
		t.Error("loading a page changed a clone")
	}
	if !bytes.Equal(c.AppendState(nil), newChip(t, small).AppendState(nil)) {
		t.Error("a page loaded with nil is not erased")
	}
	for _, err := range []error{
		c.LoadPage(-1, nil), c.LoadPage(8, nil), c.LoadPage(1, []byte{}), c.LoadPage(1, data[1:]), c.LoadPage(1, append(data, 0)),
	} {
		if !errors.Is(err, ErrRange) {
			t.Errorf("got %v", err)
		}
	}
}

// A copy into the memory of a spent chip uses its pages again: none of them may be one that
// somebody else still sees.
func TestACopyInTheMemoryOfASpentChipHarmsNobody(t *testing.T) {
	origin, err := New(Am29F032B())
	if err != nil {
		t.Fatal(err)
	}
	const address = 0x030000
	program := func(c *Chip, at uint32, b byte) {
		t.Helper()
		if err := c.Program(at, bytes.Repeat([]byte{b}, MaxProgram)); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(c *Chip, at uint32) byte {
		var b [1]byte
		c.Read(at, b[:])
		return b[0]
	}
	program(origin, address, 0x11)
	spent := origin.Clone()
	program(spent, address+0x10000, 0x22)
	witness := spent.Clone() // sees the pages that spent had made by then
	program(spent, address+0x20000, 0x33)
	origin.CopyTo(spent)
	if string(spent.AppendState(nil)) != string(origin.AppendState(nil)) {
		t.Error("the copy is in another state")
	}
	for i := range uint32(4) {
		program(spent, address+0x30000+i*0x10000, 0x44)
	}
	if err := spent.Erase(3); err != nil {
		t.Fatal(err)
	}
	program(spent, address, 0x55)
	for _, c := range []struct {
		name string
		chip *Chip
		at   uint32
		want byte
	}{
		{"origin", origin, address, 0x11}, {"origin", origin, address + 0x10000, 0xFF}, {"origin", origin, address + 0x30000, 0xFF},
		{"witness", witness, address, 0x11}, {"witness", witness, address + 0x10000, 0x22}, {"witness", witness, address + 0x20000, 0xFF},
		{"copy", spent, address, 0x55}, {"copy", spent, address + 0x20000, 0xFF}, {"copy", spent, address + 0x60000, 0x44},
	} {
		if got := holds(c.chip, c.at); got != c.want {
			t.Errorf("%s holds %#02x at %#06x, want %#02x", c.name, got, c.at, c.want)
		}
	}
}
