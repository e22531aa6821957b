package reproduce

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"ionbench/client/upgradelog"
	"ionbench/fixtures/logs"
)

func TestDatesOfOtherLocalesAreRead(t *testing.T) {
	march := time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC)
	morning := time.Date(2009, time.August, 25, 0, 7, 9, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"Thursday, March 06, 2008 15:57:48":          march,
		"Thursday, March 6, 2008 03:57:48 PM":        march,
		"Thursday, 06 March 2008 15:57:48":           march,
		"Donnerstag, 6. März 2008 15:57:48":          march,
		"jeudi 6 mars 2008 15:57:48":                 march,
		"jueves, 06 de marzo de 2008 15:57:48":       march,
		"giovedì 6 marzo 2008 15:57:48":              march,
		"donderdag 6 maart 2008 15:57:48":            march,
		"quinta-feira, 6 de março de 2008 15:57:48":  march,
		"06.03.2008 15:57:48":                        march,
		"2008-03-06 15:57:48":                        march,
		"2008-03-06T15:57:48":                        march,
		"Thu Mar 06 15:57:48 2008":                   march,
		"3/6/08 3:57:48 PM":                          march,
		"25/08/2009 00:07:09":                        morning,
		"8/25/2009 12:07:09 AM":                      morning,
		"mardi 25 août 2009 00:07:09":                morning,
		"martes, 25 de agosto de 2009 0:07:09":       morning,
		"25-08-2009 0:07:09":                         morning,
		"Tuesday,\u00a025 Aug 2009 12:07:09\u202fAM": morning,
	} {
		got, ok := parseStamp(text)
		if !ok || !got.time.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got.time, ok, want)
		}
	}
}

func TestDayAndMonthThatCouldChangePlacesAreTold(t *testing.T) {
	for text, want := range map[string]string{
		"3/6/2008 15:57:48":           "2008-06-03",
		"06-03-2008 15:57:48":         "2008-06-03",
		"06.03.2008 15:57:48":         "",
		"Thursday, 3/6/2008 15:57:48": "", // June 3 was a Tuesday
		"3/3/2008 15:57:48":           "",
		"3/16/2008 15:57:48":          "",
	} {
		got, ok := parseStamp(text)
		other := ""
		if !got.other.IsZero() {
			other = got.other.Format(time.DateOnly)
		}
		if text == "06-03-2008 15:57:48" && ok && got.time.Month() == time.March {
			continue
		}
		if !ok || other != want {
			t.Errorf("%q: other %q, want %q", text, other, want)
		}
	}
}

func TestWhatIsNoDateIsNone(t *testing.T) {
	for _, text := range []string{
		"", "yesterday", "15:57:48", "2008-03-06", "March 2008 15:57:48",
		"30.02.2008 15:57:48", "13/13/2008 15:57:48", "06.03.2008 25:00:00", "06.03.2008 15:57", "06.03.2008 15:57:48 15:57:48",
		"06.03.2008 13:57:48 PM", "1 2 3 4 15:57:48", "March May 06, 2008 15:57:48", "99999999999999999999.1.1 00:00:00", "-1/-1/2008 10:00:00", ". 00:00:00", "///// 1:1:1",
	} {
		if got, ok := parseStamp(text); ok {
			t.Errorf("%q is read as %v", text, got.time)
		}
	}
}

func TestALogIsReadInTheEncodingsOfTheField(t *testing.T) {
	article := logs.UpgradeFailed()
	wide := func(order func(uint16) []byte, mark []byte) []byte {
		b := mark
		for _, u := range utf16.Encode([]rune(string(article))) {
			b = append(b, order(u)...)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"as it is":             article,
		"CRLF":                 bytes.ReplaceAll(article, []byte("\n"), []byte("\r\n")),
		"UTF-8 with a mark":    append([]byte("\xEF\xBB\xBF"), article...),
		"UTF-16":               wide(func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} }, []byte{0xFF, 0xFE}),
		"UTF-16 the other way": wide(func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} }, []byte{0xFE, 0xFF}),
	} {
		log, err := Read(b)
		if err != nil || len(log.Runs) != 1 || len(log.Runs[0].Remarks) > 0 {
			t.Errorf("%s: %+v, %v", name, log, err)
		} else if got := log.Runs[0].Text(); !bytes.Equal(got, article) {
			t.Errorf("%s: read as\n%s", name, got)
		}
	}
	log, err := Read(bytes.Replace(article, []byte("ion7350"), []byte("Werk S\xFCd"), 1))
	if l, ok := log.Runs[0].find(upgradelog.DeviceName); err != nil || !ok || l.Text != "Werk Süd" {
		t.Errorf("a Western code page: %q, %v", l.Text, err)
	}
}

func TestLinesThatAreNotTakenAsTheyStandAreRemarked(t *testing.T) {
	log, err := Read([]byte("Excerpt from the file\n" + strings.Replace(string(logs.UpgradeFailed()), "Flash memory", "Beep\nNote: checked the cable\nFlash memory", 1)))
	if err != nil || len(log.Runs) != 1 || len(log.Remarks) != 1 || log.Remarks[0].Line != 1 {
		t.Fatalf("%+v, %v", log, err)
	}
	r := log.Runs[0]
	if len(r.Remarks) != 2 || r.Remarks[0].Line != 11 || r.Remarks[1].Line != 12 || r.Unread != 1 || r.First != 2 || r.Last != 44 {
		t.Errorf("lines %d to %d, %d unread, remarks %v", r.First, r.Last, r.Unread, r.Remarks)
	}
}

func TestHostileFilesAreReadOrRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":     nil,
		"blank":     []byte("\n \r\n\t\n"),
		"binary":    bytes.Repeat([]byte{0, 0xFF, 0x80, '\n'}, 1000),
		"text":      []byte(strings.Repeat("no log at all\n", 5000)),
		"odd UTF16": {0xFF, 0xFE, 'U'},
	} {
		log, err := Read(b)
		if err != nil || len(log.Runs) != 0 || len(log.Remarks) > maxRemarks+2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(make([]byte, upgradelog.MaxBytes+1)); !errors.Is(err, upgradelog.ErrTooLarge) {
		t.Errorf("a huge file: %v", err)
	}
}

// quick are the rows of tables that a short run plays: each row plays the article's run some dozen
// times, and no two goroutines share anything.
var quick = []string{"a letter more", "no serial number", "the head", "some resends"}

func TestWhatNoMeterOfTheBenchHasIsShownAndPlayedWithAStandIn(t *testing.T) {
	article := string(logs.UpgradeFailed())
	for name, test := range map[string]struct{ old, with, says string }{
		"another model":       {"7350V283", "8600V283", `the bench plays "Firmware Version = 7350V283"`},
		"a letter more":       {"7350V283", "7350V283B", `the bench plays "Firmware Version = 7350V283"`},
		"a digit less":        {"7350V283", "7330V28", `the bench plays "Firmware Version = 7330V283"`},
		"a small letter":      {"7350V283", "7350v283", `the bench plays "Firmware Version = 7350V283"`},
		"before the calendar": {"Wed Aug 22 13:24:58 2007", "Wed Dec 31 23:59:59 1969", "no meter of the bench has this"},
		"at its beginning":    {"Wed Aug 22 13:24:58 2007", "Thu Jan  1 00:00:00 1970", "no meter of the bench has this"},
		"behind its end":      {"Wed Aug 22 13:24:58 2007", "Mon Feb  7 06:28:16 2107", "no meter of the bench has this"},
		"long behind":         {"Wed Aug 22 13:24:58 2007", "Fri Dec 31 23:59:59 9999", "no meter of the bench has this"},
		"unit id 0":           {"Unit ID = 105", "Unit ID = 0", `the bench plays "Device Unit ID = 105"`},
		"serial number":       {"PC-0209A001-11", strings.Repeat("x", 40), `the bench plays "Device Serial Number = PC-0209A001-11"`},
		"no serial number":    {"PC-0209A001-11", "", `the bench plays "Device Serial Number = PC-0209A001-11"`},
		"no device name":      {"Device Name = ion7350", "Device Name = ", `the bench plays "Device Name = ion7350"`},
	} {
		if testing.Short() && !slices.Contains(quick, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, err := Read([]byte(strings.Replace(article, test.old, test.with, 1)))
			if err != nil {
				t.Fatal(err)
			}
			r := Search(t.Context(), log.Runs[0], Options{})
			if !r.Reproduced() || r.Candidates[0].Plan.String() != "cable-pull at block 439" || !strings.Contains(fmt.Sprint(r.Remarks), test.says) {
				t.Errorf("reproduced %v, %v; remarks %v", r.Reproduced(), r.Problem, r.Remarks)
			}
			if !strings.Contains(string(log.Runs[0].Text()), test.with) {
				t.Errorf("the log's own words are gone:\n%s", log.Runs[0].Text())
			}
		})
	}
}

// Nobody's plan explains what a line of the head says: whatever stands there is shown, and the rest is
// explained as without it.
func TestAValueOfTheHeadThatCannotBeReadIsShownAsItStandsAndIsNoUnreadLine(t *testing.T) {
	article := string(logs.UpgradeFailed())
	for old, odd := range map[string][]string{
		"Software Version (Build): Version 2.1 (Build 676)": {"Software Version (Build): 2.1", "Software Version (Build): Version 3.0 SP1 (Build 1.1)", "Software Version (Build):"},
		"Firmware dated Wed Aug 22 13:24:58 2007":           {"Firmware dated Wed Feb 30 13:24:58 2007", "Firmware dated unknown", "Firmware dated", "> FIRMWARE DATED 22 AUG"},
		"Device Unit ID = 105":                              {"Device Unit ID = 0x69", "Device Unit ID = 0105", "Device Unit ID = -1", "Device Unit ID=", "12:00:01 Device Unit ID = none"},
		"Device BaudRate = 9600":                            {"Device BaudRate = 9,600", "Device BaudRate = 9600 bps", "Device BaudRate = 99999999999999999999"},
	} {
		for _, with := range odd {
			log, err := Read([]byte(strings.Replace(article, old, with, 1)))
			if err != nil {
				t.Fatal(err)
			}
			r := log.Runs[0]
			_, value, _ := oddValue(with)
			if r.Unread != 0 || !strings.Contains(fmt.Sprint(r.Remarks), "cannot be read: "+strconv.Quote(with)) || !strings.Contains(fmt.Sprint(r.Facts()), strconv.Quote(value)) {
				t.Errorf("%q: %d unread, remarks %v, facts %v", with, r.Unread, r.Remarks, r.Facts())
			}
			if m, err := mend(r, upgradelog.EnteredDownloadState); err != nil || m.lost != 0 || len(m.Entries) != len(r.Entries) {
				t.Errorf("%q: %v, %d lines put in", with, err, m.lost)
			}
		}
	}
}

func TestADayOfTheWeekThatDoesNotFitItsDateIsSaidAndTheDateTaken(t *testing.T) {
	article := string(logs.UpgradeFailed())
	for _, year := range []string{"1969", "1970", "2006", "2107", "9999"} {
		log, err := Read([]byte(strings.Replace(article, "13:24:58 2007", "13:24:58 "+year, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if r := log.Runs[0]; r.Unread != 0 || !strings.Contains(fmt.Sprint(r.Facts()), year) || !strings.Contains(fmt.Sprint(r.Remarks), "not as the article writes it") {
			t.Errorf("%s: %d unread, remarks %v, facts %v", year, r.Unread, r.Remarks, r.Facts())
		}
	}
}

func TestALogThatLacksLinesIsExplainedByThoseThatAreThere(t *testing.T) {
	article := string(logs.UpgradeFailed())
	for name, test := range map[string]struct {
		from, to string // what is lost
		says     string
	}{
		"the beginning":    {"Upgrade started", "Software", "it is not known when the run began"},
		"the head":         {"Upgrade started", "Device already", "it is not known when the run began"},
		"the device":       {"Device Name", "Device already", "lines that the tool always writes are missing here (4)"},
		"the state":        {"Device already", "Flash memory", "lines that the tool always writes are missing here (1)"},
		"the clear":        {"Flash memory", "Proceeding", "lines that the tool always writes are missing here (1)"},
		"both":             {"Flash memory", "10% ", "lines that the tool always writes are missing here (2)"},
		"a percentage":     {"50% ", "Comm", "lines that the tool always writes are missing here (1)"},
		"an efficiency":    {"Comm", "60% ", "lines that the tool always writes are missing"},
		"a stretch":        {"30% ", "80% ", "lines that the tool always writes are missing here (10)"},
		"the first resend": {"No response... resending (1 ", "No response... resending (2 ", "lines that the tool always writes are missing here (1)"},
		"some resends":     {"No response... resending (3 ", "No response... resending (8 ", "lines that the tool always writes are missing here (5)"},
		"the abort":        {"No response... aborting", "Upgrade failed", "lines that the tool always writes are missing here (1)"},
	} {
		if testing.Short() && !slices.Contains(quick, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := strings.Index(article, test.from)
			to := from + strings.Index(article[from:], test.to)
			log, err := Read([]byte(article[:from] + article[to:]))
			if err != nil {
				t.Fatal(err)
			}
			r := Search(t.Context(), log.Runs[0], Options{})
			if !r.Reproduced() || !strings.HasPrefix(r.Candidates[0].Plan.String(), "cable-pull at block 439") || !strings.Contains(fmt.Sprint(r.Remarks), test.says) {
				t.Errorf("reproduced %v, %v; remarks %v", r.Reproduced(), r.Problem, r.Remarks)
				for _, c := range r.Candidates {
					t.Logf("%v: %s", c.Plan, c.Differs)
				}
			}
		})
	}
}

func TestOfTheMereEndOfARunNothingIsClaimed(t *testing.T) {
	article := string(logs.UpgradeFailed())
	log, err := Read([]byte(article[strings.Index(article, "No response... resending (5 "):]))
	if err != nil {
		t.Fatal(err)
	}
	r := Search(t.Context(), log.Runs[0], Options{})
	facts := fmt.Sprint(log.Runs[0].Facts())
	if r.Reproduced() || r.Problem == nil || strings.Contains(facts, "after") || strings.Contains(facts, "first when") {
		t.Errorf("%v; %s", r.Problem, facts)
	}
}

func TestLinesOfTwoToolsInOneLogAreNamed(t *testing.T) {
	lines := strings.SplitAfter(string(logs.UpgradeFailed()), "\n")
	mixed := strings.Join(lines[:12], "") + strings.Join(lines[:14], "")
	for i := 14; i < len(lines); i++ {
		mixed += lines[i-2] + lines[i]
	}
	mixed += strings.Join(lines[len(lines)-2:], "")
	log, err := Read([]byte(mixed))
	if err != nil || len(log.Runs) != 2 {
		t.Fatalf("%d runs, %v", len(log.Runs), err)
	}
	for _, run := range log.Runs {
		if r := Search(t.Context(), run, Options{}); r.Reproduced() || !errors.Is(r.Problem, errMixed) {
			t.Errorf("lines %d to %d: %v", run.First, run.Last, r.Problem)
		}
		if facts := run.Facts(); len(facts) != 1 || facts[0].Name != "begun" {
			t.Errorf("lines %d to %d: of two tools it says %v", run.First, run.Last, facts)
		}
	}
}

func TestALogIsReadHoweverItWasPassedOn(t *testing.T) {
	article := string(logs.UpgradeFailed())
	each := func(change func(n int, s string) string) string {
		var b strings.Builder
		for n, s := range strings.Split(strings.TrimSuffix(article, "\n"), "\n") {
			b.WriteString(change(n, s) + "\n")
		}
		return b.String()
	}
	packed := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(s))
		z.Close()
		return b.String()
	}
	for name, test := range map[string]struct{ text, says string }{
		"blanks behind":         {each(func(_ int, s string) string { return s + "   " }), "blanks stand before the lines or behind them"},
		"blanks before":         {each(func(_ int, s string) string { return " \t" + s }), "blanks stand before the lines or behind them"},
		"blanks that are fixed": {each(func(_ int, s string) string { return strings.ReplaceAll(s, " ", "\u00A0") }), "other blanks or marks"},
		"tabs for blanks":       {each(func(_ int, s string) string { return strings.ReplaceAll(s, " ", "\t") }), "other blanks or marks"},
		"no width":              {each(func(_ int, s string) string { return strings.ReplaceAll(s, " ", " \u200B") }), "other blanks or marks"},
		"pages":                 {strings.Replace(article, "50% ", "- 1 -\n\f50% ", 1), "the numbers of pages"},
		"CR alone":              {strings.ReplaceAll(article, "\n", "\r"), "end as those of another system"},
		"CR twice":              {strings.ReplaceAll(article, "\n", "\r\r\n"), "end as those of another system"},
		"empty lines between":   {each(func(_ int, s string) string { return s + "\n" }), ""},
		"a quote":               {each(func(_ int, s string) string { return "> " + s }), "quoted as in a mail"},
		"a quote of a quote":    {each(func(_ int, s string) string { return ">> " + s }), "quoted as in a mail"},
		"a quote that is wrapped": {each(func(_ int, s string) string {
			if len(s) < 45 {
				return "> " + s
			}
			at := strings.LastIndexByte(s[:45], ' ')
			return "> " + s[:at] + "\n> " + s[at+1:]
		}), "a line that was wrapped is joined again"},
		"a logger's stamp":   {each(func(n int, s string) string { return fmt.Sprintf("2011-03-01 10:00:%02d,037 [INFO] %s", n%60, s) }), "another logger's stamp"},
		"a terminal's stamp": {each(func(n int, s string) string { return fmt.Sprintf("[10:00:%02d] %s", n%60, s) }), "another logger's stamp"},
		"line numbers":       {each(func(n int, s string) string { return fmt.Sprintf("%4d  %s", n+1, s) }), "another logger's stamp"},
		"capitals":           {strings.ReplaceAll(strings.ReplaceAll(article, "No response", "NO RESPONSE"), "Flash memory cleared", "flash Memory Cleared"), "other capitals"},
		"gzip":               {packed(article), "unpacked with gzip"},
		"HTML":               {"<html><body><p>Dear all,</p><pre>" + strings.ReplaceAll(article, "\n", "<br>\n") + "</pre>Kind regards<br/></body></html>", "taken out of HTML"},
		"a mail around it":   {"Hello,\nthe upgrade failed again, see below.\n\n" + article + "\nKind regards\n  Ann\n", "left out"},
		"UTF-16 unmarked":    {wideWithoutMark(article), "its bytes are read as UTF-16 without a byte-order mark"},
		"UTF-32":             {strings.Join(strings.Split(article, ""), "\x00\x00\x00") + "\x00\x00\x00", "its bytes are read as UTF-32"},
		"a Windows page":     {strings.ReplaceAll(article, "...", "\x85"), "its bytes are read as the code page of a Western Windows"},
	} {
		log, err := Read([]byte(test.text))
		if err != nil || len(log.Runs) != 1 {
			t.Errorf("%s: %+v, %v", name, log, err)
			continue
		}
		r := log.Runs[0]
		if got := r.Text(); string(got) != article || r.Unread > 0 {
			t.Errorf("%s: %d lines left out, read as\n%s", name, r.Unread, got)
		}
		said := fmt.Sprint(log.Remarks, r.Remarks)
		if test.says == "" && said != "[] []" || !strings.Contains(said, test.says) {
			t.Errorf("%s: remarks %s, want %q", name, said, test.says)
		}
	}
}

func wideWithoutMark(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestALogWithLinesInItThatCannotBeReadIsNotReproduced(t *testing.T) {
	article := strings.Replace(string(logs.UpgradeFailed()), "Flash memory cleared\n", "Flash memory cleared\nFlash memory tired\n", 1)
	log, err := Read([]byte(article))
	if err != nil {
		t.Fatal(err)
	}
	r := Search(t.Context(), log.Runs[0], Options{})
	if r.Reproduced() || len(r.Candidates) == 0 || !r.Candidates[0].Match {
		t.Errorf("reproduced %v, %d candidates", r.Reproduced(), len(r.Candidates))
	}
}

func TestSizesAreWhatTheCountsLeave(t *testing.T) {
	head := "Upgrade started at Thursday, March 06, 2008 3:57:48 PM\nFlash memory cleared\nProceeding with firmware download\n"
	tenths := func(efficiency string, n int) string {
		var b strings.Builder
		for p := 10; p <= n; p += 10 {
			b.WriteString(upgradelog.Line{Kind: upgradelog.Completed, Number: p}.String() + "\nComm efficiency = " + efficiency + "%\n")
		}
		return b.String()
	}
	for name, test := range map[string]struct {
		lines            string
		least, most, hid int
	}{
		"nothing":                        {"", 1, maxBlocks, 0},
		"all, in peace":                  {tenths("100.0", 100), 1, maxBlocks, 0},
		"the article":                    {tenths("100.0", 90) + "No response... resending (1 of 439)\n", 439, 486, 0},
		"the first block":                {"No response... resending (1 of 1)\n", 1, maxBlocks, 0},
		"the first of few":               {tenths("100.0", 50) + "No response... resending (1 of 2)\n", 2, 2, 0},
		"efficiency after one":           {"No response... resending (1 of 1)\n" + tenths("50.0", 20) + "No response... aborting (1 of 3)\n", 4, 5, 0},
		"one sent again in silence":      {tenths("80.0", 10), 31, 40, 1},
		"counts that jump":               {"No response... resending (1 of 5)\nNo response... resending (2 of 9)\n", 1, maxBlocks, -1},
		"an efficiency that cannot be":   {tenths("100.0", 10) + "20% completed\nComm efficiency = 100.1%\n", 1, maxBlocks, -1},
		"a second pass after 5 of 10":    {tenths("100.0", 50) + "Flash memory cleared\nProceeding with firmware download\n10% completed\nComm efficiency = 85.7%\n", 9, 10, 0},
		"percentages that do not follow": {"20% completed\n", 1, maxBlocks, -1},
	} {
		log, err := Read([]byte(head + test.lines))
		if err != nil {
			t.Fatal(err)
		}
		s := sizesOf(log.Runs[0])
		if s.Min != test.least || s.Max != test.most || s.Hidden != test.hid {
			t.Errorf("%s: %d to %d, hidden %d; want %d to %d, %d", name, s.Min, s.Max, s.Hidden, test.least, test.most, test.hid)
		}
	}
}

func TestALogThatIsMadeToBeSlowTellsNothing(t *testing.T) {
	pass := "Proceeding with firmware download\n10% completed\nComm efficiency = 100.0%\n20% completed\nComm efficiency = 91.3%\n"
	log, err := Read([]byte("Upgrade started at Thursday, March 06, 2008 3:57:48 PM\n" + strings.Repeat(pass, 19_000)))
	if err != nil {
		t.Fatal(err)
	}
	if s := sizesOf(log.Runs[0]); s.Known() || s.Hidden != -1 {
		t.Errorf("%+v", s.String())
	}
}

func FuzzRead(f *testing.F) {
	f.Add(logs.UpgradeFailed())
	f.Add([]byte("Upgrade started at Donnerstag, 6. März 2008 15:57:48\r\nComm efficiency = 99,5%\r\n"))
	f.Add([]byte("Upgrade failed at 3/6/2008 3:57:48 PM\nUpgrade started at M\xE4rz\n\x00"))
	f.Add([]byte("\xFF\xFEU\x00p\x00"))
	f.Add([]byte(`["10% completed",{"n":1,"text":"Comm efficiency = 50.0%"},[["x\ny"]]]`))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("Proceeding with firmware download\n10% completed\nComm efficiency = 50.0%\nNo response... resending (1 of 7)\n"))
	for _, form := range sentForms() {
		f.Add(form.of("Upgrade started at Thursday, March 06, 2008 3:57:48 PM\n10% completed\nComm efficiency = 50.0%\nNo response... resending (1 of 7)\n"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		log, err := Read(b)
		if err != nil {
			if !errors.Is(err, upgradelog.ErrTooLarge) && !errors.Is(err, ErrNoText) {
				t.Fatal(err)
			}
			return
		}
		for _, r := range log.Runs {
			again, err := Read(r.Text())
			if err != nil || len(again.Runs) != 1 || !bytes.Equal(again.Runs[0].Text(), r.Text()) {
				t.Fatalf("read %q, and that as %+v, %v", r.Text(), again, err)
			}
			if s := sizesOf(r); s.Min < 1 || s.Max > maxBlocks || s.Min > s.Max {
				t.Fatalf("%q: image of %d to %d blocks", r.Text(), s.Min, s.Max)
			}
			r.Facts()
			if m, err := mend(r, upgradelog.EnteredDownloadState); err == nil {
				sizesOf(m.LoggedRun)
			}
		}
	})
}

// Many faults have a long meaning, and a line of a case only so much room.
func TestAMeaningOfAnyLengthFitsIntoACase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":           "\n",
		"Two words.": "# Two words.\n",
		"a\nb":       "# a b\n",
		strings.Repeat("twenty_characters… ", 6): "# twenty_characters… twenty_characters… twenty_characters… twenty_characters…\n# twenty_characters… twenty_characters…\n",
	} {
		if got := commented(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	log, err := Read(logs.UpgradeFailed())
	if err != nil {
		t.Fatal(err)
	}
	r := Search(t.Context(), log.Runs[0], Options{})
	long := *r.Candidates[0]
	long.Meaning = strings.Repeat("The display showed Upgrading… all the while; ", 40)
	if _, err := r.CaseFile(&long); err != nil {
		t.Error(err)
	}
}

func TestEveryCandidateCanBeWrittenAsACase(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("many searches, on one goroutine")
	}
	article := string(logs.UpgradeFailed())
	head := article[:strings.Index(article, "60% ")]
	for name, text := range map[string]string{
		"whole": article, "cut": head, "without its beginning": article[strings.Index(article, "Firmware Version"):],
		"with a line lost": strings.Replace(article, "50% completed\n", "", 1), "of an odd revision": strings.Replace(article, "7350V283", "7350V283B", 1),
		"by a clock that had begun anew":         strings.ReplaceAll(article, "Thursday, March 06, 2008", "Friday, March 06, 1970"),
		"by a clock ahead of its time":           strings.ReplaceAll(article, "Thursday, March 06, 2008", "Saturday, March 06, 2106"),
		"with a clock set by ten thousand hours": strings.Replace(article, "failed at Thursday, March 06, 2008 5:07:48 PM", "failed at Monday, April 27, 2009 5:07:48 AM", 1),
	} {
		if testing.Short() && name != "with a line lost" {
			continue
		}
		log, err := Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r := Search(t.Context(), log.Runs[0], Options{})
		if !r.Reproduced() {
			t.Errorf("%s: not reproduced", name)
		}
		if strings.HasPrefix(name, "by a clock") && strings.Contains(fmt.Sprint(r.Remarks), "it ended before it began") {
			t.Errorf("%s: it is played at another time, and so is its end: %v", name, r.Remarks)
		}
		for _, c := range r.Candidates {
			if _, err := r.CaseFile(c); err != nil {
				t.Errorf("%s: %v: %v", name, c.Plan, err)
			}
		}
	}
}

func TestAClockThatJumpedIsBlamedOnlyIfNothingElseGivesTheLog(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("many searches, on one goroutine")
	}
	article := string(logs.UpgradeFailed())
	for end, blamed := range map[string]bool{"March 06, 2008 5:07:48 PM": false, "March 06, 2008 3:07:48 PM": true} {
		log, err := Read([]byte(strings.Replace(article, "March 06, 2008 5:07:48 PM", end, 1)))
		if err != nil {
			t.Fatal(err)
		}
		r := Search(t.Context(), log.Runs[0], Options{})
		if len(r.Candidates) == 0 {
			t.Fatalf("ended at %s: nothing found", end)
		}
		for _, c := range r.Candidates {
			if strings.Contains(c.Plan.String(), "clock-jump") != blamed {
				t.Errorf("ended at %s: %v", end, c.Plan)
			}
		}
	}
}

// What follows a refusal of several lines is a line of its own, even if it is wrapped as well.
func TestARefusalThatIsWrappedEndsWhereTheNextLineBegins(t *testing.T) {
	const refusal = "the download had to begin anew too often: 3 times: the meter's flash failed: sector 3 cannot be erased"
	log, err := Read([]byte("> Upgrade started at Thursday, November 03,\n> 2011 3:47:26 PM\n> Firmware Version = 7350V284\n" +
		"> Device refused: the download had to\n> begin anew too often: 3 times: the\n> meter's flash failed: sector 3 cannot\n> be erased\n" +
		"> Upgrade failed at Thursday, November 03,\n> 2011 3:49:54 PM\n"))
	if err != nil || len(log.Runs) != 1 {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if _, ended := run.Ended(); !ended || len(run.Entries) != 4 || run.Entries[2].Text != refusal || run.Unread > 0 {
		t.Errorf("%d lines cannot be read; the others are\n%s", run.Unread, run.Text())
	}
}

// A narrow quote ends behind the = of a value, which has no blank at which it could be wrapped.
func TestAValueThatIsWrappedBehindItsNameIsJoined(t *testing.T) {
	const head = "> Upgrade started at Thursday,\n> November 03, 2011 3:47:26 PM\n> Firmware Version =\n> 7350V284\n"
	for lines, unread := range map[string]int{
		"> Device Name =\n> Feeder\n> Device Serial Number =\n> PA-0512A001-11\n": 0,
		"> Device Name =\n> Device Serial Number =\n> PA-0512A001-11\n":           0,
		"> Device Name =\n> Numero de serie = 7\n> Device Unit ID = 7\n":          1,
	} {
		log, err := Read([]byte(head + lines + "> Device BaudRate = 9600\n"))
		if err != nil || len(log.Runs) != 1 || log.Runs[0].Unread != unread {
			t.Fatalf("%q: %v, %+v", lines, err, log.Runs[0])
		}
		text := string(log.Runs[0].Text())
		if unread == 0 && (!strings.Contains(text, "Version = 7350V284\n") || !strings.Contains(text, "Number = PA-0512A001-11\n")) {
			t.Errorf("%q is read as\n%s", lines, text)
		}
	}
}

func TestWhatStandsBehindTheEndOfAPasteIsNotOfARunThatHasNoEnd(t *testing.T) {
	const run = "Upgrade started at Thursday, November 03, 2011 3:47:26 PM\nFirmware Version = 7350V284\n"
	for behind, unread := range map[string]int{"```\nSo it was.\n": 0, "-- \nAnn Field\n": 0, "Sector 3 failed\n-- \nAnn Field\n": 1, "Ann Field\n": 1,
		"Kind regards,\nAnn Field\n": 0, "Mit freundlichen Grüßen\nAnn Field\n": 0, strings.Repeat("\x00", 300): 0, "Firmware da\nThanks!\nAnn\n": 0,
		"$ exit\n": 0, "root@plant:~# \n": 0, "jim@pc-7 ~ % ls\na.txt\n": 0, "C:\\ION Setup>exit\n": 0, "PS C:\\> \n": 0, "^C\n$ \n": 0, "logout\nConnection to plant closed.\n": 0,
		"$ exit\nexit\n\nScript done on Mon 24 Sep 2012\n": 0, "[/code]\nSo it was.\n": 0, "{quote}\n": 0, "Sent from my phone\n": 0, "-----Original Message-----\nFrom: Ann\n": 0,
		"$10 were lost\n": 1, "Sector 3 failed\n$ exit\n": 1, "Exit code 7\n": 1} {
		log, err := Read([]byte(run + behind))
		if err != nil || len(log.Runs) != 1 || log.Runs[0].Unread != unread {
			t.Errorf("%q: %d lines of the run cannot be read (%v)", behind, log.Runs[0].Unread, err)
		}
	}
}

// Lines that have lost their ends are taken apart, also where one is a refusal, which can say anything.
func TestARefusalAmongLinesWithoutEndsIsTakenApart(t *testing.T) {
	const whole = `Upgrade started at Thursday, November 03, 2011 3:47:26 PM
Firmware Version = 7350V284
Device entered download state
Device refused: the download had to begin anew too often: 3 times: the meter's flash failed: sector 3 cannot be erased
Upgrade failed at Thursday, November 03, 2011 3:49:54 PM
`
	for _, lines := range []string{
		strings.ReplaceAll(whole, "\n", ""),
		strings.ReplaceAll(whole, "\n", " | "),
		strings.Replace(whole, "download state\n", "download state", 1),
		strings.Replace(whole, "be erased\n", "be erased ", 1),
	} {
		log, err := Read([]byte(lines))
		if err != nil || len(log.Runs) != 1 || string(log.Runs[0].Text()) != whole || log.Runs[0].Unread != 0 {
			t.Errorf("%q: %v, %+v", lines, err, log)
		}
	}
	const own = "Device refused: its log has Upgrade failed at Thursday, November 03, 2011 3:49:54 PM\n"
	log, err := Read([]byte("Upgrade started at Thursday, November 03, 2011 3:47:26 PM\n" + own))
	if err != nil || !strings.HasSuffix(string(log.Runs[0].Text()), own) {
		t.Errorf("words of a refusal that nobody knows are another line: %v, %s", err, log.Runs[0].Text())
	}
}

// The end of a file can be lost behind the hour: no clock has jumped then.
func TestAStampThatIsTornMovesNoClock(t *testing.T) {
	const begun = "Upgrade started at Thursday, November 03, 2011 3:47:26 PM\n"
	for torn, took := range map[string]string{"3:49:54": "2m28s", "3:49:54 P": "", "3:49:5": "", "3:49": ""} {
		log, err := Read([]byte(begun + "Upgrade failed at Thursday, November 03, 2011 " + torn))
		if err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		from, _ := run.Begun()
		to, ended := run.Ended()
		if ended != (took != "") || ended && to.Sub(from).String() != took || run.Unread > 0 {
			t.Errorf("%s: ended %v, after %v, %d lines unread", torn, ended, to.Sub(from), run.Unread)
		}
	}
}

// What stands around a log, such as the head of a mail, is one remark and not a page of them.
func TestWhatStandsAroundALogIsRemarkedOnce(t *testing.T) {
	b := "From: a@plant.example\nTo: b@vendor.example\nSubject: it failed\n\nHello,\n\nwhat now?\n\nAnn\n\n" + string(logs.UpgradeFailed())
	log, err := Read([]byte(b))
	if err != nil || len(log.Runs) != 1 || log.Runs[0].Unread != 0 {
		t.Fatalf("%v: %+v", err, log)
	}
	var about []string
	for _, r := range slices.Concat(log.Remarks, log.Runs[0].Remarks) {
		if strings.Contains(r.String(), "left out") {
			about = append(about, r.String())
		}
	}
	if len(about) != 1 || !strings.Contains(about[0], "line 1: 6 lines") || !strings.Contains(about[0], "From: a@plant.example") {
		t.Errorf("%q", about)
	}
}

// A large file of something else has no end of lines, each of which might go on in the next.
func TestLinesOfSomethingElseAreJoinedNoMoreThanAreWorthIt(t *testing.T) {
	r := reader{log: new(Log)}
	const lines, most = 20_000, 61_000
	for i := range lines {
		r.line(i+1, "Device > completed, or so")
	}
	if r.vain > most {
		t.Errorf("%d lines were joined %d times", lines, r.vain)
	}
	text := "Upgrade started at Thursday, March 06, 2008\n3:57:48 PM"
	for i, s := range strings.Split(text, "\n") {
		r.line(lines+i+1, s)
	}
	r.line(lines+3, "Device Name = x")
	if len(r.log.Runs) != 1 || r.vain != 0 {
		t.Errorf("%d runs behind them; %d", len(r.log.Runs), r.vain)
	}
}
