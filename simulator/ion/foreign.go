package ion

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Foreign collects bytes in which there is no frame, to say what they look like. The zero value
// is ready to use.
type Foreign struct {
	decoder Decoder
	held    []byte
	count   int
}

// heldBytes is as many bytes as are looked at: a Modbus frame has no more.
const heldBytes = 512

// Add takes bytes as they come. It reports whether a frame ended in them; then what came before
// was part of it, or is no longer of interest.
func (f *Foreign) Add(p []byte) (frame bool) {
	f.count += len(p)
	f.held = append(f.held, p[:min(len(p), heldBytes-len(f.held))]...)
	for len(p) > 0 {
		p = p[f.decoder.Feed(p):]
		for _, ok := f.decoder.Next(); ok; _, ok = f.decoder.Next() {
			frame = true
		}
	}
	if frame {
		f.held, f.count = f.held[:0], 0
	}
	return frame
}

// Forget drops what has been collected, the beginning of a frame included.
func (f *Foreign) Forget() {
	f.held, f.count = f.held[:0], 0
	f.decoder.Reset()
}

// Count is how many bytes came since the last frame.
func (f *Foreign) Count() int { return f.count }

// Hopeless reports that something came and that no frame can come of it. Zeros may be the
// preamble of one.
func (f *Foreign) Hopeless() bool {
	return !f.decoder.Pending() && len(bytes.Trim(f.held, "\x00")) > 0
}

// Likeness says what the bytes look like.
func (f *Foreign) Likeness() string { return likeness(f.held) }

// Bytes are the first of the bytes.
func (f *Foreign) Bytes() []byte { return f.held }

// likeness recognises what is found on ports that a meter should be at.
func likeness(p []byte) string {
	for _, known := range []func([]byte) string{
		likeDoubledFF, likeTelnet, likeModbusRTU, likeModbusTCP, likeModbusASCII, likeTLS, likeText, likeDamaged,
	} {
		if what := known(p); what != "" {
			return what
		}
	}
	return "line noise, another baud rate or parity, or several that talk at once"
}

const telnetIAC = 0xFF // RFC 854: "interpret as command"; a data byte FF is sent twice

// likeDoubledFF knows a gateway that speaks telnet, and the tool does not.
func likeDoubledFF(p []byte) string {
	if !bytes.Contains(p, []byte{telnetIAC, telnetIAC}) {
		return ""
	}
	var d Decoder
	single := bytes.ReplaceAll(p, []byte{telnetIAC, telnetIAC}, []byte{telnetIAC})
	for len(single) > 0 {
		single = single[d.Feed(single):]
		if _, ok := d.Next(); ok {
			return "ION with every byte FF doubled, as telnet does; set the gateway to raw TCP"
		}
	}
	return ""
}

// likeTelnet knows RFC 854's WILL, WONT, DO and DONT, with the option that follows.
func likeTelnet(p []byte) string {
	if len(p) >= 3 && p[0] == telnetIAC && p[1] >= 0xFB && p[1] <= 0xFE {
		return "telnet options; set the gateway to raw TCP"
	}
	return ""
}

// likeModbusTCP knows the header: transaction, protocol 0, length of the rest. What came may be several, such as
// an answer to each try, and the last of them may be cut.
func likeModbusTCP(p []byte) string {
	const header, most = 6, 254
	if len(p) < header+2 {
		return ""
	}
	unit, function := p[header], p[header+1]
	for whole := 0; len(p) >= header+2; whole++ {
		n := int(binary.BigEndian.Uint16(p[4:]))
		if binary.BigEndian.Uint16(p[2:]) != 0 || n < 2 || n > most || !isFunction(p[header+1]) || n > len(p)-header && whole == 0 {
			return ""
		}
		p = p[min(len(p), header+n):]
	}
	return fmt.Sprintf("Modbus TCP (unit %d, function %d)", unit, function&^exception)
}

// modbusFunctions are the public function codes of the Modbus application protocol, V1.1b3, 5.1.
var modbusFunctions = []byte{1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43}

// exception is set in the function code of a Modbus answer that says no.
const exception = 0x80

func isFunction(code byte) bool { return bytes.IndexByte(modbusFunctions, code&^exception) >= 0 }

// likeModbusRTU knows a frame by its CRC, whatever follows it: what came may be several.
func likeModbusRTU(p []byte) string {
	const least, most, check = 4, 256, 2
	if len(p) < least || !isFunction(p[1]) {
		return ""
	}
	p = p[:min(len(p), most)]
	found := false
	crc := CRC16(p[:least-check])
	for n := least; ; n++ {
		found = found || binary.LittleEndian.Uint16(p[n-check:]) == crc
		if n == len(p) {
			break
		}
		crc = crcUpdate(crc, p[n-check:n-check+1])
	}
	if !found {
		return ""
	}
	return fmt.Sprintf("Modbus RTU (unit %d, function %d)", p[0], p[1]&^exception)
}

func likeModbusASCII(p []byte) string {
	text, ends := bytes.CutSuffix(p, []byte("\r\n"))
	if ends && len(text) >= 9 && text[0] == ':' && len(bytes.Trim(text[1:], "0123456789ABCDEF")) == 0 {
		return "Modbus ASCII"
	}
	return ""
}

// likeTLS knows a handshake or an alert record of any version.
func likeTLS(p []byte) string {
	if len(p) >= 5 && (p[0] == 0x15 || p[0] == 0x16) && p[1] == 3 && p[2] <= 4 {
		return "TLS: this port wants or speaks it, and no meter does"
	}
	return ""
}

// likeDamaged knows how a frame begins: whoever sent it speaks ION.
func likeDamaged(p []byte) string {
	if begins := []byte{0, 0, sync0, sync1}; bytes.Contains(p, begins) {
		return "ION that was damaged on the way: line noise, a parity, a poor adapter, or several that talk at once"
	}
	return ""
}

// likeText knows what services and consoles say. Noise of some bytes may be printable by chance.
func likeText(p []byte) string {
	const least, shown = 4, 40
	if len(p) < least {
		return ""
	}
	for _, b := range p {
		if (b < ' ' || b > '~') && b != '\r' && b != '\n' && b != '\t' {
			return ""
		}
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(p), []byte("\n"))
	return fmt.Sprintf("text: %q", bytes.TrimSpace(line[:min(len(line), shown)]))
}
