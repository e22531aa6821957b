package ion

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"testing"
)

func field(s string) (f [FieldText]byte) {
	copy(f[:], s)
	return f
}

func sampleRequests() []DownloadRequest {
	data := []byte("ION!")
	return []DownloadRequest{
		{Op: OpIdentify},
		{Op: OpEnter, Product: 7350, Length: 0x01020304},
		{Op: OpClear},
		{Op: OpClear, Begin: true},
		{Op: OpBlock, Sequence: 1, Address: 0x20000, Data: data, CRC: crc32.ChecksumIEEE(data)},
		{Op: OpVerify, Length: 5, CRC: 6, Product: 7350, Dated: 7, Revision: field("7350V283")},
		{Op: OpRestart},
	}
}

func sampleReplies() []DownloadReply {
	return []DownloadReply{
		{
			Op: OpIdentify, State: StateReceiving, LoaderVersion: 0x0102, Product: 7350, Serial: field("PC-0209A001-11"),
			Revision: field("7350V283"), Base: 0x20000, Capacity: 0x3E0000, BlockBytes: BlockBytes, NextSequence: 9,
		},
		{Op: OpEnter, Status: StatusWrongProduct, Already: true},
		{Op: OpClear, Status: StatusEraseFailed, SectorsLeft: 3, Sector: 0x0405},
		{Op: OpBlock, Status: StatusBadSequence, Sequence: 5, Expected: 6},
		{Op: OpVerify, Status: StatusVerifyFailed, CRC: 0xCBF43926},
		{Op: OpRestart},
	}
}

func TestDownloadBodiesHaveTheirSpecifiedBytes(t *testing.T) {
	requests := []string{
		"01",
		"02 1CB6 01020304",
		"03 00",
		"03 01",
		"04 00000001 00020000 0004 9E0D7083 494F4E21",
		"05 00000005 00000006 1CB6 00000007 37333530563238330000000000000000",
		"06",
	}
	for i, r := range sampleRequests() {
		b := AppendDownloadRequest(nil, &r)
		if want := unhex(t, requests[i]); !bytes.Equal(b, want) || DownloadRequestBytes(&r) != len(want) {
			t.Errorf("%v request of %d bytes\n got %X\nwant %X", r.Op, DownloadRequestBytes(&r), b, want)
		}
		again := DownloadRequest{Product: 1, Length: 2, Begin: true, Sequence: 3, Address: 4, Data: []byte{5}, CRC: 6, Dated: 7, Revision: field("x")}
		if err := ParseDownloadRequest(b, &again); err != nil || fmt.Sprint(again) != fmt.Sprint(r) {
			t.Errorf("%v request comes back as %+v: %v", r.Op, again, err)
		}
	}
	replies := []string{
		"01 00 03 0102 1CB6 50432D30323039413030312D31310000 37333530563238330000000000000000 00020000 003E0000 1D00 00000009",
		"02 08 01",
		"03 06 0003 0405",
		"04 02 00000005 00000006",
		"05 07 CBF43926",
		"06 00",
	}
	for i, r := range sampleReplies() {
		b := AppendDownloadReply(nil, &r)
		if want := unhex(t, replies[i]); !bytes.Equal(b, want) || DownloadReplyBytes(&r) != len(want) {
			t.Errorf("%v reply of %d bytes\n got %X\nwant %X", r.Op, DownloadReplyBytes(&r), b, want)
		}
		again := sampleReplies()[0]
		if err := ParseDownloadReply(b, &again); err != nil || again != r {
			t.Errorf("%v reply comes back as %+v: %v", r.Op, again, err)
		}
	}
}

func TestDownloadBodiesMustHaveExactlyTheirLength(t *testing.T) {
	check := func(name string, b []byte, parse func([]byte) error) {
		for n := range b {
			if err := parse(b[:n]); !errors.Is(err, ErrDownload) {
				t.Errorf("%s cut to %d of %d bytes: %v", name, n, len(b), err)
			}
		}
		if err := parse(append(slices.Clone(b), 0)); !errors.Is(err, ErrDownload) {
			t.Errorf("%s with a byte more: %v", name, err)
		}
	}
	for _, r := range sampleRequests() {
		check(r.Op.String()+" request", AppendDownloadRequest(nil, &r), func(b []byte) error {
			return ParseDownloadRequest(b, new(DownloadRequest))
		})
	}
	for _, r := range sampleReplies() {
		check(r.Op.String()+" reply", AppendDownloadReply(nil, &r), func(b []byte) error {
			return ParseDownloadReply(b, new(DownloadReply))
		})
	}
}

func TestDownloadErrorsSayWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":         "the request is empty",
		"07":       "request with unknown operation 7",
		"02 1CB6":  "enter request has 3 bytes, 7 are needed",
		"03 02":    "a flag of the clear request is neither 0 nor 1",
		"06 00 00": "restart request has 2 bytes too many",
		"04 00000009 00020000 0005 9E0D7083 494F4E21": "block 9 says 5 data bytes and carries 4",
	} {
		err := ParseDownloadRequest(unhex(t, text), new(DownloadRequest))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, should say %q", text, err, want)
		}
	}
}

func TestFullBlockFillsAMessageOf32Frames(t *testing.T) {
	r := DownloadRequest{Op: OpBlock, Data: make([]byte, BlockBytes)}
	p := Packet{Request: true, HasCredential: true, Type: TypeDownload}
	message := AppendDownloadRequest(AppendPacketHeader(nil, p, DownloadRequestBytes(&r)), &r)
	if len(message) > MaxMessage || len(message) <= MaxMessage-MaxFrameData {
		t.Errorf("%d bytes", len(message))
	}
}

func TestDownloadCodecAllocatesNothing(t *testing.T) {
	requests, replies := sampleRequests(), sampleReplies()
	var request DownloadRequest
	var reply DownloadReply
	body := make([]byte, 0, 100)
	n := testing.AllocsPerRun(100, func() {
		for i := range requests {
			body = AppendDownloadRequest(body[:0], &requests[i])
			if err := ParseDownloadRequest(body, &request); err != nil {
				t.Fatal(err)
			}
		}
		for i := range replies {
			body = AppendDownloadReply(body[:0], &replies[i])
			if err := ParseDownloadReply(body, &reply); err != nil {
				t.Fatal(err)
			}
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWordsOfTheDownloadServiceAreNamed(t *testing.T) {
	for op := OpIdentify; op <= OpRestart; op++ {
		if strings.HasPrefix(op.String(), "operation ") {
			t.Errorf("operation %d has no name", byte(op))
		}
	}
	for s := StatusOK; s <= StatusRefused; s++ {
		if strings.HasPrefix(s.String(), "status ") {
			t.Errorf("status %d has no name", byte(s))
		}
	}
	for s := StateApplication; s <= StateReceiving; s++ {
		if strings.HasPrefix(s.String(), "loader state ") {
			t.Errorf("state %d has no name", byte(s))
		}
	}
	if got := Status(10).String(); got != "status 10" {
		t.Errorf("an unknown status is %q", got)
	}
}

func FuzzParseDownloadRequest(f *testing.F) {
	for _, r := range sampleRequests() {
		f.Add(AppendDownloadRequest(nil, &r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r DownloadRequest
		if err := ParseDownloadRequest(b, &r); err != nil {
			if !errors.Is(err, ErrDownload) {
				t.Fatalf("foreign error %v", err)
			}
			return
		}
		if again := AppendDownloadRequest(nil, &r); !bytes.Equal(again, b) || DownloadRequestBytes(&r) != len(b) {
			t.Fatalf("\n got %X\nwant %X", again, b)
		}
	})
}

func FuzzParseDownloadReply(f *testing.F) {
	for _, r := range sampleReplies() {
		f.Add(AppendDownloadReply(nil, &r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r DownloadReply
		if err := ParseDownloadReply(b, &r); err != nil {
			if !errors.Is(err, ErrDownload) {
				t.Fatalf("foreign error %v", err)
			}
			return
		}
		if again := AppendDownloadReply(nil, &r); !bytes.Equal(again, b) || DownloadReplyBytes(&r) != len(b) {
			t.Fatalf("\n got %X\nwant %X", again, b)
		}
	})
}

func TestAnImageIsCutIntoFullBlocksAndWhatIsLeft(t *testing.T) {
	for bytes, want := range map[int]int{0: 0, 1: 1, BlockBytes - 1: 1, BlockBytes: 1, BlockBytes + 1: 2, 460 * BlockBytes: 460} {
		if got := Blocks(bytes); got != want {
			t.Errorf("%d bytes are %d blocks, want %d", bytes, got, want)
		}
	}
	if got := Blocks[uint32](math.MaxUint32); got != 578525 {
		t.Errorf("the longest length that a message can tell is %d blocks", got)
	}
}
