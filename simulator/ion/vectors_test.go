package ion

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"ionbench/fixtures/vectors"
)

// loadVectors gives the observed vectors, by name and in order.
func loadVectors(tb testing.TB) ([]vectors.Vector, map[string]vectors.Vector) {
	tb.Helper()
	all, err := vectors.All()
	if err != nil {
		tb.Fatal(err)
	}
	named := map[string]vectors.Vector{}
	for _, v := range all {
		named[v.Name] = v
	}
	return all, named
}

// decodeAll feeds the chunks and gives every frame found, its data copied.
func decodeAll(d *Decoder, chunks ...[]byte) []Frame {
	var found []Frame
	for _, p := range chunks {
		for len(p) > 0 {
			p = p[d.Feed(p):]
			found = append(found, drain(d)...)
		}
	}
	return found
}

func drain(d *Decoder) []Frame {
	var found []Frame
	for f, ok := d.Next(); ok; f, ok = d.Next() {
		f.Data = slices.Clone(f.Data)
		found = append(found, f)
	}
	return found
}

func encode(f Frame) []byte { return AppendFrame(nil, f) }

func wantFrame(tb testing.TB, v vectors.Vector) Frame {
	tb.Helper()
	f, n, err := ParseFrame(v.Hex)
	if err != nil || n != len(v.Hex) {
		tb.Fatalf("%s: took %d of %d bytes: %v", v.Name, n, len(v.Hex), err)
	}
	return f
}

func TestEveryPlainVectorEncodesAgainToTheSameBytesAtEveryLayer(t *testing.T) {
	all, _ := loadVectors(t)
	line := map[vectors.Direction]*conversation{vectors.ToMeter: {}, vectors.FromMeter: {}}
	complete := 0
	for _, v := range all {
		if c := v.Class(); c != vectors.Plain && c != vectors.Inferred {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			f := wantFrame(t, v)
			if got := encode(f); !bytes.Equal(got, v.Hex) {
				t.Fatalf("frame\n got %X\nwant %X", got, v.Hex)
			}
			var d Decoder
			if found := decodeAll(&d, v.Hex); len(found) != 1 || !bytes.Equal(encode(found[0]), v.Hex) || d.Pending() {
				t.Fatalf("decoder: %d frames, pending %v", len(found), d.Pending())
			}
			if message := line[v.Dir].add(t, v, f); message != nil {
				complete++
				checkMessage(t, v.Dir, message)
			}
		})
	}
	if complete < 85 {
		t.Errorf("only %d messages came together", complete)
	}
}

// conversation is one direction of the line: the frames of the message under way.
type conversation struct {
	assembler Assembler
	sent      []byte
}

// add gives the message when v completes it, and then also asks Outgoing for the same frames.
func (c *conversation) add(t *testing.T, v vectors.Vector, f Frame) []byte {
	t.Helper()
	message, state := c.assembler.Add(f)
	switch {
	case f.IsAck() || f.IsNak():
		if state != Ignored {
			t.Fatalf("an acknowledgement is %v", state)
		}
		return nil
	case v.Name == "mfreply_all_f2": // the same last frame as mfreply_f2, now asking for an ACK
		if state != Repeated || !f.WantsAck() {
			t.Fatalf("%v, wants ack %v", state, f.WantsAck())
		}
		return nil
	case state != Partial && state != Complete:
		t.Fatalf("assembler: %v", state)
	}
	if f.First() {
		c.sent = c.sent[:0]
	}
	c.sent = append(c.sent, v.Hex...)
	if state == Partial {
		return nil
	}
	if v.Name != "mfreply_single_ackwanted" { // our sender asks for no ACK of a last frame
		if got := sendAll(t, message, f.Source, f.Destination, f.Control&FromMeter != 0); !bytes.Equal(got, c.sent) {
			t.Fatalf("outgoing\n got %X\nwant %X", got, c.sent)
		}
	}
	return message
}

// sendAll is every frame of a message, each acknowledged by the other end.
func sendAll(t *testing.T, message []byte, source, destination uint16, fromMeter bool) []byte {
	t.Helper()
	o := Outgoing{Message: message}
	o.Begin(source, destination, fromMeter)
	var sent []byte
	for {
		from := len(sent)
		sent = o.AppendFrame(sent)
		if o.Last() {
			return sent
		}
		f, _, err := ParseFrame(sent[from:])
		if err != nil || !o.Acked(Ack(f)) {
			t.Fatalf("own frame is not acknowledged: %v", err)
		}
	}
}

func checkMessage(t *testing.T, dir vectors.Direction, message []byte) {
	t.Helper()
	p, err := ParsePacket(message)
	if err != nil {
		t.Fatal(err)
	}
	if got := AppendPacket(nil, p); !bytes.Equal(got, message) {
		t.Fatalf("packet\n got %X\nwant %X", got, message)
	}
	var body []byte
	switch {
	case p.Type == TypeTimeSync:
		if len(p.Body) != 4 || !p.TimeSet || p.Request {
			t.Fatalf("time sync %+v", p)
		}
		return
	case dir == vectors.ToMeter:
		program, err := ParseProgram(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		body = AppendProgram(nil, program)
	default:
		result, err := ParseResult(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		checkValues(t, result.Values)
		body = AppendResult(nil, result)
	}
	if !bytes.Equal(body, p.Body) {
		t.Fatalf("body\n got %X\nwant %X", body, p.Body)
	}
}

func checkValues(t *testing.T, values []Value) {
	t.Helper()
	for i, v := range values {
		b := AppendValue(nil, v)
		again, n, err := ParseValue(b)
		if err != nil || n != len(b) || !again.Equal(v) {
			t.Fatalf("value %d, %v: comes back as %v (%d of %d bytes): %v", i, v, again, n, len(b), err)
		}
	}
}

// The decisions on what the public client tolerates, one by one.
func TestOddVectorsAreTakenOrNotAsDecided(t *testing.T) {
	all, named := loadVectors(t)
	ownResult := func(t *testing.T, v vectors.Vector) (Packet, Result) {
		t.Helper()
		var a Assembler
		message, state := a.Add(wantFrame(t, v))
		if state != Complete {
			t.Fatalf("assembler: %v", state)
		}
		p, err := ParsePacket(message)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ParseResult(p.Body)
		if err != nil || len(r.Values) != 1 || r.Values[0].Text != "7350V283" {
			t.Fatalf("result %+v: %v", r, err)
		}
		return p, r
	}
	taken := func(t *testing.T, v vectors.Vector) { ownResult(t, v) }
	// The 3-frame request whose first frame the tol_ack vectors are meant to acknowledge.
	request := func() *Outgoing {
		o := &Outgoing{Message: make([]byte, 2*MaxFrameData+1)}
		o.Begin(HostAddress, 0x69, false)
		return o
	}
	decisions := map[string]func(*testing.T, vectors.Vector){
		"tol_reply_with_credential_req": func(t *testing.T, v vectors.Vector) {
			checkMessage(t, v.Dir, wantFrame(t, v).Data)
		},
		// Nothing speaks against it: the sizes say what to skip.
		"tol_reply_with_credential_rep": func(t *testing.T, v vectors.Vector) {
			if p, _ := ownResult(t, v); !p.HasCredential || p.Request {
				t.Fatalf("%+v", p)
			}
		},
		"tol_mfreply_none_f1": func(t *testing.T, v vectors.Vector) {
			f := wantFrame(t, v)
			var a Assembler
			if _, state := a.Add(f); state != Partial || f.WantsAck() {
				t.Fatalf("%v, wants ack %v", state, f.WantsAck())
			}
			message, state := a.Add(wantFrame(t, named["tol_mfreply_none_f2"]))
			if state != Complete {
				t.Fatalf("%v", state)
			}
			checkMessage(t, v.Dir, message)
		},
		// Alone it is the end of some other message.
		"tol_mfreply_none_f2": func(t *testing.T, v vectors.Vector) {
			var a Assembler
			if _, state := a.Add(wantFrame(t, v)); state != Ignored {
				t.Fatalf("%v", state)
			}
		},
		"tol_mfreply_248": func(t *testing.T, v vectors.Vector) {
			f := wantFrame(t, v)
			var a Assembler
			if _, state := a.Add(f); state != Partial || len(f.Data) != 248 {
				t.Fatalf("%v with %d data bytes", state, len(f.Data))
			}
		},
		// A late ACK must not pass for the next frame's: not taken.
		"tol_ack_txn0": func(t *testing.T, v vectors.Vector) {
			if request().Acked(wantFrame(t, v)) {
				t.Fatal("an ACK of another frame was taken")
			}
		},
		"tol_ack_data": func(t *testing.T, v vectors.Vector) {
			if request().Acked(wantFrame(t, v)) {
				t.Fatal("a data frame was taken for an ACK")
			}
		},
		"tol_ack_m2s": func(t *testing.T, v vectors.Vector) {
			if !request().Acked(wantFrame(t, v)) {
				t.Fatal("an ACK without the slave-to-master bit was not taken")
			}
		},
		"tol_preamble_ffff": func(t *testing.T, v vectors.Vector) {
			taken(t, v)
			var d Decoder
			if found := decodeAll(&d, v.Hex); len(found) != 1 {
				t.Fatalf("decoder found %d frames", len(found))
			}
		},
		// Without 14 AC no frame could be told from data.
		"tol_sync": func(t *testing.T, v vectors.Vector) {
			if _, _, err := ParseFrame(v.Hex); !errors.Is(err, ErrSync) {
				t.Fatalf("%v", err)
			}
			var d Decoder
			if found := decodeAll(&d, v.Hex); len(found) != 0 || d.Pending() {
				t.Fatalf("decoder found %d frames, pending %v", len(found), d.Pending())
			}
		},
		"tol_reserved":         taken,
		"tol_link_addr":        taken, // as a frame; the receiver sees that it is for another unit
		"tol_packet_addr_echo": taken,
		"tol_packet_addr_zero": taken,
		"tol_packet_addr_8000": taken,
		"tol_status1": func(t *testing.T, v vectors.Vector) {
			if _, r := ownResult(t, v); r.Status != 1 {
				t.Fatalf("status %d", r.Status)
			}
		},
		"tol_desc_request_bit": func(t *testing.T, v vectors.Vector) {
			if p, _ := ownResult(t, v); !p.Request {
				t.Fatal("the request bit is lost")
			}
		},
		// It looks like the last frame of a message whose beginning was lost: not taken.
		"tol_txn0": func(t *testing.T, v vectors.Vector) {
			var a Assembler
			if _, state := a.Add(wantFrame(t, v)); state != Ignored {
				t.Fatalf("%v", state)
			}
		},
		"tol_ctrl0":             taken,
		"tol_trailing_in_frame": taken,
	}
	for _, v := range all {
		if v.Class() != vectors.Odd {
			continue
		}
		decide, ok := decisions[v.Name]
		if !ok {
			t.Errorf("%s: nothing was decided", v.Name)
			continue
		}
		t.Run(v.Name, func(t *testing.T) { decide(t, v) })
	}
}

func TestBadVectorsFailWhereTheyAreBad(t *testing.T) {
	all, _ := loadVectors(t)
	const (
		noFrame   = "no frame"
		noMessage = "no message"
		noPacket  = "no packet"
		noResult  = "no result"
		empty     = "a result without values"
		fine      = "a result; only its context is wrong, or the public client's reader"
	)
	want := map[string]string{
		"bad_mf33_first":           noMessage,
		"bad_ack_before_reply":     noMessage,
		"bad_nak_reply":            noMessage,
		"bad_crc":                  noFrame,
		"bad_crc_swapped":          noFrame,
		"bad_short":                noFrame,
		"bad_msgid":                fine,
		"bad_no_preamble":          fine,
		"bad_preamble_1":           fine,
		"bad_preamble_4":           fine,
		"bad_msg_service_0f":       noResult,
		"bad_msg_service_0c":       noResult,
		"bad_packet_length_plus1":  noPacket,
		"bad_packet_length_minus1": noResult,
		"bad_empty_data":           empty,
		"bad_timeset_reply":        empty,
	}
	outcome := func(b []byte) string {
		var d Decoder
		found := decodeAll(&d, b)
		if len(found) != 1 {
			return noFrame
		}
		var a Assembler
		message, state := a.Add(found[0])
		if state != Complete {
			return noMessage
		}
		p, err := ParsePacket(message)
		if err != nil {
			return noPacket
		}
		r, err := ParseResult(p.Body)
		switch {
		case err != nil:
			return noResult
		case len(r.Values) == 0:
			return empty
		}
		return fine
	}
	for _, v := range all {
		if v.Class() != vectors.Bad {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			if got := outcome(v.Hex); got != want[v.Name] {
				t.Errorf("gives %s, expected %q", got, want[v.Name])
			}
		})
	}
}

// Whatever came before, the next good frame is found; where a length byte lies, once the
// line has fallen silent.
func TestNextGoodFrameIsFoundAfterAnyVectorSplitOrCutAnywhere(t *testing.T) {
	all, named := loadVectors(t)
	next := named["revision_req"].Hex
	garbage := map[string][]byte{
		"nothing":         nil,
		"noise":           {0xFF, 0x00, 0x31, 0x7E},
		"half a sync":     {0x00, 0x14},
		"a sync":          {0x00, 0x00, 0x14, 0xAC},
		"two syncs":       {0x14, 0x14, 0xAC, 0x14, 0xAC, 0xFF},
		"length too low":  {0x14, 0xAC, 0x00, 0x03},
		"length too high": {0x14, 0xAC, 0x00, 0xFF, 0x01},
	}
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			for name, dirt := range garbage {
				for cut := range len(v.Hex) + 1 {
					split := [][]byte{dirt, v.Hex[:cut], v.Hex[cut:], dirt, next}
					wantLast(t, next, split, name, cut, "split")
					short := [][]byte{dirt, v.Hex[:cut], dirt, next}
					wantLast(t, next, short, name, cut, "cut")
				}
			}
		})
	}
}

func wantLast(t *testing.T, next []byte, chunks [][]byte, dirt string, cut int, how string) {
	t.Helper()
	var d Decoder
	found := decodeAll(&d, chunks...)
	d.Gap()
	found = append(found, drain(&d)...)
	if len(found) == 0 || !bytes.Equal(encode(found[len(found)-1]), next) {
		t.Fatalf("%s at byte %d, garbage %q: %d frames, the good one is not the last", how, cut, dirt, len(found))
	}
	if d.Pending() {
		t.Fatalf("%s at byte %d, garbage %q: something is still held", how, cut, dirt)
	}
}

func TestPlainVectorsAreFoundHoweverTheStreamIsCut(t *testing.T) {
	all, _ := loadVectors(t)
	var stream []byte
	var want [][]byte
	for _, v := range all {
		if v.Class() == vectors.Plain {
			stream = append(stream, v.Hex...)
			want = append(want, v.Hex)
		}
	}
	for _, size := range []int{1, 2, 3, 7, 64, 255, 1000, 5000, len(stream)} {
		var d Decoder
		found := decodeAll(&d, slices.Collect(slices.Chunk(stream, size))...)
		if len(found) != len(want) {
			t.Fatalf("chunks of %d bytes: %d frames of %d", size, len(found), len(want))
		}
		for i, f := range found {
			if !bytes.Equal(encode(f), want[i]) {
				t.Fatalf("chunks of %d bytes: frame %d differs", size, i)
			}
		}
	}
}
