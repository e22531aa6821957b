package ion_test

import (
	"bytes"
	"testing"

	"ionbench/simulator/ion"
)

// first is the first of so many frames of a request for block 7 of an image.
func first(t *testing.T, data int) (ion.Wire, *ion.Outgoing) {
	t.Helper()
	r := &ion.DownloadRequest{Op: ion.OpBlock, Sequence: 7, Address: 0x20000, Data: make([]byte, data)}
	o := &ion.Outgoing{Message: ion.AppendPacketHeader(nil, ion.Packet{MessageID: 0x1234, Request: true, HasCredential: true,
		Source: ion.ClientAddress(), Destination: ion.MeterAddress(105), Credential: ion.NumericCredential(0, 0), Service: 1, Type: ion.TypeDownload},
		ion.DownloadRequestBytes(r))}
	o.Message = ion.AppendDownloadRequest(o.Message, r)
	o.Begin(ion.HostAddress, 105, false)
	return o.AppendFrame(nil), o
}

func TestALookAtTheFirstFrameOfManyTellsWhatItsMessageIs(t *testing.T) {
	w, o := first(t, ion.BlockBytes)
	h, ok := w.Head()
	if want := (ion.Head{MessageID: 0x1234, Unit: 105, Op: ion.OpBlock, Sequence: 7}); !ok || h != want {
		t.Errorf("%+v, %v, want %+v", h, ok, want)
	}
	if !w.First() || w.IsAck() || w.Left() != 31 {
		t.Errorf("first %v, ack %v, %d left", w.First(), w.IsAck(), w.Left())
	}
	f, _, err := ion.ParseFrame(w)
	if id, ok := f.MessageID(); err != nil || !ok || id != 0x1234 || f.Transaction != w.Transaction() {
		t.Errorf("id %04x, %v, %v", id, ok, err)
	}
	if !o.Acked(ion.Ack(f)) {
		t.Fatal("no acknowledgement")
	}
	second := ion.Wire(o.AppendFrame(nil))
	if _, ok := second.Head(); ok || second.First() || second.Left() != 30 {
		t.Errorf("the second frame tells of its message; %d left", second.Left())
	}
	ack := ion.Wire(ion.AppendFrame(nil, ion.Ack(f)))
	if _, ok := ack.Head(); ok || !ack.IsAck() || ack.First() {
		t.Error("an acknowledgement begins a message")
	}
}

func TestLengthOfAnImageIsReadWhereItIsTold(t *testing.T) {
	r := &ion.DownloadRequest{Op: ion.OpEnter, Product: 7350, Length: 460 * ion.BlockBytes}
	m := ion.AppendPacketHeader(nil, ion.Packet{MessageID: 9, Request: true, Service: 1, Type: ion.TypeDownload}, ion.DownloadRequestBytes(r))
	o := ion.Outgoing{Message: ion.AppendDownloadRequest(m, r)}
	o.Begin(ion.HostAddress, 105, false)
	h, ok := ion.Wire(o.AppendFrame(nil)).Head()
	if want := (ion.Head{MessageID: 9, Unit: 105, Op: ion.OpEnter, Length: 460 * ion.BlockBytes}); !ok || h != want {
		t.Errorf("%+v, %v, want %+v", h, ok, want)
	}
}

func TestOnlyAClearThatMayBeginOneChangesAMeter(t *testing.T) {
	for _, c := range []struct {
		r       ion.DownloadRequest
		changes bool
	}{
		{ion.DownloadRequest{Op: ion.OpIdentify}, false},
		{ion.DownloadRequest{Op: ion.OpEnter, Product: 7350, Length: ion.BlockBytes}, true},
		{ion.DownloadRequest{Op: ion.OpClear}, false},
		{ion.DownloadRequest{Op: ion.OpClear, Begin: true}, true},
		{ion.DownloadRequest{Op: ion.OpRestart}, true},
	} {
		m := ion.AppendPacketHeader(nil, ion.Packet{MessageID: 9, Request: true, Service: 1, Type: ion.TypeDownload}, ion.DownloadRequestBytes(&c.r))
		o := ion.Outgoing{Message: ion.AppendDownloadRequest(m, &c.r)}
		o.Begin(ion.HostAddress, 105, false)
		if h, ok := ion.Wire(o.AppendFrame(nil)).Head(); !ok || h.Changes() != c.changes {
			t.Errorf("%+v: %v, %v", c.r, h.Changes(), ok)
		}
	}
}

func TestCuttingLosesNoByteAndFindsEveryWholeFrame(t *testing.T) {
	frame, _ := first(t, 20)
	garbage := []byte{1, 2, 0, 0, 0x14, 7}
	stream := bytes.Join([][]byte{garbage, frame, frame, {0, 0, 0x14, 0xAC, 0, 3}, frame}, nil)
	var got []byte
	whole := 0
	for p := stream; len(p) > 0; {
		n, ok := ion.CutFrame(p)
		if n == 0 {
			t.Fatalf("nothing of % x is cut", p)
		}
		if ok {
			whole++
			if !bytes.Equal(p[:n], frame) {
				t.Errorf("% x is called a frame", p[:n])
			}
		}
		got, p = append(got, p[:n]...), p[n:]
	}
	if whole != 3 || !bytes.Equal(got, stream) {
		t.Errorf("%d frames, and the stream is the same: %v", whole, bytes.Equal(got, stream))
	}
	for n := range len(frame) {
		if cut, _ := ion.CutFrame(frame[:n]); n > 0 && cut != 0 {
			t.Errorf("%d bytes of a frame are cut to %d", n, cut)
		}
	}
}

func TestARefusalIsNoAcknowledgement(t *testing.T) {
	if f := ion.Nak(105, 0x40); !f.IsNak() || f.IsAck() || f.Source != 105 || f.Destination != ion.HostAddress {
		t.Errorf("%+v", f)
	}
}

func TestBlocksOfAnImage(t *testing.T) {
	for bytes, want := range map[int]int{0: 0, 1: 1, ion.BlockBytes: 1, ion.BlockBytes + 1: 2, 460 * ion.BlockBytes: 460} {
		if got := ion.Blocks(bytes); got != want {
			t.Errorf("%d bytes make %d blocks, want %d", bytes, got, want)
		}
	}
	if got := ion.Blocks(^uint32(0)); got != 578_525 {
		t.Errorf("the longest image has %d blocks", got)
	}
}

func FuzzCutFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0x14, 0xAC, 0xE0, 7, 0, 0, 0, 0, 0, 0, 1, 2})
	f.Add([]byte{0, 0x14, 0xAC})
	f.Fuzz(func(t *testing.T, p []byte) {
		for len(p) > 0 {
			n, whole := ion.CutFrame(p)
			if n < 0 || n > len(p) || n > ion.MaxWire && whole {
				t.Fatalf("%d of %d bytes", n, len(p))
			}
			if whole {
				w := ion.Wire(p[:n])
				w.Head()
				_, _, _ = w.IsAck(), w.First(), w.Left()
			}
			if n == 0 {
				return
			}
			p = p[n:]
		}
	})
}
