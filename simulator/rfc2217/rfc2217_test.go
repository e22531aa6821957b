package rfc2217

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// patience is for what must come, on however busy a computer.
const patience = 2 * time.Minute

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair are two ends of a TCP connection.
func pair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	must(t, err)
	b, err = l.Accept()
	must(t, err)
	t.Cleanup(func() { a.Close(); b.Close() })
	must(t, a.SetDeadline(time.Now().Add(patience)))
	must(t, b.SetDeadline(time.Now().Add(patience)))
	return a, b
}

func joined(t testing.TB, baud int) (*Client, *Server) {
	t.Helper()
	a, b := pair(t)
	s := NewServer(b, ServerConfig{Baud: 9600, Signature: "a test", Modem: DCD | DSR | CTS})
	t.Cleanup(func() { s.Close() })
	first := make(chan []byte, 1)
	go func() { // a server that reads, as package serve's does
		p := make([]byte, 64)
		n, _ := s.Read(p)
		first <- p[:n]
	}()
	k, err := NewClient(a, ClientConfig{Baud: baud, Timeout: patience})
	must(t, err)
	t.Cleanup(func() { k.Close() })
	_, err = k.Write([]byte("!"))
	must(t, err)
	if got := <-first; string(got) != "!" {
		t.Fatalf("the first data is %q", got)
	}
	return k, s
}

// Bytes as others send them: RFC 2217, section 4 ("Protocol behavior"), and RFC 855.
func TestTheBytesAreThoseOfTheRFCs(t *testing.T) {
	e := newServerEnd(9600, "sig", DCD)
	if got, want := e.greet(nil), []byte{255, 251, 0, 255, 251, 3, 255, 253, 0, 255, 253, 3, 255, 253, 44}; !bytes.Equal(got, want) {
		t.Errorf("greeting % d", got)
	}
	for _, x := range []struct {
		name          string
		in, out, data []byte
	}{
		{"IAC WILL COM-PORT-OPTION, and the lines are told", []byte{255, 251, 44}, []byte{255, 250, 44, 107, 128, 255, 240}, nil},
		{"the same again is not answered", []byte{255, 251, 44}, nil, nil},
		{"IAC DO BINARY", []byte{255, 253, 0}, nil, nil},
		{"an option that nobody knows", []byte{255, 253, 31, 255, 251, 24}, []byte{255, 252, 31, 255, 254, 24}, nil},
		{"SET-BAUDRATE 19200", []byte{255, 250, 44, 1, 0, 0, 75, 0, 255, 240}, []byte{255, 250, 44, 101, 0, 0, 75, 0, 255, 240}, nil},
		{"SET-BAUDRATE 0 asks", []byte{255, 250, 44, 1, 0, 0, 0, 0, 255, 240}, []byte{255, 250, 44, 101, 0, 0, 75, 0, 255, 240}, nil},
		{"SET-DATASIZE 7 is 8", []byte{255, 250, 44, 2, 7, 255, 240}, []byte{255, 250, 44, 102, 8, 255, 240}, nil},
		{"SET-PARITY even is none", []byte{255, 250, 44, 3, 3, 255, 240}, []byte{255, 250, 44, 103, 1, 255, 240}, nil},
		{"SET-STOPSIZE 2 is 1", []byte{255, 250, 44, 4, 2, 255, 240}, []byte{255, 250, 44, 104, 1, 255, 240}, nil},
		{"SET-CONTROL: flow control is asked for, and is none", []byte{255, 250, 44, 5, 3, 255, 240}, []byte{255, 250, 44, 105, 1, 255, 240}, nil},
		{"SET-CONTROL: DTR off", []byte{255, 250, 44, 5, 9, 255, 240}, []byte{255, 250, 44, 105, 9, 255, 240}, nil},
		{"SET-CONTROL: DTR?", []byte{255, 250, 44, 5, 7, 255, 240}, []byte{255, 250, 44, 105, 9, 255, 240}, nil},
		{"SET-CONTROL: RTS?", []byte{255, 250, 44, 5, 10, 255, 240}, []byte{255, 250, 44, 105, 11, 255, 240}, nil},
		{"SET-CONTROL: inbound?", []byte{255, 250, 44, 5, 13, 255, 240}, []byte{255, 250, 44, 105, 14, 255, 240}, nil},
		{"a break among data", []byte{65, 255, 250, 44, 5, 5, 255, 240, 66, 255, 250, 44, 5, 6, 255, 240, 67},
			[]byte{255, 250, 44, 105, 5, 255, 240, 255, 250, 44, 105, 6, 255, 240}, []byte{65, 0, 66, 0, 67}},
		{"SET-MODEMSTATE-MASK 255, doubled", []byte{255, 250, 44, 11, 255, 255, 255, 240}, []byte{255, 250, 44, 111, 255, 255, 255, 240}, nil},
		{"PURGE-DATA both", []byte{255, 250, 44, 12, 3, 255, 240}, []byte{255, 250, 44, 112, 3, 255, 240}, nil},
		{"SIGNATURE?", []byte{255, 250, 44, 0, 255, 240}, append(append([]byte{255, 250, 44, 100}, "sig"...), 255, 240), nil},
		{"data with IAC, NOP and a doubled IAC", []byte{1, 255, 241, 2, 255, 255, 3}, nil, []byte{1, 2, 255, 3}},
		{"a subnegotiation that is cut off by another", []byte{255, 250, 44, 3, 255, 250, 44, 4, 9, 255, 240, 7}, []byte{255, 250, 44, 104, 1, 255, 240}, []byte{7}},
	} {
		data, out := e.take(nil, nil, x.in)
		if !bytes.Equal(out, x.out) || !bytes.Equal(data, x.data) {
			t.Errorf("%s: % d gives % d and data % d, want % d and % d", x.name, x.in, out, data, x.out, x.data)
		}
	}
	if out := e.setModem(nil, 0); !bytes.Equal(out, []byte{255, 250, 44, 107, 8, 255, 240}) {
		t.Errorf("DCD falls: % d", out)
	}
	if out := e.setModem(nil, DCD); !bytes.Equal(out, []byte{255, 250, 44, 107, 136, 255, 240}) {
		t.Errorf("DCD rises: % d", out)
	}
}

func TestEveryByteGoesThroughBothWays(t *testing.T) {
	t.Parallel()
	k, s := joined(t, 9600)
	all := make([]byte, 0, 3*256)
	for i := range 256 {
		all = append(all, byte(i), 255, byte(i))
	}
	for _, way := range []struct{ from, to io.ReadWriter }{{k, s}, {s, k}} {
		_, err := way.from.Write(all)
		must(t, err)
		got := make([]byte, len(all))
		_, err = io.ReadFull(way.to, got)
		must(t, err)
		if !bytes.Equal(got, all) {
			t.Errorf("% x", got)
		}
	}
}

func TestAClientSeesTheCablePulledAndSetsItsRate(t *testing.T) {
	t.Parallel()
	k, s := joined(t, 19200)
	if s.Baud() != 19200 {
		t.Errorf("the server has %d baud", s.Baud())
	}
	go io.Copy(io.Discard, k)
	modem := func() (m ModemState, told bool) {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.end.modem, k.end.told
	}
	wantModem := func(want ModemState) {
		t.Helper()
		for began := time.Now(); time.Since(began) < patience; time.Sleep(time.Millisecond) {
			if m, told := modem(); told && m == want {
				return
			}
		}
		m, _ := modem()
		t.Errorf("the lines are %08b, want %08b", m, want)
	}
	wantModem(DCD | DSR | CTS)
	s.SetModem(0)
	wantModem(0)
	s.SetModem(DCD | DSR | CTS)
	wantModem(DCD | DSR | CTS)
	broken := make(chan []byte, 1)
	go func() {
		p := make([]byte, 2)
		io.ReadFull(s, p)
		broken <- p
	}()
	must(t, k.SetBaud(4800))
	must(t, k.SetDTR(false))
	must(t, k.SetRTS(false))
	must(t, k.SetBreak(true))
	must(t, k.SetBreak(false))
	p := <-broken
	if s.Baud() != 4800 || !bytes.Equal(p, []byte{0, 0}) {
		t.Errorf("%d baud, a break of % x", s.Baud(), p)
	}
}

func TestFlowIsHeldForAClientThatSuspendsIt(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	s := NewServer(b, ServerConfig{Baud: 9600})
	defer s.Close()
	go func() {
		for p := make([]byte, 64); ; {
			if _, err := s.Read(p); err != nil {
				return
			}
		}
	}()
	send := func(p ...byte) { _, err := a.Write(p); must(t, err) }
	var d decoder
	var confirmed int
	read := func(want int) []byte { // until so many commands were confirmed
		t.Helper()
		var data []byte
		p := make([]byte, 256)
		for confirmed < want {
			n, err := a.Read(p)
			must(t, err)
			data = d.decode(data, p[:n], func(c command) {
				if c.verb == sb && c.data[0] != notifyModemState+fromServer {
					confirmed++
				}
			})
		}
		return data
	}
	send(255, 251, 44)
	send(255, 250, 44, 8, 255, 240)    // suspend
	send(255, 250, 44, 3, 0, 255, 240) // and something that is answered
	read(1)
	_, err := s.Write([]byte("one"))
	must(t, err)
	send(255, 250, 44, 3, 0, 255, 240)
	if data := read(2); len(data) > 0 {
		t.Errorf("%q came in spite of it", data)
	}
	send(255, 250, 44, 12, 1, 255, 240) // purge
	read(3)
	_, err = s.Write([]byte("two"))
	must(t, err)
	send(255, 250, 44, 9, 255, 240) // resume
	got := make([]byte, 3)
	_, err = io.ReadFull(a, got)
	must(t, err)
	if string(got) != "two" {
		t.Errorf("%q", got)
	}
}

func TestAPeerThatCannotIsToldSoInTime(t *testing.T) {
	t.Parallel()
	const limit = 150 * time.Millisecond // of the bubble's time
	agree := []byte{255, 253, 44, 255, 253, 0, 255, 251, 0}
	answers := func(baud byte) []byte {
		return slices.Concat(agree, []byte{255, 250, 44, 101, 0, 0, 0x25, baud, 255, 240}, []byte{255, 250, 44, 102, 8, 255, 240},
			[]byte{255, 250, 44, 103, 1, 255, 240}, []byte{255, 250, 44, 104, 1, 255, 240}, []byte{255, 250, 44, 112, 3, 255, 240})
	}
	for _, x := range []struct {
		name string
		says []byte
		on   bool // it goes on saying it
		want error
		word string
	}{
		{"silent", nil, false, ErrNoRFC2217, "COM-PORT-OPTION"},
		{"a plain port that talks for ever", []byte("ION says hello. "), true, ErrNoRFC2217, "COM-PORT-OPTION"},
		{"negotiations for ever", []byte{255, 253, 31, 255, 254, 31}, true, ErrNoRFC2217, "COM-PORT-OPTION"},
		{"a subnegotiation without an end", []byte{255, 250, 44, 1, 2, 3, 4}, true, ErrNoRFC2217, "COM-PORT-OPTION"},
		{"refuses", []byte{255, 254, 44}, false, ErrNoRFC2217, "refuses the option"},
		{"not binary", []byte{255, 253, 44, 255, 252, 0}, false, ErrNoRFC2217, "would change bytes"},
		{"agrees and does no more", agree, false, ErrNoRFC2217, "the rate"},
		{"another rate", answers(0), false, errRefused, "asked for 9600 baud it says 9472 baud"},
		{"half an answer", answers(0x80)[:30], false, ErrNoRFC2217, "no parity"},
		{"all of it", answers(0x80), false, nil, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := net.Pipe()
				var peer sync.WaitGroup
				defer peer.Wait()
				defer a.Close()
				peer.Go(func() { io.Copy(io.Discard, b) })
				peer.Go(func() {
					for _, err := b.Write(x.says); err == nil && x.on; _, err = b.Write(x.says) {
						time.Sleep(time.Millisecond)
					}
				})
				began := time.Now()
				k, err := NewClient(a, ClientConfig{Baud: 9600, Timeout: limit})
				if !errors.Is(err, x.want) || err != nil && !strings.Contains(err.Error(), x.word) {
					t.Errorf("%v, want %v with %q", err, x.want, x.word)
				}
				if took := time.Since(began); took > limit {
					t.Errorf("it took %v", took)
				}
				if k != nil {
					k.Close()
				}
			})
		})
	}
}

func TestAClientThatTakesNoAnswersIsHungUpOn(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	s := NewServer(b, ServerConfig{Baud: 9600})
	defer s.Close()
	ended := make(chan error, 1)
	go func() {
		for p := make([]byte, 4096); ; {
			if _, err := s.Read(p); err != nil {
				ended <- err
				return
			}
		}
	}()
	flood := append([]byte{255, 251, 44}, bytes.Repeat([]byte{255, 250, 44, 1, 0, 0, 0, 0, 255, 240}, 6000)...)
	go func() {
		for _, err := a.Write(flood); err == nil; _, err = a.Write(flood) {
		}
	}()
	if err := <-ended; !errors.Is(err, errFull) {
		t.Errorf("it ends with %v", err)
	}
	for _, err := s.Write(make([]byte, 1000)); err == nil; _, err = s.Write(make([]byte, 1000)) {
	}
}

func TestLinesThatAClientDoesNotReadAboutTakeNoMoreRoomAndTheLastIsTold(t *testing.T) {
	t.Parallel()
	a, b := net.Pipe()
	defer a.Close()
	s := NewServer(b, ServerConfig{Baud: 9600})
	defer s.Close()
	agreed := make(chan error, 1)
	go func() {
		_, err := a.Write([]byte{255, 251, 44, 'x'})
		agreed <- err
	}()
	_, err := s.Read(make([]byte, 1))
	must(t, errors.Join(err, <-agreed))
	for range maxUnsent { // a notice has seven bytes
		s.SetModem(DSR)
		s.SetModem(CTS)
	}
	s.SetModem(DCD)
	s.mu.Lock()
	if waits := len(s.out); waits > maxUnsent+64 {
		t.Errorf("%d bytes wait for a client that reads nothing", waits)
	}
	s.mu.Unlock()
	must(t, a.SetDeadline(time.Now().Add(patience)))
	var d decoder
	var told ModemState
	for p := make([]byte, readBytes); told&lines != DCD; {
		n, err := a.Read(p)
		must(t, err)
		d.decode(nil, p[:n], func(c command) {
			if c.verb == sb && c.data[0] == notifyModemState+fromServer {
				told = ModemState(c.data[1])
			}
		})
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{1, 255, 255, 2, 255, 250, 44, 1, 0, 0, 75, 0, 255, 240, 3}, uint8(3))
	f.Add([]byte{255, 251, 44, 255, 253, 0, 255, 250, 44, 255, 255, 240}, uint8(1))
	f.Add(appendSub(appendData(nil, []byte{0, 255, 13, 10}), setBaud, 0, 0, 255, 255), uint8(7))
	f.Fuzz(func(t *testing.T, p []byte, cut uint8) {
		run := func(step int) (data []byte, commands []command) {
			var d decoder
			for q := p; len(q) > 0; {
				n := min(len(q), step)
				data = d.decode(data, q[:n], func(c command) {
					c.data = bytes.Clone(c.data)
					commands = append(commands, c)
				})
				q = q[n:]
			}
			return data, commands
		}
		whole, all := run(len(p) + 1)
		parts, some := run(1 + int(cut))
		if !bytes.Equal(whole, parts) || len(all) != len(some) {
			t.Fatalf("% x gives other data in pieces of %d", p, 1+int(cut))
		}
		for i := range all {
			if all[i].verb != some[i].verb || all[i].option != some[i].option || !bytes.Equal(all[i].data, some[i].data) {
				t.Fatalf("% x gives other commands in pieces of %d", p, 1+int(cut))
			}
		}
		var d decoder
		if back := d.decode(nil, appendData(nil, p), func(command) { t.Fatal("data became a command") }); !bytes.Equal(back, p) {
			t.Fatalf("% x came back as % x", p, back)
		}
	})
}

// Whatever a peer says, both ends answer less than a small multiple of it, and keep little.
// Two ends that insist go on for ever, and one that floods and reads no answer would stop us.
func TestOptionsThatAreAskedForWithoutEndAreAnsweredAThousandTimes(t *testing.T) {
	for _, flood := range [][]byte{{iac, will, 99}, {iac, do, 99}, {iac, do, binary, iac, dont, binary}} {
		var o options
		var d decoder
		var out []byte
		for range 10 * maxAnswers {
			d.decode(nil, flood, func(c command) { out = o.take(out, c) })
		}
		if n := len(out) / 3; n != maxAnswers {
			t.Errorf("% d: %d answers", flood, n)
		}
	}
}

func FuzzEnds(f *testing.F) {
	f.Add(newServerEnd(9600, "s", 0).greet(nil))
	f.Add([]byte{255, 251, 44, 255, 250, 44, 5, 5, 255, 240, 255, 250, 44, 8, 255, 240, 1, 2, 255, 250, 44, 12, 1, 255, 240})
	f.Add([]byte{255, 253, 44, 255, 250, 44, 107, 128, 255, 240, 255, 250, 44, 108, 255, 240})
	f.Fuzz(func(t *testing.T, p []byte) {
		s := newServerEnd(9600, "a signature", DCD)
		data, out := s.take(nil, nil, p)
		k := clientEnd{answers: map[byte][]byte{}}
		got, answers := k.take(nil, nil, p)
		if len(out) > 20+8*len(p) || len(answers) > 3*len(p) || len(data) > 1+2*len(p) || len(got) > len(p) {
			t.Fatalf("%d bytes make a server say %d and a client %d", len(p), len(out), len(answers))
		}
		if len(s.sub) > maxSub || len(k.sub) > maxSub || len(k.answers) > fromServer || s.baud <= 0 {
			t.Fatalf("% x makes an end keep too much, or a rate of %d", p, s.baud)
		}
	})
}

func TestAChangeOfTheLinesHasItsPlaceAmongTheData(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	var order []string
	s := NewServer(b, ServerConfig{Baud: 9600, Asked: func(l Lines) {
		order = append(order, map[bool]string{true: "DTR on", false: "DTR off"}[l.DTR])
	}})
	t.Cleanup(func() { s.Close() })
	set := func(value byte) []byte { return []byte{iac, sb, comPort, setControl, value, iac, se} }
	_, err := a.Write(slices.Concat([]byte{iac, will, comPort}, set(dtrOff), []byte("one"), set(dtrOn), []byte("two"), set(dtrOff)))
	must(t, err)
	must(t, a.(*net.TCPConn).CloseWrite())
	for p := make([]byte, 2); ; {
		n, err := s.Read(p)
		if n > 0 {
			order = append(order, string(p[:n]))
		}
		if err != nil {
			break
		}
	}
	if got, want := strings.Join(order, ", "), "DTR off, on, e, DTR on, tw, o, DTR off"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}
