//go:build linux && !ppc64 && !ppc64le

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/fixtures/foreign"
	"ionbench/simulator/ion"
)

// pyserial asks for a meter's identity through pyserial's client of RFC 2217, and tells its modem lines
// each time that it gets a line.
const pyserial = `
import serial, sys
s = serial.serial_for_url(sys.argv[1], baudrate=9600, timeout=5)
request, length = bytes.fromhex(sys.argv[2]), int(sys.argv[3])
for line in sys.stdin:
    if line.strip() == "lines":
        print(s.cd, s.dsr, s.cts, flush=True)
    elif line.strip() == "ask":
        s.write(request)
        print(s.read(length).hex(), flush=True)
    elif line.strip() == "settings":
        s.dtr = False; s.rts = False; s.send_break(0.01); s.reset_input_buffer(); s.reset_output_buffer()
        s.baudrate = 19200
        s.write(request)
        print("set", flush=True)
s.close()
`

func TestPyserialSeesThePortOfRFC2217AndItsCablePulled(t *testing.T) {
	ownKeys(t)
	python := foreign.Module(t, "a client of RFC 2217 that is not ours (package python3-serial)", "serial.rfc2217")
	m := startJSON(t, "--rfc2217", "0", "--pace", "off", "--http", "0")
	request, reply := identify(t, m.ready.RFC2217)

	script := filepath.Join(t.TempDir(), "peer.py")
	must(t, os.WriteFile(script, []byte(pyserial), 0o600))
	cmd := exec.CommandContext(t.Context(), python, script, "rfc2217://"+m.ready.RFC2217, fmt.Sprintf("%x", request), fmt.Sprint(len(reply)))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	ask := func(what, want string) {
		t.Helper()
		if _, err := io.WriteString(in, what+"\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("%s: pyserial says %q, want %q", what, lines.Text(), want)
		}
	}
	ask("lines", "True True True")
	ask("ask", fmt.Sprintf("%x", reply))
	ctl(t, "cable", "out")
	eventually(t, func() bool { return answers(t, in, lines, "lines") == "False False False" })
	ctl(t, "cable", "in")
	eventually(t, func() bool { return answers(t, in, lines, "lines") == "True True True" })
	ask("ask", fmt.Sprintf("%x", reply))
	ask("settings", "set")
	m.want("the rate that it set", func(e event) bool { return e.Event == "host-baud" && e.Baud == 19200 && !e.Fits })
	must(t, in.Close())
	must(t, cmd.Wait())
}

func answers(t *testing.T, in io.Writer, lines *bufio.Scanner, what string) string {
	t.Helper()
	if _, err := io.WriteString(in, what+"\n"); err != nil || !lines.Scan() {
		t.Fatalf("pyserial says nothing more: %v", err)
	}
	return lines.Text()
}

func eventually(t testing.TB, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never comes")
		}
	}
}

// identify asks the meter for its revision by our own client, and returns what was asked and answered.
func identify(t *testing.T, address string) (request, reply []byte) {
	t.Helper()
	out := ion.Outgoing{Message: ion.AppendPacket(nil, ion.Packet{
		MessageID: 1000, Request: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(105),
		Type: ion.TypeProgram, Body: ion.AppendProgram(nil, ion.Read(ion.HandleRevision)),
	})}
	out.Begin(ion.HostAddress, 105, false)
	request = out.AppendFrame(nil)
	conn, err := port.Open(port.Config{Port: "rfc2217://" + address})
	must(t, err)
	defer conn.Close()
	_, err = conn.Write(request)
	must(t, err)
	reply = make([]byte, 49)
	_, err = io.ReadFull(conn, reply)
	must(t, err)
	return request, reply
}

func TestSer2netPassesAnUpgradeOnRawAndByRFC2217(t *testing.T) {
	t.Parallel()
	program := foreign.Program(t, "a port server that is not ours", "ser2net", "-v")
	byRaw, byRemote := startJSON(t, "--pace", "off"), startJSON(t, "--pace", "off")
	raw, remote := foreign.Address(t), foreign.Address(t)
	config := filepath.Join(t.TempDir(), "ser2net.yaml")
	must(t, os.WriteFile(config, fmt.Appendf(nil, `%%YAML 1.1
---
connection: &raw
  accepter: tcp,%s
  connector: serialdev,%s,9600n81,local
connection: &rfc
  accepter: telnet(rfc2217),tcp,%s
  connector: serialdev,%s,9600n81,local
`, strings.Replace(raw, ":", ",", 1), byRaw.ready.PTY, strings.Replace(remote, ":", ",", 1), byRemote.ready.PTY), 0o600))
	cmd := exec.Command(program, "-n", "-d", "-c", config)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	for _, over := range []port.Config{{TCP: raw}, {Port: "rfc2217://" + remote}} {
		eventually(t, func() bool { // it starts, or lets the client before go
			h, err := use(t, over, client.TaskIdentify, nil)
			return err == nil && h.err == nil
		})
		eventually(t, func() bool {
			h, err := use(t, over, client.TaskUpgrade, testFirmware(3))
			return err == nil && h.err == nil
		})
	}
	for _, m := range []*served{byRaw, byRemote} {
		m.end()
		if n := len(m.all("block-programmed")); n != 3 {
			t.Errorf("%d blocks were programmed", n)
		}
	}
}
