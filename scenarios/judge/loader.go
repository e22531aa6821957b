package judge

import (
	"fmt"
	"time"

	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/meter"
	"ionbench/simulator/xmodem"
)

// Loader is how the loader of the meter speaks.
type Loader uint8

// The loaders.
const (
	// ByION: by the download service. The program leads the meter through everything.
	ByION Loader = iota
	// ByXMODEM: it takes a .UPG file by XMODEM or YMODEM. The judge enters the loader and gives the
	// program the line as its standard input and output. Such a program knows no settings, and what it
	// says on the line is not looked at: what counts is what the meter is afterwards.
	ByXMODEM
)

// encoding is that of a meter; nil for ION.
func (l Loader) encoding(w *world.World, o *Options) meter.Encoding {
	if l != ByXMODEM {
		return nil
	}
	pace := o.Pace
	if pace == 0 {
		pace = bench.Unpaced
	}
	return xmodem.New(xmodem.Config{Name: w.Meters[0].Model.String(), Linger: xmodem.LingerAt(pace)})
}

// toRestart is how long the meter has to restart after the program has ended: the loader does so by
// itself.
const toRestart = time.Minute

// enterLoader stops the application of the meter. What the loader says meanwhile is for nobody.
func (s *stand) enterLoader() {
	s.station.EnterLoader(s.now)
	s.now += toRestart
	s.station.Advance(s.now)
	s.station.Lose()
}

// startAtLine starts a program whose standard input and output are the line.
func startAtLine(port string, argv, environment []string) (*process, error) {
	terminal, err := openTerminal(port)
	if err != nil {
		return nil, fmt.Errorf("%w: the line cannot be opened: %w", errNoVerdict, err)
	}
	defer terminal.Close()
	return start(argv, environment, terminal)
}

// XMODEMSuite is the suite for programs that send a file by XMODEM or YMODEM: ten faults of the line,
// three losses of power, and wrong files.
func XMODEMSuite(response time.Duration) *Suite {
	const inside = "30000" // a byte of the file, somewhere in the first half
	line := func(name, title, plan string, expect Expectation) play {
		return play{Scenario{Name: name, Phase: Download, Title: title, World: worldOf(imageBlocks), Expect: expect, Waits: 2}, plan}
	}
	file := func(name, title string, change func(*world.Firmware)) play {
		w := trial.World(imageBlocks * 1000)
		change(&w.Firmware[0])
		return play{Scenario{Name: name, Phase: Before, Title: title, World: w, Expect: Refuses}, ""}
	}
	return &Suite{Name: "xmodem", Scenarios: fill([]play{
		line("calm", "nothing befalls the upgrade", "", Succeeds),
		line("byte-flip", "a spike on the line inverts a bit of a block", "byte-flip at byte "+inside+" to-meter", Succeeds),
		line("byte-drop", "a UART overruns: three bytes of a block are missing", "byte-drop at byte "+inside+" to-meter length 3", Succeeds),
		line("byte-insert", "two bytes that nobody sent are in a block", "byte-insert at byte "+inside+" to-meter length 2 seed 5", Succeeds),
		line("byte-dup", "a byte of a block arrives twice", "byte-dup at byte "+inside+" to-meter", Succeeds),
		line("answer-flip", "the answer to a block is damaged", "byte-flip at byte 100 from-meter", Succeeds),
		line("answer-lost", "the answer to a block is lost", "byte-drop at byte 100 from-meter", Succeeds),
		line("noise", "a drive starts beside the cable for a second", "noise at byte "+inside+" to-meter for 1s rate 1e-4 seed 7", Succeeds),
		line("cable", "the cable is out for three seconds", "cable-pull at byte "+inside+" to-meter for 3s", Succeeds),
		line("line-break", "the line is held in break for a second", "line-break at byte "+inside+" to-meter for 1s", Succeeds),
		line("slow-line", "a serial server puts a pause before every byte", "slow-line at byte "+inside+" to-meter for 2s by 100us", Succeeds),
		line("power-erase", "the meter loses its supply while the flash is cleared", "power-loss at flash-op 20 before for 2s", Recovers),
		line("power-program", "the meter loses its supply in the middle of a block", "power-loss at flash-op 150 torn for 2s", Recovers),
		line("power-verify", "the meter loses its supply while it checks the image", "power-loss at state verifying for 2s", Recovers),
		file("wrong-product", "the firmware is for another model", func(f *world.Firmware) { f.Model = meter.ION7330 }),
		file("foreign-file", "the file is something else", func(f *world.Firmware) { f.Damage = world.Foreign }),
		file("damaged-file", "a bit of the image in the file is wrong", func(f *world.Firmware) { f.Damage = world.Damaged }),
	}, response)}
}
