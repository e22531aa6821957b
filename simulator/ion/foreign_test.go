package ion

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func TestBytesThatAreNoIONAreNamedByWhatTheyLookLike(t *testing.T) {
	frame := AppendFrame(nil, Frame{Source: 0xFF, Destination: 105, Data: []byte{1, 0xFF, 2, 0xFF, 0xFF}})
	for _, test := range []struct {
		name, bytes, want string
	}{
		{"a request of a Modbus master", "01 03 00 00 00 0A C5 CD", "Modbus RTU (unit 1, function 3)"},
		{"two of them", "01 03 00 00 00 0A C5 CD 01 03 00 00 00 0A C5 CD", "Modbus RTU (unit 1, function 3)"},
		{"an exception of a Modbus slave", "0A 81 02 B0 53", "Modbus RTU (unit 10, function 1)"},
		{"a Modbus TCP client", "00 01 00 00 00 06 01 03 00 00 00 0A", "Modbus TCP (unit 1, function 3)"},
		{"an exception of a Modbus TCP server for each try", "00 01 00 00 00 03 69 83 02 00 01 00 00 00 03 69 83 02", "Modbus TCP (unit 105, function 3)"},
		{"a Modbus TCP client whose second request is cut", "00 01 00 00 00 06 01 03 00 00 00 0A 00 02 00 00 00 06 01 03", "Modbus TCP (unit 1, function 3)"},
		{"what only begins like Modbus TCP", "00 01 00 00 00 03 69 83 02 F8 3C 80 E1 FE 07 11 12", "line noise"},
		{"what only looks like one: no Modbus function", "69 03 00 00 00 02 CC 25", "line noise"},
		{"Modbus ASCII", hex.EncodeToString([]byte(":010300000001FB\r\n")), "Modbus ASCII"},
		{"Modbus RTU behind which more comes", "01 03 00 00 00 0A C5 CD 01 03 00", "Modbus RTU (unit 1, function 3)"},
		{"the shortest of Modbus RTU", "01 07 41 E2", "Modbus RTU (unit 1, function 7)"},
		{"telnet", "FF FB 01 FF FD 03", "telnet options"},
		{"telnet's FF", hex.EncodeToString(bytes.ReplaceAll(frame, []byte{0xFF}, []byte{0xFF, 0xFF})), "ION with every byte FF doubled"},
		{"a browser", hex.EncodeToString([]byte("GET / HTTP/1.1\r\nHost: meter\r\n\r\n")), `text: "GET / HTTP/1.1"`},
		{"TLS", "16 03 01 02 00 01 00 01 FC 03 03", "TLS"},
		{"a frame with another sum", hex.EncodeToString(append(frame[:len(frame)-1:len(frame)-1], ^frame[len(frame)-1])), "ION that was damaged"},
		{"noise", "F8 3C 80 E1 FE 07", "line noise, another baud rate or parity, or several that talk at once"},
	} {
		p, err := hex.DecodeString(strings.ReplaceAll(test.bytes, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		var f Foreign
		if f.Add(p) {
			t.Errorf("%s: there is a frame in it", test.name)
		}
		if got := f.Likeness(); !strings.HasPrefix(got, test.want) || f.Count() != len(p) {
			t.Errorf("%s: %q of %d bytes, want %q of %d", test.name, got, f.Count(), test.want, len(p))
		}
	}
}

func TestAFrameInPiecesIsNotForeign(t *testing.T) {
	frame := AppendFrame(nil, Frame{Source: HostAddress, Destination: 105, Data: []byte{1, 2, 3}})
	var f Foreign
	for i, b := range frame {
		if last := i == len(frame)-1; f.Add([]byte{b}) != last || f.Hopeless() {
			t.Errorf("byte %d: hopeless %v", i, f.Hopeless())
		}
	}
	if f.Count() != 0 {
		t.Errorf("%d bytes are left of a frame", f.Count())
	}
}

func FuzzForeign(f *testing.F) {
	f.Add([]byte{1, 3, 0, 0, 0, 10, 0xC5, 0xCD}, 3)
	f.Add([]byte{0xFF, 0xFF, 0xFF}, 1)
	f.Fuzz(func(t *testing.T, p []byte, cut int) {
		var whole, pieces Foreign
		cut = max(0, min(cut, len(p)))
		whole.Add(p)
		if !pieces.Add(p[:cut]) && !pieces.Add(p[cut:]) && whole.Count() > 0 && whole.Likeness() != pieces.Likeness() {
			t.Errorf("whole %q, in pieces %q", whole.Likeness(), pieces.Likeness())
		}
		if whole.Likeness() == "" || len(whole.Bytes()) > heldBytes {
			t.Errorf("%q of %d bytes", whole.Likeness(), len(whole.Bytes()))
		}
	})
}
