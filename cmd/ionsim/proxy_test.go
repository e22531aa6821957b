package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/fixtures/schemas/schematest"
	"ionbench/simulator/rfc2217"
	"ionbench/simulator/story/record"
)

// startProxy runs ionsim proxy here with --json and waits for its first line.
func startProxy(t *testing.T, args ...string) *served {
	t.Helper()
	m := startHere(t, append([]string{"proxy", "--json"}, args...)...)
	var err error
	m.checker, err = schematest.New(serving.ProxyFormat)
	must(t, err)
	if m.ready = m.next(); m.ready.Event != "ready" {
		t.Fatalf("the first line is %s", m.ready.raw)
	}
	return m
}

func TestAProxyWithAPlanDoesWhatTheMeterWithThePlanDoes(t *testing.T) {
	t.Parallel()
	for _, plan := range []string{"", "reply-lost at block 3; frame-dup at block 5", "cable-pull at block 4 for 2 no-responses"} {
		t.Run(plan, func(t *testing.T) {
			t.Parallel()
			faults := func(args ...string) []string {
				if plan == "" {
					return args
				}
				return append(args, "--fault", plan)
			}
			direct := startJSON(t, faults("--tcp", ":0", "--pace", "off")...)
			want := wantDoneWaiting(t, overTCP(direct), client.TaskUpgrade, testFirmware(6), counting)
			direct.end()

			meter := startJSON(t, "--tcp", ":0", "--pace", "off")
			proxy := startProxy(t, faults("--from", "tcp::0", "--to", "tcp:"+meter.ready.TCP)...)
			got := wantDoneWaiting(t, overTCP(proxy), client.TaskUpgrade, testFirmware(6), counting)
			proxy.end()
			meter.end()
			if a, b := untimed(want.log), untimed(got.log); !slices.Equal(a, b) {
				t.Errorf("the log is %q, and with the proxy %q", a, b)
			}
			if a, b := strikes(direct), strikes(proxy); a != b {
				t.Errorf("faults %q, and in the proxy %q", a, b)
			}
			if a, b := doneByMeter(direct), doneByMeter(meter); a != b {
				t.Errorf("the meter did\n%s\nand behind the proxy\n%s", a, b)
			}
		})
	}
}

func strikes(m *served) string {
	var b strings.Builder
	for _, e := range m.all("fault") {
		b.WriteString(e.Phase + " " + e.Fault + "\n")
	}
	return b.String()
}

// doneByMeter is what a meter did, without times and without its LED.
func doneByMeter(m *served) string {
	var b strings.Builder
	for _, e := range m.seen {
		switch e.Event {
		case "state", "lcd", "event-log", "sector-erased", "block-programmed", "verified":
			_, rest, _ := strings.Cut(e.raw, `,"at":`)
			_, rest, _ = strings.Cut(rest, ",")
			b.WriteString(e.Event + " " + rest + "\n")
		}
	}
	return b.String()
}

func TestAProxyAndAMeterTellTheirStoryAtTheEnd(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	meter := startJSON(t, "--tcp", ":0", "--pace", "off", "--story", filepath.Join(folder, "meter.html"), "--fault", "byte-flip at byte 9000 to-meter")
	proxy := startProxy(t, "--from", "tcp::0", "--to", "tcp:"+meter.ready.TCP, "--fault", "frame-lost at block 2", "--story", filepath.Join(folder, "proxy.story.json"))
	wantDoneWaiting(t, overTCP(proxy), client.TaskUpgrade, testFirmware(3), hurried)
	proxy.end()
	meter.end()
	text, err := os.ReadFile(filepath.Join(folder, "proxy.story.json"))
	must(t, err)
	head, err := record.Read(text)
	must(t, err)
	if head.Plan != "frame-lost at block 2" || head.Virtual || !strings.HasPrefix(head.Title, "proxy to tcp:") {
		t.Errorf("the head is %+v", head)
	}
	checker, err := schematest.New(record.Format)
	must(t, err)
	for line := range strings.Lines(string(text)) {
		must(t, checker.Check([]byte(line)))
	}
	for _, want := range []string{`"fate":"lost"`, `"again_of":`, `"why":"frame 1 of the request was lost`, `"phase":"strikes"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the proxy's story has no %s", want)
		}
	}
	shown, err := os.ReadFile(filepath.Join(folder, "meter.html"))
	must(t, err)
	if !strings.HasPrefix(string(shown), "<!doctype html>") {
		t.Error("the meter's story is no page")
	}
}

func TestAProxyFindsTheMeterAgainThatWasAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	proxy := startProxy(t, "--from", "tcp::0", "--to", "tcp:"+l.Addr().String())
	tool, err := net.Dial("tcp", proxy.ready.TCP)
	must(t, err)
	for range 3 {
		meter, err := l.Accept()
		must(t, err)
		proxy.want("that the port is open", func(e event) bool { return e.Event == "far" && e.State == "open" })
		wantPassed(t, tool, meter, "to the meter")
		wantPassed(t, meter, tool, "and back")
		must(t, meter.Close())
		proxy.want("that the port is gone", func(e event) bool { return e.Event == "far" && e.State == "lost" })
		if _, err := tool.Read(make([]byte, 1)); err == nil {
			t.Error("the tool does not notice that the meter is gone")
		}
		tool, err = net.Dial("tcp", proxy.ready.TCP)
		must(t, err)
	}
	must(t, tool.Close())
}

// wantPassed wants that what one end writes comes out at the other.
func wantPassed(t *testing.T, from, to net.Conn, text string) {
	t.Helper()
	_, err := from.Write([]byte(text))
	must(t, err)
	got := make([]byte, len(text))
	for n := 0; n < len(got); {
		k, err := to.Read(got[n:])
		must(t, err)
		n += k
	}
	if string(got) != text {
		t.Errorf("%q came as %q", text, got)
	}
}

func TestAProxyRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		says string
	}{
		{nil, "--to is missing"},
		{[]string{"--to", "tcp:somewhere"}, "is no address"},
		{[]string{"--to", "x", "--from", "tcp:nowhere"}, "is no address"},
		{[]string{"--to", "x", "--from", "tcp::0", "--link", "a"}, "there is no PTY"},
		{[]string{"--to", "x", "--fault", "power-loss at block 3 for 3s"}, "power-loss befalls the meter itself"},
		{[]string{"--to", "x", "--fault", "stuck-bit at start address 0x041000"}, "stuck-bit befalls the meter itself"},
		{[]string{"--to", "x", "--fault", "cable-pull at state erasing for 3s"}, "inside the meter"},
	} {
		code, stdout, stderr := outcome(t, append([]string{"proxy"}, test.args...)...)
		if code != cli.Misused || stdout != "" || !strings.Contains(stderr, test.says) {
			t.Errorf("%q ends with %v and %q, not with %q", test.args, code, stderr, test.says)
		}
	}
}

func TestAProxyIsStruckByHandAsAMeterIs(t *testing.T) {
	ownKeys(t)
	meter := startJSON(t, "--tcp", ":0", "--pace", "off")
	p := startProxy(t, "--from", "tcp::0", "--to", "tcp:"+meter.ready.TCP, "--http", "0")
	ctl(t, "fault", "reply-lost at block 2")
	for _, c := range []struct{ args, want string }{
		{"state", "proxy to tcp:" + meter.ready.TCP}, {"state --json", `"state":"elsewhere"`}, {"cable out", "cable-pull at"}, {"cable in", "over"},
	} {
		if got := ctl(t, strings.Fields(c.args)...); !strings.Contains(got, strings.TrimSpace(c.want)) && !strings.Contains(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(c.want, " ", "")) {
			t.Errorf("ctl %s: %q is not in\n%s", c.args, c.want, got)
		}
	}
	for args, says := range map[string]string{"fault power-loss": "power-loss befalls the meter itself", "power off": "its power is its own"} {
		code, _, errs := outcome(t, append([]string{"ctl"}, strings.Fields(args)...)...)
		if code == cli.Done || !strings.Contains(errs, says) {
			t.Errorf("ctl %s: %v, %s", args, code, errs)
		}
	}
	wantDoneWaiting(t, overTCP(p), client.TaskUpgrade, testFirmware(4), counting)
	p.end()
	if got := p.all("stopped")[0].ByHand; !strings.Contains(got, "reply-lost at block 2") {
		t.Errorf("what was done by hand is %q", got)
	}
}

func TestAProxyPassesRateLinesAndBreaksOn(t *testing.T) {
	ownKeys(t)
	meter := startJSON(t, "--rfc2217", "0", "--pace", "off", "--http", "0")
	p := startProxy(t, "--from", "rfc2217::0", "--to", "rfc2217://"+meter.ready.RFC2217)
	conn, err := port.Open(port.Config{Port: "rfc2217://" + p.ready.RFC2217})
	must(t, err)
	defer conn.Close()
	tool := conn.(*rfc2217.Client)
	lines := make(chan rfc2217.ModemState, 100)
	tool.OnModem(func(m rfc2217.ModemState) { lines <- m })
	go func() { _, _ = io.Copy(io.Discard, tool) }() // until it is closed
	want := func(want rfc2217.ModemState) {
		t.Helper()
		for deadline := time.After(patience); ; {
			select {
			case m := <-lines:
				if m == want {
					return
				}
			case <-deadline:
				t.Fatalf("the lines never are %08b", want)
			}
		}
	}
	const all = rfc2217.DCD | rfc2217.DSR | rfc2217.CTS
	want(all)
	ctl(t, "cable", "out") // the meter's own cable, behind the proxy
	want(0)
	ctl(t, "cable", "in")
	want(all)

	must(t, tool.SetBaud(4800))
	must(t, tool.SetBreak(true))
	must(t, tool.SetBreak(false))
	_, err = tool.Write([]byte("no ION, at another rate. "))
	must(t, err)
	meter.want("the rate", func(e event) bool { return e.Event == "host-baud" && e.Baud == 4800 })
	meter.want("the break, which is two zeros to a meter", func(e event) bool {
		return e.Event == "no-ion" && strings.Contains(e.raw, `"0000`)
	})
	must(t, tool.Close())
	p.end()
	meter.end()
}
