package upg

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"strings"
	"testing"
	"time"
)

// dated is the article's "Firmware dated Wed Aug 22 13:24:58 2007".
var dated = time.Date(2007, time.August, 22, 13, 24, 58, 0, time.UTC)

func testFile(t testing.TB) *File {
	t.Helper()
	f, err := New(7350, "7350V283", dated, []byte("123456789"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func testBytes(t testing.TB) []byte {
	t.Helper()
	b, err := Append(nil, testFile(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// resealed gives b a header CRC that fits, so that a test reaches the check behind it.
func resealed(b []byte) []byte {
	binary.BigEndian.PutUint32(b[76:], crc32.ChecksumIEEE(b[:76]))
	return b
}

// The bytes are spelled out by hand from the table in the package comment; the sums are
// the published check values of "123456789".
func TestFileHasTheDocumentedLayout(t *testing.T) {
	want, err := hex.DecodeString(strings.ReplaceAll(`
895550470D0A1A0A
0001
1CB6
37333530563238330000000000000000
46CC392A
00030000
00000009
CBF43926
15E2B0D3C33891EBB0F1EF609EC419420C20E320CE94C65FBC8C3312448EB225`, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	want = binary.BigEndian.AppendUint32(want, crc32.ChecksumIEEE(want))
	want = append(want, "123456789"...)
	if got := testBytes(t); !bytes.Equal(got, want) {
		t.Errorf("got  % X\nwant % X", got, want)
	}
}

func TestParseGivesBackWhatAppendWrote(t *testing.T) {
	for _, f := range []File{
		{7300, "7300V200", time.Unix(1, 0).UTC(), LoadAddress, []byte{0}},
		{7330, "7330V000", time.Unix(1<<32-1, 0).UTC(), LoadAddress, bytes.Repeat([]byte{0xFF}, 100_000)},
		{7350, "7350V283", dated, LoadAddress, []byte("image")},
	} {
		t.Run(f.Revision, func(t *testing.T) {
			b, err := Append([]byte("before"), &f)
			if err != nil {
				t.Fatal(err)
			}
			b, ok := bytes.CutPrefix(b, []byte("before"))
			if !ok {
				t.Fatal("Append changed what stood in dst")
			}
			got, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if got.Product != f.Product || got.Revision != f.Revision || got.Dated != f.Dated ||
				got.LoadAddress != f.LoadAddress || !bytes.Equal(got.Image, f.Image) {
				t.Errorf("got %+v, want %+v", got, f)
			}
		})
	}
}

func TestParsedImageIsNotACopy(t *testing.T) {
	b := testBytes(t)
	f, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if &f.Image[0] != &b[HeaderBytes] {
		t.Error("the image was copied")
	}
}

func TestParseRefusesBadFilesEachWithItsOwnError(t *testing.T) {
	tests := []struct {
		name   string
		change func(b []byte) []byte
		want   error
		says   []string // field, offset, found, expected, next
	}{
		{"nothing", func([]byte) []byte { return nil }, ErrEmpty, []string{"0 bytes", "copy the file again"}},
		{"one byte", func(b []byte) []byte { return b[:1] }, ErrTruncated, []string{"offset 1", "80 bytes"}},
		{"another kind of file", func([]byte) []byte { return []byte("#!/bin/sh\n") }, ErrNotUPG, []string{"magic at offset 0", "23 21", "89 55 50 47", "ionup pack"}},
		{"an archive", func([]byte) []byte { return []byte("PK\x03\x04 and more") }, ErrNotUPG, []string{".zip or .upx"}},
		{"text mode", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }, ErrDamaged, []string{"binary mode"}},
		{"seven bits", func(b []byte) []byte { b[0] = 0x09; return b }, ErrDamaged, []string{"binary mode"}},
		{"cut header", func(b []byte) []byte { return b[:79] }, ErrTruncated, []string{"offset 79", "80 bytes"}},
		{"version", func(b []byte) []byte { b[9] = 2; return b }, ErrVersion, []string{"offset 8", "found 2", "expected 1"}},
		{"header bit", func(b []byte) []byte { b[30] ^= 1; return b }, ErrDamaged, []string{"header CRC-32 at offset 76"}},
		{"product", func(b []byte) []byte { binary.BigEndian.PutUint16(b[10:], 7500); return resealed(b) }, ErrInvalid, []string{"product at offset 10", "7500", "7330"}},
		{"revision of another product", func(b []byte) []byte { copy(b[12:], "7330V283"); return resealed(b) }, ErrInvalid, []string{"revision at offset 12", `"7330V283"`, "7350V"}},
		{"revision without padding", func(b []byte) []byte { copy(b[12:28], "7350V28312345678"); return resealed(b) }, ErrInvalid, []string{"revision at offset 12"}},
		{"revision padding", func(b []byte) []byte { b[27] = 'x'; return resealed(b) }, ErrInvalid, []string{"revision padding at offset 27", "found 78"}},
		{"no date", func(b []byte) []byte { clear(b[28:32]); return resealed(b) }, ErrInvalid, []string{"dated at offset 28", "1970"}},
		{"load address", func(b []byte) []byte { b[33] = 0; return resealed(b) }, ErrInvalid, []string{"load address at offset 32", "0x00000000", "0x00030000"}},
		{"no image", func(b []byte) []byte { clear(b[36:40]); return resealed(b) }, ErrInvalid, []string{"image length at offset 36", "found 0"}},
		{"image over the bound", func(b []byte) []byte { binary.BigEndian.PutUint32(b[36:], MaxImageBytes+1); return resealed(b) }, ErrTooLarge, []string{"offset 36", "16777217", "16777216"}},
		{"image at the bound, not there", func(b []byte) []byte { binary.BigEndian.PutUint32(b[36:], MaxImageBytes); return resealed(b) }, ErrTruncated, []string{"89 bytes", "16777296 bytes"}},
		{"image of 4 GiB", func(b []byte) []byte { binary.BigEndian.PutUint32(b[36:], 1<<32-1); return resealed(b) }, ErrTooLarge, []string{"4294967295"}},
		{"cut image", func(b []byte) []byte { return b[:88] }, ErrTruncated, []string{"offset 88", "found 88", "89 bytes"}},
		{"trailing byte", func(b []byte) []byte { return append(b, 0) }, ErrTrailing, []string{"offset 89", "found 90", "89 bytes"}},
		{"image bit", func(b []byte) []byte { b[85] ^= 4; return b }, ErrDamaged, []string{"image CRC-32 at offset 40", "0xCBF43926"}},
		{"hash", func(b []byte) []byte { b[44] ^= 1; return resealed(b) }, ErrDamaged, []string{"image SHA-256 at offset 44", "14e2b0d3", "15e2b0d3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.change(testBytes(t)))
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			for _, words := range tt.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
		})
	}
}

func TestParseNoticesEveryFlippedBit(t *testing.T) {
	good := testBytes(t)
	for i := range len(good) * 8 {
		b := bytes.Clone(good)
		b[i/8] ^= 1 << (i % 8)
		if _, err := Parse(b); err == nil {
			t.Errorf("byte %d bit %d: the flipped bit was not noticed", i/8, i%8)
		}
	}
}

func TestParseNoticesEveryLength(t *testing.T) {
	good := testBytes(t)
	for n := 1; n < len(good); n++ {
		if _, err := Parse(good[:n]); !errors.Is(err, ErrTruncated) {
			t.Errorf("%d bytes: got %v, want ErrTruncated", n, err)
		}
	}
}

func TestAppendRefusesWhatParseWouldRefuse(t *testing.T) {
	tests := []struct {
		name   string
		change func(f *File)
		want   error
	}{
		{"product", func(f *File) { f.Product = 8600 }, ErrInvalid},
		{"revision short", func(f *File) { f.Revision = "7350V28" }, ErrInvalid},
		{"revision long", func(f *File) { f.Revision = "7350V2830" }, ErrInvalid},
		{"revision letter", func(f *File) { f.Revision = "7350V28b" }, ErrInvalid},
		{"revision lower case", func(f *File) { f.Revision = "7350v283" }, ErrInvalid},
		{"revision of another product", func(f *File) { f.Revision = "7300V283" }, ErrInvalid},
		{"no date", func(f *File) { f.Dated = time.Time{} }, ErrInvalid},
		{"date after 2106", func(f *File) { f.Dated = time.Unix(1<<32, 0) }, ErrInvalid},
		{"part of a second", func(f *File) { f.Dated = dated.Add(time.Millisecond) }, ErrInvalid},
		{"load address", func(f *File) { f.LoadAddress = 0 }, ErrInvalid},
		{"no image", func(f *File) { f.Image = nil }, ErrInvalid},
		{"image over the bound", func(f *File) { f.Image = make([]byte, MaxImageBytes+1) }, ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := testFile(t)
			tt.change(f)
			b, err := Append([]byte("kept"), f)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if string(b) != "kept" {
				t.Errorf("dst became %q", b)
			}
		})
	}
}

func TestNewTakesTheDateInWholeSecondsUTC(t *testing.T) {
	zone := time.FixedZone("PST", -8*3600)
	f, err := New(7300, "7300V200", dated.Add(999*time.Millisecond).In(zone), []byte{1})
	if err != nil {
		t.Fatal(err)
	}
	if f.Dated != dated {
		t.Errorf("dated %v, want %v", f.Dated, dated)
	}
	if _, err := New(7300, "7350V283", dated, []byte{1}); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestParseTakesMemoryForTheFieldsAlone(t *testing.T) {
	f := testFile(t)
	f.Image = make([]byte, 1<<20)
	b, err := Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	got := testing.AllocsPerRun(10, func() {
		if _, err := Parse(b); err != nil {
			t.Fatal(err)
		}
	})
	if got > 4 { // the File, its revision, small change
		t.Errorf("parsing took memory %v times, want 4 at most", got)
	}
}

func FuzzParse(f *testing.F) {
	good := testBytes(f)
	f.Add(good)
	f.Add(good[:HeaderBytes])
	f.Add(append(bytes.Clone(good), 0))
	f.Add([]byte(magic))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		// As found, and with the header sealed again: the fuzzer cannot guess a CRC.
		parseIsSound(t, b)
		if len(b) >= HeaderBytes {
			parseIsSound(t, resealed(bytes.Clone(b)))
		}
	})
}

// parseIsSound wants the same bytes back, or an error with a sentinel.
func parseIsSound(t *testing.T, b []byte) {
	file, err := Parse(b)
	if err != nil {
		for _, kind := range []error{ErrEmpty, ErrNotUPG, ErrTruncated, ErrTrailing, ErrVersion, ErrDamaged, ErrTooLarge, ErrInvalid} {
			if errors.Is(err, kind) {
				return
			}
		}
		t.Fatalf("%v wraps no sentinel", err)
	}
	again, err := Append(nil, file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, b) {
		t.Fatalf("read % X, wrote % X", b, again)
	}
}
