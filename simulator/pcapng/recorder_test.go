package pcapng_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/pcapng"
)

// pieces is a connection that gives and takes bytes in pieces.
type pieces struct {
	in    []string
	taken bytes.Buffer
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.in) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.in[0])
	p.in = p.in[1:]
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error) { return p.taken.Write(b) }
func (p *pieces) Close() error                { return nil }

// recordedOf captures a host that writes and reads in turn, 20 ms after another.
func recordedOf(t *testing.T, tcp bool, end func(*pcapng.Recorder), writes, reads []string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := pcapng.New(&b, pcapng.Config{Start: start, Lines: []pcapng.Line{{Name: "RS-485", TCP: tcp}}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Duration(0)
	r := pcapng.NewRecorder(w, func() time.Duration { now += 20 * time.Millisecond; return now })
	conn := r.Over(&pieces{in: reads})
	for _, text := range writes {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
	}
	buffer := make([]byte, 512)
	for range reads {
		if _, err := conn.Read(buffer); err != nil {
			t.Fatal(err)
		}
	}
	end(r)
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func nothing(*pcapng.Recorder) {}

func TestARecorderMakesOnePacketOfEachFrameHoweverItComes(t *testing.T) {
	a, b := frameOf(1), frameOf(2)
	list := read(t, recordedOf(t, false, nothing, []string{a + b, "noise" + a[:5], a[5:]}, []string{a[:9], a[9:] + b[:3], b[3:]}))[2:]
	var got []string
	for _, k := range list {
		got = append(got, string(k.data))
	}
	if want := []string{a, b, "noise", a, a, b}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if list[0].event != 1 || list[4].event != 2 {
		t.Errorf("directions %d and %d", list[0].event, list[4].event)
	}
	if c := list[2].comments; len(c) != 1 || c[0] != "these bytes are no frame" {
		t.Errorf("the noise: %q", c)
	}
}

func TestARecorderGivesUpAFrameThatIsNeverWhole(t *testing.T) {
	a := frameOf(1)
	list := read(t, recordedOf(t, false, nothing, []string{a[:9]}, nil))[2:]
	if len(list) != 1 || string(list[0].data) != a[:9] || !strings.Contains(list[0].comments[0], "no frame") {
		t.Errorf("%+v", list)
	}
}

func TestARecorderTellsOfAConnectionThatBroke(t *testing.T) {
	broke := func(r *pcapng.Recorder) { r.Broke("reset by peer") }
	if got := flagsOf(segments(t, recordedOf(t, true, broke, []string{frameOf(1)}, nil))); got != "SsAPR" {
		t.Errorf("over TCP: %s", got)
	}
	list := read(t, recordedOf(t, false, broke, []string{frameOf(1)}, nil))[2:]
	if last := list[len(list)-1]; len(last.comments) != 1 || last.comments[0] != "the port was gone: reset by peer" {
		t.Errorf("on a serial port: %+v", list)
	}
}
