package statefile

import (
	"errors"
	"fmt"
	"testing"

	"ionbench/simulator/disk/fragile"
)

// saves is what a run has saved in a state file: version 0 is nothing. The last index is the
// non-volatile memory, the others are pages.
type saves [4]int

const memoryAt = 3

// history is a run over a disk that fails, and what is known of it.
type history struct {
	disk      *fragile.Disk
	attempted saves // the last call began
	told      saves // and returned
	synced    saves // before a sync that returned
}

const statePath = "/meters/meter.state"

func (h *history) save(s *File, at int) error {
	h.attempted[at]++
	var err error
	if at == memoryAt {
		err = s.SaveNonVolatile(fmt.Append(nil, "version ", h.attempted[at]))
	} else {
		err = s.SavePage(at, filled(byte(h.attempted[at])))
	}
	if err == nil {
		h.told[at] = h.attempted[at]
	}
	return err
}

// run opens the file, saves and syncs, to the first error.
func (h *history) run() error {
	s, err := Open(h.disk, statePath, small())
	if err != nil {
		return err
	}
	for i, at := range []int{0, memoryAt, 1, 0, memoryAt, memoryAt, 2, 1, memoryAt, 0} {
		if err := h.save(s, at); err != nil {
			return errors.Join(err, s.Close())
		}
		if i == 4 {
			if err := s.sync(); err != nil {
				return errors.Join(err, s.Close())
			}
			h.synced = h.told
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	h.synced = h.told
	return nil
}

// left reads the file as the next process finds it.
func (h *history) left() (found saves, damage, err error) {
	s, err := Open(h.disk, statePath, small())
	if err != nil {
		return found, nil, err
	}
	defer s.Close()
	damage = s.Damage()
	if p, ok := s.NonVolatile(); ok {
		if _, err := fmt.Sscanf(string(p), "version %d", &found[memoryAt]); err != nil {
			return found, damage, fmt.Errorf("the memory is %q", p)
		}
	}
	err = s.LoadPages(func(page int, data []byte) error {
		for _, b := range data {
			if b != data[0] {
				return fmt.Errorf("page %d is a mix of versions", page)
			}
		}
		found[page] = int(data[0])
		return nil
	})
	return found, damage, err
}

// check wants every version from least to the one that was attempted last. Damage that is told
// is right only where something may be lost that was saved.
func (h *history) check(least, found saves, damage, err error) error {
	if errors.Is(err, ErrDamaged) && least != h.attempted {
		return nil
	}
	if damage != nil && least[memoryAt] < h.attempted[memoryAt] {
		least[memoryAt] = 0
	}
	if err != nil {
		return err
	}
	for at := range found {
		if found[at] < least[at] || found[at] > h.attempted[at] {
			return fmt.Errorf("there is version %v, of %v to %v", found, least, h.attempted)
		}
	}
	return nil
}

// tryState plays the run with one failure, and what follows, and says what is wrong.
func tryState(p fragile.Point, cutLater bool) (h *history, err error) {
	h = &history{disk: fragile.New("/meters")}
	h.disk.Strike(p)
	failure := h.run()
	if h.disk.Struck() != "" && failure == nil {
		return h, errors.New("nobody heard of it")
	}
	least := h.told
	switch {
	case h.disk.Stopped():
		if p.Do != fragile.Stops {
			least = h.synced
		}
		h.disk.Start()
	case cutLater:
		least = h.synced
		h.disk.Cut()
	default:
		h.disk.Relieve()
	}
	found, damage, err := h.left()
	if err := h.check(least, found, damage, err); err != nil {
		return h, err
	}
	if err != nil {
		return h, nil // the file is damaged, and that was told
	}
	// What follows goes well, from where it is.
	h.attempted, h.told, h.synced = found, found, found
	if err := h.run(); err != nil {
		return h, fmt.Errorf("the run behind it: %w", err)
	}
	found, damage, err = h.left()
	return h, h.check(h.told, found, damage, err)
}

// Whatever operation of the disk fails, is torn or is the last before the power fails: what was
// told to be saved is there, or the damage is told; never is there a mix.
func TestStateSurvivesEveryFailureOfItsDisk(t *testing.T) {
	sound, err := tryState(fragile.Point{}, false)
	must(t, err)
	operations, failures := sound.disk.Operations(), 0
	for _, m := range fragile.Manners() {
		for _, cutLater := range []bool{false, true} {
			for at := 1; at <= operations; at++ {
				p := fragile.Point{At: at, Do: m}
				h, err := tryState(p, cutLater)
				if h.disk.Struck() != "" {
					failures++
				}
				if err != nil {
					t.Errorf("%v (power cut later: %v), %s: %v", p, cutLater, h.disk.Struck(), err)
				}
			}
		}
	}
	t.Logf("%d failures at %d operations", failures, operations)
}
