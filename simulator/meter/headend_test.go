package meter_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/fixtures/vectors"
	"ionbench/simulator/flash"
	"ionbench/simulator/meter"
)

// A head-end, written after what the public one was seen to do. It knows bytes: it makes its frames
// and reads the answers by itself, and shares no code with the meter.
type headEnd struct {
	t      testing.TB
	m      *meter.Meter
	now    time.Duration
	id     uint16
	secret []byte // credential; nil for none
}

// born is when the meter's time is 0.
var born = time.Date(2026, time.November, 26, 10, 7, 30, 0, time.UTC)

// newHeadEnd is at a fresh meter that was switched on five seconds ago.
func newHeadEnd(t testing.TB, model meter.Model, password string) *headEnd {
	t.Helper()
	m, err := meter.New(meter.Config{
		Model: model, SerialNumber: "PC-0209A001-11", UnitID: 105, Password: password, Epoch: born, Past: 10 * 24 * time.Hour,
		Firmware: meter.Firmware{Revision: model.String() + "V283", Dated: born, Image: []byte("an image")},
		Timing:   meter.DefaultTiming(), Geometry: flash.Am29F032B(),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.PowerOn(0)
	h := &headEnd{t: t, m: m}
	h.wait(5 * time.Second)
	return h
}

// wait lets time pass, and gives what the meter sends until then.
func (h *headEnd) wait(d time.Duration) (sent []byte) {
	end := h.now + d
	for {
		at, ok := h.m.Next()
		if !ok || at > end {
			break
		}
		h.now = at
		h.m.Advance(at)
		sent = h.m.Transmit(sent)
	}
	h.now = end
	h.m.Advance(end)
	return h.m.Transmit(sent)
}

func crc16(p []byte) uint16 {
	c := uint16(0xFFFF)
	for _, b := range p {
		c ^= uint16(b)
		for range 8 {
			if c&1 != 0 {
				c = c>>1 ^ 0xA001
			} else {
				c >>= 1
			}
		}
	}
	return c
}

func framed(control, transaction byte, data []byte) []byte {
	f := append([]byte{control, byte(7 + len(data)), 0x20, 0x4E, 105, 0, transaction, 0}, data...)
	return binary.LittleEndian.AppendUint16(append([]byte{0, 0, 0x14, 0xAC}, f...), crc16(f))
}

// program is the frame of a program of one frame.
func (h *headEnd) program(commands []byte) []byte {
	h.id++
	data := append([]byte{0xF6}, commands...)
	descriptor := byte(1)
	if h.secret != nil {
		descriptor = 5
	}
	p := binary.BigEndian.AppendUint16(nil, uint16(15+len(h.secret)+8+len(data)))
	p = binary.BigEndian.AppendUint16(p, h.id)
	p = append(p, descriptor, 0x95, 0x64, 0, 1, 0x95, 1, 0, 105)
	p = append(p, h.secret...)
	p = append(p, 1, 0, 0, 0x0F, 0, 0, 1, 0)
	p = binary.BigEndian.AppendUint16(p, uint16(len(data)))
	return framed(0, 0x40, append(p, data...))
}

// exchange sends a frame and gives the data of the program's answer, joined from its frames.
func (h *headEnd) exchange(frame []byte) []byte {
	h.t.Helper()
	var message []byte
	for range 40 {
		h.m.Receive(h.now, frame)
		got := h.wait(time.Second)
		if len(got) < 14 || !bytes.Equal(got[:4], []byte{0, 0, 0x14, 0xAC}) || int(got[5]) != len(got)-7 {
			h.t.Fatalf("the meter answers % x", got)
		}
		body := got[4 : len(got)-2]
		if crc16(body) != binary.LittleEndian.Uint16(got[len(got)-2:]) || body[0]&0x40 != 0 {
			h.t.Fatalf("no data frame with a good CRC: % x", got)
		}
		message = append(message, body[8:]...)
		if body[6]&0x1F == 0 {
			if n := int(binary.BigEndian.Uint16(message)); n != len(message) || binary.BigEndian.Uint16(message[15:]) != 0x000E {
				h.t.Fatalf("packet of %d bytes: % x", n, message)
			}
			return message[15+9:]
		}
		frame = framed(0xE0, body[6], nil)
	}
	h.t.Fatal("an answer without end")
	return nil
}

// exception is the reason of one.
type exception string

// end is the end of a structure or of an array of them.
type end struct{}

// decode reads one value: a float32, a uint64, an int64, a time.Time, a bool, a string, a []uint64, an exception,
// a []any for another structure or an array of structures, whose structures end with end{}.
func decode(p []byte) (v any, rest []byte) {
	head, p := p[0], p[1:]
	size := int(head & 0xF)
	switch head >> 4 {
	case 3:
		return math.Float32frombits(binary.BigEndian.Uint32(p)), p[4:]
	case 4, 6:
		n := uint64(0)
		for _, b := range p[:size] {
			n = n<<8 | uint64(b)
		}
		if head>>4 == 4 {
			return int64(n<<(64-8*size)) >> (64 - 8*size), p[size:]
		}
		return n, p[size:]
	case 5:
		return time.Unix(int64(binary.BigEndian.Uint64(p)>>31), 0).UTC(), p[8:]
	case 7:
		items, p := until(p, 0xF3)
		if head == 0x77 {
			return exception(items[2].(string)), p
		}
		return items, p
	case 8:
		return until(p, 0xF9)
	}
	switch head {
	case 0xF1, 0xF2:
		return head == 0xF2, p
	case 0xF3:
		return end{}, p
	case 0xFA, 0xFE:
		count, bytes, p := arrayHead(p)
		content, p := p[:bytes], p[bytes:]
		if head == 0xFA {
			return strings.TrimSuffix(string(content), "\x00"), p
		}
		list := make([]uint64, count)
		for i := range list {
			for _, b := range content[i*bytes/count : (i+1)*bytes/count] {
				list[i] = list[i]<<8 | uint64(b)
			}
		}
		return list, p
	}
	panic(fmt.Sprintf("no value begins with %02X", head))
}

func until(p []byte, stop byte) (items []any, rest []byte) {
	items = []any{}
	for p[0] != stop {
		var v any
		v, p = decode(p)
		items = append(items, v)
	}
	return items, p[1:]
}

func arrayHead(p []byte) (count, size int, rest []byte) {
	half := 0
	nibble := func() int {
		n := int(p[half/2]>>(4*(1-half%2))) & 0xF
		half++
		return n
	}
	number := func(escape int) int {
		n := nibble()
		if n == escape {
			n = nibble()<<4 | nibble()
		}
		return n
	}
	count, size = number(0xE), number(0xD)
	return count, size, p[half/2:]
}

// ask runs commands in one program and gives their values.
func (h *headEnd) ask(commands ...string) (values []any) {
	h.t.Helper()
	var bytes []byte
	for _, c := range commands {
		for c = strings.ReplaceAll(c, " ", ""); len(c) > 0; c = c[2:] {
			var b byte
			if _, err := fmt.Sscanf(c[:2], "%02X", &b); err != nil {
				h.t.Fatal(err)
			}
			bytes = append(bytes, b)
		}
	}
	data := h.exchange(h.program(bytes))
	for len(data) > 0 {
		var v any
		v, data = decode(data)
		values = append(values, v)
	}
	if len(values) != len(commands) {
		h.t.Fatalf("%d values for %q: %v", len(values), commands, values)
	}
	return values
}

// records asks for a range of a log, and goes on behind the last record that it got, as long as
// there are more.
func (h *headEnd) records(log string, from, to int) (all [][]any) {
	h.t.Helper()
	for from <= to {
		flat := h.ask(fmt.Sprintf("%s 95 74 64 %08X 64 %08X F3", log, uint32(from), uint32(to)))[0].([]any)
		if len(flat) == 0 {
			h.t.Fatalf("an empty answer for %d to %d of %s: the head-end would crash", from, to, log)
		}
		var record []any
		for _, v := range flat {
			if v == any(end{}) {
				all = append(all, record)
				record = nil
				continue
			}
			record = append(record, v)
		}
		from = int(all[len(all)-1][0].(uint64)) + 1
	}
	return all
}

func TestTheRequestsOfAHeadEndAreAnswered(t *testing.T) {
	dialogue, err := vectors.HeadEnd()
	if err != nil {
		t.Fatal(err)
	}
	h := newHeadEnd(t, meter.ION7350, "0")
	for _, v := range dialogue {
		if strings.HasSuffix(v.Name, "time_sync") {
			h.m.Receive(h.now, v.Hex)
			if got := h.wait(time.Second); len(got) > 0 {
				t.Errorf("a time sync is answered with % x", got)
			}
			continue
		}
		for data := h.exchange(v.Hex); len(data) > 0; {
			var value any
			if value, data = decode(data); fmt.Sprintf("%T", value) == "meter_test.exception" {
				t.Errorf("%s: %v", v.Name, value)
			}
		}
	}
	h = newHeadEnd(t, meter.ION7350, "0")
	if got := h.program([]byte{0x13, 0x04, 0x15}); !bytes.Equal(got, dialogue[0].Hex) {
		t.Errorf("the head-end of this test sends % x, the vectors have % x", got, dialogue[0].Hex)
	}
}

func TestAHeadEndReadsIdentityAndClock(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	got := h.ask("1304 15", "1303 15", "5B7C 15")
	if want := []any{"PC-0209A001-11", "7350V283", uint64(born.Unix() + 5)}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The public head-end knows year, day, minute and day of the week, at every second handle.
func TestAHeadEndReadsTheClockFieldByField(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	got := h.ask("3E97 15", "3E99 15", "3E9B 15", "3E9D 15")
	if want := []any{uint64(2026), uint64(26), uint64(7), uint64(time.Thursday)}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// It has the same 18 quantities at the same places of all three power meters.
func TestAHeadEndReadsTheSameQuantitiesOfEveryPowerMeter(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	for i := range 18 {
		values := h.ask(fmt.Sprintf("%04X 15", 0x5800+i), fmt.Sprintf("%04X 15", 0x5828+i), fmt.Sprintf("%04X 15", 0x5B23+i))
		for _, v := range values[1:] {
			if v != values[0] {
				t.Errorf("quantity %d: %v", i, values)
			}
		}
	}
}

func TestAHeadEndFindsTheRevenueLogAndReadsTwoDays(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	log := h.walk()
	if period := h.ask("71BC 15")[0]; period != any(float32(900)) {
		t.Fatalf("period %v", period)
	}
	position := int(h.ask(log + " 28")[0].(uint64))
	if position < 900 || position > 960 {
		t.Fatalf("ten days of past are %d records", position)
	}
	records := h.records(log, position-193, position-1)
	if len(records) != 193 {
		t.Fatalf("%d records", len(records))
	}
	for i, r := range records {
		if len(r) != 18 || r[0] != any(uint64(position-193+i)) {
			t.Fatalf("record %v", r)
		}
		if i == 0 {
			continue
		}
		at, before := r[1].(time.Time), records[i-1][1].(time.Time)
		if at.Sub(before) != 15*time.Minute || at.Unix()%900 != 0 {
			t.Errorf("record %v follows one of %v", at, before)
		}
		for n := range 5 { // energies
			if grown := r[2+n].(float32) - records[i-1][2+n].(float32); grown < 0 || grown > 14./4 {
				t.Errorf("%v: energy %d grew by %v", at, n, grown)
			}
		}
	}
	last := records[len(records)-1][1].(time.Time)
	if d := born.Sub(last); d < 0 || d > 15*time.Minute {
		t.Errorf("the newest record is of %v", last)
	}
}

// walk is the head-end's way to the log of the recorder that it wants.
func (h *headEnd) walk() (log string) {
	h.t.Helper()
	for _, manager := range h.ask("0002 FF03EC")[0].([]uint64) {
		if h.ask(fmt.Sprintf("%04X FF05DE", manager))[0] != any(uint64(537)) {
			continue
		}
		for _, recorder := range h.ask(fmt.Sprintf("%04X FF03EC", manager))[0].([]uint64) {
			if h.ask(fmt.Sprintf("%04X 03", recorder))[0] != any("Revenue Log") {
				continue
			}
			used := 0
			for _, input := range h.ask(fmt.Sprintf("%04X FF03E8", recorder))[0].([]uint64)[:16] {
				if input != 0 {
					used++
				}
			}
			if used != 16 {
				h.t.Errorf("%d channels", used)
			}
			return fmt.Sprintf("%04X", h.ask(fmt.Sprintf("%04X FF03EB", recorder))[0].([]uint64)[0])
		}
	}
	h.t.Fatal("no Revenue Log")
	return ""
}

func TestA7300HasNoDataRecorder(t *testing.T) {
	h := newHeadEnd(t, meter.ION7300, "0")
	for _, manager := range h.ask("0002 FF03EC")[0].([]uint64) {
		if h.ask(fmt.Sprintf("%04X FF05DE", manager))[0] == any(uint64(537)) {
			t.Errorf("manager %04X has data recorders", manager)
		}
	}
	if got := h.ask("0F80 28")[0]; got != any(exception("Invalid Handle")) {
		t.Errorf("its log: %v", got)
	}
}

// classify is how the public head-end tells events apart.
func classify(effect string) string {
	effect = strings.ToUpper(effect)
	for _, word := range []string{"POWER DOWN", "POWER UP", "TIME ABOUT TO BE CHA", "TIME CHANGED"} {
		if strings.Contains(effect, word) {
			return word
		}
	}
	return "OTHER"
}

// events reads the last fifteen events, and gives the class of each, oldest first.
func (h *headEnd) events() (classes []string) {
	h.t.Helper()
	position := int(int32(h.ask("1000 28")[0].(uint64)))
	for _, r := range h.records("1000", position-15, position-1) {
		event := r[2].([]any)
		classes = append(classes, classify(event[5].(string)))
	}
	return classes
}

func TestAHeadEndUnderstandsTheEventsOfAFreshMeterAndOfATimeSync(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	want := []string{"POWER UP", "TIME ABOUT TO BE CHA", "TIME CHANGED", "POWER DOWN", "POWER UP", "OTHER", "POWER DOWN", "POWER UP"}
	if got := h.events(); !slices.Equal(got, want) {
		t.Fatalf("a fresh meter: %q", got)
	}
	to := born.Add(-time.Hour)
	p := append([]byte{0, 0x13, 0, 99, 8, 0x95, 0x64, 0, 1, 0x95, 1, 0, 105, 1, 0x11}, binary.BigEndian.AppendUint32(nil, uint32(to.Unix()))...)
	h.m.Receive(h.now, framed(0, 0x40, p))
	h.wait(time.Second)
	if got := h.events()[len(want):]; !slices.Equal(got, []string{"TIME ABOUT TO BE CHA", "TIME CHANGED"}) {
		t.Errorf("a time sync: %q", got)
	}
	if got := h.ask("5B7C 15")[0].(uint64); got-uint64(to.Unix()) > 10 {
		t.Errorf("the clock reads %d", got)
	}
}

func TestAHeadEndReadsEveryIntegratorMinimumAndMaximum(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	now := born.Add(h.now)
	value := func(handle int) float64 {
		v, ok := h.ask(fmt.Sprintf("%04X 15", handle))[0].(float32)
		if !ok {
			t.Fatalf("%04X has no value", handle)
		}
		return float64(v)
	}
	for handle := 0x58B0; handle <= 0x58BF; handle++ {
		value(handle)
	}
	for i := range 32 {
		for _, first := range []int{0x58C0, 0x58E0} {
			module := map[int]int{0x58C0: 0x0580, 0x58E0: 0x0600}[first] + i
			input := int(h.ask(fmt.Sprintf("%04X FF03E8", module))[0].([]uint64)[0])
			most, is := value(first+i), value(input)
			if first == 0x58C0 {
				most, is = is, most
			}
			if is > most+1e-4 {
				t.Errorf("module %04X: register %04X is %v, its extreme %v", module, input, is, most)
			}
			at := h.ask(fmt.Sprintf("%04X 14", first+i))[0].(time.Time)
			if at.After(now.Add(time.Hour)) || at.Before(now.Add(-11*24*time.Hour)) {
				t.Errorf("extreme %04X was at %v", first+i, at)
			}
		}
	}
}

// What the Revenue Log says of a quarter agrees with what the meter says of it now.
func TestTheNewestRecordAgreesWithTheRegisters(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	h.wait(time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC).Sub(born) - h.now)
	inputs := h.ask("0800 FF03E8")[0].([]uint64)
	position := int(h.ask("0F80 28")[0].(uint64))
	record := h.records("0F80", position-1, position-1)[0]
	for i, input := range inputs {
		is, was := float64(h.ask(fmt.Sprintf("%04X 15", input))[0].(float32)), float64(record[2+i].(float32))
		if math.Abs(is-was) > 0.05*math.Max(1, math.Abs(was)) {
			t.Errorf("channel %d: recorded %v at %v, register %04X is %v", i, was, record[1], input, is)
		}
	}
}

func TestAHeadEndWithAWrongPasswordIsToldSo(t *testing.T) {
	for _, c := range []struct {
		password, secret string
		opens            bool
	}{
		{"0", "\x00\x01\x00\x00\x00\x00\x00\x00", true},
		{"0", "\x00\x01\x00\x00\x00\xBC\x61\x4E", false},
		{"12345678", "\x00\x01\x00\x00\x00\xBC\x61\x4E", true},
		{"12345678", "\x80\xC8\x73\x65\x63\x72\x65\x74", false},
		{"12345678", "\x7F\x01\x00\x00\x00\xBC\x61\x4E", false}, // neither a number nor a text
		{"0", "\xFF\x00\xFF\xFF\xFF\xFF\xFF\xFF", false},
	} {
		h := newHeadEnd(t, meter.ION7350, c.password)
		h.secret = []byte(c.secret)
		if got := h.ask("1304 15")[0]; (got == any("PC-0209A001-11")) != c.opens || !c.opens && got != any(exception("Invalid Password")) {
			t.Errorf("password %s, credential % x: %v", c.password, c.secret, got)
		}
	}
}

// Nobody has set up the time of use: it is rate A all the year, and of the days it knows which today is.
func TestTheTimeOfUseKnowsItsRateAndTheDay(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	weekday := func() int {
		n, ok := h.ask("3E9D 15")[0].(uint64)
		if !ok {
			t.Fatal("no day of the week")
		}
		return int(n)
	}
	for range 8 {
		day := weekday()
		for i, command := range []string{"6306 15", "62D6 15", "62DE 15", "62E6 15", "62EE 15", "62F6 15", "62FE 15"} {
			if got := h.ask(command)[0]; got != (i == day) {
				t.Errorf("day %d of the week: %s: %v", day, command, got)
			}
		}
		h.wait(24 * time.Hour)
	}
	for command, want := range map[string]any{
		"6234 15": true, "623C 15": false, "624C 15": false, "62C6 15": false, "62CE 15": false,
		"50D7 15": "", "5167 15": "", "518F 15": "", "5197 15": exception("Invalid Handle"),
		"6F26 15": exception("Not Available"), "6F26 02": "TOU #1 Rate Change", "6DAE 03": "Self Read", "6FFA 02": "CLK #1 New Minute",
	} {
		if got := h.ask(command)[0]; got != want {
			t.Errorf("%s: %v, want %v", command, got, want)
		}
	}
}
