package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/cli/clitest"
	"ionbench/fixtures/firmware"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
	"ionbench/simulator/rfc2217"
	"ionbench/simulator/serve"
)

const serial = "PC-0209A001-11"

// bed is a meter on TCP whose actions take no time, and a folder for the files of ionup.
type bed struct {
	t        *testing.T
	station  *bench.Station
	commands chan func(now time.Duration)
	addr     string
	remote   string // address for clients of RFC 2217
	pty      string // "" on systems without PTYs
	link     string // to the PTY
	dir      string
	calm     bool   // nothing befalls the meter, so every request is answered once its turn comes
	stop     func() // ends the server and its connections
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newBed(t *testing.T, plan string) *bed { return newBedOf(t, serial, plan) }

func newBedOf(t *testing.T, serialNumber, plan string) *bed {
	t.Helper()
	return newBedErasing(t, 0, serialNumber, plan)
}

// newBedErasing is a bed whose meter takes its time to clear a sector.
func newBedErasing(t *testing.T, sector time.Duration, serialNumber, plan string) *bed {
	t.Helper()
	return newBedWith(t, plan, func(cfg *bench.Config) {
		cfg.Meter.SerialNumber = serialNumber
		cfg.Meter.Geometry.EraseTime = sector
	})
}

// newBedByTelephone is a bed whose meter is called.
func newBedByTelephone(t *testing.T, plan string) *bed {
	t.Helper()
	return newBedWith(t, plan, func(cfg *bench.Config) {
		timing := modem.DefaultTiming()
		timing.Pace = 0
		cfg.Modem = &modem.Config{Number: modem.DefaultNumber, Rings: 1, Rate: ion.DefaultBaudRate, Timing: timing}
	})
}

func newBedWith(t *testing.T, plan string, change func(*bench.Config)) *bed {
	t.Helper()
	cfg := rig.StationConfig(new(world.World), rig.Options{})
	cfg.Baud = 0
	cfg.Meter.SerialNumber = serial
	cfg.Meter.Timing = cfg.Meter.Timing.Scale(0)
	cfg.Meter.Geometry = meter.ScaleGeometry(cfg.Meter.Geometry, 0)
	change(&cfg)
	var err error
	cfg.Plan, err = fault.Parse(plan)
	must(t, err)
	station, err := bench.NewStation(cfg)
	must(t, err)
	station.RunSince(-time.Hour)
	station.Begin(0)

	b := &bed{t: t, calm: plan == "", station: station, commands: make(chan func(time.Duration)), dir: t.TempDir()}
	if runtime.GOOS == "linux" {
		b.link = b.path("ttyION")
	}
	host := loopbackOf(b.dir) + ":0"
	server, err := serve.Listen(serve.Config{Link: b.link, TCP: host, RFC2217: host, PTY: runtime.GOOS == "linux", Baud: ion.DefaultBaudRate, Commands: b.commands,
		Reset: station.TakeReset, Gone: station.PortGone,
		Modem: func() rfc2217.ModemState { return rfc2217.StateOf(station.Signals()) },
		Lines: func(now time.Duration, l rfc2217.Lines) { station.SetDTR(now, l.DTR) },
	})
	must(t, err)
	b.addr, b.remote, b.pty = server.Addr().String(), server.RFC2217().String(), server.PTY()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Run(ctx, station) // returns when the context ends
	}()
	b.stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(b.stop)
	return b
}

// loopbackOf is a loopback address of a bed's own, where there are many: a port of its server, once that has ended,
// is nobody's again, and must not become that of another test's meter.
func loopbackOf(dir string) string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	sum := crc32.ChecksumIEEE([]byte(dir))
	return fmt.Sprintf("127.%d.%d.%d", 1+sum%254, sum>>8%256, 1+sum>>16%254)
}

// onMeter calls f between two turns of the station.
func (b *bed) onMeter(f func(now time.Duration)) {
	done := make(chan struct{})
	b.commands <- func(now time.Duration) {
		defer close(done)
		f(now)
	}
	<-done
}

func (b *bed) heal() { b.onMeter(b.station.Heal) }

// settings returns the meter's settings.
func (b *bed) settings() (s ion.Settings) {
	b.onMeter(func(now time.Duration) { s = b.station.Meter().Settings(now) })
	return s
}

func (b *bed) state() (s meter.State) {
	b.onMeter(func(time.Duration) { s = b.station.Meter().State() })
	return s
}

func (b *bed) revision() (r string) {
	b.onMeter(func(time.Duration) { r, _ = b.station.Meter().Revision() })
	return r
}

// path returns the path of a file in the bed's folder.
func (b *bed) path(name string) string { return filepath.Join(b.dir, name) }

// upg writes a firmware file of so many blocks and returns its path.
func (b *bed) upg(blocks int) string {
	b.t.Helper()
	path := b.path("7350V283.upg")
	writeUPG(b.t, path, firmware.UPG(7350, "7350V283", world.ArticleDated(), 283, blocks*ion.BlockBytes))
	return path
}

func writeUPG(t *testing.T, path string, f *upg.File) {
	t.Helper()
	text, err := upg.Append(nil, f)
	must(t, err)
	must(t, os.WriteFile(path, text, 0o600))
}

// line returns args with the flags that lead to the meter.
func (b *bed) line(args ...string) []string {
	args = append(args, "--tcp", b.addr, "--unit-id", "105")
	if b.calm {
		args = append(args, "--timeout", "2m") // a busy computer's answers are late, and not missing
	}
	return args
}

// tool returns the flags of line, and those that put log and journal into the bed's folder.
func (b *bed) tool(args ...string) []string {
	return append(b.line(args...), "--journal", b.path("journal"), "--log", b.path("Upgrade.log"))
}

// result is the outcome of a run of ionup.
type result struct {
	t              *testing.T
	code           cli.Status
	stdout, stderr string
}

// invocation is one run of ionup.
type invocation struct {
	ctx        context.Context
	stdin      io.Reader
	interrupts chan os.Signal
	// heard is called with every piece of standard output, on the session's goroutine.
	heard   func(text string)
	columns int
	locks   string // folder; empty: another one for each run
	still   time.Duration
	told    string    // password in the environment
	stdout  io.Writer // nil: it is kept
}

type hearing struct {
	bytes.Buffer
	heard func(text string)
}

func (h *hearing) Write(p []byte) (int, error) {
	n, err := h.Buffer.Write(p)
	if h.heard != nil {
		h.heard(string(p))
	}
	return n, err
}

func (i invocation) run(t *testing.T, args ...string) result {
	t.Helper()
	if i.ctx == nil {
		i.ctx = context.Background()
	}
	if i.stdin == nil {
		i.stdin = strings.NewReader("")
	}
	if i.interrupts == nil {
		i.interrupts = make(chan os.Signal, 2)
	}
	stdout, stderr := &hearing{heard: i.heard}, &hearing{}
	p := newProgram(i.stdin, stdout, stderr, i.interrupts)
	if i.stdout != nil {
		p.stdout = i.stdout
	}
	p.locks = i.locks
	if p.locks == "" {
		p.locks = t.TempDir() // of this run alone
	}
	p.columns = func() int { return i.columns }
	p.getenv = func(name string) string { return map[string]string{passwordVariable: i.told}[name] }
	p.still = cmp.Or(i.still, time.Hour) // a slow machine is not told of
	p.timing.Restart, p.timing.Poll, p.timing.Twin = 5*time.Millisecond, 20*time.Millisecond, 0
	code := p.run(i.ctx, args)
	if err := clitest.CheckJSON(newProgram(nil, nil, nil, nil).table(), args, stdout.String()); err != nil {
		t.Error(err)
	}
	return result{t, code, stdout.String(), stderr.String()}
}

func ionup(t *testing.T, args ...string) result {
	t.Helper()
	return invocation{}.run(t, args...)
}

func (r result) wantCode(code cli.Status) result {
	r.t.Helper()
	if r.code != code {
		r.t.Fatalf("exit %d, want %d\nstdout:\n%s\nstderr:\n%s", r.code, code, r.stdout, r.stderr)
	}
	return r
}

func (r result) wantStdout(want string) result {
	r.t.Helper()
	if r.stdout != want {
		r.t.Errorf("stdout:\n%s\nwant:\n%s", r.stdout, want)
	}
	return r
}

func (r result) wantStderr(want string) result {
	r.t.Helper()
	if r.stderr != want {
		r.t.Errorf("stderr:\n%s\nwant:\n%s", r.stderr, want)
	}
	return r
}

func (r result) wantSays(parts ...string) result {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.stderr, part) {
			r.t.Errorf("stderr:\n%s\nlacks %q", r.stderr, part)
		}
	}
	return r
}

func wantFile(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
	}
}

func wantNoFile(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is there (%v)", path, err)
	}
}

// wantSettings compares the meter's settings, without energy, which the meter goes on to
// count.
func (b *bed) wantSettings(want *ion.Settings) {
	b.t.Helper()
	got := b.settings()
	if differ := got.Differs(want) &^ ion.Of(ion.Energy); differ != 0 || got.Template != want.Template {
		b.t.Errorf("template %q, groups %v differ; want template %q", got.Template, differ, want.Template)
	}
}

func custom() *ion.Settings { return world.CustomSettings(meter.ION7350, "7350V282") }
