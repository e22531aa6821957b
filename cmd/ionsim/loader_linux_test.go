//go:build linux && !ppc64 && !ppc64le

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/client/upg"
	"ionbench/fixtures/foreign"
)

// sender is a program of lrzsz that sends a file.
type sender struct {
	t    *testing.T
	path string
	args []string
	file string
}

func newSender(t *testing.T, program string, blocks int, args ...string) sender {
	t.Helper()
	path := foreign.Program(t, "the loader and sx and sb (package lrzsz)", program)
	file := filepath.Join(t.TempDir(), "7350V284.upg")
	text, err := upg.Append(nil, testFirmware(blocks))
	must(t, err)
	must(t, os.WriteFile(file, text, 0o600))
	return sender{t, path, args, file}
}

// knock asks the meter at a PTY for its loader.
func knock(t *testing.T, pty string) {
	t.Helper()
	tty, err := os.OpenFile(pty, os.O_RDWR, 0)
	must(t, err)
	_, err = tty.WriteString("loader 0\r")
	must(t, err)
	must(t, tty.Close())
}

// sends sends the file to the PTY.
func (s sender) sends(pty string) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	tty, err := os.OpenFile(pty, os.O_RDWR, 0)
	must(s.t, err)
	defer tty.Close()
	cmd := exec.CommandContext(ctx, s.path, append(s.args, "-q", s.file)...)
	cmd.Stdin, cmd.Stdout = tty, tty
	return cmd.Run()
}

// wantApplication waits for the end of a loader, which hears for a second whether the end of the file comes again.
func wantApplication(m *served) {
	m.t.Helper()
	m.want("its application", func(e event) bool { return e.Event == "state" && e.State == "application" })
}

func TestSxAndSbUpgradeAMeterWhoseLoaderSpeaksXMODEM(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, program string
		args          []string
	}{{"XMODEM", "sx", nil}, {"XMODEM-1K", "sx", []string{"-k"}}, {"YMODEM", "sb", nil}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSender(t, c.program, 3, c.args...)
			folder := t.TempDir()
			m := startJSON(t, "--loader", "xmodem", "--pace", "off", "--trace-frames", "--trace", filepath.Join(folder, "trace"),
				"--capture", filepath.Join(folder, "line.pcapng"), "--story", filepath.Join(folder, "run.html"))
			knock(t, m.ready.PTY)
			if err := s.sends(m.ready.PTY); err != nil {
				t.Fatal(err)
			}
			wantApplication(m)
			if h := wantDone(t, port.Config{Port: m.ready.PTY}, client.TaskIdentify, nil); h.device.Revision != "7350V284" {
				t.Errorf("the meter runs %q", h.device.Revision)
			}
			m.end()
			if v := m.all("verified"); len(v) != 1 || v[0].Status != "ok" {
				t.Errorf("verified: %v", v)
			}
			if len(m.all("no-ion")) > 0 {
				t.Error("what is said to the loader is taken for foreign bytes")
			}
		})
	}
}

func TestSxGoesOnThroughABrokenByteAndIsToldOfAWrongFile(t *testing.T) {
	t.Parallel()
	s := newSender(t, "sx", 2)
	m := startJSON(t, "--loader", "xmodem", "--pace", "off", "--fault", "byte-flip at byte 3000 to-meter")
	knock(t, m.ready.PTY)
	if err := s.sends(m.ready.PTY); err != nil {
		t.Errorf("a broken byte: %v", err)
	}
	wantApplication(m)
	must(t, os.WriteFile(s.file, []byte(strings.Repeat("no firmware ", 100)), 0o600))
	knock(t, m.ready.PTY)
	if err := s.sends(m.ready.PTY); err == nil {
		t.Error("it says that a file was sent that is no firmware")
	}
	m.end()
	if len(m.all("sector-erased")) == 0 || len(m.all("verified")) != 1 {
		t.Errorf("verified %d times", len(m.all("verified")))
	}
}

func TestALoaderWithoutAnImageAsksByItselfAfterAPowerLoss(t *testing.T) {
	t.Parallel()
	s := newSender(t, "sx", 2)
	m := startJSON(t, "--loader", "xmodem", "--pace", "off", "--fault", "power-loss at flash-op 100 torn for 500ms")
	knock(t, m.ready.PTY)
	if err := s.sends(m.ready.PTY); err == nil {
		t.Error("the first run goes through a power loss")
	}
	if err := s.sends(m.ready.PTY); err != nil {
		t.Errorf("the second run, without a knock: %v", err)
	}
	m.end()
	if v := m.all("verified"); len(v) != 1 || v[0].Status != "ok" {
		t.Errorf("verified: %v", v)
	}
}
