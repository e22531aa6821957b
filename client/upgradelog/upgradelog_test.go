package upgradelog

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"ionbench/fixtures/logs"
)

var (
	started  = time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC)
	failed   = time.Date(2008, time.March, 6, 17, 7, 48, 0, time.UTC)
	firmware = time.Date(2007, time.August, 22, 13, 24, 58, 0, time.UTC)
)

// articleLines is the article's log, typed in by hand.
func articleLines() []Line {
	lines := []Line{
		{Kind: UpgradeStarted, Time: started},
		{Kind: SoftwareVersion, Text: "2.1", Number: 676},
		{Kind: FirmwareVersion, Text: "7350V283"},
		{Kind: FirmwareDated, Time: firmware},
		{Kind: DeviceName, Text: "ion7350"},
		{Kind: DeviceSerialNumber, Text: "PC-0209A001-11"},
		{Kind: DeviceUnitID, Number: 105},
		{Kind: DeviceBaudRate, Number: 9600},
		{Kind: AlreadyInDownloadState},
		{Kind: FlashCleared},
		{Kind: Proceeding},
	}
	for percent := 10; percent <= 90; percent += 10 {
		lines = append(lines, Line{Kind: Completed, Number: percent}, Line{Kind: Efficiency, Number: 1000})
	}
	for i := 1; i <= 10; i++ {
		lines = append(lines, Line{Kind: Resending, Number: i, Total: 438 + i})
	}
	return append(lines,
		Line{Kind: Aborting, Number: 11, Total: 449},
		Line{Kind: UpgradeFailed, Time: failed})
}

func write(lines []Line) []byte {
	var b []byte
	for _, l := range lines {
		b = Append(b, l)
	}
	return b
}

// wantLines reads b and wants exactly these lines, all readable.
func wantLines(t *testing.T, b []byte, want []Line) *Log {
	t.Helper()
	log, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range log.Unreadable {
		t.Error(u)
	}
	var got []Line
	for _, e := range log.Entries {
		got = append(got, e.Line)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
	return log
}

// The article's excerpt, as the fixture keeps it, ends with a line end, as a file that is
// written line by line does; so the two must be equal to the last byte.
func TestArticlesLogIsReadAndWrittenBackByteForByte(t *testing.T) {
	article := logs.UpgradeFailed()
	wantLines(t, article, articleLines())
	if got := write(articleLines()); !bytes.Equal(got, article) {
		t.Errorf("got:\n%s\nwant:\n%s", got, article)
	}
}

func TestEveryKindHasItsWords(t *testing.T) {
	tests := []struct {
		line Line
		want string
	}{
		{Line{Kind: UpgradeStarted, Time: started}, "Upgrade started at Thursday, March 06, 2008 3:57:48 PM"},
		{Line{Kind: SoftwareVersion, Text: "2.2", Number: 716}, "Software Version (Build): Version 2.2 (Build 716)"},
		{Line{Kind: SoftwareVersion, Text: "2 (Build 1)", Number: 0}, "Software Version (Build): Version 2 (Build 1) (Build 0)"},
		{Line{Kind: FirmwareVersion, Text: "7350V283"}, "Firmware Version = 7350V283"},
		{Line{Kind: FirmwareDated, Time: firmware}, "Firmware dated Wed Aug 22 13:24:58 2007"},
		{Line{Kind: FirmwareDated, Time: time.Date(2008, 3, 6, 0, 0, 0, 0, time.UTC)}, "Firmware dated Thu Mar  6 00:00:00 2008"},
		{Line{Kind: DeviceName, Text: "ion7350"}, "Device Name = ion7350"},
		{Line{Kind: DeviceSerialNumber, Text: "PC-0209A001-11"}, "Device Serial Number = PC-0209A001-11"},
		{Line{Kind: DeviceUnitID, Number: 105}, "Device Unit ID = 105"},
		{Line{Kind: DeviceBaudRate, Number: 19200}, "Device BaudRate = 19200"},
		{Line{Kind: AlreadyInDownloadState}, "Device already in download state"},
		{Line{Kind: EnteredDownloadState}, "Device entered download state"},
		{Line{Kind: FlashCleared}, "Flash memory cleared"},
		{Line{Kind: Proceeding}, "Proceeding with firmware download"},
		{Line{Kind: Completed, Number: 0}, "0% completed"},
		{Line{Kind: Completed, Number: 100}, "100% completed"},
		{Line{Kind: Efficiency, Number: 976}, "Comm efficiency = 97.6%"},
		{Line{Kind: Efficiency, Number: 5}, "Comm efficiency = 0.5%"},
		{Line{Kind: Efficiency, Number: math.MaxInt}, fmt.Sprintf("Comm efficiency = %d.7%%", math.MaxInt/10)},
		{Line{Kind: Resending, Number: 1, Total: 439}, "No response... resending (1 of 439)"},
		{Line{Kind: Aborting, Number: 11, Total: 449}, "No response... aborting (11 of 449)"},
		{Line{Kind: Retrying, Number: 1, Total: 10}, "No response... retrying (1 of 10)"},
		{Line{Kind: GivingUp}, "No response... giving up"},
		{Line{Kind: Refused, Text: "wrong product"}, "Device refused: wrong product"},
		{Line{Kind: Verified}, "Firmware verified"},
		{Line{Kind: Restarted}, "Device restarted"},
		{Line{Kind: SettingsRestored, Text: "PT/CT, Clock"}, "Settings restored: PT/CT, Clock"},
		{Line{Kind: TemplateSent, Text: "Factory 7350"}, "Template sent: Factory 7350"},
		{Line{Kind: AbortedByUser}, "Upgrade aborted by user"},
		{Line{Kind: UpgradeCompleted, Time: failed}, "Upgrade completed at Thursday, March 06, 2008 5:07:48 PM"},
		{Line{Kind: UpgradeFailed, Time: failed}, "Upgrade failed at Thursday, March 06, 2008 5:07:48 PM"},
		{Line{Kind: Note, Text: "cable checked"}, "Note: cable checked"},
	}
	told := make(map[Kind]bool)
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			if got := tt.line.String(); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			wantLines(t, Append(nil, tt.line), []Line{tt.line})
		})
		told[tt.line.Kind] = true
	}
	for k := UpgradeStarted; k <= Note; k++ {
		if !told[k] {
			t.Errorf("kind %d (%s) is not in the table", k, k)
		}
	}
}

func TestStampsHaveTwelveHoursAndTheTimesOwnZone(t *testing.T) {
	for hour, want := range map[int]string{0: "12:05:09 AM", 1: "1:05:09 AM", 11: "11:05:09 AM", 12: "12:05:09 PM", 13: "1:05:09 PM", 23: "11:05:09 PM"} {
		l := Line{Kind: UpgradeStarted, Time: time.Date(2026, time.May, 9, hour, 5, 9, 0, time.UTC)}
		if got := l.String(); got != "Upgrade started at Saturday, May 09, 2026 "+want {
			t.Errorf("hour %d: %q", hour, got)
		}
		wantLines(t, Append(nil, l), []Line{l})
	}
	l := Line{Kind: UpgradeFailed, Time: failed.In(time.FixedZone("PST", -8*3600))}
	if got, want := l.String(), "Upgrade failed at Thursday, March 06, 2008 9:07:48 AM"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextCannotForgeALine(t *testing.T) {
	tests := []struct{ text, want string }{
		{"x\nFirmware verified", `x\x0AFirmware verified`},
		{"x\r", `x\x0D`},
		{"\x00\x1b[2J\x7f", `\x00\x1B[2J\x7F`},
		{"x\u2028y\u0085z", `x\xE2\x80\xA8y\xC2\x85z`},
		{"x\u202Ey", `x\xE2\x80\xAEy`},
		{"Gr\xFC\xDFe", `Gr\xFC\xDFe`},
		{"Grüße 東", "Grüße 東"},
		{`C:\templates\7350.dcf`, `C:\templates\7350.dcf`},
		{`C:\x0A`, `C:\x5Cx0A`},
		{`\` + "\n", `\\x0A`},
		{`\\x`, `\\x5Cx`},
		{" blanks at both ends  ", " blanks at both ends  "},
		{"", ""},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			l := Line{Kind: DeviceName, Text: tt.text}
			if got := l.String(); got != "Device Name = "+tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			wantLines(t, Append(nil, l), []Line{l})
		})
	}
}

func TestWhatIsNoEscapeIsReadAsItStands(t *testing.T) {
	for _, text := range []string{`a\xZZ`, `a\x0a`, `a\x0`, `a\x`, `a\x41`, `a\n`, `a\`} {
		wantLines(t, []byte("Note: "+text+"\n"), []Line{{Kind: Note, Text: text}})
	}
}

func TestLongTextIsCutAndStillRead(t *testing.T) {
	for name, text := range map[string]string{
		"ASCII":                  strings.Repeat("x", MaxTextBytes+1),
		"control characters":     strings.Repeat("\n", 1<<20),
		"runes of several bytes": strings.Repeat("東", MaxTextBytes),
	} {
		t.Run(name, func(t *testing.T) {
			b := Append(nil, Line{Kind: SoftwareVersion, Text: text, Number: math.MaxInt})
			if len(b) > MaxLineBytes {
				t.Errorf("wrote %d bytes, more than the reader takes", len(b))
			}
			log, err := Parse(b)
			if err != nil || len(log.Entries) != 1 {
				t.Fatalf("read %+v, %v", log, err)
			}
			got, cut := strings.CutSuffix(log.Entries[0].Text, "...")
			if !cut || !strings.HasPrefix(text, got) || len(got) < MaxTextBytes-8 {
				t.Errorf("read %d bytes %.40q (cut: %v)", len(got), got, cut)
			}
		})
	}
	whole := Line{Kind: Note, Text: strings.Repeat("x", MaxTextBytes)}
	wantLines(t, Append(nil, whole), []Line{whole})
}

func TestAppendAllocatesNothing(t *testing.T) {
	lines := append(articleLines(), Line{Kind: DeviceName, Text: "a\nb\xFF東"})
	dst := make([]byte, 0, 1<<14)
	if n := testing.AllocsPerRun(100, func() {
		b := dst
		for _, l := range lines {
			b = Append(b, l)
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d lines", n, len(lines))
	}
}

func TestUnknownKindBecomesANoteThatSaysSo(t *testing.T) {
	for _, k := range []Kind{0, Note + 1, 255} {
		want := Line{Kind: Note, Text: fmt.Sprintf("unknown kind of line %d", k)}
		wantLines(t, Append(nil, Line{Kind: k}), []Line{want})
		if got := k.String(); !strings.Contains(got, fmt.Sprint(int(k))) {
			t.Errorf("kind %d is called %q", int(k), got)
		}
	}
}

func TestKindsAreCalledByTheirWords(t *testing.T) {
	for k, want := range map[Kind]string{
		FlashCleared: "Flash memory cleared",
		DeviceUnitID: "Device Unit ID = ...",
		Resending:    "No response... resending (...)",
	} {
		if got := k.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestParseToleratesWhatEditorsAndMailDoToALog(t *testing.T) {
	article := string(logs.UpgradeFailed())
	for name, text := range map[string]string{
		"CRLF":            strings.ReplaceAll(article, "\n", "\r\n"),
		"no last end":     strings.TrimSuffix(article, "\n"),
		"byte order mark": "\uFEFF" + article,
		"blank lines":     "\n \r\n" + strings.ReplaceAll(article, "Flash", "\n\nFlash") + "\n\n",
		"indented":        "    " + strings.ReplaceAll(strings.TrimSuffix(article, "\n"), "\n", " \n\t"),
	} {
		t.Run(name, func(t *testing.T) {
			wantLines(t, []byte(text), articleLines())
		})
	}
	wantLines(t, []byte("Device Name =\nNote:\n"), []Line{{Kind: DeviceName}, {Kind: Note}})
	wantLines(t, nil, nil)
}

func TestWhatIsALogIsToldByItsFirstLine(t *testing.T) {
	article := string(logs.UpgradeFailed())
	for text, want := range map[string]bool{
		"":                          true,
		"\n \r\n":                   true,
		article:                     true,
		"\uFEFF\r\n  " + article:    true,
		"Upgra":                     true, // the PC crashed here
		"Upgrade started\n90% comp": true,
		"Upgrade started at Thursday, March 06, 2008 15:57:48\n": true,  // another locale
		"10% completed\n" + article:                              true,  // its beginning was cut off
		"Note: the line was changed\n":                           false, // many files have notes
		"# notes\n" + article:                                    false,
		"10% complete\n":                                         false,
		"IONUPG\x00\x01":                                         false,
		"\x00\x00\x00":                                           false,
		"\xff\xfeU\x00p\x00":                                     true, // UTF-16
		"\xff\xfeB\x00M\x00":                                     false,
		"Note: buy milk\n":                                       false,
		"Note: a run before\nUpgrade started at":                 true,
		"[case]\n":                                               false,
	} {
		if _, _, got := Continue([]byte(text), []byte(text), int64(len(text))); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}

func TestUnreadableLinesAreToldOfAndPassedOver(t *testing.T) {
	bad := []string{
		"Excerpt from the ION Setup Upgrade.log file:",
		"Upgrade started at Friday, March 06, 2008 3:57:48 PM",     // it was a Thursday
		"Upgrade started at Thursday, March 6, 2008 3:57:48 PM",    // day without zero
		"Upgrade started at Thursday, March 06, 2008 03:57:48 PM",  // hour with zero
		"Upgrade started at Thursday, March 06, 2008 15:57:48",     // another locale
		"Upgrade started at Thursday, March 06, 2008 3:57:48.5 PM", // part of a second
		"Upgrade failed at",
		"Firmware dated Wed Aug 22 13:24:58 UTC 2007",
		"Firmware dated Thu Mar 06 00:00:00 2008",
		"Device Unit ID = -1",
		"Device Unit ID = 0105",
		"Device Unit ID = ",
		"Device BaudRate = 99999999999999999999",
		"% completed",
		"10% complete",
		"Comm efficiency = 100%",
		"Comm efficiency = 97.65%",
		"Comm efficiency = .5%",
		"No response... resending (1 of 439",
		"No response... resending (1)",
		"No response... resending (1 of )",
		"No response... resending (+1 of 439)",
		"Software Version (Build): Version 2.1",
		"Software Version (Build): Version (676)",
		"Software Version (Build): Version 2.1 (Build x)",
		"Flash memory cleared.",
		"Device already in downl", // the PC crashed here
		"\x00\x00\x00",
		strings.Repeat("x", MaxLineBytes+1),
		"Note: " + strings.Repeat("x", MaxLineBytes),
	}
	for _, text := range bad {
		t.Run(text[:min(len(text), 70)], func(t *testing.T) {
			log, err := Parse([]byte("Firmware verified\r\n\r\n" + text + "\r\nDevice restarted\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			if len(log.Unreadable) != 1 || log.UnreadableCount != 1 {
				t.Fatalf("unreadable: %v, entries: %v", log.Unreadable, log.Entries)
			}
			u := log.Unreadable[0]
			if u.At != 3 || u.Text != text[:min(len(text), MaxLineBytes)] {
				t.Errorf("told of line %d %.80q", u.At, u.Text)
			}
			if s := u.String(); !strings.HasPrefix(s, "line 3: cannot read ") || strings.ContainsAny(s, "\x00\n") || len(s) > 600 {
				t.Errorf("told as %q", s)
			}
			if len(log.Entries) != 2 || log.Entries[0].At != 1 || log.Entries[1].At != 4 {
				t.Errorf("entries %v", log.Entries)
			}
		})
	}
}

func TestUnreadableLinesAreCountedBeyondThoseKept(t *testing.T) {
	log, err := Parse([]byte(strings.Repeat("?\n", MaxUnreadable+7)))
	if err != nil {
		t.Fatal(err)
	}
	if len(log.Unreadable) != MaxUnreadable || log.UnreadableCount != MaxUnreadable+7 {
		t.Errorf("kept %d of %d", len(log.Unreadable), log.UnreadableCount)
	}
}

func TestParseRefusesALogThatIsTooLarge(t *testing.T) {
	for name, tt := range map[string]struct {
		log  []byte
		want error
		says string
	}{
		"bytes at the bound": {bytes.Repeat([]byte("x"), MaxBytes), nil, ""},
		"bytes":              {bytes.Repeat([]byte("x"), MaxBytes+1), ErrTooLarge, "8388609 bytes"},
		"lines at the bound": {bytes.Repeat([]byte("\n"), MaxLines), nil, ""},
		"lines":              {bytes.Repeat([]byte("\n"), MaxLines+1), ErrTooLarge, "100000 lines"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(tt.log)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
		})
	}
}

func TestRunsBeginWhereAnUpgradeStarted(t *testing.T) {
	article := string(logs.UpgradeFailed())
	lines := len(articleLines())
	tests := []struct {
		name, log string
		want      []int // entries of each run
	}{
		{"empty", "", nil},
		{"one run", article, []int{lines}},
		{"three runs", article + article + article, []int{lines, lines, lines}},
		{"the first was cut", article[strings.Index(article, "No response"):] + article, []int{12, lines}},
		{"the last just began", article + "Upgrade started at Thursday, March 06, 2008 6:00:00 PM\n", []int{lines, 1}},
		{"unreadable lines between", "x\n" + article + "x\n" + article + "x\n", []int{lines, lines}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log, err := Parse([]byte(tt.log))
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			all := 0
			for _, run := range log.Runs() {
				got = append(got, len(run))
				if run[0].At != log.Entries[all].At {
					t.Errorf("a run begins on line %d, want %d", run[0].At, log.Entries[all].At)
				}
				all += len(run)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("runs of %v entries, want %v", got, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(logs.UpgradeFailed())
	f.Add(bytes.ReplaceAll(logs.UpgradeFailed(), []byte("\n"), []byte("\r\n")))
	f.Add([]byte("Device Name = a\\x0Ab\\x5Cx\\xFF\\x41\r"))
	f.Add([]byte("Device Name =\nSoftware Version (Build): Version  (Build 0)\nNote: \x00\n\xEF\xBB\xBF\n"))
	f.Add([]byte("Firmware dated Thu Mar  6 00:00:00 2008\nComm efficiency = 0.5%\n No response... giving up \n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		log, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		// Whatever was read is written as a log of as many lines that says the same.
		var lines []Line
		for _, e := range log.Entries {
			lines = append(lines, e.Line)
		}
		written := write(lines)
		if written := string(written); !isLog(written[:min(len(written), EndBytes)]) && !strings.HasPrefix(written, "Note: ") {
			t.Fatalf("%q is no log", written)
		}
		again, err := Parse(written)
		if err != nil || again.UnreadableCount != 0 || len(again.Entries) != len(lines) {
			t.Fatalf("wrote %q, read %+v, %v", written, again, err)
		}
		for i, e := range again.Entries {
			want := lines[i]
			if len(want.Text) > MaxTextBytes {
				want.Text = e.Text // cut
			}
			if e.At != i+1 || e.Line != want {
				t.Fatalf("line %d: wrote %+v, read %+v", i+1, want, e)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	lines := articleLines()
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = dst[:0]
		for _, l := range lines {
			dst = Append(dst, l)
		}
	}
	b.SetBytes(int64(len(dst)))
}

func TestALineAsReadIsTheOneThatParseGivesBack(t *testing.T) {
	zone := time.FixedZone("PC", -7*3600)
	for _, text := range []string{"", "7350V283", " a ", "a\nb\xFF東\\x41", strings.Repeat("東", MaxTextBytes)} {
		for k := Kind(0); k <= Note+1; k++ {
			l := Line{Kind: k, Time: time.Date(2008, 3, 6, 23, 59, 59, 999_999_999, zone), Text: text, Number: 7, Total: 9}
			wantLines(t, Append(nil, l), []Line{l.AsRead()})
			if again := l.AsRead().AsRead(); again != l.AsRead() {
				t.Errorf("%v, read twice: %v", l.AsRead(), again)
			}
		}
	}
}

func TestATornLineIsKnownAlsoBehindWhatALoggerWroteInFront(t *testing.T) {
	for s, want := range map[string]bool{
		"12:00:01 No resp": true, "  7: 40% compl": true, "- Comm effic": true, "<13>Mar 1 10:00:00 pc-7 ion[47]: Firmware ver": true, "> > Upgrade f": true,
		"page 1 of 2": false, "-- Sent from my phone": false, "12:00:01 N": false, "12:00:01 Modem initialised": false, "Best regards, Jim": false, "7": false,
	} {
		if got := BeginsBehind(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
