//go:build linux && !ppc64 && !ppc64le

package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/fixtures/foreign"
	"ionbench/scenarios/storm"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
)

// adapters are two serial ports with a null-modem cable between them: a pair of PTYs of socat.
type adapters struct {
	t              *testing.T
	program        string
	meters, person string // the port at the meter's end of the cable, and the one at the tool's
	cmd            *exec.Cmd
}

func plugIn(t *testing.T) *adapters {
	t.Helper()
	folder := t.TempDir()
	a := &adapters{t: t, program: foreign.Program(t, "serial ports that are there already", "socat", "-V"),
		meters: filepath.Join(folder, "ttyMETER"), person: filepath.Join(folder, "ttyTOOL")}
	a.putBack()
	t.Cleanup(a.pull)
	return a
}

// pull takes both adapters out.
func (a *adapters) pull() {
	if a.cmd != nil {
		_ = a.cmd.Process.Kill()
		_ = a.cmd.Wait() // it was killed
		a.cmd = nil
	}
	os.Remove(a.meters)
	os.Remove(a.person)
}

// putBack plugs them in again, under the same names.
func (a *adapters) putBack() {
	a.t.Helper()
	a.cmd = exec.Command(a.program, "PTY,raw,echo=0,link="+a.meters, "PTY,raw,echo=0,link="+a.person)
	must(a.t, a.cmd.Start())
	eventually(a.t, func() bool {
		_, first := os.Stat(a.meters)
		_, second := os.Stat(a.person)
		return first == nil && second == nil
	})
}

func (a *adapters) tool() port.Config { return port.Config{Port: a.person} }

func TestAMeterAtASerialPortOfThisComputerIsUpgraded(t *testing.T) {
	t.Parallel()
	a := plugIn(t)
	m := startJSON(t, "--port", a.meters, "--pace", "off")
	wantDone(t, a.tool(), client.TaskUpgrade, testFirmware(4))
	m.end()
	if n := len(m.all("block-programmed")); n != 4 {
		t.Errorf("%d blocks were programmed", n)
	}
}

func TestAnAdapterThatIsPulledOutAndPutBackIsOpenedAgain(t *testing.T) {
	t.Parallel()
	a := plugIn(t)
	m := startJSON(t, "--port", a.meters, "--pace", "off")
	for range 3 {
		wantDone(t, a.tool(), client.TaskIdentify, nil)
		a.pull()
		m.want("that it is gone", func(e event) bool { return e.Event == "port-gone" && e.Host == a.meters })
		a.putBack()
		m.want("that it is back", func(e event) bool { return e.Event == "port-back" && e.Host == a.meters })
	}
	wantDone(t, a.tool(), client.TaskUpgrade, testFirmware(3))
	m.end()
}

// The port of a meter behind a proxy vanishes and comes back in the middle of an upgrade, over whatever
// connection the proxy has to it: the tool, which hears nothing meanwhile, goes on.
func TestAMeterWhosePortVanishesBehindAProxyIsFoundAgain(t *testing.T) {
	t.Parallel()
	for name, over := range map[string]struct {
		serve []string
		to    func(*served) string
	}{
		"PTY":      {[]string{"--link", filepath.Join(t.TempDir(), "ttyMETER")}, func(m *served) string { return m.ready.Link }},
		"TCP":      {[]string{"--tcp", ":0"}, func(m *served) string { return "tcp:" + m.ready.TCP }},
		"RFC 2217": {[]string{"--rfc2217", ":0"}, func(m *served) string { return "rfc2217://" + m.ready.RFC2217 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			meter := startJSON(t, append(over.serve, "--pace", "off", "--fault", "port-vanishes at block 3 for 250ms")...)
			proxy := startProxy(t, "--to", over.to(meter))
			wantDoneWaiting(t, overPTY(proxy), client.TaskUpgrade, testFirmware(6), hurried)
			proxy.end()
			meter.end()
			var told []string
			for _, e := range proxy.all("far") {
				if e.State == "open" || e.State == "lost" {
					told = append(told, e.State)
				}
			}
			if got := strings.Join(told, ", "); got != "open, lost, open" {
				t.Errorf("the proxy tells of the meter's port: %s", got)
			}
			if len(meter.all("port-gone")) == 0 || len(meter.all("port-back")) == 0 {
				t.Error("the meter does not tell that its port was away")
			}
		})
	}
}

func TestAPortThatVanishesByAPlanComesBack(t *testing.T) {
	t.Parallel()
	a := plugIn(t)
	m := startJSON(t, "--port", a.meters, "--pace", "off", "--fault", "port-vanishes at block 2 for 150ms")
	wantDoneWaiting(t, a.tool(), client.TaskUpgrade, testFirmware(3), hurried) // its own adapter stays
	m.end()
	if len(m.all("port-gone")) != 1 || len(m.all("port-back")) != 1 {
		t.Errorf("%v, %v", m.all("port-gone"), m.all("port-back"))
	}
}

func TestARealPortIsRefusedInWordsWhereItCannotBe(t *testing.T) {
	t.Parallel()
	a := plugIn(t)
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{"--port", filepath.Join(t.TempDir(), "ttyNONE")}, "there is no serial port"},
		{[]string{"--port", a.meters, "--rs485"}, "cannot turn an RS-485 line round"},
		{[]string{"--rs485"}, "--rs485 without a serial port"},
	} {
		code, _, stderr := outcome(t, x.args...)
		if code == 0 || !strings.Contains(stderr, x.says) {
			t.Errorf("%v ends with %v and %q", x.args, code, stderr)
		}
	}
}

var proxied = flag.Int("proxied", 3, "random plans that are played through programs, a pair of PTYs and a proxy")

// The plans are those of which package bench proves the same in virtual time. Here everything is real:
// the tool on one PTY of a pair, the proxy on the other, and the meter behind it.
func TestARandomPlanInAProxyOnAPairOfPTYsGivesWhatItGivesInTheMeter(t *testing.T) {
	t.Parallel()
	a := plugIn(t)
	for run, played := uint64(0), 0; played < *proxied; run++ {
		plan := ofALine(t, run)
		if len(plan) == 0 {
			continue
		}
		played++
		t.Run(fmt.Sprint(run), func(t *testing.T) { a.samePlan(t, plan.String()) })
	}
}

// samePlan plays a plan in the meter and in a proxy. A tool that waits 200 ms for an answer may miss one
// on a busy computer, here or there: what differs is played again, and counts if it differs again.
func (a *adapters) samePlan(t *testing.T, plan string) {
	var differs []string
	for range 3 {
		if differs = a.difference(t, plan); len(differs) == 0 {
			return
		}
	}
	t.Errorf("%q: %s", plan, strings.Join(differs, "\n"))
}

// difference says in what the two ways differ.
func (a *adapters) difference(t *testing.T, plan string) (list []string) {
	direct := startJSON(t, "--port", a.meters, "--pace", "off", "--fault", plan)
	want, wantErr := useWaiting(t, a.tool(), client.TaskUpgrade, testFirmware(3), hurried)
	direct.end()

	meter := startJSON(t, "--tcp", ":0", "--pace", "off")
	proxy := startProxy(t, "--from", a.meters, "--to", "tcp:"+meter.ready.TCP, "--fault", plan)
	got, gotErr := useWaiting(t, a.tool(), client.TaskUpgrade, testFirmware(3), hurried)
	proxy.end()
	meter.end()
	for _, x := range []struct{ what, want, got string }{
		{"the tool's end", fmt.Sprint(wantErr, want.err), fmt.Sprint(gotErr, got.err)},
		{"the log", strings.Join(untimed(want.log), "\n"), strings.Join(untimed(got.log), "\n")},
		{"the faults", strikes(direct), strikes(proxy)},
		{"what the meter did", doneByMeter(direct), doneByMeter(meter)},
	} {
		if x.want != x.got {
			list = append(list, fmt.Sprintf("%s is\n%s\nand with the proxy\n%s", x.what, x.want, x.got))
		}
	}
	return list
}

// ofALine are the faults of a random plan that strike at a point of the protocol, on the line or at
// answers, and whose end is one, too.
func ofALine(t *testing.T, run uint64) fault.Plan {
	t.Helper()
	far, err := bench.NewFar(bench.Config{Baud: 9600})
	must(t, err)
	_, plans := storm.Draw(11, run, 3)
	return slices.DeleteFunc(plans[0], func(f fault.Fault) bool {
		timed := f.Trigger.Unit == fault.AtTime || f.Duration.Time > 0 || f.Parameters.By > 0
		talks := f.Kind == fault.Babble || f.Kind == fault.SecondMaster
		return far.CheckPlan(fault.Plan{f}) != nil || timed || talks || f.Kind.OfConnection()
	})
}

var killed = flag.Int("killed", 4, "rounds in which a tool or a meter behind a proxy is killed at a random time")

// What is killed at any time, the tool or the meter (which is a power loss), behind a proxy as without
// one: the recovery succeeds, and the meter runs the image that was sent.
func TestNothingIsLostBehindAProxyThoughEitherEndIsKilledAtAnyTime(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	where := foreign.Address(t)
	state := filepath.Join(t.TempDir(), "meter.state")
	meter := func() *served {
		return startProcessJSON(t, "--tcp", where, "--pace", "off", "--state", state)
	}
	m := meter()
	p := startProxy(t, "--from", "tcp::0", "--to", "tcp:"+where)
	file, cut := testFirmware(25), 0
	for round := range *killed {
		ctx, kill := context.WithCancel(t.Context())
		after := time.Duration(random.IntN(150)) * time.Millisecond
		struck := make(chan struct{})
		go func() {
			defer close(struck)
			time.Sleep(after)
			if round%2 == 0 {
				kill()
				return
			}
			m.kill()
			<-m.ended
		}()
		if _, err := useUntil(ctx, t, overTCP(p), 105, client.TaskUpgrade, file, hurried); err != nil {
			cut++
		}
		<-struck
		kill()
		if round%2 == 1 {
			m = meter()
		}
		eventually(t, func() bool { // the proxy opens the meter's port again
			h, err := useWaiting(t, overTCP(p), client.TaskUpgrade, file, hurried)
			return err == nil && h.err == nil
		})
		var h *tool
		eventually(t, func() bool { // the client before may still be leaving
			var err error
			h, err = use(t, overTCP(p), client.TaskIdentify, nil)
			return err == nil && h.err == nil
		})
		if h.device.Revision != "7350V284" || h.device.Download {
			t.Fatalf("round %d: %+v", round, h.device)
		}
	}
	t.Logf("%d of %d upgrades were cut off", cut, *killed)
}
