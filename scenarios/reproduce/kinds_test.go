package reproduce_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
)

// Kinds of failures that are not found by what is missing in the log alone.
func TestALogIsReproducedWhereItsMarksSayLittle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		model  meter.Model
		baud   int
		blocks int
		plan   string
		short  bool // tried with -short, too
	}{
		{"a reset is noticed at once, again and again", meter.ION7350, 1200, 13, "ip-reset at 1m21s every 7.038s", false},
		{"a meter so slow that it is given up", meter.ION7350, 600, 12, "meter-slow at start by 1.6s", false},
		{"answers that are late for many blocks", meter.ION7350, 19200, 121, "reply-late at flash-op 2420..3382 by 30.25s", true},
		{"a record that cannot be written", meter.ION7300, 9600, 2, "program-fails at start address 0x020011", true},
		{"a chip that lies again and again", meter.ION7330, 19200, 107, "flash-lie at flash-op 569 every 16 flash-ops", false},
		{"a cell that never reads the same", meter.ION7350, 600, 17, "read-changes at block 10 address 0x03108f seed 7", true},
		{"a sector that is worn before much was answered", meter.ION7350, 2400, 4, "stuck-bit at byte 2434 to-meter address 0x032f88 mask 0x97", true},
		{"a last block that fails, and is shorter", meter.ION7330, 4800, 0, "program-fails at frame 127 address 0x032f80", false},
		{"a download that begins anew, and an answer that is missing then", meter.ION7300, 2400, 5, "reply-status at block 2 status program-failed; power-loss at frame 157 from-meter for 7s", true},
		{"a large image behind an answer that is missing at once", meter.ION7330, 2400, 414, "reply-nak at start; stuck-bit at state verifying address 0x0eab26", false},
		{"Abort after a pause", meter.ION7300, 2400, 214, "abort at state receiving; meter-silent at state download for 7s", true},
		{"a download that begins anew, of a size and at a block that go together", meter.ION7330, 9600, 214, "reply-status at block 20 status wrong-product", true},
		{"a meter that restarts with an image that it has found good", meter.ION7300, 4800, 3, "meter-reset at reply 49 every 62 replies", true},
		{"a port that was gone, beside a connection that was reset", meter.ION7300, 19200, 30, "port-vanishes at block 3 for 1m18s; ip-reset at 39%", true},
		{"Abort where a block that was sent again is counted", meter.ION7350, 300, 361, "abort at 82%; wrong-baud at 78% for 13s baud 60398", false},
		{"a size that the counts tell, and a wait that they do not", meter.ION7350, 19200, 112, "meter-slow at state erasing by 2.6s; reply-swap at state programming", true},
	} {
		if testing.Short() && !c.short {
			continue
		}
		p, err := fault.Parse(c.plan)
		if err != nil {
			t.Fatal(err)
		}
		f := world.Firmware{Blocks: c.blocks}
		if c.blocks == 0 {
			f.Bytes = 13_000
		}
		w := world.World{Meters: []world.Meter{{Model: c.model, Baud: c.baud}}, Firmware: []world.Firmware{f}, Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}}}
		log, err := reproduce.Read(play(t, &w, p))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{})
		if !r.Reproduced() {
			t.Errorf("%s (%s): not reproduced in %d trials; nearest %v: %s", c.what, c.plan, r.Trials, r.Candidates[0].Plan, r.Candidates[0].Differs)
		}
		for _, found := range r.Candidates {
			if blames(found, clock(t)) {
				t.Errorf("%s (%s): a clock is blamed: %v", c.what, c.plan, found.Plan)
			}
		}
	}
}

// Stamps have seconds, and at 300 baud a byte takes a thirtieth of one: the size meets the end of any run.
func TestTheSizeOfAnImageMeetsTheEndAtAnySecond(t *testing.T) {
	t.Parallel()
	later, err := fault.Parse("frame-dup at 1m36s")
	if err != nil {
		t.Fatal(err)
	}
	for size := 44_237; size < 44_300; size += 3 {
		w := world.World{
			Meters: []world.Meter{{Model: meter.ION7350, Baud: 300}}, Firmware: []world.Firmware{{Bytes: size}},
			Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}},
		}
		log, err := reproduce.Read(play(t, &w, later))
		if err != nil {
			t.Fatal(err)
		}
		if r := reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{}); !r.Reproduced() || len(r.Candidates[0].Plan) > 0 {
			t.Errorf("%d bytes: reproduced %v, %v, %s", size, r.Reproduced(), r.Candidates[0].Plan, r.Candidates[0].Differs)
		}
	}
}

// A month that is typed over makes a run of weeks, in which the PC may have slept: a plug that is loose all that
// time came and went millions of times, and took six minutes to be tried.
func TestARunOfWeeksIsSearchedAsQuicklyAsAnother(t *testing.T) {
	p, err := fault.Parse("ip-stall at reply 12 for 2 no-responses")
	if err != nil {
		t.Fatal(err)
	}
	w := world.World{
		Meters:   []world.Meter{{Clock: time.Date(2006, 5, 1, 17, 57, 27, 0, time.UTC)}},
		Firmware: []world.Firmware{{Blocks: 40}}, Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}},
	}
	text := bytes.Replace(play(t, &w, p), []byte("Monday, May 01, 2006 5"), []byte("Wednesday, March 01, 2006 5"), 1)
	log, err := reproduce.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	if begun, _ := log.Runs[0].Begun(); begun.Month() != time.March {
		t.Fatalf("it began in %v", begun.Month())
	}
	const most = 20 * time.Second // of which it takes a tenth
	if took := spent(t, func() { reproduce.Search(t.Context(), log.Runs[0], reproduce.Options{}) }); took > most {
		t.Errorf("it took %v", took)
	}
}

// The bytes of the image at a site are not known, so neither are their sums.
func TestSumsOfAnImageThatIsNotKnownAreNotCompared(t *testing.T) {
	log := func(sent string) string {
		w := world.World{Meters: []world.Meter{{}}, Firmware: []world.Firmware{{Blocks: 2}}, Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade}}}}
		p, err := fault.Parse("flash-lie at flash-op 70 every 16 flash-ops")
		if err != nil {
			t.Fatal(err)
		}
		return string(sums.ReplaceAll(play(t, &w, p), []byte(fmt.Sprintf("CRC-32 12345678, sent %s", sent))))
	}
	for sent, want := range map[string]bool{"9abcdef0": true, "12345678": false} { // one that holds what was sent says otherwise
		l, err := reproduce.Read([]byte(log(sent)))
		if err != nil {
			t.Fatal(err)
		}
		r := reproduce.Search(t.Context(), l.Runs[0], reproduce.Options{})
		chip := r.Reproduced() && blames(r.Candidates[0], fault.FlashLie)
		if chip != want {
			t.Errorf("sent %s: reproduced %v by %v", sent, r.Reproduced(), r.Candidates[0].Plan)
		}
	}
}
