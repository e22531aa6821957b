package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ionbench/simulator/ion"
)

var timings = flag.Bool("timings", false, "measure the bytes of an answer at every rate (make bench)")

// heard is when the bytes of an answer came to a client, since it wrote its request.
type heard struct {
	request int             // bytes
	at      []time.Duration // of each byte
}

// gap is the longest time between two bytes.
func (h heard) gap() (longest time.Duration) {
	for i := 1; i < len(h.at); i++ {
		longest = max(longest, h.at[i]-h.at[i-1])
	}
	return longest
}

// readSerial is a request for the serial number.
func readSerial() []byte {
	return ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 105, Transaction: 0x40, Data: ion.AppendPacket(nil, ion.Packet{
		MessageID: 1, Request: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(105), Service: 1, Type: ion.TypeProgram,
		Body: ion.AppendProgram(nil, ion.Read(ion.HandleSerial)),
	})})
}

// openAt opens a PTY as a program does that sets a rate.
func openAt(t *testing.T, name string, baud int) *os.File {
	t.Helper()
	client, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	must(t, err)
	t.Cleanup(func() { client.Close() })
	must(t, client.SetDeadline(time.Now().Add(patience)))
	setRate(t, client, baud)
	return client
}

func setRate(t *testing.T, client *os.File, baud int) {
	t.Helper()
	raw, err := client.SyscallConn()
	must(t, err)
	must(t, raw.Control(func(fd uintptr) {
		settings, err := unix.IoctlGetTermios(int(fd), unix.TCGETS2)
		must(t, err)
		settings.Cflag = settings.Cflag&^unix.CBAUD | unix.BOTHER
		settings.Ispeed, settings.Ospeed = uint32(baud), uint32(baud)
		must(t, unix.IoctlSetTermios(int(fd), unix.TCSETS2, settings))
	}))
}

// listen asks for the serial number at a rate, and notes when each byte of the answer comes.
func listen(t *testing.T, client *os.File) heard {
	t.Helper()
	request := readSerial()
	h := heard{request: len(request)}
	start, frame, buffer := time.Now(), []byte(nil), make([]byte, 512)
	_, err := client.Write(request)
	must(t, err)
	for {
		n, err := client.Read(buffer)
		now := time.Since(start)
		must(t, err)
		frame = append(frame, buffer[:n]...)
		for range n {
			h.at = append(h.at, now)
		}
		if _, _, err := ion.ParseFrame(frame); err == nil {
			return h
		}
	}
}

// due is when a byte of the answer is due: behind the request, the delay of 10 ms, and the bytes
// before it.
func (h heard) due(byteNumber, baud int) time.Duration {
	return 10*time.Millisecond + time.Duration(h.request+byteNumber)*10*time.Second/time.Duration(baud)
}

func TestAnAnswerComesByteForByteAndNoneBeforeItsTime(t *testing.T) {
	t.Parallel()
	const baud = 1200
	m := startJSON(t, "--baud", strconv.Itoa(baud))
	client := openAt(t, m.ready.PTY, baud)
	var h heard
	for range 10 { // a computer that is late does not see the first byte before all are there
		h = listen(t, client)
		for i, at := range h.at {
			if at < h.due(i+1, baud) {
				t.Errorf("byte %d of %d came after %v, before its time %v", i, len(h.at), at, h.due(i+1, baud))
			}
		}
		if h.at[0] < h.due(len(h.at), baud) {
			return
		}
	}
	t.Errorf("the first byte came after %v, when the last one was due (%v)", h.at[0], h.due(len(h.at), baud))
}

func TestARateSetBehindARequestMakesGarbageOfTheAnswer(t *testing.T) {
	t.Parallel()
	const baud = 300 // so that the answer takes more than a second, also on a busy computer
	m := startJSON(t, "--baud", strconv.Itoa(baud))
	client := openAt(t, m.ready.PTY, baud)
	_, err := client.Write(readSerial())
	must(t, err)
	m.want("the request", func(e event) bool { return e.Event == "led" })
	setRate(t, client, 9600)
	if e := m.want("the rate", func(e event) bool { return e.Event == "host-baud" }); e.Baud != 9600 || e.Fits {
		t.Errorf("%s", e.raw)
	}
	m.end()
}

// It prints the table of how the bytes of an answer come, against the arithmetic.
func TestTimingsOfALine(t *testing.T) {
	t.Parallel()
	if !*timings {
		t.Skip("it measures this computer, for some seconds: make bench does (-timings)")
	}
	fmt.Println("  baud  request  answer |  first byte: due  seen |  last byte: due  seen |  a byte takes  longest gap")
	for _, baud := range []int{300, 1200, 2400, 4800, 9600, 19200} {
		m := startJSON(t, "--baud", strconv.Itoa(baud))
		h := listen(t, openAt(t, m.ready.PTY, baud))
		n := len(h.at)
		fmt.Printf("%6d  %7d %7d | %9.1f ms %9.1f ms | %9.1f ms %9.1f ms | %9.2f ms %9.2f ms\n", baud, h.request, n,
			ms(h.due(1, baud)), ms(h.at[0]), ms(h.due(n, baud)), ms(h.at[n-1]), ms(10*time.Second/time.Duration(baud)), ms(h.gap()))
		m.end()
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
