package reproduce_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"ionbench/scenarios/reproduce"
	"ionbench/simulator/fault"
)

// fate is what may come of a log that was mangled.
type fate uint8

const (
	asClean  fate = iota // read as the clean one
	partly               // something of it is lost: as much is said as is known
	reworded             // a line of it says something else: never called reproduced
)

// mangling is what becomes of a log on its way to a support desk.
type mangling struct {
	name string
	fate fate
	do   func(log string, below func(int) int) []byte
}

// eachLine changes every line.
func eachLine(change func(n int, s string) string) func(string, func(int) int) []byte {
	return func(log string, _ func(int) int) []byte {
		var b strings.Builder
		for n, s := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
			b.WriteString(change(n, s) + "\n")
		}
		return []byte(b.String())
	}
}

// text changes the whole.
func text(change func(string) string) func(string, func(int) int) []byte {
	return func(log string, _ func(int) int) []byte { return []byte(change(log)) }
}

// quotedAndWrapped is a quote as a mail program wraps it at so many characters.
func quotedAndWrapped(mark string, width int) func(int, string) string {
	return func(_ int, s string) string {
		for b := ""; ; {
			at := strings.LastIndexByte(s[:min(width, len(s))], ' ')
			if len(s) <= width || at <= 0 {
				return b + mark + s
			}
			b, s = b+mark+s[:at]+"\n", s[at+1:]
		}
	}
}

func wide(mark bool, big bool) func(string) string {
	return func(s string) string {
		units := utf16.Encode([]rune(s))
		if mark {
			units = append([]uint16{0xFEFF}, units...)
		}
		var b []byte
		for _, u := range units {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return string(b)
	}
}

// manglings are those of the field.
func manglings() []mangling {
	lines := func(change func(lines []string, below func(int) int) []string) func(string, func(int) int) []byte {
		return func(log string, below func(int) int) []byte {
			return []byte(strings.Join(change(strings.SplitAfter(strings.TrimSuffix(log, "\n"), "\n"), below), ""))
		}
	}
	return []mangling{
		{"blanks behind", asClean, eachLine(func(n int, s string) string { return s + strings.Repeat(" ", n%4) })},
		{"blanks before", asClean, eachLine(func(n int, s string) string { return strings.Repeat(" ", 1+n%3) + s })},
		{"fixed blanks", asClean, text(func(s string) string { return strings.ReplaceAll(s, " ", "\u00A0") })},
		{"tabs", asClean, eachLine(func(_ int, s string) string { return "\t" + s + "\t" })},
		{"quoted and wrapped", asClean, eachLine(quotedAndWrapped("> ", 44))},
		{"quoted twice", asClean, eachLine(func(_ int, s string) string { return "> > " + s })},
		{"quoted twice and wrapped", asClean, eachLine(quotedAndWrapped(">> ", 40))},
		{"wrapped", asClean, eachLine(quotedAndWrapped("", 40))},
		{"stamped", asClean, eachLine(func(n int, s string) string {
			return fmt.Sprintf("2011-03-01 10:%02d:%02d,037 [INFO] %s", n/60%60, n%60, s)
		})},
		{"stamped by a terminal", asClean, eachLine(func(n int, s string) string { return fmt.Sprintf("[10:%02d:%02d.123] %s", n/60%60, n%60, s) })},
		{"syslog", asClean, eachLine(func(n int, s string) string {
			return fmt.Sprintf("<13>Mar  1 10:%02d:%02d pc-7 ionsetup[4711]: %s", n/60%60, n%60, s)
		})},
		{"line numbers", asClean, eachLine(func(n int, s string) string { return fmt.Sprintf("%5d: %s", n+1, s) })},
		{"capitals", asClean, text(strings.ToUpper)},
		{"small letters", asClean, text(strings.ToLower)},
		{"gzip", asClean, text(func(s string) string {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write([]byte(s))
			_ = z.Close()
			return b.String()
		})},
		{"UTF-16", asClean, text(wide(true, false))},
		{"UTF-16 without a mark", asClean, text(wide(false, false))},
		{"UTF-16 the other way", asClean, text(wide(true, true))},
		{"UTF-16 the other way without a mark", asClean, text(wide(false, true))},
		{"UTF-8 with a mark", asClean, text(func(s string) string { return "\uFEFF" + s })},
		{"HTML", asClean, text(func(s string) string {
			return "<html><body><p>Hello,</p><div>" + strings.ReplaceAll(strings.ReplaceAll(html.EscapeString(s), " ", "&nbsp;"), "\n", "<br>\n") + "</div></body></html>"
		})},
		{"HTML in one line", asClean, text(func(s string) string {
			return "<DIV>" + strings.ReplaceAll(html.EscapeString(s), "\n", "<BR/>") + "</DIV>"
		})},
		{"CRLF", asClean, text(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") })},
		{"CR", asClean, text(func(s string) string { return strings.ReplaceAll(s, "\n", "\r") })},
		{"UTF-32", asClean, text(func(s string) string {
			var b []byte
			for _, r := range s {
				b = binary.LittleEndian.AppendUint32(b, uint32(r))
			}
			return string(b)
		})},
		{"base64", asClean, text(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
		{"ellipses of a Western Windows", asClean, text(func(s string) string { return strings.ReplaceAll(s, "...", "\x85") })},
		{"bullets", asClean, eachLine(func(_ int, s string) string { return "• " + s })},
		{"found by a search", asClean, eachLine(func(_ int, s string) string { return "Upgrade.log:" + s })},
		{"quoted by name", asClean, eachLine(func(_ int, s string) string { return "Jim> " + s })},
		{"a table of semicolons", asClean, eachLine(func(n int, s string) string { return fmt.Sprintf("%d;info;%q;pc-%d", n, s, n%3) })},
		{"a table of commas", asClean, eachLine(func(n int, s string) string { return fmt.Sprintf("ok,%q,%s", s, strings.Repeat("x", n%5)) })},
		{"XML", asClean, eachLine(func(n int, s string) string { return fmt.Sprintf("<line n=\"%d\">%s</line>", n, html.EscapeString(s)) })},
		{"XML in one line", asClean, text(func(s string) string {
			return "<?xml version=\"1.0\"?><log><l>" + strings.ReplaceAll(html.EscapeString(s), "\n", "</l><l>") + "</l></log>"
		})},
		{"line ends spelled", asClean, text(func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) })},
		{"no line ends", asClean, text(func(s string) string { return strings.ReplaceAll(s, "\n", "") })},
		{"some line ends lost", asClean, lines(func(l []string, _ func(int) int) []string {
			for i := 1; i < len(l); i += 3 {
				l[i] = strings.TrimSuffix(l[i], "\n")
			}
			return l
		})},
		{"cut hard by a terminal", asClean, eachLine(func(_ int, s string) string {
			const columns = 40
			if len(s) > columns {
				return s[:columns] + "\n" + s[columns:]
			}
			return s
		})},
		{"CRCRLF", asClean, text(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\r\n") })},
		{"blank lines", asClean, eachLine(func(_ int, s string) string { return s + "\n" })},
		{"a mail", asClean, text(func(s string) string {
			return "From: Ann Field <ann@plant.example>\nDate: Tue, 1 Mar 2011 10:00:00 +0100\nSubject: upgrade failed\n\nHello,\nthe upgrade failed again, see below.\n\n" + s + "\n-- \nAnn Field\nPlant A\n"
		})},
		{"colours of a terminal", asClean, eachLine(func(_ int, s string) string { return "\x1b[32m" + strings.Replace(s, " ", " \x1b[0m", 1) + "\x1b[K" })},
		{"blanks doubled", asClean, text(func(s string) string { return strings.ReplaceAll(s, " ", "  ") })},
		{"no blanks about =", asClean, text(func(s string) string { return strings.ReplaceAll(s, " = ", "=") })},
		{"an ellipsis of one character", asClean, text(func(s string) string { return strings.ReplaceAll(s, "...", "…") })},
		{"marks of other alphabets", asClean, text(func(s string) string {
			return strings.NewReplacer("(", "（", ")", "）", "%", "％", "=", "＝").Replace(s)
		})},
		{"a table", asClean, eachLine(func(_ int, s string) string { return "| " + s + " |" })},
		{"the columns of a table", asClean, eachLine(func(n int, s string) string { return fmt.Sprintf(`"2011-03-01";"%d";"%s"`, n, s) })},
		{"marks of a word processor about the lines", asClean, eachLine(func(_ int, s string) string { return "“" + s + "”" })},
		{"strings of a program", asClean, eachLine(func(_ int, s string) string { return "  \"" + s + "\"," })},
		{"zeros behind", asClean, text(func(s string) string { return strings.ReplaceAll(s, "\n", "\x00\n") })},
		{"the end of a DOS file", asClean, text(func(s string) string { return s + "\x1a" })},
		{"soft hyphens", asClean, text(func(s string) string { return strings.ReplaceAll(s, "completed", "com\u00ADpleted") })},
		{"PM without a blank", asClean, text(func(s string) string { return strings.NewReplacer(" AM\n", "AM\n", " PM\n", "PM\n").Replace(s) })},
		{"every line twice", asClean, eachLine(func(_ int, s string) string { return s + "\n" + s })},
		{"some lines twice", asClean, eachLine(func(_ int, s string) string {
			if strings.Contains(s, "completed") && !strings.Contains(s, "at ") || strings.HasPrefix(s, "Device Name") {
				s += "\n" + s
			}
			return s
		})},
		{"HTML, preformatted", asClean, text(func(s string) string { return "<html><body><pre>" + html.EscapeString(s) + "</pre></body></html>" })},
		{"HTML, a list", asClean, text(func(s string) string {
			return "<ul><li>" + strings.ReplaceAll(strings.TrimSpace(html.EscapeString(s)), "\n", "<li>") + "</ul>"
		})},
		{"quoted-printable", asClean, text(func(s string) string {
			return "Content-Transfer-Encoding: quoted-printable\n\n" + strings.NewReplacer("=", "=3D", "with firmware", "with =\nfirmware").Replace(s)
		})},
		{"base64", asClean, text(func(s string) string {
			return "From: a@b\nContent-Transfer-Encoding: base64\nMIME-Version: 1.0\n\n" + base64.StdEncoding.EncodeToString([]byte(s)) + "\n"
		})},
		{"a fence", asClean, text(func(s string) string { return "The log:\n\n```text\n" + s + "```\n" })},
		{"indented by a tracker", asClean, eachLine(func(_ int, s string) string { return "    | " + s })},
		{"ZIP", asClean, text(func(s string) string {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			_, _ = z.Create("photo.jpg")
			w, _ := z.Create("logs/Upgrade.log")
			_, _ = w.Write([]byte(s))
			_ = z.Close()
			return b.String()
		})},
		{"a list in JSON", asClean, text(func(s string) string { return inJSON(strings.Split(strings.TrimSuffix(s, "\n"), "\n")) })},
		{"a string in JSON", asClean, text(func(s string) string { return inJSON(map[string]any{"id": 7, "log": s}) })},
		{"objects in JSON", asClean, eachLine(func(n int, s string) string {
			return inJSON(map[string]any{"n": n, "time": "2011-03-01T10:00:00Z", "level": "information, which is longer than many a line of a log is", "message": s})
		})},
		{"digits of another width", asClean, text(func(s string) string {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					r += '０' - '0'
				}
				return r
			}, s)
		})},
		{"wrapped before PM", asClean, eachLine(func(_ int, s string) string {
			if half := s[max(0, len(s)-2):]; half == "AM" || half == "PM" {
				return "> " + s[:len(s)-3] + "\n> " + half
			}
			return "> " + s
		})},
		{"stamped, quoted and wrapped", asClean, func(log string, below func(int) int) []byte {
			stamped := eachLine(func(n int, s string) string { return fmt.Sprintf("2008-03-06T14:00:%02d.123456+01:00 %s", n%60, s) })(log, below)
			return eachLine(quotedAndWrapped("> ", 70))(string(stamped), below)
		}},
		{"quoted and wrapped at 30", asClean, eachLine(quotedAndWrapped("> ", 28))},
		{"printed on pages", asClean, eachLine(func(n int, s string) string {
			const lines = 9
			if n%lines == lines-1 {
				s += fmt.Sprintf("\n\n- %d -\n\fPage %d of 9", n/lines+1, n/lines+2)
			}
			return s
		})},
		{"wrapped at 60", asClean, eachLine(quotedAndWrapped("> ", 58))},
		{"the cells of a page", asClean, eachLine(func(n int, s string) string {
			return fmt.Sprintf("<tr><td>%d</td><td>%s</td></tr>", n+1, html.EscapeString(s))
		})},
		{"Markdown's escapes", asClean, text(func(s string) string {
			return strings.NewReplacer("=", `\=`, "(", `\(`, ")", `\)`, ".", `\.`, "-", `\-`).Replace(s)
		})},
		{"bytes taken for another code page", asClean, text(func(s string) string { return strings.ReplaceAll(s, "...", "â€¦") })},
		{"marks of a word processor", asClean, text(func(s string) string {
			return strings.NewReplacer("'", "’", "...", "…", "PC-", "PC–").Replace(s)
		})},
		{"a collector's answer in JSON", asClean, text(func(s string) string {
			var values [][]string
			for n, line := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
				values = append(values, []string{fmt.Sprint(1204819068000000000 + n), line})
			}
			return inJSON(map[string]any{"data": map[string]any{"result": []any{map[string]any{"stream": map[string]any{"job": "x"}, "values": values}}}})
		})},
		{"a mail as text and as a page", asClean, text(func(s string) string {
			coded := base64.StdEncoding.EncodeToString([]byte("<p>" + strings.ReplaceAll(html.EscapeString(s), "\n", "</p><p>") + "</p>"))
			return "From: a@b\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"=_1\"\n\n--=_1\nContent-Type: text/plain\n\n" + s +
				"--=_1\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + coded + "\n--=_1--\n"
		})},
		{"copied out of a PDF", asClean, text(func(s string) string { return strings.NewReplacer("ffi", "ﬃ", "fi", "ﬁ", "fl", "ﬂ").Replace(s) })},
		{"a page with a head", asClean, text(func(s string) string {
			return "<html><head><title>Log</title><style>p { margin: 0 }</style></head><body>" + strings.ReplaceAll(html.EscapeString(s), "\n", "<br>") + "</body></html>"
		})},
		{"quoted, and its line ends lost", asClean, text(func(s string) string { return "> " + strings.ReplaceAll(strings.TrimSpace(s), "\n", " > ") })},
		{"a mail that ends politely", asClean, text(func(s string) string { return "Hello,\n\n" + s + "\nKind regards,\nJim\nPlant A\n" })},
		{"an answer below a quote", asClean, text(func(s string) string {
			return "> " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n> ") + "\n\nSee above. Jim\n"
		})},
		{"the head is lost", partly, lines(func(l []string, below func(int) int) []string { return l[1+below(len(l)-1):] })},
		{"the tail is lost", partly, lines(func(l []string, below func(int) int) []string { return l[:len(l)-1-below(len(l)-1)] })},
		{"a line is lost", partly, lines(func(l []string, below func(int) int) []string { n := below(len(l)); return slices.Delete(l, n, n+1) })},
		{"a line is torn", partly, lines(func(l []string, below func(int) int) []string {
			n := below(len(l))
			l[n] = l[n][:below(len(l[n]))] + "\n"
			return l
		})},
		{"shortened", partly, lines(func(l []string, below func(int) int) []string {
			from := below(len(l))
			to := from + below(len(l)-from)
			return slices.Concat(l[:from], []string{"[...]\n"}, l[to:])
		})},
		{"interleaved", partly, lines(func(l []string, below func(int) int) []string {
			var mixed []string
			other := slices.Clone(l)
			for len(l)+len(other) > 0 {
				if from := &l; len(l) == 0 || len(other) > 0 && below(2) == 0 {
					from = &other
					mixed, *from = append(mixed, strings.TrimSuffix((*from)[0], "\n")+"\n"), (*from)[1:]
				} else {
					mixed, *from = append(mixed, strings.TrimSuffix((*from)[0], "\n")+"\n"), (*from)[1:]
				}
			}
			return mixed
		})},
		{"reworded", reworded, lines(func(l []string, below func(int) int) []string {
			n := len(l)
			at := below(max(1, n-2)) + 1
			if at >= n {
				at = n - 1
			}
			l[min(at, n-1)] = "Gerät meldet: " + strings.NewReplacer("a", "ä", "e", "o", "i", "y").Replace(strings.TrimSuffix(l[min(at, n-1)], "\n")) + "\n"
			return l
		})},
	}
}

func inJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts and numbers have JSON
	}
	return string(text)
}

// mangledCount is what came of the manglings of one fate.
type mangledCount struct {
	logs, asClean, alike, reproduced int
	times                            []time.Duration
}

// What is read from a mangled log is explained as the clean one; of what is lost nothing is made
// up; nothing panics. A log that is read as the clean one, line by line, is not searched again: the
// search knows no more of it than these lines.
func TestMangledLogsAreExplainedAsTheCleanOnes(t *testing.T) {
	t.Parallel()
	const seeds = 1000 // apart from those of the other sample
	each := *sampleMangled
	list := slices.Concat(drawSample(t, *sampleSeed+seeds, (*sampleSingles+each-1)/each, 1), drawSample(t, *sampleSeed+seeds, *sampleDoubles/each, 2))
	var counts [reworded + 1]mangledCount
	for i, s := range list {
		stream := fault.NewStream(*sampleSeed, fmt.Sprintf("manglings of log %d", i))
		below := func(n int) int { return int(stream.Uint64() % uint64(max(1, n))) }
		clean, err := reproduce.Read(s.log)
		if err != nil {
			t.Fatal(err)
		}
		want := reproduce.Search(t.Context(), clean.Runs[0], reproduce.Options{})
		for _, m := range manglings() {
			count := &counts[m.fate]
			count.logs++
			log, err := reproduce.Read(m.do(string(s.log), below))
			if err != nil {
				t.Fatalf("%s: %v", m.name, err)
			}
			if len(log.Runs) == 1 && bytes.Equal(log.Runs[0].Text(), clean.Runs[0].Text()) && log.Runs[0].Unread == 0 {
				count.asClean++
				if m.fate == reworded {
					t.Errorf("%s, %v: a log with other words is read as the clean one", s.name, s.plan)
				}
				continue
			}
			compareMangled(t, s, m, log, want, count)
		}
	}
	for fate, name := range [...]string{asClean: "read as clean ones", partly: "in parts", reworded: "reworded"} {
		c := &counts[fate]
		t.Logf("%s: of %d mangled logs %d are those lines again; of the others %d begin with the clean one's explanation, %d runs are reproduced; %s",
			name, c.logs, c.asClean, c.alike, c.reproduced, percentiles(c.times))
	}
}

// compareMangled explains a mangled log.
func compareMangled(t *testing.T, s sampled, m mangling, log *reproduce.Log, want *reproduce.Result, count *mangledCount) {
	t.Helper()
	plan := strings.ReplaceAll(s.plan.String(), "\n", "; ")
	if m.fate == asClean && len(log.Runs) != 1 {
		t.Errorf("%s, %s, %s: %d runs", s.name, plan, m.name, len(log.Runs))
		return
	}
	alike := false
	for _, run := range log.Runs {
		var r *reproduce.Result
		took := spent(t, func() { r = reproduce.Search(t.Context(), run, reproduce.Options{}) })
		if count.times = append(count.times, took); took > 2*time.Second {
			t.Logf("%s, %s, %s: %v for %d trials", s.name, plan, m.name, took, r.Trials)
		}
		if r.Reproduced() {
			count.reproduced++
		}
		alike = alike || sameKinds(r, want)
		if m.fate == asClean && (r.Reproduced() != want.Reproduced() || first(r) != first(want)) {
			t.Errorf("%s, %s, %s: reproduced %v by %q, want %v by %q; %v", s.name, plan, m.name, r.Reproduced(), first(r), want.Reproduced(), first(want), r.Remarks)
		}
		if m.fate == reworded && r.Reproduced() {
			t.Errorf("%s, %s: a log with other words is reproduced:\n%s", s.name, plan, run.Text())
		}
		for _, c := range r.Candidates {
			if blames(c, clock(t)) && !jumped(t, s.plan) {
				t.Errorf("%s, %s, %s: a clock is blamed: %v", s.name, plan, m.name, c.Plan)
			}
		}
	}
	if alike {
		count.alike++
	}
}

// sameKinds reports whether two results begin with the same kinds of faults.
func sameKinds(a, b *reproduce.Result) bool {
	return len(a.Candidates) > 0 && len(b.Candidates) > 0 &&
		slices.EqualFunc(a.Candidates[0].Plan, b.Candidates[0].Plan, func(x, y fault.Fault) bool { return x.Kind == y.Kind })
}

// first is the plan of the likeliest candidate.
func first(r *reproduce.Result) string {
	if len(r.Candidates) == 0 {
		return ""
	}
	return r.Candidates[0].Plan.String()
}
