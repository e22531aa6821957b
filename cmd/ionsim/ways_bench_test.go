//go:build linux && !ppc64 && !ppc64le

package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
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
	"ionbench/simulator/ion"
)

// way is how a tool reaches a meter.
type way struct {
	name string
	to   port.Config
	took []float64 // seconds, or what was measured of each
}

// The ways of a measurement: without anything between, through ionsim proxy without a plan, and through
// socat, which copies bytes and does nothing else. The relay is the floor: what a second hop costs at least.
const (
	directly = "direct"
	byProxy  = "proxied"
	bySocat  = "socat"
	byRelay  = "relay"
)

// address is the first line of a process of ionsim: where it is reached.
func address(b *testing.B, args ...string) string {
	b.Helper()
	line, ok := startProcess(b, args...).nextLine()
	if !ok {
		b.Fatal("it has ended")
	}
	return line
}

// overSockets are the ways to what is served at TCP addresses, one for each way.
func overSockets(b *testing.B, serve func() string) []*way {
	at := serve()
	ways := []*way{{name: directly, to: port.Config{TCP: at}}}
	at = serve()
	ways = append(ways, &way{name: byProxy, to: port.Config{TCP: address(b, "proxy", "--from", "tcp::0", "--to", "tcp:"+at)}})
	if program, err := exec.LookPath("socat"); err == nil {
		at = serve()
		here := foreign.Address(b)
		_, number, _ := net.SplitHostPort(here)
		background(b, program, "TCP-LISTEN:"+number+",bind=127.0.0.1,nodelay,fork", "TCP:"+at+",nodelay")
		ways = append(ways, &way{name: bySocat, to: port.Config{TCP: here}})
		eventually(b, func() bool {
			conn, err := net.Dial("tcp", here)
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
	}
	at = serve()
	cmd := process(at)
	cmd.Env = append(cmd.Env, programVariable+"="+relayProgram)
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	here, err := bufio.NewReader(out).ReadString('\n')
	must(b, err)
	return append(ways, &way{name: byRelay, to: port.Config{TCP: strings.TrimSpace(here)}})
}

// overTerminals are the ways to meters at PTYs.
func overTerminals(b *testing.B, serve func() string) []*way {
	ways := []*way{{name: directly, to: port.Config{Port: serve()}}}
	ways = append(ways, &way{name: byProxy, to: port.Config{Port: address(b, "proxy", "--to", serve())}})
	if program, err := exec.LookPath("socat"); err == nil {
		link := filepath.Join(b.TempDir(), "tty")
		background(b, program, "PTY,raw,echo=0,link="+link, serve()+",raw,echo=0")
		eventually(b, func() bool { _, err := os.Stat(link); return err == nil })
		ways = append(ways, &way{name: bySocat, to: port.Config{Port: link}})
	}
	return ways
}

func background(b *testing.B, program string, args ...string) {
	b.Helper()
	cmd := exec.Command(program, args...)
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
}

// report prints the median of each way, and its rate against the direct one.
func report(b *testing.B, ways []*way, unit string, scale float64) {
	b.ReportMetric(0, "ns/op") // says nothing here
	for _, w := range ways {
		m := inTheMiddle(w.took)
		b.ReportMetric(m*scale, w.name+"-"+unit)
		if w.name != directly {
			b.ReportMetric(inTheMiddle(ways[0].took)/m, w.name+"-of-direct")
		}
		if w.name == byRelay || w.name == bySocat {
			b.ReportMetric(m/inTheMiddle(ways[1].took), byProxy+"-of-"+w.name)
		}
	}
}

func inTheMiddle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// An ION frame there and its answer back, at a meter that takes no time.
func BenchmarkWayOfAFrame(b *testing.B) {
	for _, over := range []struct {
		name string
		ways func(*testing.B, func() string) []*way
		at   string
	}{{"TCP", overSockets, "--tcp=:0"}, {"PTY", overTerminals, "--pty"}} {
		b.Run(over.name, func(b *testing.B) {
			ways := over.ways(b, func() string { return address(b, over.at, "--pace", "off") })
			var conns []io.ReadWriteCloser
			for _, w := range ways {
				conn, err := port.Open(w.to)
				must(b, err)
				defer conn.Close()
				conns = append(conns, conn)
				askSerial(b, conn)
			}
			const trips = 50 // of one measurement
			for b.Loop() {
				for i, w := range ways {
					began := time.Now()
					for range trips {
						askSerial(b, conns[i])
					}
					w.took = append(w.took, time.Since(began).Seconds()/trips)
				}
			}
			report(b, ways, "µs", 1e6)
		})
	}
}

// askSerial asks for the serial number, and waits for the answer.
func askSerial(b *testing.B, conn io.ReadWriter) {
	if _, err := conn.Write(readSerial()); err != nil {
		b.Fatal(err)
	}
	answer, n := make([]byte, 1024), 0
	for at := 0; ; {
		k, err := conn.Read(answer[n:])
		if err != nil {
			b.Fatal(err)
		}
		n += k
		for {
			size, whole := ion.CutFrame(answer[at:n])
			if size == 0 {
				break
			}
			frame := ion.Wire(answer[at : at+size])
			at += size
			if whole && !frame.IsAck() {
				return
			}
		}
	}
}

// Bytes that are no frames, as fast as they go, to somebody who takes them all, and acknowledges each
// piece: 4 MiB.
func BenchmarkWayOfManyBytes(b *testing.B) {
	const size = 4 << 20
	ways := overSockets(b, func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(b, err)
		b.Cleanup(func() { l.Close() })
		go func() { // it ends with the listener and its connections
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					for {
						if _, err := io.CopyN(io.Discard, conn, size); err != nil {
							return
						}
						if _, err := conn.Write([]byte{1}); err != nil {
							return
						}
					}
				}()
			}
		}()
		return l.Addr().String()
	})
	p := make([]byte, size)
	_, _ = rand.Read(p) // it never fails
	var conns []io.ReadWriteCloser
	for _, w := range ways {
		conn, err := port.Open(w.to)
		must(b, err)
		defer conn.Close()
		conns = append(conns, conn)
	}
	for b.Loop() {
		for i, w := range ways {
			began := time.Now()
			_, err := conns[i].Write(p)
			must(b, err)
			_, err = io.ReadFull(conns[i], p[:1])
			must(b, err)
			w.took = append(w.took, time.Since(began).Seconds())
		}
	}
	report(b, ways, "ms", 1e3)
}

// A whole upgrade: as fast as programs can, 460 blocks; and with the bytes of lines of 115,200 baud and of 3 Mbaud, the
// most that adapters at USB's full speed have. They are 12 and 312 times 9600, with a chip as much faster.
func BenchmarkWayOfAnUpgrade(b *testing.B) {
	for _, x := range []struct {
		name   string
		blocks int
		args   []string
	}{
		{"off", 460, []string{"--pace", "off"}},
		{"115200", 3, []string{"--pace", "12"}},
		{"3M", 20, []string{"--pace", "312"}},
	} {
		b.Run(x.name, func(b *testing.B) {
			if testing.Short() && x.name != "off" {
				b.Skip("half a minute, and they run as the other does")
			}
			ways := overSockets(b, func() string { return address(b, append(x.args, "--tcp", ":0")...) })
			file := testFirmware(x.blocks)
			for b.Loop() {
				for _, w := range ways {
					began := time.Now()
					h, err := use(b, w.to, client.TaskUpgrade, file)
					must(b, errors.Join(err, h.err))
					w.took = append(w.took, time.Since(began).Seconds())
				}
			}
			report(b, ways, fmt.Sprintf("s/%d-blocks", x.blocks), 1)
		})
	}
}
