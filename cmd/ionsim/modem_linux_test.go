//go:build linux && !ppc64 && !ppc64le

package main

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/phone"
	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/foreign"
	"ionbench/simulator/rfc2217"
)

// steps are those that were told of calls.
func (m *served) steps() string {
	var list []string
	for _, e := range m.all("call") {
		list = append(list, strings.TrimSpace(e.Step+" "+e.Text))
	}
	return strings.Join(list, ", ")
}

func TestAMeterIsUpgradedByItsTelephoneNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
		over func(*served) port.Config
	}{{"PTY", nil, overPTY}, {"TCP", []string{"--tcp", ":0"}, overTCP}, {"RFC 2217", []string{"--rfc2217", "0"}, overRFC2217}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := startJSON(t, append(test.args, "--modem", "--phone", "250 652", "--pace", "off")...)
			to := test.over(m)
			to.Phone = "250-652"
			wantDone(t, to, client.TaskUpgrade, testFirmware(6))
			to.Phone = "250-653"
			if _, err := port.Open(to); !errors.Is(err, phone.ErrNoAnswer) {
				t.Errorf("another number: %v", err)
			}
			m.end()
			want := "dialled 250652, answered, connected 9600, ended hung up, dialled 250653, ended NO ANSWER"
			if m.ready.TelNumber != "250652" || m.steps() != want {
				t.Errorf("phone %q, told: %s", m.ready.TelNumber, m.steps())
			}
			if len(m.all("no-ion")) > 0 {
				t.Error("what is said to the modem is taken for foreign bytes")
			}
			m.wantDocumented(t)
		})
	}
}

func overRFC2217(m *served) port.Config {
	return port.Config{Port: "rfc2217://" + m.ready.RFC2217}
}

// A modem tells by DCD whether there is a carrier, and hangs up when the host's DTR falls (&D2).
func TestAModemBehindRFC2217TellsOfItsCarrierAndHangsUpWhenDTRFalls(t *testing.T) {
	t.Parallel()
	m := startJSON(t, "--rfc2217", "0", "--modem", "--pace", "off")
	conn, err := port.Open(overRFC2217(m))
	must(t, err)
	defer conn.Close()
	host := conn.(*rfc2217.Client)
	lines, said := make(chan rfc2217.ModemState, 100), make(chan byte, 1<<10)
	host.OnModem(func(s rfc2217.ModemState) { lines <- s })
	go func() { // until it is closed
		for p := make([]byte, 1); ; said <- p[0] {
			if _, err := host.Read(p); err != nil {
				return
			}
		}
	}()
	wantLines := func(want rfc2217.ModemState) {
		t.Helper()
		for deadline := time.After(patience); ; {
			select {
			case is := <-lines:
				if is == want {
					return
				}
			case <-deadline:
				t.Fatalf("the lines never are %08b", want)
			}
		}
	}
	dial := func() {
		t.Helper()
		_, err := host.Write([]byte("ATDT5550105\r"))
		must(t, err)
		heard := ""
		for deadline := time.After(patience); !strings.Contains(heard, "CONNECT 9600\r\n"); {
			select {
			case b := <-said:
				heard += string(b)
			case <-deadline:
				t.Fatalf("the modem says %q", heard)
			}
		}
		wantLines(rfc2217.DCD | rfc2217.DSR | rfc2217.CTS)
	}
	wantLines(rfc2217.DSR | rfc2217.CTS)
	dial()
	must(t, host.SetDTR(false))
	wantLines(rfc2217.DSR | rfc2217.CTS)
	must(t, host.SetDTR(true))
	dial()
	must(t, host.Close())
	for range 2 {
		m.want("the end of a call", func(e event) bool { return e.Step == "ended" })
	}
	m.end()
	if want := "dialled 5550105, answered, connected 9600, ended the host is not ready"; m.steps() != want+", "+want {
		t.Errorf("told: %s", m.steps())
	}
}

func TestChatDialsEscapesAndHangsUpAndAnUpgradeFollows(t *testing.T) {
	t.Parallel()
	chat := foreign.Program(t, "the modem dialled by chat (package ppp)", "chat")
	m := startJSON(t, "--modem", "--pace", "off")
	tty, err := os.OpenFile(m.ready.PTY, os.O_RDWR, 0)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), chat, "-t", "10", "-v", "-s", "",
		"ATZS12=20", "OK", "ATDT5550105", "CONNECT 9600", `\d+++\c`, "OK", "ATH", "OK")
	var said strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, &said
	err = cmd.Run()
	must(t, tty.Close())
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	wantDone(t, port.Config{Port: m.ready.PTY, Phone: "5550105"}, client.TaskUpgrade, testFirmware(3))
	m.end()
	const call = "dialled 5550105, answered, connected 9600, ended hung up"
	if m.steps() != call+", "+call {
		t.Errorf("told: %s", m.steps())
	}
}

// What a call takes is as it was asked for: at pace 100, half a minute of training 0.3 s, and of latency as much
// each way.
func TestACallTakesTheTimesThatItIsGiven(t *testing.T) {
	t.Parallel()
	m := startJSON(t, "--modem", "--pace", "100", "--training", "30s", "--latency", "30s", "--pauses", "0s")
	began := time.Now()
	wantDoneWaiting(t, port.Config{Port: m.ready.PTY, Phone: "5550105"}, client.TaskIdentify, nil, 5*time.Second)
	took := time.Since(began)
	m.end()
	var answered, connected float64
	for _, e := range m.all("call") {
		switch e.Step {
		case "answered":
			answered = *e.At
		case "connected":
			connected = *e.At
		}
	}
	if trained := inMicroseconds(connected) - inMicroseconds(answered); trained < 300*time.Millisecond {
		t.Errorf("they trained for %v", trained)
	}
	if took < 900*time.Millisecond {
		t.Errorf("training, a question and its answer took %v", took)
	}
}

// inMicroseconds is an event's time, which is told in seconds with six digits behind the point.
func inMicroseconds(at float64) time.Duration {
	return time.Duration(math.Round(at*1e6)) * time.Microsecond
}

func TestCKermitDialsAndHangsUp(t *testing.T) {
	if testing.Short() {
		t.Skip("C-Kermit takes its time: ten seconds")
	}
	t.Parallel()
	kermit := foreign.Program(t, "the modem dialled by C-Kermit (package ckermit)", "kermit")
	m := startJSON(t, "--modem", "--pace", "off")
	script := filepath.Join(t.TempDir(), "dial.ksc")
	must(t, os.WriteFile(script, []byte(strings.Join([]string{
		"set modem type generic-high-speed", "set line " + m.ready.PTY, "set carrier-watch off", "set flow none",
		"set dial timeout 20", "set dial retries 1", "dial 5550105", "if fail exit 1", "hangup", "exit 0", ""}, "\n")), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, kermit, script, "-Y")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m.end()
	if want := "dialled 5550105, answered, connected 9600, ended hung up"; m.steps() != want {
		t.Errorf("told: %s", m.steps())
	}
}

func TestWhatContradictsAModemSaysTheNextStep(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--phone 5550105":           "--modem",
		"--rings 3":                 "--modem",
		"--training 5s":             "--modem",
		"--modem --latency 1h":      "at most",
		"--modem --model 7300":      "7330",
		"--modem --phone telephone": "--phone",
	} {
		if code, _, errs := outcome(t, strings.Fields(args)...); code != cli.Misused || !strings.Contains(errs, says) {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
	}
}
