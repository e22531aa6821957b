//go:build linux && !ppc64 && !ppc64le

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/client/phone"
	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/foreign"
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
	}{{"PTY", nil, overPTY}, {"TCP", []string{"--tcp", ":0"}, overTCP}} {
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
	for args, says := range map[string]string{
		"--phone 5550105":           "--modem",
		"--rings 3":                 "--modem",
		"--modem --model 7300":      "7330",
		"--modem --phone telephone": "--phone",
	} {
		if code, _, errs := outcome(t, strings.Fields(args)...); code != cli.Misused || !strings.Contains(errs, says) {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
	}
}
