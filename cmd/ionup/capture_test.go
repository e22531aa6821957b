package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/foreign"
)

// tshark reads a capture with the dissector.
func tshark(t *testing.T, file string, args ...string) string {
	t.Helper()
	program := foreign.Program(t, "what tshark says of a capture", "tshark")
	cmd := exec.Command(program, append([]string{"-X", "lua_script:../../fixtures/wireshark/ion.lua", "-r", file}, args...)...)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8", "HOME="+t.TempDir())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("tshark %v: %v\n%s", args, err, errs.String())
	}
	return out.String()
}

func TestAnUpgradeIsCapturedAsTheConversationThatItIs(t *testing.T) {
	t.Parallel()
	b := newBed(t, "reply-lost at block 2; ip-reset at block 3")
	file := b.path("a.pcapng")
	ionup(t, b.tool("upgrade", b.upg(4), "--timeout", "300ms", "--capture", file)...).wantCode(cli.Done)
	blocks := strings.Fields(tshark(t, file, "-Y", "ion.download.operation == 4 && ion.request == 1", "-T", "fields", "-e", "ion.download.sequence"))
	if want := []string{"1", "2", "3", "4"}; !slices.Equal(slices.Compact(blocks), want) {
		t.Errorf("blocks %q", blocks)
	}
	if got := tshark(t, file, "-Y", "tcp.analysis.lost_segment || tcp.analysis.retransmission || tcp.analysis.out_of_order || ion.crc.bad"); got != "" {
		t.Errorf("Wireshark complains:\n%s", got)
	}
	if got := tshark(t, file, "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields", "-e", "tcp.dstport"); got != "7700\n7700\n" {
		t.Errorf("connections to the ports %q", got)
	}
	if got := tshark(t, file, "-Y", `frame.comment contains "No response... resending (1 of 2)"`, "-T", "fields", "-e", "frame.comment"); !strings.Contains(got, "sent again: message") {
		t.Errorf("the request that was sent again: %q", got)
	}
}

func TestWhatGoesOverASerialPortIsCapturedToo(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	if b.pty == "" {
		foreign.Lacking(t, "captures of a PTY", errors.ErrUnsupported)
	}
	file := b.path("a.pcapng")
	for range 2 { // the second is added
		ionup(t, "identify", "--port", b.pty, "--unit-id", "105", "--capture", file).wantCode(cli.Done)
	}
	if got := tshark(t, file, "-Y", "ion.handle == 0x1300 || ion.download.operation == 1", "-T", "fields", "-e", "frame.interface_name"); strings.Count(got, "serial port "+b.pty+"\n") < 2 {
		t.Errorf("interfaces %q", got)
	}
}

func TestACaptureOnStandardOutputIsAloneThere(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := ionup(t, b.line("identify", "--capture", "-")...).wantCode(cli.Done)
	if !strings.HasPrefix(r.stdout, "\x0a\x0d\x0d\x0a") || strings.Contains(r.stdout, "Serial number") {
		t.Errorf("stdout is %q", r.stdout)
	}
	r.wantSays(serial)
	ionup(t, b.line("identify", "--capture", "-", "--json")...).wantCode(cli.Misused).wantSays("both go to standard output")
	letter := b.path("letter.txt")
	must(t, os.WriteFile(letter, []byte("Dear customer"), 0o600))
	ionup(t, b.line("identify", "--capture", letter)...).wantCode(cli.Misused).wantSays("nothing is added to it")
	wantFile(t, letter, []byte("Dear customer"))
}
