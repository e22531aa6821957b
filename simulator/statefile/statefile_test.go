package statefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/simulator/disk"
)

// small is a geometry whose every byte can be tried.
func small() Geometry { return Geometry{Pages: 3, PageBytes: 64} }

// memory is a file that dies after a number of written bytes.
type memory struct {
	disk.File
	bytes  []byte
	budget int // bytes that can still be written; negative: no end
}

var errKilled = errors.New("killed")

func (m *memory) ReadAt(p []byte, at int64) (int, error) {
	if at >= int64(len(m.bytes)) {
		return 0, io.EOF
	}
	n := copy(p, m.bytes[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) WriteAt(p []byte, at int64) (int, error) {
	n := len(p)
	if m.budget >= 0 && n > m.budget {
		n = m.budget
	}
	if m.budget >= 0 {
		m.budget -= n
	}
	copy(m.bytes[at:], p[:n])
	if n < len(p) {
		return n, errKilled
	}
	return n, nil
}

func (m *memory) Truncate(size int64) error {
	m.bytes = append(m.bytes, make([]byte, size)...)[:size]
	return nil
}
func (m *memory) Sync() error  { return nil }
func (m *memory) Close() error { return nil }

// open opens the file as a new process would find it.
func (m *memory) open(t *testing.T) *File {
	t.Helper()
	s, err := openFile("meter.state", m, int64(len(m.bytes)), small())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newMemory(t *testing.T) *memory {
	t.Helper()
	m := &memory{budget: -1}
	m.open(t)
	return m
}

func filled(b byte) []byte { return bytes.Repeat([]byte{b}, small().PageBytes) }

func pagesOf(t *testing.T, s *File) map[int]string {
	t.Helper()
	pages := map[int]string{}
	err := s.LoadPages(func(page int, data []byte) error {
		pages[page] = string(data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func wantPages(t *testing.T, s *File, want map[int]string) {
	t.Helper()
	if got := pagesOf(t, s); !maps.Equal(got, want) {
		t.Fatalf("pages %v, want %v", got, want)
	}
}

func wantNonVolatile(t *testing.T, s *File, want string) {
	t.Helper()
	if got, ok := s.NonVolatile(); !ok || string(got) != want {
		t.Fatalf("non-volatile memory %q (%v), want %q", got, ok, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStateKeepsPagesAndNonVolatileMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter.state")
	s, err := Open(disk.Real{}, path, small())
	must(t, err)
	if _, ok := s.NonVolatile(); ok {
		t.Error("a new file has non-volatile memory")
	}
	wantPages(t, s, map[int]string{})
	must(t, s.SavePage(0, filled('a')))
	must(t, s.SavePage(2, filled('c')))
	must(t, s.SaveNonVolatile([]byte("one")))
	must(t, s.SaveNonVolatile([]byte("two")))
	must(t, s.SavePage(0, filled(0xFF)))
	must(t, s.Close())

	s, err = Open(disk.Real{}, path, small())
	must(t, err)
	wantPages(t, s, map[int]string{2: string(filled('c'))})
	wantNonVolatile(t, s, "two")
	must(t, s.SavePage(2, nil))
	must(t, s.SaveNonVolatile(nil))
	must(t, s.Close())

	s, err = Open(disk.Real{}, path, small())
	must(t, err)
	wantPages(t, s, map[int]string{})
	wantNonVolatile(t, s, "")
	must(t, s.Close())
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, want 0600", info.Mode().Perm())
	}
}

func TestStateSavesFullSizedMemory(t *testing.T) {
	m := newMemory(t)
	full := bytes.Repeat([]byte("0123456789abcdef"), MaxNonVolatile/16)
	s := m.open(t)
	must(t, s.SaveNonVolatile([]byte("before")))
	must(t, s.SaveNonVolatile(full))
	must(t, s.SavePage(0, filled('a')))
	s = m.open(t)
	wantNonVolatile(t, s, string(full))
	wantPages(t, s, map[int]string{0: string(filled('a'))})
	if err := s.SaveNonVolatile(append(full, 0)); err == nil {
		t.Error("more than MaxNonVolatile bytes were taken")
	}
}

func TestStateDoesNotWriteTheSameMemoryTwice(t *testing.T) {
	m := newMemory(t)
	s := m.open(t)
	must(t, s.SaveNonVolatile([]byte("same")))
	m.budget = 0
	must(t, s.SaveNonVolatile([]byte("same")))
}

func TestStateRefusesPagesThatDoNotFit(t *testing.T) {
	s := newMemory(t).open(t)
	for _, test := range []struct {
		name string
		page int
		data []byte
	}{
		{"page before the first", -1, filled('a')},
		{"page after the last", small().Pages, filled('a')},
		{"short page", 0, filled('a')[1:]},
		{"empty page", 0, []byte{}},
	} {
		if err := s.SavePage(test.page, test.data); err == nil {
			t.Errorf("%s was taken", test.name)
		}
	}
}

// killPoints runs save against copies of before, killed after every number of bytes that
// it writes, and hands each copy to check. Whole is set when save had returned.
func killPoints(t *testing.T, before []byte, save func(s *File) error, check func(t *testing.T, after *memory, whole bool)) {
	t.Helper()
	for budget := 0; ; budget++ {
		m := &memory{bytes: bytes.Clone(before), budget: -1}
		s := m.open(t)
		m.budget = budget
		err := save(s)
		if err != nil && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		m.budget = -1
		t.Run(fmt.Sprintf("killed after %d bytes", budget), func(t *testing.T) { check(t, m, err == nil) })
		if err == nil {
			return
		}
	}
}

func TestStateSurvivesDeathAtEveryByteOfAPage(t *testing.T) {
	for _, test := range []struct {
		name          string
		old, replaced []byte
	}{
		{"written over", filled('b'), filled('n')},
		{"first written", nil, filled('n')},
		{"erased", filled('b'), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory(t)
			s := m.open(t)
			must(t, s.SavePage(0, filled('a')))
			must(t, s.SavePage(1, test.old))
			must(t, s.SavePage(2, filled('c')))
			must(t, s.SaveNonVolatile([]byte("kept")))
			with := func(page []byte) map[int]string {
				pages := map[int]string{0: string(filled('a')), 2: string(filled('c'))}
				if page != nil {
					pages[1] = string(page)
				}
				return pages
			}
			save := func(s *File) error { return s.SavePage(1, test.replaced) }
			killPoints(t, m.bytes, save, func(t *testing.T, after *memory, whole bool) {
				s := after.open(t)
				wantNonVolatile(t, s, "kept")
				got := pagesOf(t, s)
				if !maps.Equal(got, with(test.replaced)) && (whole || !maps.Equal(got, with(test.old))) {
					t.Fatalf("pages %v, want page 1 old (only if the save did not return) or new, never a mix", got)
				}
				// The next process goes on as if nothing had been.
				must(t, s.SavePage(0, nil))
				delete(got, 0)
				wantPages(t, after.open(t), got)
			})
		})
	}
}

func TestStateSurvivesDeathAtEveryByteOfNonVolatileMemory(t *testing.T) {
	for saved := range 3 {
		t.Run(fmt.Sprintf("after %d saves", saved), func(t *testing.T) {
			m := newMemory(t)
			s := m.open(t)
			must(t, s.SavePage(1, filled('b')))
			for i := range saved {
				must(t, s.SaveNonVolatile(fmt.Appendf(nil, "save %d", i)))
			}
			save := func(s *File) error { return s.SaveNonVolatile([]byte("a longer new one")) }
			killPoints(t, m.bytes, save, func(t *testing.T, after *memory, whole bool) {
				s := after.open(t)
				wantPages(t, s, map[int]string{1: string(filled('b'))})
				got, ok := s.NonVolatile()
				isNew := ok && string(got) == "a longer new one"
				isOld := ok && string(got) == fmt.Sprintf("save %d", saved-1) || !ok && saved == 0
				if !isNew && (whole || !isOld) {
					t.Fatalf("non-volatile memory %q (%v), want the old (only if the save did not return) or the new", got, ok)
				}
				must(t, s.SaveNonVolatile([]byte("next life")))
				wantNonVolatile(t, after.open(t), "next life")
			})
		})
	}
}

func TestStateSurvivesDeathDuringItsCreation(t *testing.T) {
	// The header is written at once, inside one page of the page cache, and last: what a
	// death can leave is an empty file or one of zeros.
	for _, size := range []int64{0, small().fileBytes()} {
		m := &memory{bytes: make([]byte, size), budget: -1}
		must(t, m.open(t).SavePage(0, filled('a')))
		wantPages(t, m.open(t), map[int]string{0: string(filled('a'))})
	}
}

func TestStateTakesNoMoreAfterAFailedWrite(t *testing.T) {
	m := newMemory(t)
	s := m.open(t)
	must(t, s.SavePage(0, filled('a')))
	// The journal is written, the page only in part.
	m.budget = int(small().recordBytes()) + 20
	if err := s.SavePage(0, filled('b')); !errors.Is(err, errKilled) {
		t.Fatalf("SavePage = %v, want the file's error", err)
	}
	m.budget = -1
	for name, err := range map[string]error{
		"SavePage": s.SavePage(1, filled('c')), "SaveNonVolatile": s.SaveNonVolatile([]byte("x")), "Sync": s.sync(),
	} {
		if !errors.Is(err, errKilled) {
			t.Errorf("%s after a failed write = %v, want the same error", name, err)
		}
	}
	wantPages(t, m.open(t), map[int]string{0: string(filled('b'))})
}

func TestStateNeverHandsOutDamagedMemory(t *testing.T) {
	m := newMemory(t)
	s := m.open(t)
	must(t, s.SavePage(1, filled('b')))
	must(t, s.SavePage(0, filled('a'))) // leaves page 1 out of the journal
	must(t, s.SaveNonVolatile([]byte("older")))
	must(t, s.SaveNonVolatile([]byte("newer")))
	g := small()

	flip := func(t *testing.T, at int64) *memory {
		damaged := &memory{bytes: bytes.Clone(m.bytes), budget: -1}
		damaged.bytes[at] ^= 0x10
		return damaged
	}
	t.Run("page", func(t *testing.T) {
		for i := range g.recordBytes() {
			s := flip(t, g.pageOffset(1)+i).open(t)
			err := s.LoadPages(func(int, []byte) error { return nil })
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "page 1") {
				t.Fatalf("byte %d: LoadPages = %v, want ErrDamaged for page 1", i, err)
			}
		}
	})
	t.Run("newest non-volatile slot", func(t *testing.T) {
		for i := range int64(nonVolatileHeader + len("newer")) {
			if i >= 20 && i < nonVolatileHeader {
				continue // reserved
			}
			s := flip(t, g.slotOffset(1)+i).open(t)
			wantNonVolatile(t, s, "older")
			if err := s.Damage(); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "of save 1, is used") {
				t.Fatalf("byte %d: damage = %v", i, err)
			}
		}
	})
	t.Run("both non-volatile slots", func(t *testing.T) {
		damaged := flip(t, g.slotOffset(1))
		damaged.bytes[g.slotOffset(0)+nonVolatileHeader] ^= 1
		if _, err := openFile("x", damaged, g.fileBytes(), g); !errors.Is(err, ErrDamaged) {
			t.Errorf("opening = %v, want ErrDamaged", err)
		}
	})
	s = m.open(t)
	must(t, s.SaveNonVolatile([]byte("newest"))) // the third, in slot 0
	lost := func(slot int) *memory {             // as a disk does that gives zeros for a sector
		damaged := flip(t, g.fileBytes()-1)
		clear(damaged.bytes[g.slotOffset(slot):][:nonVolatileHeader])
		return damaged
	}
	t.Run("one non-volatile slot is lost", func(t *testing.T) {
		for slot, want := range []string{"newer", "newest"} {
			s := lost(slot).open(t)
			wantNonVolatile(t, s, want)
			if err := s.Damage(); !errors.Is(err, ErrDamaged) {
				t.Errorf("slot %d: damage = %v", slot, err)
			}
		}
	})
	t.Run("one is lost and one is bad", func(t *testing.T) {
		for slot := range 2 {
			damaged := lost(slot)
			damaged.bytes[g.slotOffset(1-slot)+nonVolatileHeader] ^= 1
			if _, err := openFile("x", damaged, g.fileBytes(), g); !errors.Is(err, ErrDamaged) {
				t.Errorf("slot %d is lost: opening = %v, want ErrDamaged", slot, err)
			}
		}
	})
	t.Run("both are lost", func(t *testing.T) {
		damaged := lost(0)
		clear(damaged.bytes[g.slotOffset(1):][:nonVolatileHeader])
		if _, err := openFile("x", damaged, g.fileBytes(), g); !errors.Is(err, ErrDamaged) {
			t.Errorf("opening = %v, want ErrDamaged", err)
		}
	})
	t.Run("the only one is lost or bad", func(t *testing.T) {
		m := newMemory(t)
		must(t, m.open(t).SaveNonVolatile([]byte("first")))
		for _, harm := range []func([]byte){func(slot []byte) { clear(slot) }, func(slot []byte) { slot[nonVolatileHeader] ^= 1 }} {
			damaged := &memory{bytes: bytes.Clone(m.bytes), budget: -1}
			harm(damaged.bytes[g.slotOffset(0):][:nonVolatileHeader+5])
			if _, err := openFile("x", damaged, g.fileBytes(), g); !errors.Is(err, ErrDamaged) {
				t.Errorf("opening = %v, want ErrDamaged", err)
			}
		}
	})
	t.Run("none", func(t *testing.T) {
		if err := flip(t, g.fileBytes()-1).open(t).Damage(); err != nil {
			t.Errorf("damage = %v of a file whose memory is whole", err)
		}
	})
	t.Run("journal", func(t *testing.T) {
		for i := range g.recordBytes() {
			wantPages(t, flip(t, g.journalOffset()+i).open(t), map[int]string{0: string(filled('a')), 1: string(filled('b'))})
		}
	})
	t.Run("header", func(t *testing.T) {
		for i := range len(g.header()) {
			if _, err := openFile("x", flip(t, int64(i)), g.fileBytes(), g); !errors.Is(err, ErrNotState) && !errors.Is(err, ErrDamaged) {
				t.Fatalf("byte %d: opening = %v, want a refusal", i, err)
			}
		}
	})
	t.Run("file cut short", func(t *testing.T) {
		for size := int64(len(g.header())); size < g.fileBytes(); size += 61 {
			cut := &memory{bytes: bytes.Clone(m.bytes[:size]), budget: 0}
			if _, err := openFile("x", cut, size, g); !errors.Is(err, ErrNotState) && !errors.Is(err, ErrDamaged) {
				t.Fatalf("%d bytes: opening = %v, want a refusal", size, err)
			}
		}
	})
}

func TestStateLeavesFilesAloneThatAreNotItsOwn(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "meter.state")
	s, err := Open(disk.Real{}, state, small())
	must(t, err)
	must(t, s.Close())
	good, err := os.ReadFile(state)
	must(t, err)
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, content, 0o600))
		return path
	}
	newer := bytes.Clone(good)
	binary.BigEndian.PutUint32(newer[8:], 2)
	zeros := make([]byte, len(good))
	zeros[len(zeros)-1] = 1
	link := filepath.Join(dir, "link.state")
	must(t, os.Symlink(state, link))
	dangling := filepath.Join(dir, "dangling.state")
	must(t, os.Symlink(filepath.Join(dir, "nothing"), dangling))

	for _, test := range []struct {
		name, path string
		geometry   Geometry
		is         error
		says       string
	}{
		{"notes", write("notes.txt", []byte("do not lose this")), small(), ErrNotState, "16 bytes"},
		{"other big file", write("big", bytes.Repeat([]byte("x"), 5000)), small(), ErrNotState, "begin with IONSTATE"},
		{"zeros and something", write("zeros", zeros), small(), ErrNotState, "begin with IONSTATE"},
		{"next version", write("v2", newer), small(), ErrNotState, "version 2"},
		{"cut short", write("cut", good[:len(good)-1]), small(), ErrDamaged, "bytes long"},
		{"too long", write("long", append(bytes.Clone(good), 0)), small(), ErrDamaged, "bytes long"},
		{"another chip", state, Geometry{Pages: 4, PageBytes: 64}, ErrNotState, "3 pages of 64 bytes"},
		{"symbolic link", link, small(), nil, "symbolic link"},
		{"dangling link", dangling, small(), nil, "symbolic link"},
		{"folder", dir, small(), nil, "directory"},
		{"missing folder", filepath.Join(dir, "no", "meter.state"), small(), os.ErrNotExist, "create it first"},
		{"no pages", state, Geometry{Pages: 0, PageBytes: 64}, nil, "0 pages"},
		{"odd pages", state, Geometry{Pages: 1, PageBytes: 100}, nil, "100 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, _ := os.ReadFile(test.path)
			s, err := Open(disk.Real{}, test.path, test.geometry)
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q, want %v saying %q", err, test.is, test.says)
			}
			if after, _ := os.ReadFile(test.path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
	if _, err := os.Lstat(filepath.Join(dir, "nothing")); err == nil {
		t.Error("a file was created through a link")
	}
}

func TestStateIsUsedByOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter.state")
	first, err := Open(disk.Real{}, path, small())
	must(t, err)
	if _, err := Open(disk.Real{}, path, small()); !errors.Is(err, ErrInUse) {
		t.Errorf("the second Open = %v, want ErrInUse", err)
	}
	must(t, first.Close())
	second, err := Open(disk.Real{}, path, small())
	must(t, err)
	must(t, second.Close())
}

func BenchmarkStateSavePage(b *testing.B) {
	g := Geometry{Pages: 512, PageBytes: 8192}
	s, err := Open(disk.Real{}, filepath.Join(b.TempDir(), "meter.state"), g)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	data := bytes.Repeat([]byte{0x5A}, g.PageBytes)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	page := 0
	for b.Loop() {
		if err := s.SavePage(page, data); err != nil {
			b.Fatal(err)
		}
		page = (page + 1) % g.Pages
	}
}
