package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/fixtures/foreign"
	"ionbench/simulator/ion"
)

func needsPymodbus(t *testing.T) {
	t.Helper()
	foreign.Module(t, "Modbus by a master that is not ours (package python3-pymodbus)", "pymodbus, serial")
}

// pymodbus runs a master that is not ours and returns what it says to each thing that it does.
func pymodbus(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), foreign.Python, append([]string{"testdata/master.py"}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, errs.String())
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the master says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// registersOf are the registers of the revision that holds a text.
func registersOf(revision string) string {
	var b strings.Builder
	for i := range 12 {
		if i > 0 {
			b.WriteByte(' ')
		}
		if 2*i < len(revision) {
			b.WriteString(hexOf(revision[2*i : 2*i+2]))
		} else {
			b.WriteString("0000")
		}
	}
	return b.String()
}

func hexOf(text string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// modbusHost are the host and the port of Modbus TCP.
func (m *served) modbusHost() (host, port string) {
	m.t.Helper()
	host, port, err := net.SplitHostPort(m.ready.ModbusTCP)
	must(m.t, err)
	return host, port
}

func TestModbusTCPSeesTheRevisionBeforeAndAfterAnUpgradeOverAnotherPort(t *testing.T) {
	t.Parallel()
	needsPymodbus(t)
	m := startJSON(t, "--tcp", ":0", "--modbus-tcp", "0", "--pace", "off")
	host, port := m.modbusHost()
	wantLines(t, pymodbus(t, "tcp", host, port, "105",
		"read:1900:12", "read:5000:3", "read:0:126", "read:9999:1", "input:1900:1", "write:2000:1,0,0,0,0,0,1", "write:1900:1", "read:88:4"),
		registersOf("7350V283"), "ffff ffff ffff", "exception 3", "exception 2", "exception 1", "done", "exception 3", "0000 0000 0000 0000")
	if words := strings.Fields(pymodbus(t, "tcp", host, port, "255", "read:0:125")[0]); len(words) != 125 || words[9] != "ffff" || words[10] < "0490" || words[10] > "04d0" {
		t.Errorf("a whole packet holds %v", words) // from 40011 on the voltage, some 120 V times ten
	}
	wantDone(t, overTCP(m), client.TaskUpgrade, testFirmware(3))
	wantLines(t, pymodbus(t, "tcp", host, port, "0", "read:1900:12"), registersOf("7350V284"))
	m.end()
	if len(m.all("connected")) < 3 {
		t.Errorf("connected: %+v", m.all("connected"))
	}
}

func TestInDownloadStateModbusAnswersNothing(t *testing.T) {
	t.Parallel()
	needsPymodbus(t)
	m := startJSON(t, "--tcp", ":0", "--modbus-tcp", "0", "--pace", "off")
	enterDownload(t, m)
	host, port := m.modbusHost()
	wantLines(t, pymodbus(t, "tcp", host, port, "105", "read:1900:12"), "silence")
	m.end()
}

// enterDownload puts a meter into download state.
func enterDownload(t *testing.T, m *served) {
	t.Helper()
	conn, err := net.Dial("tcp", m.ready.TCP)
	must(t, err)
	defer conn.Close()
	_, err = conn.Write(ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 105, Transaction: 0x40, Data: ion.AppendPacket(nil, ion.Packet{
		MessageID: 1, Request: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(105), Service: 1, Type: ion.TypeDownload,
		HasCredential: true, Credential: ion.NumericCredential(0, 0),
		Body: ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpEnter, Product: 7350, Length: 1000}),
	})}))
	must(t, err)
	m.want("download state", func(e event) bool { return e.Event == "state" && e.State == "download" })
}

func TestMbpollReadsTheMeter(t *testing.T) {
	t.Parallel()
	mbpoll := foreign.Program(t, "Modbus by mbpoll", "mbpoll")
	m := startJSON(t, "--tcp", ":0", "--modbus-tcp", "0", "--pace", "off")
	host, port := m.modbusHost()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-t", "4:hex", "-a", "105", "-r", "1901", "-c", "4"}, `0x3733\s.*\s.*0x3530\s.*\s*.*0x5632\s.*0x3833`},
		{[]string{"-t", "4:int", "-B", "-a", "255", "-r", "6001"}, `\[6001\]:\s+120`},
		{[]string{"-t", "3", "-a", "105", "-r", "1901"}, `Illegal function`},
	} {
		args := append([]string{"-1", "-p", port}, test.args...)
		out, _ := exec.CommandContext(t.Context(), mbpoll, append(args, host)...).CombinedOutput() // what it says is looked at
		if !regexp.MustCompile(`(?s)` + test.want).Match(out) {
			t.Errorf("mbpoll %v says %s", args, out)
		}
	}
	m.end()
}

func TestAPTYThatSpeaksModbusIsAPortBesideThatOfION(t *testing.T) {
	t.Parallel()
	needsPymodbus(t)
	m := startJSON(t, "--protocol", "modbus", "--tcp", ":0", "--pty", "--pace", "100", "--link", t.TempDir()+"/com1")
	wantLines(t, pymodbus(t, "rtu", m.ready.Link, "9600", "105",
		"read:1900:12", "read:5000:3", "read:10:126", "input:1900:1", "write:2000:0,1"),
		registersOf("7350V283"), "ffff ffff ffff", "exception 3", "exception 1", "done")
	wantDone(t, overTCP(m), client.TaskUpgrade, testFirmware(2))
	wantLines(t, pymodbus(t, "rtu", m.ready.PTY, "9600", "105", "read:1900:12"), registersOf("7350V284"))
	m.end()
	if _, err := os.Lstat(m.ready.Link); err == nil {
		t.Error("the link is still there")
	}
}

func TestMbpollReadsAPTY(t *testing.T) {
	t.Parallel()
	mbpoll := foreign.Program(t, "Modbus by mbpoll", "mbpoll")
	m := startJSON(t, "--protocol", "modbus", "--baud", "19200") // mbpoll sets the rate itself
	out, err := exec.CommandContext(t.Context(), mbpoll, "-1", "-m", "rtu", "-P", "none", "-b", "19200", "-a", "105", "-t", "4:hex", "-r", "1901", "-c", "4", m.ready.PTY).CombinedOutput()
	if err != nil || !regexp.MustCompile(`(?s)0x3733.*0x3530.*0x5632.*0x3833`).Match(out) {
		t.Errorf("mbpoll says %s (%v)", out, err)
	}
	m.end()
}
