package ion

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestValuesHaveTheirDocumentedBytes(t *testing.T) {
	for _, c := range []struct {
		value  Value
		bytes  string
		people string
	}{
		{FloatValue(120.5), "34 42F10000", "120.5"},
		{UnsignedValue(60, 1), "61 3C", "60"},
		{UnsignedValue(0, 0), "60", "0"},
		{UnsignedValue(0x47D0147C, 4), "64 47D0147C", "1204819068"},
		{UnsignedValue(math.MaxUint64, 8), "68 FFFFFFFFFFFFFFFF", "18446744073709551615"},
		{SignedValue(-3600, 4), "44 FFFFF1F0", "-3600"},
		{SignedValue(-1, 1), "41 FF", "-1"},
		{SignedValue(math.MinInt64, 8), "48 8000000000000000", "-9223372036854775808"},
		{TimeValue(1204816500), "58 23E8053A00000000", "2008-03-06 15:15:00"},
		{fractionalTimeValue(1204816500, 0x40000000), "58 23E8053A40000000", "2008-03-06 15:15:00.5"},
		{BoolValue(false), "F1", "false"},
		{BoolValue(true), "F2", "true"},
		{Value{Kind: KindChar, Uint: 'A'}, "01 41", "'A'"},
		{TextValue(""), "FA 11 00", `""`},
		{TextValue("TAG1"), "FA 55 54414731 00", `"TAG1"`},
		{TextValue("Revenue Log"), "FA CC 526576656E7565204C6F67 00", `"Revenue Log"`},
		{TextValue("PC-0209A001-11"), "FA E0FD0F 50432D3032303941 3030312D3131 00", `"PC-0209A001-11"`},
		{TextValue("7350_FAC-TEMP_V2"), "FA E11D11 373335305F4641432D54454D505F5632 00", `"7350_FAC-TEMP_V2"`},
		{HandlesValue(0x0F80, 0x5D7B, 0x1100), "FE 36 0F805D7B1100", "[3968, 23931, 4352]"},
		{HandlesValue(), "FE 00", "[]"},
		{RangeValue(5, 20), "74 64 00000005 64 00000014 F3", "range {5, 20}"},
		{
			ExceptionValue(9, 0, "Invalid Password"), "77 6109 6100 FA E11D11 496E76616C69642050617373776F7264 00 F3",
			"exception 9 (0): Invalid Password",
		},
		{
			LogValue(LogRecordValue(0, 1204816500, FloatValue(100), FloatValue(120.5))),
			"80 64 00000000 58 23E8053A00000000 34 42C80000 34 42F10000 F3 F9",
			"structure array {log record {0, 2008-03-06 15:15:00, 100, 120.5}}",
		},
		{
			EventValue(30, 1, 3, TextValue("7350"), HandleRevision, TextValue("Firmware upgrade performed")),
			"72 611E 6101 620003 FA55 37333530 00 621303 FA E1BD1B 4669726D77617265207570677261646520706572666F726D6564 00 F3",
			`event {30, 1, 3, "7350", 4867, "Firmware upgrade performed"}`,
		},
	} {
		t.Run(c.people, func(t *testing.T) {
			want := unhex(t, c.bytes)
			if got := AppendValue(nil, c.value); !bytes.Equal(got, want) {
				t.Errorf("\n got %X\nwant %X", got, want)
			}
			v, n, err := ParseValue(append(want, 0xF3))
			if err != nil || n != len(want) || !v.Equal(c.value) {
				t.Errorf("parsed as %v, %d of %d bytes: %v", v, n, len(want), err)
			}
			if got := c.value.String(); got != c.people {
				t.Errorf("reads %s", got)
			}
		})
	}
}

func TestLongAndOddFormsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		bytes string
		want  Value
	}{
		"size in the next byte":       {"6D 02 0102", UnsignedValue(258, 2)},
		"size in the next four bytes": {"6E 00000002 0102", UnsignedValue(258, 2)},
		"size F is none":              {"6F", UnsignedValue(0, 0)},
		"three signed bytes":          {"43 FFFFFE", SignedValue(-2, 3)},
		"character of any size":       {"0C 41", Value{Kind: KindChar, Uint: 'A'}},
		"text whose count is wrong":   {"FA 95 54414731 00", TextValue("TAG1")},
		"text without its NUL":        {"FA 44 54414731", TextValue("TAG1")},
		"text without bytes":          {"FA 00", TextValue("")},
		"32-bit array header":         {"FA F00000005 F00000005 54414731 00", TextValue("TAG1")},
		"other structure":             {"7A F1 F3", Value{Kind: KindStructure, Size: 0xA, Items: []Value{BoolValue(false)}}},
		"empty structure":             {"7C F3", Value{Kind: KindStructure, Size: 0xC}},
		"empty array":                 {"80 F9", Value{Kind: KindStructureArray}},
		"array of events": {"82 F2 F3 F9", Value{Kind: KindStructureArray, Size: 2, Items: []Value{
			{Kind: KindEvent, Items: []Value{BoolValue(true)}},
		}}},
		"signed array": {"FD 24 FFFF 0001", Value{Kind: KindSignedArray, Size: 2, Items: []Value{SignedValue(-1, 2), SignedValue(1, 2)}}},
		"bool array":   {"FB 22 00 01", Value{Kind: KindBoolArray, Size: 1, Items: []Value{BoolValue(false), BoolValue(true)}}},
		"float array":  {"FC 14 42F10000", Value{Kind: KindFloatArray, Size: 4, Items: []Value{FloatValue(120.5)}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := unhex(t, c.bytes)
			v, n, err := ParseValue(b)
			if err != nil || n != len(b) || !v.Equal(c.want) {
				t.Errorf("parsed as %v, %d of %d bytes: %v", v, n, len(b), err)
			}
			checkValues(t, []Value{c.want})
		})
	}
}

func TestArraysOfEverySizeComeBack(t *testing.T) {
	for _, n := range []int{0, 1, 11, 12, 13, 14, 15, 127, 128, 254, 255, 256, 3000} {
		handles := make([]Handle, n)
		for i := range handles {
			handles[i] = Handle(i)
		}
		checkValues(t, []Value{TextValue(strings.Repeat("x", n)), HandlesValue(handles...)})
	}
}

func TestBadValuesAreRefusedBeforeMemoryIsTaken(t *testing.T) {
	for name, c := range map[string]struct {
		bytes string
		want  string
	}{
		"nothing":                      {"", "byte 0: the data ends"},
		"integer cut":                  {"64 000000", "byte 1: the data ends"},
		"size cut":                     {"6D", "the data ends"},
		"four-byte size cut":           {"6E 0000", "the data ends"},
		"integer of 9 bytes":           {"69 000000000000000000", "9 bytes, at most 8"},
		"integer of 4 GB":              {"6E FFFFFFFF", "at most 8"},
		"float of 8 bytes":             {"38 0000000000000000", "float of 8 bytes, it must have 4"},
		"time of 4 bytes":              {"54 00000000", "time of 4 bytes, it must have 8"},
		"text of 4 GB":                 {"FA F FFFFFFFF F FFFFFFFF", "the data ends"},
		"text cut":                     {"FA 55 54414731", "the data ends"},
		"array header cut":             {"FA E0", "the data ends"},
		"size nibble E":                {"FA 1E 00", "size nibble E"},
		"4 G elements in no bytes":     {"FE F FFFFFFFF 0", "elements in 0 bytes"},
		"no elements in bytes":         {"FE 01 00", "0 elements in 1 bytes"},
		"elements of unequal size":     {"FE 23 000000", "2 elements in 3 bytes"},
		"elements of 9 bytes":          {"FE 19 000000000000000000", "1 elements in 9 bytes"},
		"floats of 2 bytes":            {"FC 12 0000", "elements of 2 bytes"},
		"truth of 2 bytes":             {"FB 12 0000", "elements of 2 bytes"},
		"class 1":                      {"10", "unknown type 10"},
		"class 9":                      {"90", "unknown type 90"},
		"end of a structure":           {"F3", "F3 does not begin a value"},
		"program":                      {"F6", "F6 does not begin a value"},
		"structure without end":        {"70 F1", "the data ends"},
		"array without end":            {"80 F1 F3", "the data ends"},
		"array end inside a record":    {"80 F1 F9", "F9 does not begin a value"},
		"exception of two parts":       {"77 6109 6100 F3", "exception of 2 values, it must have 3"},
		"range of three":               {"74 F1 F1 F1 F3", "range of 3 values, it must have 2"},
		"structures nested too deep":   {strings.Repeat("70", 9), "nested too deep"},
		"structures nested 4000 deep":  {strings.Repeat("70", 4000), "nested too deep"},
		"arrays in arrays too deep":    {strings.Repeat("80", 9), "nested too deep"},
		"deep inside: where it stands": {"70 F1 F2 90 F3", "byte 4: unknown type 90"},
	} {
		t.Run(name, func(t *testing.T) {
			b := unhex(t, c.bytes)
			v, n, err := ParseValue(b)
			if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), c.want) || n != 0 {
				t.Errorf("%v, %d bytes, error %v, should say %q", v, n, err, c.want)
			}
		})
	}
}

func TestConstructorsKeepOnlyTheBytesThatAreSent(t *testing.T) {
	if v := UnsignedValue(0x1FF, 1); v.Uint != 0xFF {
		t.Errorf("unsigned %d", v.Uint)
	}
	if v := SignedValue(0x1FF, 1); v.Int != -1 {
		t.Errorf("signed %d", v.Int)
	}
	defer func() {
		if recover() == nil {
			t.Error("an integer of 9 bytes was made")
		}
	}()
	UnsignedValue(0, 9)
}

func TestEqualComparesEveryPart(t *testing.T) {
	nan := FloatValue(float32(math.NaN()))
	if !nan.Equal(nan) {
		t.Error("a NaN differs from itself")
	}
	values := []Value{
		FloatValue(0), FloatValue(float32(math.Copysign(0, -1))), UnsignedValue(0, 1), UnsignedValue(0, 2), UnsignedValue(1, 1),
		SignedValue(0, 1), TextValue(""), TextValue("a"), BoolValue(false), TimeValue(1), RangeValue(1, 2), RangeValue(1, 3),
		HandlesValue(1), HandlesValue(1, 1),
	}
	for i, v := range values {
		for j, w := range values {
			if v.Equal(w) != (i == j) {
				t.Errorf("%v and %v: equal %v", v, w, v.Equal(w))
			}
		}
	}
}

func TestReasonAndSecondsBelongToTheirKinds(t *testing.T) {
	if reason, ok := ExceptionValue(9, 0, InvalidPassword).Reason(); !ok || reason != InvalidPassword {
		t.Errorf("%q, %v", reason, ok)
	}
	if reason, ok := TextValue(InvalidPassword).Reason(); ok {
		t.Errorf("a text has the reason %q", reason)
	}
	if s := TimeValue(1204816500).Seconds(); s != 1204816500 {
		t.Errorf("%d s", s)
	}
	if s := UnsignedValue(5, 4).Seconds(); s != 0 {
		t.Errorf("a number has %d s", s)
	}
}

func FuzzParseValue(f *testing.F) {
	addBodies(f, func(p Packet) []byte { return p.Body[min(len(p.Body), resultHeaderBytes):] })
	for _, text := range []string{"6E 00000002 0102", "FD 24 FFFF 0001", "80 70 F1 F3 F3 F9", "FA F00000005 F00000005 54414731 00", "7A 82 F2 F3 F9 F3"} {
		f.Add(unhex(f, text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, n, err := ParseValue(b)
		if err != nil {
			if !errors.Is(err, ErrValue) || n != 0 {
				t.Fatalf("%d bytes, foreign error %v", n, err)
			}
			return
		}
		if n < 1 || n > len(b) {
			t.Fatalf("took %d of %d bytes", n, len(b))
		}
		if v.String() == "" {
			t.Fatalf("%+v has no text", v)
		}
		checkValues(t, []Value{v})
	})
}
