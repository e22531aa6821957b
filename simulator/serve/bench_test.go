package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"ionbench/fixtures/firmware"
	"ionbench/simulator/bench"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// exchange is what the host and the meter say to each other again and again. The requests
// take turns, so that none is the repetition of the one before it.
type exchange struct {
	name     string
	requests [][]byte
	reply    int // bytes
}

const benchUnit = 105

// exchanges are the two that an upgrade and a look at the meter consist of.
func exchanges(b *testing.B) []exchange {
	b.Helper()
	blocks := exchange{name: "252to14", reply: ion.FrameOverhead}
	reads := exchange{name: "41to49", reply: 49}
	for id := range uint16(64) {
		p := ion.Packet{MessageID: 1000 + id, Request: true, Source: ion.ClientAddress(),
			Destination: ion.MeterAddress(benchUnit), Type: ion.TypeDownload}
		p.Body = make([]byte, 4000)
		blocks.requests = append(blocks.requests, firstFrame(p))
		p.Type, p.Body = ion.TypeProgram, ion.AppendProgram(nil, ion.Read(ion.HandleRevision))
		reads.requests = append(reads.requests, firstFrame(p))
	}
	for i, want := range []int{252, 41} {
		if got := len([]exchange{blocks, reads}[i].requests[0]); got != want {
			b.Fatalf("a request has %d bytes, want %d", got, want)
		}
	}
	return []exchange{blocks, reads}
}

// firstFrame is the frame with which a host begins to send p. The meter acknowledges it
// if it is not the only one, and else answers.
func firstFrame(p ion.Packet) []byte {
	out := ion.Outgoing{Message: ion.AppendPacket(nil, p)}
	out.Begin(ion.HostAddress, benchUnit, false)
	return out.AppendFrame(nil)
}

// promptStation is a meter that takes no time for anything, on a line without pacing.
func promptStation(b *testing.B) *bench.Station {
	b.Helper()
	s, err := bench.NewStation(bench.Config{Meter: meter.Config{
		Model: meter.ION7350, SerialNumber: "PC-0209A001-11", UnitID: benchUnit, Password: "0",
		Epoch:    time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC),
		Firmware: meter.Firmware{Revision: "7350V282", Image: firmware.Image(1, 48<<10)},
		Geometry: flash.Am29F032B(),
	}})
	if err != nil {
		b.Fatal(err)
	}
	s.RunSince(-time.Hour)
	return s
}

// echoBare answers every request of a size with as many zeros as the meter's reply has
// bytes, until conn ends.
func echoBare(conn io.ReadWriter, request, reply int) {
	p, answer := make([]byte, readBufferBytes), make([]byte, reply)
	for got := 0; ; {
		n, err := conn.Read(p)
		if err != nil {
			return
		}
		if got += n; got < request {
			continue
		}
		got = 0
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// deadliner is the host's end of what is measured.
type deadliner interface {
	io.ReadWriter
	SetDeadline(limit time.Time) error
}

// compare has both ends answer in turn and reports how the rate of served compares to
// that of bare: the median over rounds so short that whatever disturbs the machine meets
// both alike.
func compare(b *testing.B, x exchange, bare, served deadliner) {
	b.Helper()
	const perRound = 100
	var ratios, bareTimes, servedTimes []float64
	reply := make([]byte, x.reply)
	round := func(conn deadliner) float64 {
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		for i := range perRound {
			if _, err := conn.Write(x.requests[i%len(x.requests)]); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(conn, reply); err != nil {
				b.Fatal(err)
			}
		}
		return float64(time.Since(began)) / perRound
	}
	round(bare)
	round(served)
	if frame, n, err := ion.ParseFrame(reply); err != nil || n != len(reply) || frame.Source != benchUnit {
		b.Fatalf("the meter answered % x (%v), want a frame of %d bytes", reply, err, x.reply)
	}
	for b.Loop() {
		var ofBare, ofServed float64
		if len(ratios)%2 == 0 {
			ofBare, ofServed = round(bare), round(served)
		} else {
			ofServed, ofBare = round(served), round(bare)
		}
		ratios = append(ratios, ofBare/ofServed)
		bareTimes, servedTimes = append(bareTimes, ofBare), append(servedTimes, ofServed)
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(median(bareTimes), "bare-ns")
	b.ReportMetric(median(servedTimes), "served-ns")
	b.ReportMetric(median(ratios), "x-of-bare")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// serveStation serves a prompt meter until the benchmark ends.
func serveStation(b *testing.B, config Config) *Server {
	b.Helper()
	s, err := Listen(config)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	station := promptStation(b)
	go func() { ended <- s.Run(ctx, station) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkServedTCP is the rate of a served meter as a part of that of a bare echo.
func BenchmarkServedTCP(b *testing.B) {
	for _, x := range exchanges(b) {
		b.Run(x.name, func(b *testing.B) {
			s := serveStation(b, loopback())
			bare, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				if conn, err := bare.Accept(); err == nil {
					defer conn.Close()
					echoBare(conn, len(x.requests[0]), x.reply)
				}
			}()
			b.Cleanup(func() { <-ended })
			b.Cleanup(func() { bare.Close() })
			compare(b, x, dialTCP(b, bare.Addr()), dialTCP(b, s.Addr()))
		})
	}
}

func dialTCP(b *testing.B, address net.Addr) net.Conn {
	b.Helper()
	conn, err := net.Dial("tcp", address.String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return conn
}
