package explain_test

import (
	"strings"
	"testing"

	"ionbench/fixtures/vectors"
	"ionbench/simulator/ion"
	"ionbench/simulator/ion/explain"
)

func all(t testing.TB) []vectors.Vector {
	t.Helper()
	list, err := vectors.All()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// wantCovered fails unless the fields cover so many bytes, in order and without a gap.
func wantCovered(t *testing.T, text explain.Text, bytes int) {
	t.Helper()
	at := 0
	for _, f := range text.Fields {
		if f.From != at || f.To < f.From || f.Name == "" {
			t.Fatalf("%q: field %q is %d to %d, and %d is next", text.Title, f.Name, f.From, f.To, at)
		}
		at = f.To
	}
	if at != bytes {
		t.Fatalf("%q: the fields cover %d of %d bytes", text.Title, at, bytes)
	}
}

func TestFieldsCoverEveryByteOfWhatWasSeenOnALine(t *testing.T) {
	var follow [2]explain.Follower
	messages := 0
	for _, v := range all(t) {
		wantCovered(t, explain.Frame(v.Hex), len(v.Hex))
		side := 0
		if v.Dir == vectors.FromMeter {
			side = 1
		}
		if r := follow[side].Add(v.Hex); r.Whole != nil {
			messages++
			wantCovered(t, *r.Whole, len(r.Body))
		}
	}
	if messages < 85 {
		t.Errorf("%d messages came together", messages)
	}
}

func packet(p ion.Packet) explain.Text { return explain.Message(ion.AppendPacket(nil, p)) }

func field(t *testing.T, text explain.Text, name string) explain.Field {
	t.Helper()
	for _, f := range text.Fields {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("%q has no %s", text.Title, name)
	return explain.Field{}
}

func TestABlockIsExplainedWithItsNumberItsAddressAndItsData(t *testing.T) {
	body := ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpBlock, Sequence: 440, Address: 0x30000, Data: make([]byte, 7424), CRC: 0xCAFE})
	text := packet(ion.Packet{MessageID: 9, Request: true, HasCredential: true, Credential: ion.NumericCredential(1, 11), Type: ion.TypeDownload, Body: body})
	wantCovered(t, text, 7424+15+8+15)
	if want := "block 440, 7424 bytes for 030000"; text.Title != want {
		t.Errorf("the title is %q, want %q", text.Title, want)
	}
	for name, want := range map[string]string{"message id": "9", "credential": "user 1, password 11", "sequence number": "440", "address": "00030000", "CRC-32 of the data": "0000cafe"} {
		if f := field(t, text, name); f.Value != want {
			t.Errorf("%s is %q, want %q", name, f.Value, want)
		}
	}
	if f := field(t, text, "data"); f.To-f.From != 7424 {
		t.Errorf("the data are %d to %d", f.From, f.To)
	}
}

func TestARefusalIsMarked(t *testing.T) {
	for _, status := range []ion.Status{ion.StatusRefused, ion.StatusBadSequence} {
		text := packet(ion.Packet{Type: ion.TypeDownload, Body: ion.AppendDownloadReply(nil, &ion.DownloadReply{Op: ion.OpBlock, Status: status, Sequence: 2, Expected: 1})})
		if f := field(t, text, "status"); !f.Wrong || f.Value != status.String() {
			t.Errorf("%v is %+v", status, f)
		}
	}
	text := packet(ion.Packet{Type: ion.TypeProgram, Body: ion.AppendResult(nil, ion.Result{Frequency: 1, Values: []ion.Value{ion.ExceptionValue(9, 0, ion.InvalidPassword)}})})
	if f := field(t, text, "value"); !f.Wrong || !strings.Contains(f.Value, ion.InvalidPassword) {
		t.Errorf("an exception is %+v", f)
	}
}

func TestAProgramNamesWhatItReadsAndWrites(t *testing.T) {
	text := packet(ion.Packet{Request: true, Type: ion.TypeProgram, Body: ion.AppendProgram(nil, ion.Read(ion.HandleRevision, ion.HandleSerial))})
	if want := "read revision, read serial number"; text.Title != want {
		t.Errorf("the title is %q, want %q", text.Title, want)
	}
	write := ion.Program{Frequency: 1, Commands: []ion.Command{{Handle: ion.HandleOwner, Method: ion.MethodWriteRegister, Args: []ion.Value{ion.TextValue("Plant A")}}}}
	text = packet(ion.Packet{Request: true, Type: ion.TypeProgram, Body: ion.AppendProgram(nil, write)})
	if want := `write nameplate owner "Plant A"`; text.Title != want {
		t.Errorf("the title is %q, want %q", text.Title, want)
	}
}

func TestAMessageIsFollowedOverItsFramesAndAnAckIsNoPartOfIt(t *testing.T) {
	var o ion.Outgoing
	o.Message = ion.AppendPacket(nil, ion.Packet{MessageID: 77, Request: true, Type: ion.TypeProgram, Body: ion.AppendProgram(nil, ion.Read(make([]ion.Handle, 150)...))})
	o.Begin(ion.HostAddress, 105, false)
	var follow explain.Follower
	first := follow.Add(o.AppendFrame(nil))
	frame, _, _ := ion.ParseFrame(o.AppendFrame(nil))
	if first.Whole != nil || first.Data != 0 || first.Stray || first.Title != "first of 2 frames" {
		t.Errorf("the first frame is %+v", first)
	}
	if ack := follow.Add(ion.AppendFrame(nil, ion.Ack(frame))); !ack.Ack || ack.Title != "ACK" {
		t.Errorf("an ACK is %+v", ack)
	}
	if !o.Acked(ion.Ack(frame)) {
		t.Fatal("no ACK")
	}
	second := follow.Add(o.AppendFrame(nil))
	if second.Whole == nil || second.ID != 77 || second.Data != ion.MaxFrameData || len(second.Body) != len(o.Message) {
		t.Errorf("the second frame is %+v", second)
	}
	if again := follow.Add(o.AppendFrame(nil)); !again.Stray || again.Whole != nil {
		t.Errorf("the last frame once more is %+v", again)
	}
}

func FuzzExplain(f *testing.F) {
	for _, v := range all(f) {
		f.Add(v.Hex)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		wantCovered(t, explain.Frame(b), len(b))
		wantCovered(t, explain.Message(b), len(b))
		for at := range b {
			if frame, n, err := ion.ParseFrame(b[at:]); err == nil && n > 0 {
				wantCovered(t, explain.Message(frame.Data), len(frame.Data))
				break
			}
		}
	})
}
