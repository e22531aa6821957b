package main

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"ionbench/cmd/internal/cli"
)

// stranger listens where a meter should be, and answers everything with the same bytes.
func stranger(t *testing.T, says string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		p := make([]byte, 1<<10)
		for {
			if _, err := conn.Read(p); err != nil {
				return
			}
			if _, err := io.WriteString(conn, says); err != nil {
				return
			}
		}
	}()
	return l.Addr().String()
}

func TestWhatAnswersInPlaceOfAMeterIsNamedByWhatItLooksLike(t *testing.T) {
	t.Parallel() // it waits, most of the time
	for says, like := range map[string]string{
		"\x69\x83\x01\x01\x2c":             "Modbus RTU (unit 105, function 3)",
		"\xff\xfb\x01\xff\xfd\x03":         "telnet options; set the gateway to raw TCP",
		"HTTP/1.1 400 Bad Request\r\n\r\n": `text: "HTTP/1.1 400 Bad Request"`,
		"\xf8\x3c\x80":                     "line noise, another baud rate or parity, or several that talk at once",
	} {
		ionup(t, "identify", "--tcp", stranger(t, says), "--unit-id", "105", "--timeout", "5ms").wantCode(cli.Failed).
			wantSays("no response from the meter", " bytes came that are no ION and look like "+like)
	}
	b := newBed(t, "meter-silent at block 2")
	r := ionup(t, append(b.tool("upgrade", b.upg(3)), "--timeout", "5ms")...).wantCode(cli.Failed).wantSays("no response from the meter")
	if strings.Contains(r.stderr, "no ION") {
		t.Errorf("stderr:\n%s", r.stderr)
	}
}

func TestIonupListensForASecondMeter(t *testing.T) {
	t.Parallel()
	c, err := newProgram(nil, nil, nil, nil).newLineFlags().config(time.Time{})
	if err != nil || !c.Listens || c.Timing.Twin < 300*time.Millisecond {
		t.Errorf("it listens: %t, for %v (%v)", c.Listens, c.Timing.Twin, err)
	}
}
