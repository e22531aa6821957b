package ion_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client/upg"
	"ionbench/simulator/ion"
)

// The examples of PROTOCOL.md tell one story: unit 105 gets this image.
const unit = 105

var built = time.Date(2008, time.March, 1, 12, 0, 0, 0, time.UTC)

func image() []byte {
	b := make([]byte, 250)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// examples are the messages of the page, as this package encodes them, by their names there.
func examples(t *testing.T) map[string][]byte {
	t.Helper()
	crc := crc32.ChecksumIEEE(image())
	revision := ion.PadText("7350V284")
	all := map[string][]byte{
		"identify": request(1, ion.TypeDownload, false, download(ion.DownloadRequest{Op: ion.OpIdentify})),
		"identify-reply": answer(1, ion.DownloadReply{
			Op: ion.OpIdentify, LoaderVersion: 0x0103, Product: 7350, Serial: ion.PadText("PC-0209A001-11"), Revision: ion.PadText("7350V283"),
			Base: 0x30000, Capacity: 0x3D0000, BlockBytes: ion.BlockBytes,
		}),
		"read":       request(2, ion.TypeProgram, true, ion.AppendProgram(nil, ion.Read(ion.HandleDeviceType, ion.HandleRevision, ion.HandleSerial))),
		"read-reply": result(2, ion.TextValue("7350"), ion.TextValue("7350V283"), ion.TextValue("PC-0209A001-11")),
		"write": request(3, ion.TypeProgram, true, ion.AppendProgram(nil, ion.Program{Frequency: 1, Commands: []ion.Command{
			write(ion.HandleOwner, ion.TextValue("Plant A")), write(ion.SettingTable()[0].Handle, ion.FloatValue(120)),
		}})),
		"write-reply":      result(3, ion.BoolValue(true), ion.BoolValue(true)),
		"exception-reply":  result(3, ion.ExceptionValue(9, 0, ion.InvalidPassword)),
		"enter":            request(4, ion.TypeDownload, true, download(ion.DownloadRequest{Op: ion.OpEnter, Product: 7350, Length: 250})),
		"enter-reply":      answer(4, ion.DownloadReply{Op: ion.OpEnter}),
		"clear":            request(6, ion.TypeDownload, true, download(ion.DownloadRequest{Op: ion.OpClear, Begin: true})),
		"clear-reply-busy": answer(6, ion.DownloadReply{Op: ion.OpClear, Status: ion.StatusBusy, SectorsLeft: 62}),
		"clear-poll":       request(7, ion.TypeDownload, true, download(ion.DownloadRequest{Op: ion.OpClear})),
		"clear-reply-ok":   answer(7, ion.DownloadReply{Op: ion.OpClear}),
		"block-reply":      answer(8, ion.DownloadReply{Op: ion.OpBlock, Sequence: 1, Expected: 2}),
		"verify": request(9, ion.TypeDownload, true, download(ion.DownloadRequest{
			Op: ion.OpVerify, Length: 250, CRC: crc, Product: 7350, Dated: uint32(built.Unix()), Revision: revision,
		})),
		"verify-reply":  answer(9, ion.DownloadReply{Op: ion.OpVerify, CRC: crc}),
		"restart":       request(10, ion.TypeDownload, true, download(ion.DownloadRequest{Op: ion.OpRestart})),
		"restart-reply": answer(10, ion.DownloadReply{Op: ion.OpRestart}),
		"time-sync": frames(ion.HostAddress, unit, ion.Packet{
			MessageID: 11, TimeSet: true, HasCredential: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(unit),
			Type: ion.TypeTimeSync, Body: binary.BigEndian.AppendUint32(nil, uint32(built.Unix())),
		})[0],
		"upg": firmwareFile(t),
	}
	block := frames(ion.HostAddress, unit, requestPacket(8, ion.TypeDownload, true, download(ion.DownloadRequest{
		Op: ion.OpBlock, Sequence: 1, Address: 0x30000, Data: image(), CRC: crc,
	})))
	if len(block) != 2 {
		t.Fatalf("the block takes %d frames, the page shows 2", len(block))
	}
	first, _, err := ion.ParseFrame(block[0])
	if err != nil {
		t.Fatal(err)
	}
	all["block-frame-1"], all["block-frame-2"] = block[0], block[1]
	all["block-ack-1"] = ion.AppendFrame(nil, ion.Ack(first))
	return all
}

func download(r ion.DownloadRequest) []byte { return ion.AppendDownloadRequest(nil, &r) }

func write(h ion.Handle, v ion.Value) ion.Command {
	return ion.Command{Handle: h, Method: ion.MethodWriteRegister, Args: []ion.Value{v}}
}

func requestPacket(id uint16, kind ion.MessageType, secret bool, body []byte) ion.Packet {
	return ion.Packet{
		MessageID: id, Request: true, HasCredential: secret, Source: ion.ClientAddress(), Destination: ion.MeterAddress(unit), Type: kind, Body: body,
	}
}

func request(id uint16, kind ion.MessageType, secret bool, body []byte) []byte {
	return frames(ion.HostAddress, unit, requestPacket(id, kind, secret, body))[0]
}

func reply(id uint16, kind ion.MessageType, body []byte) []byte {
	return frames(unit, ion.HostAddress, ion.Packet{
		MessageID: id, Source: ion.MeterAddress(unit), Destination: ion.ClientAddress(), Type: kind, Body: body,
	})[0]
}

func answer(id uint16, r ion.DownloadReply) []byte {
	return reply(id, ion.TypeDownload, ion.AppendDownloadReply(nil, &r))
}

func result(id uint16, values ...ion.Value) []byte {
	return reply(id, ion.TypeProgram, ion.AppendResult(nil, ion.Result{Frequency: 1, Values: values}))
}

// frames are those of a message.
func frames(source, destination uint16, p ion.Packet) [][]byte {
	o := ion.Outgoing{Message: ion.AppendPacket(nil, p)}
	o.Begin(source, destination, source == unit)
	list := [][]byte{o.AppendFrame(nil)}
	for !o.Last() {
		f, _, err := ion.ParseFrame(list[len(list)-1])
		if err != nil || !o.Acked(ion.Ack(f)) {
			panic(fmt.Sprintf("frame %d is not acknowledged: %v", len(list), err))
		}
		list = append(list, o.AppendFrame(nil))
	}
	return list
}

func firmwareFile(t *testing.T) []byte {
	t.Helper()
	f, err := upg.New(7350, "7350V284", built, image())
	if err != nil {
		t.Fatal(err)
	}
	b, err := upg.Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var hexBlock = regexp.MustCompile("(?s)```hex (\\S+)\n(.*?)```")

// pageExamples are the hex blocks of the page, without their comments.
func pageExamples(t *testing.T) map[string][]byte {
	t.Helper()
	page, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, block := range hexBlock.FindAllStringSubmatch(string(page), -1) {
		var digits strings.Builder
		for line := range strings.Lines(block[2]) {
			line, _, _ = strings.Cut(line, "#")
			digits.WriteString(strings.Join(strings.Fields(line), ""))
		}
		b, err := hex.DecodeString(digits.String())
		if err != nil || found[block[1]] != nil {
			t.Errorf("example %s: it stands there twice, or is no hex: %v", block[1], err)
		}
		found[block[1]] = b
	}
	return found
}

func TestTheExamplesOfTheProtocolPageAreWhatThisPackageSends(t *testing.T) {
	want, got := examples(t), pageExamples(t)
	if w, g := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)); !slices.Equal(w, g) {
		t.Errorf("the page shows %v\nand should show %v", g, w)
	}
	for name, w := range want {
		if g, shown := got[name]; shown && !bytes.Equal(g, w) {
			t.Errorf("%s\n on the page % X\nthis package % X", name, g, w)
		}
	}
}

// The page's tables are for people; what they say in numbers has to hold here.
func TestTheProtocolPageNamesEveryStatusOperationAndSetting(t *testing.T) {
	content, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	var wanted []string
	for s := ion.StatusOK; s <= ion.StatusRefused; s++ {
		wanted = append(wanted, fmt.Sprintf("| %d %v |", s, s))
	}
	for op := ion.OpIdentify; op <= ion.OpRestart; op++ {
		wanted = append(wanted, fmt.Sprintf("### %d %v", op, op))
	}
	for s := ion.StateApplication; s <= ion.StateReceiving; s++ {
		wanted = append(wanted, fmt.Sprintf("%d %v", s, s))
	}
	line := page[strings.Index(page, "\n## 1. "):strings.Index(page, "\n## 2. ")]
	for _, rate := range ion.BaudRates() {
		if !regexp.MustCompile(fmt.Sprintf(`\b%d\b`, rate)).MatchString(line) {
			t.Errorf("the page does not say that a line may have %d baud", rate)
		}
	}
	for _, text := range wanted {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	listed := settingHandles(t, page)
	for _, s := range ion.SettingTable() {
		if !slices.Contains(listed, s.Handle) {
			t.Errorf("the page's settings lack %04X, %s", s.Handle, s.Key)
		}
	}
	if len(listed) != ion.SettingCount+1 {
		t.Errorf("the page lists %d settings; there are %d and the template's name", len(listed), ion.SettingCount)
	}
}

var (
	settingRow  = regexp.MustCompile(`(?m)^\| ([0-9A-F]{4}(?:(?:, | to )[0-9A-F]{4})*) \|`)
	handleRange = regexp.MustCompile(`([0-9A-F]{4})(?: to ([0-9A-F]{4}))?`)
)

// settingHandles are the handles of the page's table of settings.
func settingHandles(t *testing.T, page string) []ion.Handle {
	t.Helper()
	_, section, ok := strings.Cut(page, "\n## 10. Settings\n")
	section, _, more := strings.Cut(section, "\nOther registers")
	if !ok || !more {
		t.Fatal("the page has no section 10, Settings, with other registers after the settings")
	}
	var list []ion.Handle
	for _, row := range settingRow.FindAllStringSubmatch(section, -1) {
		for _, r := range handleRange.FindAllStringSubmatch(row[1], -1) {
			var from, to ion.Handle
			if _, err := fmt.Sscanf(r[1], "%X", &from); err != nil {
				t.Fatal(err)
			}
			to = from
			if r[2] != "" {
				if _, err := fmt.Sscanf(r[2], "%X", &to); err != nil {
					t.Fatal(err)
				}
			}
			for h := from; h <= to; h++ {
				list = append(list, h)
			}
		}
	}
	return list
}
