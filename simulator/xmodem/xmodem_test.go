package xmodem_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ionbench/client/upg"
	"ionbench/fixtures/firmware"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
	"ionbench/simulator/meter"
	"ionbench/simulator/xmodem"
)

// desk is a meter whose loader speaks XMODEM, and who talks to it.
type desk struct {
	t     *testing.T
	m     *meter.Meter
	now   time.Duration
	said  []byte // by the meter, since it was last asked
	image []byte
	file  []byte
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	cfg := world.Meter{ImageBytes: 10_000}.Filled().Config()
	cfg.Timing = cfg.Timing.Scale(0)
	cfg.Geometry = meter.ScaleGeometry(cfg.Geometry, 0)
	cfg.Encoding = xmodem.New(xmodem.Config{Name: "7350", Linger: xmodem.DefaultLinger})
	m, err := meter.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, m: m}
	f := firmware.UPG(7350, "7350V284", world.ArticleDated(), 284, 5000)
	if d.file, err = upg.Append(nil, f); err != nil {
		t.Fatal(err)
	}
	d.image = f.Image
	m.PowerOn(0)
	d.passes(time.Minute)
	return d
}

// passes lets time pass, and returns what the meter says.
func (d *desk) passes(wait time.Duration) string {
	end := d.now + wait
	for {
		at, ok := d.m.Next()
		if !ok || at > end {
			break
		}
		d.now = max(d.now, at)
		d.m.Advance(d.now)
		d.said = d.m.Transmit(d.said)
	}
	d.now = end
	d.said = d.m.Transmit(d.said)
	text := string(d.said)
	d.said = d.said[:0]
	return text
}

func (d *desk) says(text string) string {
	d.m.Receive(d.now, []byte(text))
	return d.passes(0)
}

const (
	soh, stx, eot, ack, nak, can = "\x01", "\x02", "\x04", "\x06", "\x15", "\x18"
)

// block is a block of XMODEM, with a CRC-16 or a checksum.
func block(number byte, payload []byte, sums bool) string {
	size, start := 128, soh
	if len(payload) > size {
		size, start = 1024, stx
	}
	padded := append(bytes.Clone(payload), bytes.Repeat([]byte{0x1A}, size-len(payload))...)
	b := start + string([]byte{number, ^number}) + string(padded)
	if sums {
		var sum byte
		for _, c := range padded {
			sum += c
		}
		return b + string([]byte{sum})
	}
	var sum uint16
	for _, c := range padded {
		sum ^= uint16(c) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	return b + string([]byte{byte(sum >> 8), byte(sum)})
}

// enters brings the meter into its loader, and returns what it says.
func (d *desk) enters() string {
	d.m.Receive(d.now, []byte("loader 0\r"))
	return d.passes(time.Second)
}

// blocks are those of the file from a number on.
func (d *desk) blocks(size int, sums bool) []string {
	var list []string
	for n, rest := byte(1), d.file; len(rest) > 0; n++ {
		k := min(size, len(rest))
		list = append(list, block(n, rest[:k], sums))
		rest = rest[k:]
	}
	return list
}

// sends sends the whole file, and its end twice.
func (d *desk) sends(list []string) {
	d.t.Helper()
	for i, b := range list {
		got := d.says(b)
		if i == 0 && got == "" { // it waits whether a CRC follows
			got = d.passes(2 * time.Second)
		}
		if got != ack {
			d.t.Fatalf("block %d is answered %q", i+1, got)
		}
	}
	if got := d.says(eot) + d.says(eot); got != nak+ack {
		d.t.Errorf("the end is answered %q", got)
	}
	d.passes(time.Minute)
}

func (d *desk) wantImage() {
	d.t.Helper()
	if !d.m.HoldsImage(d.image) || d.m.Running() != "7350V284" {
		d.t.Errorf("the meter is %v and runs %q", d.m.State(), d.m.Running())
	}
}

func TestAFileComesByXMODEMInBlocksOfBothSizesAndByBothSums(t *testing.T) {
	for _, c := range []struct {
		size int
		sums bool
	}{{128, false}, {1024, false}, {128, true}} {
		d := newDesk(t)
		if got := d.enters(); got != "\r\nion 7350 loader: send a .upg file by xmodem or ymodem\r\nC" {
			t.Fatalf("the loader says %q", got)
		}
		if c.sums { // who knows no CRC waits
			if got := d.passes(12 * time.Second); got != "CCC"+nak {
				t.Fatalf("it asks %q", got)
			}
		}
		d.sends(d.blocks(c.size, c.sums))
		d.wantImage()
	}
}

func TestAFileComesByYMODEM(t *testing.T) {
	d := newDesk(t)
	d.enters()
	if got := d.says(block(0, []byte("a.upg\x005080 0"), false)); got != ack+"C" {
		t.Fatalf("the name is answered %q", got)
	}
	if got := d.says(block(0, []byte("a.upg\x005080 0"), false)); got != ack+"C" {
		t.Fatalf("the name again is answered %q", got)
	}
	for _, b := range d.blocks(1024, false) {
		d.says(b)
	}
	if got := d.says(eot) + d.says(eot); got != nak+ack+"C" {
		t.Errorf("the end is answered %q", got)
	}
	if got := d.says(block(0, []byte{0}, false)); got != ack {
		t.Errorf("that there is no other file is answered %q", got)
	}
	d.passes(time.Minute)
	d.wantImage()
}

func TestASenderThatHasHeardEitherRequestIsUnderstood(t *testing.T) {
	d := newDesk(t)
	d.enters()
	d.passes(time.Hour) // by then it asks for both by turns
	d.m.Receive(d.now, []byte(block(0, []byte("a.upg"), true)))
	if got := d.passes(1500 * time.Millisecond); got != ack+"C" {
		t.Fatalf("the name with a checksum is answered %q", got)
	}
	for _, b := range d.blocks(1024, false) {
		if got := d.says(b); got != ack {
			t.Fatalf("a block with a CRC is answered %q", got)
		}
	}
	if got := d.says(eot) + d.says(eot); got != nak+ack+"C" {
		t.Errorf("the end is answered %q", got)
	}
	d.passes(time.Minute)
	d.wantImage()
}

func TestWhatIsBrokenOrLostOnTheWayIsAskedForAgain(t *testing.T) {
	d := newDesk(t)
	d.enters()
	list := d.blocks(128, false)
	d.says(list[0])
	d.says(list[1])
	broken := []byte(list[2])
	broken[50] ^= 1
	d.m.Receive(d.now, broken)
	if got := d.passes(time.Second); got != nak {
		t.Errorf("a broken block is answered %q", got)
	}
	if got := d.says(list[1]); got != ack {
		t.Errorf("the block before again is answered %q", got)
	}
	d.says(list[2][:40])
	if got := d.passes(time.Second); got != nak {
		t.Errorf("half a block is answered %q", got)
	}
	if got := d.passes(10 * time.Second); got != nak {
		t.Errorf("no block is answered %q", got)
	}
	d.sends(list[2:])
	d.wantImage()
}

func TestAnEndWhoseAnswerWasLostIsAnsweredAgain(t *testing.T) {
	d := newDesk(t)
	d.enters()
	for _, b := range d.blocks(128, false) {
		d.says(b)
	}
	d.says(eot)
	d.says(eot)
	d.passes(10 * time.Second)
	if got := d.says(eot); got != ack {
		t.Errorf("answered %q", got)
	}
	d.passes(time.Minute)
	d.wantImage()
}

// A sender by YMODEM waits for a word that it may say that there is no other file, and for an answer to
// that. It says the last again ten seconds later, and waits that long, too.
func TestTheEndOfABatchIsAnsweredHoweverMuchOfItIsLost(t *testing.T) {
	d := newDesk(t)
	d.enters()
	d.says(block(0, []byte("firmware.upg\x005080"), false))
	for _, b := range d.blocks(1024, false) {
		d.says(b)
	}
	d.says(eot)
	d.says(eot)
	d.passes(10 * time.Second)
	if got := d.says(eot); got != ack+"C" {
		t.Errorf("the end again is answered %q", got)
	}
	d.passes(10 * time.Second)
	if got := d.says(eot); got != ack+"C" {
		t.Errorf("the end, 20 s later, is answered %q", got)
	}
	last := block(0, []byte{0}, false)
	d.m.Receive(d.now, []byte(last[:60]+"x"+last[61:]))
	if got := d.passes(time.Second); got != nak {
		t.Errorf("a last block that is broken is answered %q", got)
	}
	d.m.Receive(d.now, []byte(last[1:]))
	if got := d.passes(time.Second); got != "" {
		t.Errorf("one without its beginning is answered %q", got)
	}
	d.m.Receive(d.now, []byte(last[:90]))
	if got := d.passes(2 * time.Second); got != nak {
		t.Errorf("one without its end is answered %q", got)
	}
	if got := d.says(last); got != ack {
		t.Errorf("that there is no other file is answered %q", got)
	}
	d.passes(time.Minute)
	d.wantImage()
}

func TestNothingIsErasedForAFileThatIsNotGood(t *testing.T) {
	damaged := func(change func(h []byte)) string {
		d := newDesk(t)
		h := bytes.Clone(d.file[:128])
		change(h)
		return block(1, h, false)
	}
	other := firmware.UPG(7330, "7330V284", world.ArticleDated(), 284, 5000)
	text, err := upg.Append(nil, other)
	if err != nil {
		t.Fatal(err)
	}
	for why, first := range map[string]string{
		"not a .upg file":       block(1, []byte("PK\x03\x04"), false),
		"the header is damaged": damaged(func(h []byte) { h[36] ^= 1 }),
		"another version":       damaged(func(h []byte) { h[9] = 2 }),
		"wrong product":         block(1, text[:128], false),
		"a block is missing":    block(7, text[:128], false),
	} {
		d := newDesk(t)
		before := d.m.Chip().Ops()
		d.enters()
		if got := d.says(first); !strings.HasPrefix(got, can+can) || !strings.Contains(got, why) || strings.ContainsAny(got, "CG") {
			t.Errorf("%s: %q", why, got)
		}
		if d.m.Chip().Ops() != before {
			t.Errorf("%s: the flash was touched", why)
		}
	}
}

func TestAWrongPasswordOpensNoLoader(t *testing.T) {
	d := newDesk(t)
	if got := d.says("loader 99\r"); got != "\r\nrefused\r\n" || d.m.State() != meter.Application {
		t.Errorf("%q, the meter is %v", got, d.m.State())
	}
	if got := d.says("\x00\x00\x14noise loader 0\r"); d.m.State() == meter.Application {
		t.Errorf("the right one behind noise: %q", got)
	}
}

func TestATransferThatIsGivenUpLeavesALoaderThatTakesTheNext(t *testing.T) {
	for _, end := range []string{can + can, eot + eot} {
		d := newDesk(t)
		d.enters()
		list := d.blocks(128, false)
		d.says(list[0])
		d.says(list[1])
		d.says(end)
		d.passes(5 * time.Second)
		d.sends(list)
		d.wantImage()
	}
}

func TestAMeterWithoutPowerForAWhileTakesTheFileAfterwards(t *testing.T) {
	d := newDesk(t)
	d.enters()
	list := d.blocks(128, false)
	for _, b := range list[:9] {
		d.says(b)
	}
	d.m.PowerOff(d.now)
	d.passes(time.Minute)
	d.m.PowerOn(d.now)
	if got := d.passes(time.Second); !strings.HasSuffix(got, "C") || d.m.State() != meter.Download {
		t.Fatalf("the meter is %v and says %q", d.m.State(), got)
	}
	d.sends(list)
	d.wantImage()
}

// still is a loader at one instant.
type still struct {
	xmodem.Loader
	now time.Duration
}

func TestTheLoaderForgetsNothingOfItsState(t *testing.T) {
	at := func(bring func(l *xmodem.Loader)) func() *still {
		return func() *still {
			s := &still{Loader: *xmodem.New(xmodem.Config{Name: "7350", Linger: xmodem.DefaultLinger})}
			bring(&s.Loader)
			return s
		}
	}
	d := newDesk(t)
	list := d.blocks(128, false)
	machinetest.EveryField(t, machinetest.Subject[still]{
		Bases: map[string]func() *still{
			"asleep": at(func(l *xmodem.Loader) { l.Knock([]byte("load")) }),
			"asking": at(func(l *xmodem.Loader) { l.Begin(0); l.Receive(0, []byte(list[0][:9])) }),
			"working": at(func(l *xmodem.Loader) {
				l.Begin(0)
				l.Receive(0, []byte(list[0]))
			}),
			"lingering": at(func(l *xmodem.Loader) {
				l.Begin(0)
				for _, b := range append(list, eot, eot) {
					l.Receive(0, []byte(b))
					answered(t, l, 0, 0)
				}
			}),
		},
		Copy: func(from, to *still) {
			to.now = from.now
			from.CopyTo(&to.Loader)
		},
		Declare: func(s *still, w *machine.State) { s.Declare(w, &s.Loader) },
		Now:     func(s *still) time.Duration { return s.now },
		Partly: map[string]machinetest.Part{
			"Loader.at":      {While: "it does something by itself", Shows: 4},
			"Loader.restart": {While: "it lingers", Shows: 2},
		},
		Closed: map[string]string{"now": "the instant, not the loader's"},
	})
}

// answered runs a loader whose meter says yes to everything, and returns what it says in the time
// that follows. Whatever it has ordered must fit into a block.
func answered(t *testing.T, l *xmodem.Loader, now, wait time.Duration) (said int) {
	t.Helper()
	for end, turns := now+wait, 0; ; turns++ {
		if turns > 10_000 {
			t.Fatal("it never falls silent")
		}
		said += len(l.Transmit(nil))
		if r, ok := l.Order(); ok {
			if len(r.Data) > ion.BlockBytes {
				t.Fatalf("a block of %d bytes", len(r.Data))
			}
			l.Answered(now, &ion.DownloadReply{Op: r.Op})
			continue
		}
		at, ok := l.Next()
		if !ok || at > end {
			return said
		}
		now = max(now, at)
		l.Advance(now)
	}
}

func FuzzAHostThatSaysAnythingToTheLoaderBreaksNothing(f *testing.F) {
	f.Add([]byte("loader 0\rC"), []byte(soh+"\x01\xfe"), uint16(1))
	f.Add([]byte("loader 0\r"), []byte(block(1, []byte("\x89UPG\r\n\x1a\n"), false)), uint16(500))
	f.Add([]byte("loader 0\r"), []byte(block(0, []byte("a"), false)+eot+eot+can+can), uint16(20_000))
	file, err := upg.Append(nil, firmware.UPG(7350, "7350V284", world.ArticleDated(), 284, 300))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("loader 0\r"), []byte(block(1, file[:128], false)+block(2, file[128:256], false)+block(3, file[256:], false)+eot+eot), uint16(9))
	f.Fuzz(func(t *testing.T, knock, said []byte, pause uint16) {
		if len(said) > 8192 || len(knock) > 256 {
			return
		}
		l := xmodem.New(xmodem.Config{Name: "7350", Linger: xmodem.DefaultLinger})
		l.Knock(knock)
		l.Begin(0)
		var now time.Duration
		heard := 0
		for range 2 {
			for rest := said; len(rest) > 0; {
				n := min(len(rest), 133)
				l.Receive(now, rest[:n])
				heard += answered(t, l, now, 0)
				rest = rest[n:]
			}
			heard += answered(t, l, now, time.Duration(pause)*time.Millisecond)
			now += time.Duration(pause) * time.Millisecond
		}
		if heard > 1<<16 {
			t.Errorf("it says %d bytes", heard)
		}
		c := new(xmodem.Loader)
		l.CopyTo(c)
		if a, b := l.AppendState(nil, now), c.AppendState(nil, now); !bytes.Equal(a, b) {
			t.Error("a copy is another")
		}
	})
}
