package fragile_test

import (
	"errors"
	"io"
	"maps"
	"syscall"
	"testing"

	"ionbench/simulator/disk"
	"ionbench/simulator/disk/fragile"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a file, syncs it and its name, then writes more and makes another one.
func write(d *fragile.Disk) error {
	f, err := d.Open("/a/synced", disk.Write|disk.Create, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte("safe"))
	if err := errors.Join(err, f.Sync(), d.SyncFolder("/a")); err != nil {
		return err
	}
	if _, err = f.Write([]byte(" and not")); err != nil {
		return err
	}
	g, err := d.Open("/a/new", disk.Write|disk.Create|disk.New, 0o600)
	if err != nil {
		return err
	}
	_, err = g.Write([]byte("new"))
	return errors.Join(err, g.Sync(), g.Close(), f.Close())
}

func wantTree(t *testing.T, d *fragile.Disk, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for name, b := range d.Tree() {
		got[name] = string(b)
	}
	if !maps.Equal(got, want) {
		t.Errorf("there is %q, want %q", got, want)
	}
}

func TestWhatWasNotSyncedMayBeLost(t *testing.T) {
	const atTheEnd = 1000
	for m, want := range map[fragile.Manner]map[string]string{
		fragile.Stops:      {"/a/synced": "safe and not", "/a/new": "new"},
		fragile.LosesAll:   {"/a/synced": "safe"},
		fragile.LosesData:  {"/a/synced": "safe", "/a/new": "new"},
		fragile.LosesNames: {"/a/synced": "safe and not"},
	} {
		d := fragile.New("/a")
		d.Strike(fragile.Point{At: atTheEnd, Do: m})
		must(t, write(d))
		wantTree(t, d, map[string]string{"/a/synced": "safe and not", "/a/new": "new"})
		d.Start()
		wantTree(t, d, want)
	}
}

func TestAnOperationIsTornHalfWay(t *testing.T) {
	for _, m := range []fragile.Manner{fragile.Torn, fragile.Full, fragile.Stops} {
		d := fragile.New("/a")
		d.Strike(fragile.Point{At: 2, Do: m})
		if err := write(d); err == nil || d.Struck() != "write /a/synced" || d.Stopped() != (m == fragile.Stops) {
			t.Errorf("%v: %v at %q", m, err, d.Struck())
		}
		wantTree(t, d, map[string]string{"/a/synced": "sa"})
	}
}

// After a sync that failed, the bytes are seen and lost with the power, whatever is synced later.
func TestASyncThatFailedIsNotMadeGoodByAnother(t *testing.T) {
	d := fragile.New("/a")
	d.Put("/a/f", []byte("old"))
	f, err := d.Open("/a/f", disk.Write, 0)
	must(t, err)
	d.Strike(fragile.Point{At: 2, Do: fragile.Fails})
	_, err = f.Write([]byte("new"))
	must(t, err)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("sync = %v", err)
	}
	must(t, f.Sync())
	wantTree(t, d, map[string]string{"/a/f": "new"})
	d.Cut()
	wantTree(t, d, map[string]string{"/a/f": "old"})
}

func TestOneHoldsAFileAloneUntilItIsClosedOrTheMachineStops(t *testing.T) {
	d := fragile.New("/a")
	f, err := d.Open("/a/lock", disk.Write|disk.Create|disk.Alone, 0o600)
	must(t, err)
	if _, err := d.Open("/a/lock", disk.Write|disk.Alone, 0); !errors.Is(err, disk.ErrInUse) {
		t.Fatalf("it is held twice: %v", err)
	}
	must(t, d.SyncFolder("/a"))
	d.Cut()
	if _, err := f.Write(nil); err == nil {
		t.Error("what was open before the cut still is")
	}
	f, err = d.Open("/a/lock", disk.Write|disk.Alone, 0)
	must(t, err)
	must(t, f.Close())
	_, err = d.Open("/a/lock", disk.Write|disk.Alone, 0)
	must(t, err)
}

func TestEveryOperationOfARunIsReached(t *testing.T) {
	for _, m := range fragile.Manners() {
		struck := 0
		for at := 1; ; at++ {
			d := fragile.New("/a")
			d.Strike(fragile.Point{At: at, Do: m})
			err := write(d)
			if d.Struck() != "" {
				struck++
				if err == nil {
					t.Errorf("%v: nobody heard of it", fragile.Point{At: at, Do: m})
				}
			}
			if d.Operations() < at {
				break
			}
		}
		if struck == 0 {
			t.Errorf("it never %v", m)
		}
	}
}

func TestFilesAreAsLongAsWhatIsInThem(t *testing.T) {
	d := fragile.New()
	f, err := d.Open("/f", disk.Write|disk.Create|disk.Append, 0o600)
	must(t, err)
	must(t, f.Truncate(10_000))
	_, err = f.WriteAt([]byte("xyz"), 4095)
	must(t, err)
	_, err = f.Write([]byte("end"))
	must(t, err)
	b := make([]byte, 4)
	if n, err := f.ReadAt(b, 4094); n != 4 || err != nil || string(b) != "\x00xyz" {
		t.Errorf("read %q, %v", b[:n], err)
	}
	if n, err := f.ReadAt(b, 10_001); n != 2 || !errors.Is(err, io.EOF) || string(b[:n]) != "nd" {
		t.Errorf("read %q, %v", b[:n], err)
	}
	must(t, f.Truncate(4096))
	must(t, f.Truncate(4098))
	if n, err := f.ReadAt(b, 4095); n != 3 || !errors.Is(err, io.EOF) || string(b[:n]) != "x\x00\x00" {
		t.Errorf("read %q, %v", b[:n], err)
	}
}
