package serving

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/disk/fragile"
	"ionbench/simulator/meter"
	"ionbench/simulator/statefile"
)

// keeping is the meter in a state file on a disk that fails, and what was saved of its memory.
type keeping struct {
	t         *testing.T
	disk      *fragile.Disk
	attempted [][]byte
	told      int // how many of them were told to be saved
	synced    int // and to be synced
	// operations is how many the run that was struck made.
	operations int
}

const keptAt = "/meters/meter.state"

func (k *keeping) newMeter() *meter.Meter {
	k.t.Helper()
	said := world.Meter{ImageBytes: 10_000, Clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}.Filled()
	station, err := bench.NewStation(bench.Config{Meter: said.Config()})
	if err != nil {
		k.t.Fatal(err)
	}
	return station.Meter()
}

// live is a run of ionsim: the meter comes from the file, or into it, and is saved a few times.
func (k *keeping) live() error {
	file, err := OpenKeeper(k.disk, keptAt)
	if err != nil {
		return err
	}
	m := k.newMeter()
	_, restored, err := file.Saved()
	if err == nil && restored {
		err = file.Restore(m)
	}
	m.PowerOn(-time.Hour)
	m.Advance(0)
	for n := 0; n < 4 && err == nil; n++ {
		now := time.Duration(n) * 24 * time.Hour // the meter counts energy meanwhile
		m.Advance(now)
		k.attempted = append(k.attempted, bytes.Clone(file.payload(m, now)))
		if n == 0 && !restored {
			err = file.Create(m, now)
		} else {
			err = file.save(m, now)
		}
		if err == nil {
			k.told = len(k.attempted)
		}
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		k.synced = k.told
	}
	return err
}

// check wants a meter whose memory is that of the save number least or of a later one. Damage
// that is told is right where something may have been lost.
func (k *keeping) check(least int) error {
	file, err := OpenKeeper(k.disk, keptAt)
	if errors.Is(err, statefile.ErrDamaged) && least < len(k.attempted) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	memory, ok := file.file.NonVolatile()
	if !ok {
		if least > 0 {
			return errors.New("the meter is gone")
		}
		return nil
	}
	at := len(k.attempted) - 1
	for ; at >= 0 && !bytes.Equal(memory, k.attempted[at]); at-- {
	}
	if at+1 < least && (file.Damage() == nil || least == len(k.attempted)) {
		return fmt.Errorf("its memory is that of save %d, want %d of %d", at+1, least, len(k.attempted))
	}
	m, image := k.newMeter(), k.newMeter()
	if err := file.Restore(m); err != nil {
		if errors.Is(err, statefile.ErrDamaged) && least < len(k.attempted) {
			return nil
		}
		return err
	}
	a, b := make([]byte, m.Config().Geometry.Bytes()), make([]byte, m.Config().Geometry.Bytes())
	m.Chip().Cells().Read(0, a)
	image.Chip().Cells().Read(0, b)
	if !bytes.Equal(a, b) {
		return errors.New("its flash is another one")
	}
	return nil
}

// fails plays two runs, the second with a failure, and a third that goes well.
func (k *keeping) fails(lives int, p fragile.Point) error {
	for range lives - 1 {
		if err := k.live(); err != nil {
			return err
		}
	}
	k.disk.Strike(p)
	err := k.live()
	k.operations = k.disk.Operations()
	if k.disk.Struck() != "" && err == nil {
		return errors.New("nobody heard of it")
	}
	least := k.told
	if k.disk.Stopped() {
		if p.Do != fragile.Stops {
			least = k.synced
		}
		k.disk.Start()
	}
	k.disk.Relieve()
	if err := k.check(least); err != nil {
		return err
	}
	if err := k.live(); err != nil && !errors.Is(err, statefile.ErrDamaged) {
		return fmt.Errorf("the run behind it: %w", err)
	}
	return nil
}

// points are the operations at which a run is struck: all at its beginning and its end, where it
// finds its way and saves, and some of the many in between, where it goes through the pages.
func points(operations int) (list []int) {
	ends, step := 16, 197
	if testing.Short() {
		ends, step = 4, 997 // the race detector is slow with pages
	}
	for at := 1; at <= operations; at++ {
		if at <= ends || at > operations-ends || at%step == 0 {
			list = append(list, at)
		}
	}
	return list
}

func TestTheMeterInItsStateFileSurvivesTheFailuresOfTheDisk(t *testing.T) {
	var failures atomic.Int64
	for _, lives := range []int{1, 2} { // the one that makes the file, and one that goes on from it
		sound := keeping{t: t, disk: fragile.New("/meters")}
		if err := sound.fails(lives, fragile.Point{}); err != nil {
			t.Fatal(err)
		}
		t.Logf("life %d: %d operations", lives, sound.operations)
		for _, m := range []fragile.Manner{fragile.Fails, fragile.Torn, fragile.Full, fragile.Stops, fragile.LosesAll, fragile.LosesSome} {
			t.Run(fmt.Sprintf("life %d %v", lives, m), func(t *testing.T) {
				t.Parallel()
				for _, at := range points(sound.operations) {
					p := fragile.Point{At: at, Do: m}
					k := keeping{t: t, disk: fragile.New("/meters")}
					err := k.fails(lives, p)
					if k.disk.Struck() != "" {
						failures.Add(1)
					}
					if err != nil {
						t.Errorf("%v, %s: %v", p, k.disk.Struck(), err)
					}
				}
			})
		}
	}
	t.Cleanup(func() { t.Logf("%d failures", failures.Load()) })
}
