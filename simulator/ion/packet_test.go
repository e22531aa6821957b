package ion

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func unhex(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// The table of fixtures/vectors and of the public client's own tests.
func TestCredentialsHaveTheirDocumentedBytes(t *testing.T) {
	text := func(user byte, s string) Credential {
		c, err := textCredential(user, s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, c := range []struct {
		credential Credential
		want       string
	}{
		{NumericCredential(1, 0), "00 01 00 00 00 00 00 00"},
		{NumericCredential(1, 12345678), "00 01 00 00 00 BC 61 4E"},
		{NumericCredential(0, 99999999), "00 00 00 00 05 F5 E0 FF"},
		{NumericCredential(255, 99999999), "00 FF 00 00 05 F5 E0 FF"},
		{NumericCredential(200, 123456), "00 C8 00 00 00 01 E2 40"},
		{text(5, "abc"), "80 05 00 00 00 61 62 63"},
		{text(200, "secret"), "80 C8 73 65 63 72 65 74"},
		{text(200, "03pac"), "80 C8 00 30 33 70 61 63"},
		{Credential{User: 1, Strange: 0x40}, "40 01 00 00 00 00 00 00"},
	} {
		b := appendCredential(nil, c.credential)
		if !bytes.Equal(b, unhex(t, c.want)) {
			t.Errorf("% X instead of %s", b, c.want)
		}
		if again := parseCredential(b); again != c.credential {
			t.Errorf("%s: comes back as %+v", c.want, again)
		}
	}
	for _, s := range []string{"toolong", "naïve", "a\nb"} {
		if c, err := textCredential(0, s); !errors.Is(err, ErrCredential) {
			t.Errorf("%q: %+v, %v", s, c, err)
		}
	}
}

func TestParsePacketSaysWhatIsWrong(t *testing.T) {
	sound := AppendPacket(nil, Packet{MessageID: 1, Request: true, Source: ClientAddress(), Destination: MeterAddress(105), Body: []byte("body")})
	spoil := func(p []byte, at int, b byte) []byte {
		p = slices.Clone(p)
		p[at] = b
		return p
	}
	for name, c := range map[string]struct {
		bytes []byte
		want  string
	}{
		"nothing":                  {nil, "at least 15 are needed"},
		"header cut":               {sound[:14], "at least 15 are needed"},
		"body cut":                 {sound[:len(sound)-1], "only 18 bytes are there"},
		"length below the header":  {spoil(sound, 1, 14), "shorter than the header"},
		"no room for a short one":  {spoil(AppendPacket(nil, Packet{}), 4, 0x03), "too short for the credential"},
		"credential size 3":        {spoil(sound, 4, 0x07), "credential of unknown size"},
		"no room for a credential": {spoil(sound, 4, 0x05), "too short for the credential"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ParsePacket(c.bytes)
			if !errors.Is(err, ErrPacket) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, error %v, should say %q", p, err, c.want)
			}
		})
	}
	p, err := ParsePacket(append(slices.Clone(sound), "trailing"...))
	if err != nil || string(p.Body) != "body" || p.Service != Service {
		t.Errorf("with bytes behind it: %+v, %v", p, err)
	}
}

func TestAShortCredentialIsANumberOfTwoBytes(t *testing.T) {
	p := Packet{MessageID: 1, Request: true, ShortCredential: true, HasCredential: true, Credential: NumericCredential(0, 0x1234), Body: []byte("body")}
	b := AppendPacket(nil, p)
	if want := unhex(t, "0015 0001 03 00000000 00000000 1234 01 00"); !bytes.Equal(b, append(want, "body"...)) {
		t.Fatalf("%X", b)
	}
	got, err := ParsePacket(b)
	if err != nil || !got.ShortCredential || got.Credential != p.Credential || string(got.Body) != "body" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPacketHeaderMakesRoomForTheBody(t *testing.T) {
	p := Packet{MessageID: 7, HasCredential: true, Credential: NumericCredential(0, 1), Body: []byte("in place")}
	got := append(AppendPacketHeader([]byte("before"), p, len(p.Body)), p.Body...)
	if want := AppendPacket([]byte("before"), p); !bytes.Equal(got, want) {
		t.Errorf("\n got %X\nwant %X", got, want)
	}
}

func FuzzParsePacket(f *testing.F) {
	all, _ := loadVectors(f)
	for _, v := range all {
		if frame, _, err := ParseFrame(v.Hex); err == nil {
			f.Add(slices.Clone(frame.Data))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePacket(b)
		if err != nil {
			if !errors.Is(err, ErrPacket) {
				t.Fatalf("foreign error %v", err)
			}
			return
		}
		again := AppendPacket(nil, p)
		if len(again) > len(b) {
			t.Fatalf("%d bytes made of %d", len(again), len(b))
		}
		want := slices.Clone(b[:len(again)])
		want[4] &= descriptorRequest | descriptorSecretMask | descriptorTimeSet // no other bit has a meaning
		if at := len(again) - len(p.Body) - 2; want[at] == 0 {
			want[at] = Service
		}
		if !bytes.Equal(again, want) {
			t.Fatalf("\n got %X\nwant %X", again, want)
		}
	})
}

func TestProgramErrorsSayWhere(t *testing.T) {
	program := func(data string) []byte {
		b := unhex(t, data)
		return append([]byte{0, 0x0F, 0, 0, 1, 0, byte(len(b) >> 8), byte(len(b))}, b...)
	}
	sound := program("F6 1303 15")
	for name, c := range map[string]struct {
		bytes []byte
		want  string
	}{
		"header cut":              {sound[:7], "at least 8 are needed"},
		"service of a reply":      {append([]byte{0, 0x0E}, sound[2:]...), "service 000E"},
		"data cut":                {sound[:len(sound)-1], "length field says 4, 3 bytes are there"},
		"bytes behind it":         {append(slices.Clone(sound), 0), "length field says 4, 5 bytes are there"},
		"no data":                 {program(""), "does not begin with F6"},
		"no F6":                   {program("1303 15"), "does not begin with F6"},
		"handle cut":              {program("F6 1303 15 13"), "command 2 at byte 4: the data ends inside the command"},
		"method cut":              {program("F6 0800 FF 03"), "command 1 at byte 1: the data ends inside the command"},
		"argument missing":        {program("F6 1345 16"), "argument of method 16"},
		"argument no value":       {program("F6 1345 16 90"), "unknown type 90"},
		"unknown method":          {program("F6 1303 15 1303 99"), "command 2 at byte 4: unknown method 99"},
		"unknown long method":     {program("F6 1303 FF 12 34"), "unknown method FF1234"},
		"range of one":            {program("F6 1000 95 74 61 01 F3"), "range of 1 values, it must have 2"},
		"argument nobody ordered": {program("F6 1303 15 F1"), "command 2 at byte 4"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ParseProgram(c.bytes)
			if !errors.Is(err, ErrProgram) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, error %v, should say %q", p, err, c.want)
			}
		})
	}
}

func TestAProgramWithACommandThatCannotBeReadHasTheOnesBefore(t *testing.T) {
	p, err := ParseProgram(unhex(t, "000F 0000 01 00 000A F6 1303 15 1304 99 1345 15"))
	var command *CommandError
	if !errors.As(err, &command) || command.Number != 2 || command.At != 4 || !errors.Is(err, ErrMethod) {
		t.Errorf("error %v", err)
	}
	if want := []Command{{Handle: 0x1303, Method: MethodRegisterValue}}; fmt.Sprint(p.Commands) != fmt.Sprint(want) {
		t.Errorf("commands %v", p.Commands)
	}
}

func TestMethodsTakeTheirOwnArgumentsAndNothingElse(t *testing.T) {
	for data, want := range map[string]string{
		"F6 5800 FF0080 FA 99 15 71 EB 16 64 00 00 00 07 1303 15": "[{22528 16711808 [\"\\x15q\\xeb\\x16d\\x00\\x00\\x00\\a\"]} {4867 21 []}]",
		"F6 5800 95 5801 95": "[{22528 149 []} {22529 149 []}]",
		"F6 1000 95 74 64 00000001 64 00000002 F3 1303 15": "[{4096 149 [range {1, 2}]} {4867 21 []}]",
		"F6 1000 95 F1 1303 15":                            "[{4096 149 [false]} {4867 21 []}]",
		"F6 7400 95 7400 15":                               "[{29696 149 []} {29696 21 []}]",
		"F6 0800 FF03E9 FE 24 58 00 58 01 0800 FF03EB":     "[{2048 16712681 [[22528, 22529]]} {2048 16712683 []}]",
	} {
		b := unhex(t, data)
		p, err := ParseProgram(append([]byte{0, 0x0F, 0, 0, 1, 0, byte(len(b) >> 8), byte(len(b))}, b...))
		if got := fmt.Sprint(p.Commands); err != nil || got != want {
			t.Errorf("%s: %s, %v", data, got, err)
		}
	}
}

func TestReadMakesTheProgramThatWasSeen(t *testing.T) {
	_, named := loadVectors(t)
	p, err := ParsePacket(wantFrame(t, named["program_volts_req"]).Data)
	if err != nil {
		t.Fatal(err)
	}
	got := AppendProgram(nil, Read(HandleVa, HandleVb, HandleVc, HandleVlnAverage))
	if !bytes.Equal(got, p.Body) {
		t.Errorf("\n got %X\nwant %X", got, p.Body)
	}
}

// addBodies seeds a fuzz target with the bodies of the observed messages.
func addBodies(f *testing.F, pick func(Packet) []byte) {
	all, _ := loadVectors(f)
	for _, v := range all {
		if frame, _, err := ParseFrame(v.Hex); err == nil && frame.First() {
			if p, err := ParsePacket(frame.Data); err == nil {
				f.Add(slices.Clone(pick(p)))
			}
		}
	}
}

func FuzzParseProgram(f *testing.F) {
	addBodies(f, func(p Packet) []byte { return p.Body })
	f.Add(AppendProgram(nil, Program{Commands: []Command{{HandleEventLog, MethodReadValue, []Value{RangeValue(1, 2)}}, {1, MethodWriteLabel, []Value{TextValue("x")}}, {Handle: 2, Method: MethodReadValue}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxMessage/2 {
			return // texts without their NUL get one: what fits once may not fit again
		}
		p, err := ParseProgram(b)
		if err != nil {
			if !errors.Is(err, ErrProgram) {
				t.Fatalf("foreign error %v", err)
			}
			return
		}
		again, err := ParseProgram(AppendProgram(nil, p))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(p) {
			t.Fatalf("%v comes back as %v: %v", p, again, err)
		}
	})
}

func TestResultErrorsSayWhere(t *testing.T) {
	result := func(data string) []byte {
		b := unhex(t, data)
		return append([]byte{0, 0x0E, 0, 0, 0, 1, 0, byte(len(b) >> 8), byte(len(b))}, b...)
	}
	for name, c := range map[string]struct {
		bytes []byte
		want  string
	}{
		"header cut":           {result("")[:8], "at least 9 are needed"},
		"service of a request": {append([]byte{0, 0x0F}, result("F1")[2:]...), "service 000F"},
		"data cut":             {result("61 3C")[:10], "length field says 2, 1 bytes are there"},
		"second value cut":     {result("F1 64 01"), "value 2 at byte 1"},
		"more than a message":  {result(strings.Repeat("F1", MaxMessage+1)), "at most 7616 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseResult(c.bytes)
			if !errors.Is(err, ErrResult) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, error %v, should say %q", r, err, c.want)
			}
		})
	}
}

func FuzzParseResult(f *testing.F) {
	addBodies(f, func(p Packet) []byte { return p.Body })
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxMessage/2 {
			return // texts without their NUL get one: what fits once may not fit again
		}
		r, err := ParseResult(b)
		if err != nil {
			if !errors.Is(err, ErrResult) {
				t.Fatalf("foreign error %v", err)
			}
			return
		}
		again, err := ParseResult(AppendResult(nil, r))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(r) || again.Status != r.Status {
			t.Fatalf("%v comes back as %v: %v", r, again, err)
		}
	})
}
