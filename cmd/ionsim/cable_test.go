//go:build linux && !ppc64 && !ppc64le

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/client/port"
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
	a := &adapters{t: t, program: foreign(t, "serial ports that are there already: socat is missing", "socat", "-V"),
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

func TestAPortThatVanishesByAPlanComesBack(t *testing.T) {
	t.Parallel()
	a := plugIn(t)
	m := startJSON(t, "--port", a.meters, "--pace", "off", "--fault", "port-vanishes at block 2 for 150ms")
	wantDone(t, a.tool(), client.TaskUpgrade, testFirmware(3)) // its own adapter stays
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

func (a *adapters) samePlan(t *testing.T, plan string) {
	direct := startJSON(t, "--port", a.meters, "--pace", "off", "--fault", plan)
	want, wantErr := use(t, a.tool(), client.TaskUpgrade, testFirmware(3))
	direct.end()

	meter := startJSON(t, "--tcp", ":0", "--pace", "off")
	proxy := startProxy(t, "--from", a.meters, "--to", "tcp:"+meter.ready.TCP, "--fault", plan)
	got, gotErr := use(t, a.tool(), client.TaskUpgrade, testFirmware(3))
	proxy.end()
	meter.end()
	if fmt.Sprint(wantErr) != fmt.Sprint(gotErr) || fmt.Sprint(want.err) != fmt.Sprint(got.err) {
		t.Errorf("%q: the tool ends with %v, %v, and with the proxy %v, %v", plan, wantErr, want.err, gotErr, got.err)
	}
	if a, b := untimed(want.log), untimed(got.log); !slices.Equal(a, b) {
		t.Errorf("%q: the log is %q, and with the proxy %q", plan, a, b)
	}
	if a, b := strikes(direct), strikes(proxy); a != b {
		t.Errorf("%q: faults %q, and in the proxy %q", plan, a, b)
	}
	if a, b := doneByMeter(direct), doneByMeter(meter); a != b {
		t.Errorf("%q: the meter did\n%s\nand behind the proxy\n%s", plan, a, b)
	}
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
