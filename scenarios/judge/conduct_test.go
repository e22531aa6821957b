package judge

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
)

// talk is what is said on a line: the frames of a program and of a meter, in their order.
type talk struct {
	*conduct
	sent ion.Decoder
}

func (t *talk) says(control ion.Control, unit uint16, transaction byte, data []byte) {
	b := ion.AppendFrame(nil, ion.Frame{Control: control, Source: ion.HostAddress, Destination: unit, Transaction: transaction, Data: data})
	t.sent.Feed(b)
	for f, ok := t.sent.Next(); ok; f, ok = t.sent.Next() {
		t.conduct.see(&f)
	}
}

func (t *talk) hears(control ion.Control, transaction byte, data []byte) {
	t.hear(ion.AppendFrame(nil, ion.Frame{Control: ion.FromMeter | control, Source: 361, Destination: ion.HostAddress, Transaction: transaction, Data: data}))
}

func (t *talk) asks(id uint16, r ion.DownloadRequest) {
	t.conductOf(id, false, ion.AppendDownloadRequest(nil, &r))
}

func (t *talk) answered(id uint16) { t.conductOf(id, true, []byte{4}) }

// told is the answer to a request with a status.
func (t *talk) told(id uint16, op ion.Op, status ion.Status) {
	t.conductOf(id, true, []byte{byte(op), byte(status), 0, 0, 0, 1, 0, 0, 0, 1})
}

// conductOf says a message of one frame, as the program or the meter.
func (t *talk) conductOf(id uint16, meter bool, body []byte) {
	p := ion.Packet{MessageID: id, Request: true, HasCredential: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(361), Type: ion.TypeDownload, Body: body}
	if meter {
		p.Request, p.HasCredential, p.Source, p.Destination = false, false, p.Destination, p.Source
		t.hears(0, 0x40, ion.AppendPacket(nil, p))
		return
	}
	t.says(0, 361, 0x40, ion.AppendPacket(nil, p))
}

const ackControlOfHost = ion.FromMeter | ion.AckFrame | ion.AckBit

func TestWhatAProgramSendsIsLookedAt(t *testing.T) {
	block := ion.DownloadRequest{Op: ion.OpBlock, Sequence: 1, Address: 0x30000, Data: []byte{1, 2}}
	begin := ion.DownloadRequest{Op: ion.OpClear, Begin: true}
	enter := ion.DownloadRequest{Op: ion.OpEnter}
	long := make([]byte, 20)
	for _, test := range []struct {
		name  string
		about duty.ID // 0: nothing is wrong
		talk  func(*talk)
	}{
		{"a block is sent again as it was", 0, func(c *talk) { c.asks(7, block); c.asks(7, block) }},
		{"a block is sent again with a new id", duty.Same, func(c *talk) { c.asks(7, block); c.asks(8, block) }},
		{"and had an answer", 0, func(c *talk) { c.asks(7, block); c.answered(7); c.asks(8, block) }},
		{"a block is sent once more after an enter", 0, func(c *talk) { c.asks(7, block); c.asks(8, enter); c.asks(9, block) }},
		{"two blocks have one id", duty.Same, func(c *talk) {
			other := block
			other.Sequence = 2
			c.asks(7, block)
			c.answered(7)
			c.asks(7, other)
		}},
		{"a clear comes without an enter", duty.OwnClear, func(c *talk) { c.asks(7, begin) }},
		{"an enter, a clear, and the clear again", 0, func(c *talk) { c.asks(6, enter); c.asks(7, begin); c.asks(7, begin) }},
		{"an enter and two clears", duty.OwnClear, func(c *talk) { c.asks(6, enter); c.asks(7, begin); c.asks(8, begin) }},
		{"the second frame is not waited for", duty.Ack, func(c *talk) { c.says(ion.AckBit, 361, 0x41, long); c.says(0, 361, 0, long) }},
		{"the second frame follows an ACK", 0, func(c *talk) {
			c.says(ion.AckBit, 361, 0x41, long)
			c.hears(ackControlOfHost, 0x41, nil)
			c.says(0, 361, 0, long)
		}},
		{"the second frame follows an ACK to another", duty.Ack, func(c *talk) {
			c.says(ion.AckBit, 361, 0x42, long)
			c.hears(ackControlOfHost, 0x41, nil)
			c.says(0, 361, 1, long)
		}},
		{"the ACK for an earlier copy comes as the frame is sent again", 0, func(c *talk) {
			c.says(ion.AckBit, 361, 0x41, long)
			c.hears(ackControlOfHost, 0x41, nil)
			c.says(ion.AckBit, 361, 0x41, long)
			c.says(0, 361, 0, long)
		}},
		{"the last frame of an answer is acknowledged", duty.Ack, func(c *talk) { c.hears(0, 0x40, long); c.says(ackControlOfHost, 361, 0x40, nil) }},
		{"a frame that wants it is acknowledged twice", 0, func(c *talk) {
			c.hears(ion.AckBit, 0x41, long)
			c.says(ackControlOfHost, 361, 0x41, nil)
			c.says(ackControlOfHost, 361, 0x41, nil)
		}},
		{"an ACK carries data", duty.Ack, func(c *talk) { c.hears(ion.AckBit, 0x41, long); c.says(ackControlOfHost, 361, 0x41, []byte{1}) }},
		{"another unit is acknowledged", duty.Alone, func(c *talk) { c.says(ackControlOfHost, 362, 0x41, nil) }},
		{"all units are told the time", 0, func(c *talk) { c.says(0, ion.Broadcast, 0x40, long) }},
		{"it is refused, identifies, and begins again", 0, func(c *talk) {
			c.asks(7, block)
			c.told(7, ion.OpBlock, ion.StatusRefused)
			c.asks(8, ion.DownloadRequest{Op: ion.OpIdentify})
			c.told(8, ion.OpIdentify, ion.StatusOK)
			c.asks(9, enter)
		}},
		{"it is refused, and begins again", duty.Again, func(c *talk) {
			c.asks(7, block)
			c.told(7, ion.OpBlock, ion.StatusRefused)
			c.asks(9, enter)
		}},
		{"it is refused, and identify has no answer", duty.Again, func(c *talk) {
			c.asks(7, block)
			c.told(7, ion.OpBlock, ion.StatusRefused)
			c.asks(8, ion.DownloadRequest{Op: ion.OpIdentify})
			c.asks(9, enter)
		}},
		{"a block is left out", duty.Sequence, func(c *talk) {
			later := block
			later.Sequence = 3
			c.asks(6, enter)
			c.asks(7, block)
			c.answered(7)
			c.asks(8, later)
		}},
		{"blocks go on after one that was not programmed", duty.Again, func(c *talk) {
			c.asks(7, block)
			c.told(7, ion.OpBlock, ion.StatusProgramFailed)
			c.asks(8, block)
			c.told(8, ion.OpBlock, ion.StatusProgramFailed)
			c.asks(9, block)
		}},
		{"a block was under way when the refusal came", 0, func(c *talk) {
			c.asks(7, block)
			c.told(7, ion.OpBlock, ion.StatusProgramFailed)
			c.asks(7, block)
			c.asks(8, enter)
			c.asks(9, block)
		}},
		{"a meter that is busy is asked again at once", duty.Busy, func(c *talk) { c.polls(2*mostHasted, 0) }},
		{"a meter that is busy is asked again soon, and not often", 0, func(c *talk) { c.polls(mostHasted-1, 0) }},
		{"a meter that is busy is asked again after a while", 0, func(c *talk) { c.polls(2*mostHasted, soonAgain) }},
		{"each request is sent twice at once", duty.OneRequest, func(c *talk) { c.identifies(mostRushed, 2, 0, soonest) }},
		{"requests follow answers at once", 0, func(c *talk) { c.identifies(3*mostRushed, 1, 0, time.Millisecond) }},
		{"requests are sent again when they were waited for", 0, func(c *talk) { c.identifies(3*mostRushed, 3, soonest, 0) }},
		{"few requests are sent twice at once", 0, func(c *talk) {
			c.identifies(5*mostRushed, 1, 0, time.Millisecond)
			c.identifies(mostRushed, 2, 0, soonest)
		}},
		{"another serial number is told, and a block sent", duty.Device, func(c *talk) { c.conduct.told = strangeSerial; c.asks(7, block) }},
		{"another serial number is told, and identify asked", 0, func(c *talk) { c.conduct.told = strangeSerial; c.asks(7, ion.DownloadRequest{Op: ion.OpIdentify}) }},
	} {
		c := &talk{conduct: newConduct(361, testResponse)}
		test.talk(c)
		var got []string
		for _, b := range c.breaches {
			got = append(got, b.about.String()+": "+b.what)
		}
		if (test.about == 0) != (len(got) == 0) || len(got) > 1 || test.about != 0 && !strings.HasPrefix(got[0], test.about.String()+": ") {
			t.Errorf("%s: %q, want %v", test.name, got, test.about)
		}
	}
}

// identifies asks several times, each time so often with these pauses, and is answered.
func (c *talk) identifies(times, each int, pause, after time.Duration) {
	for i := range times {
		for range each {
			c.asks(uint16(i+1), ion.DownloadRequest{Op: ion.OpIdentify})
			c.now += pause
		}
		c.told(uint16(i+1), ion.OpIdentify, ion.StatusOK)
		c.now += after
	}
}

// polls asks a meter that erases how far that is, each time so long after its answer.
func (c *talk) polls(times int, after time.Duration) {
	for range times {
		c.asks(7, ion.DownloadRequest{Op: ion.OpClear})
		c.told(7, ion.OpClear, ion.StatusBusy)
		c.now += after
	}
}

func TestAnACKInsideACutFrameIsHeard(t *testing.T) {
	c := &talk{conduct: newConduct(361, testResponse)}
	c.says(ion.AckBit, 361, 0x41, make([]byte, 20))
	c.hear([]byte{0, 0, 0x14, 0xAC, 0x80, 0xF5}) // it lies, and hides what follows until it is given up
	c.hears(ackControlOfHost, 0x41, nil)
	c.says(0, 361, 0, make([]byte, 20))
	if len(c.breaches) > 0 {
		t.Errorf("%+v", c.breaches)
	}
}

// A gateway changes the first value of a write, whatever type it has.
func TestAValueThatIsWrittenCanBeChanged(t *testing.T) {
	for _, v := range []ion.Value{ion.FloatValue(1.5), ion.UnsignedValue(7, 1), ion.UnsignedValue(7, 4), ion.SignedValue(-7, 4), ion.TextValue("a"), ion.TextValue(strings.Repeat("b", 12)), ion.TextValue(strings.Repeat("b", 80))} {
		message := ion.AppendPacket(nil, ion.Packet{
			MessageID: 7, Request: true, HasCredential: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(361), Type: ion.TypeProgram,
			Body: ion.AppendProgram(nil, ion.Program{Frequency: 1, Commands: []ion.Command{{Handle: ion.HandleOwner, Method: ion.MethodWriteRegister, Args: []ion.Value{v}}}}),
		})
		frame := ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 361, Transaction: 0x40, Data: message})
		at := firstValue(frame)
		if at == 0 {
			t.Errorf("%v: it has no byte to change", v)
			continue
		}
		frame[at] ^= 1
		f, _, err := ion.ParseFrame(sealed(frame))
		if err != nil {
			t.Fatal(err)
		}
		p, err := ion.ParsePacket(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ion.ParseProgram(p.Body)
		if err != nil || got.Commands[0].Args[0].String() == v.String() {
			t.Errorf("%v is %+v, %v", v, got, err)
		}
	}
}

// A block that was refused is sent again with the same id and the same bytes: a gateway that changes
// every copy would have a correct program give up.
func TestABlockThatAGatewayGarblesIsWholeWhenItIsSentAgain(t *testing.T) {
	frame := ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 361, Data: make([]byte, 20)})
	for _, test := range []struct {
		kind  request
		again bool // the copy is changed, too
	}{{blocks, false}, {writes, true}} {
		g := newGateway(nil, 361, testResponse)
		g.strike(&Harm{name: "garbled", garble: imageByte}, test.kind)
		if bytes.Equal(g.garbled(frame), frame) {
			t.Errorf("%s: it comes as it was sent", requestNames[test.kind])
		}
		if again := !bytes.Equal(g.garbled(frame), frame); again != test.again {
			t.Errorf("%s: the copy is changed: %v", requestNames[test.kind], again)
		}
	}
}

// A missing ACK is no missing answer, and a log need not have a line of it.
func TestABlockIsSilentlyAnsweredOnlyIfAllOfItWasSent(t *testing.T) {
	block := ion.DownloadRequest{Op: ion.OpBlock, Sequence: 1, Address: 0x30000, Data: []byte{1, 2}}
	message := ion.AppendPacket(nil, ion.Packet{
		MessageID: 7, Request: true, HasCredential: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(361), Type: ion.TypeDownload,
		Body: ion.AppendDownloadRequest(nil, &block),
	})
	for _, test := range []struct {
		name string
		says func(*talk)
		want int
	}{
		{"no ACK", func(t *talk) { t.says(ion.AckBit, 361, 0x41, message); t.says(ion.AckBit, 361, 0x41, message) }, 0},
		{"no answer", func(t *talk) { t.says(0, 361, 0x40, message); t.says(0, 361, 0x40, message) }, 1},
		{"an answer", func(t *talk) { t.says(0, 361, 0x40, message); t.answered(7); t.says(0, 361, 0x40, message) }, 0},
		{"a break", func(t *talk) { t.says(0, 361, 0x40, message); t.parted(); t.says(0, 361, 0x40, message) }, 0},
	} {
		c := &talk{conduct: newConduct(361, time.Second)}
		if test.says(c); c.silences != test.want {
			t.Errorf("%s: %d missing answers, want %d", test.name, c.silences, test.want)
		}
	}
}

func TestBehindASuccessALogHasNothingButNotes(t *testing.T) {
	const began, completed, failed = "Upgrade started at Thursday, March 06, 2008 3:57:48 PM\n", "Upgrade completed at Thursday, March 06, 2008 3:58:48 PM\n", "Upgrade failed at Thursday, March 06, 2008 3:58:48 PM\n"
	for log, tells := range map[string]bool{
		began + completed + "Note: well\n":                    false,
		began + completed + "Settings restored: Clock\n":      true,
		began + completed + failed:                            true,
		began + failed + completed:                            true,
		began + failed + "Device restarted\n":                 false,
		began + failed + began + completed:                    false,
		began + "Settings restored: Clock\n" + completed:      false,
		began + completed + began + failed + "Note: ask us\n": false,
	} {
		if why := goesOn(verdict.ReadLog([]byte(log), 0)); (why != "") != tells {
			t.Errorf("%q: %q", log, why)
		}
	}
}
