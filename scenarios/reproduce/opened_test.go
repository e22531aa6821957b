package reproduce

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"ionbench/client/upgradelog"
	"ionbench/fixtures/logs"
)

// sentForm is a form in which a log is sent, and what is said when it is read.
type sentForm struct {
	name, says string
	of         func(log string) []byte
}

// What was packed can be longer than a file that is not: its last runs are read, as those of a file are.
func TestOfALongLogThatWasPackedTheEndIsRead(t *testing.T) {
	article := logs.UpgradeFailed()
	for name, test := range map[string]struct {
		bytes int
		reads bool
	}{"longer than a file": {3 * upgradelog.MaxBytes, true}, "without an end in sight": {5 * upgradelog.MaxBytes, false}} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		for n := 0; n < test.bytes; n += len(article) {
			_, _ = z.Write(article)
		}
		_ = z.Close()
		log, err := Read(b.Bytes())
		if !test.reads {
			if !errors.Is(err, upgradelog.ErrTooLarge) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(log.Runs[len(log.Runs)-1].Text(), article) || !strings.Contains(fmt.Sprint(log.Remarks), "only the last 8 MiB of what was packed") {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func sentForms() []sentForm {
	const packed = "out of a ZIP file"
	dump := "put together again from a dump"
	rows := func(width int, row func(at int, b []byte) string) func(string) []byte {
		return func(log string) []byte {
			var b strings.Builder
			at := 0
			for part := range slices.Chunk([]byte(log), width) {
				b.WriteString(row(at, part) + "\n")
				at += len(part)
			}
			return []byte(b.String())
		}
	}
	shown := func(b []byte) string {
		return strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, string(b))
	}
	words := func(format string) func(int, []byte) string {
		return func(at int, b []byte) string {
			s := fmt.Sprintf("%07o", at)
			if strings.Contains(format, "x") {
				s = fmt.Sprintf("%07x", at)
			}
			for pair := range slices.Chunk(append(b, make([]byte, len(b)%2)...), 2) {
				s += " " + fmt.Sprintf(format, uint16(pair[0])|uint16(pair[1])<<8)
			}
			return s
		}
	}
	lines := func(head, tail string, line func(n int, s string) string) func(string) []byte {
		return func(log string) []byte {
			b := head
			for n, s := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
				b += line(n, s)
			}
			return []byte(b + tail)
		}
	}
	text := func(change func(string) string) func(string) []byte {
		return func(log string) []byte { return []byte(change(log)) }
	}
	inMail := func(kind string, b []byte) []byte {
		return []byte("From: a@b\nContent-Type: multipart/mixed; boundary=\"B\"\n\n--B\nContent-Type: text/plain\n\nHello, see there.\n--B\nContent-Type: " + kind +
			"; name=\"l\"\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(b) + "\n--B--\n")
	}
	return []sentForm{
		{"hexdump -C", dump, text(func(s string) string { return hex.Dump([]byte(s)) + fmt.Sprintf("%08x\n", len(s)) })},
		{"xxd", dump, rows(16, func(at int, b []byte) string {
			s := fmt.Sprintf("%08x:", at)
			for pair := range slices.Chunk(b, 2) {
				s += " " + hex.EncodeToString(pair)
			}
			return fmt.Sprintf("%-50s %s", s, shown(b))
		})},
		{"PowerShell's Format-Hex", dump, rows(16, func(at int, b []byte) string {
			return fmt.Sprintf("%08X   %-47s  %s", at, fmt.Sprintf("% X", b), shown(b))
		})},
		{"od -t x1", dump, rows(16, func(at int, b []byte) string { return fmt.Sprintf("%07o % x", at, b) })},
		{"hexdump", dump, rows(16, words("%04x"))},
		{"od", dump, rows(16, words("%06o"))},
		{"od -c", dump, rows(16, func(at int, b []byte) string {
			s := fmt.Sprintf("%07o", at)
			for _, c := range b {
				if c == '\n' {
					s += `  \n`
				} else {
					s += "   " + string(rune(c))
				}
			}
			return s
		})},
		{"xxd -p", dump, rows(30, func(_ int, b []byte) string { return hex.EncodeToString(b) })},
		{"xxd -i", dump, text(func(s string) string {
			return "unsigned char Upgrade_log[] = {\n  0x" + strings.Join(strings.Fields(fmt.Sprintf("% x", s)), ", 0x") + "\n};\n"
		})},
		{"RTF", "(RTF)", lines(`{\rtf1\ansi{\fonttbl{\f0 Courier;}}{\*\generator Riched20;}\pard\f0\fs20 `, "}", func(_ int, s string) string {
			return strings.NewReplacer("...", `\'85`, "=", `\u61?`).Replace(s) + "\\par\r\n"
		})},
		{"URL encoding", "(URL encoding)", text(url.PathEscape)},
		{"a form", "(URL encoding)", text(func(s string) string { return "log=" + url.QueryEscape(s) + "&id=7" })},
		{"a data address", "decoded from base64", text(func(s string) string { return "data:text/plain;base64," + base64.StdEncoding.EncodeToString([]byte(s)) })},
		{"armour", "decoded from base64", text(func(s string) string {
			return "-----BEGIN LOG-----\n" + base64.StdEncoding.EncodeToString([]byte(s)) + "\n-----END LOG-----\n"
		})},
		{"a ZIP file in a mail", "it is a mail", func(s string) []byte { return inMail("application/zip", zipped("a.txt", "no log", "Upgrade.log", s)) }},
		{"gzip in a mail", "it is a mail", func(s string) []byte { return inMail("application/gzip", gzipped(s)) }},
		{"the other text of a ZIP file", packed, func(s string) []byte { return zipped("a.log", "no\nlog\n", "upgrade", s) }},
		{"ZIP in ZIP", packed, func(s string) []byte { return zipped("in.zip", string(zipped("Upgrade.log", s))) }},
		{"a document", packed, func(s string) []byte {
			return zipped("[Content_Types].xml", "<Types/>", "word/document.xml", "<?xml version=\"1.0\"?><w:document><w:body>"+string(lines("", "", func(_ int, s string) string {
				return "<w:p><w:r><w:t>" + html.EscapeString(s[:len(s)/2]) + "</w:t></w:r><w:r><w:t>" + html.EscapeString(s[len(s)/2:]) + "</w:t></w:r></w:p>"
			})(s))+"</w:body></w:document>")
		}},
		{"a table of a page", "taken out of HTML", lines("<table>\n<tr><th>No</th>\n<th>Text</th></tr>\n", "</table>", func(n int, s string) string {
			return fmt.Sprintf("<tr>\n<td>%d</td>\n<td>%s</td>\n</tr>\n", n, html.EscapeString(s))
		})},
		{"the source of a page", "as those of a page", text(func(s string) string { return strings.NewReplacer("=", "&#61;", " ", "&nbsp;").Replace(s) })},
		{"words in cells", "cut over the columns", lines("", "", func(_ int, s string) string { return strings.Join(strings.Split(s, " "), ",") + "\n" })},
		{"names and values in cells", "cut over the columns", lines("", "", func(n int, s string) string { return fmt.Sprintf("%d;%s\n", n, strings.ReplaceAll(s, " = ", ";")) })},
		{"quoted, all in one row", "stand in one", lines("", "", func(_ int, s string) string { return `"` + s + `",` })},
		{"with semicolons for line ends", "stand in one", lines("", "", func(_ int, s string) string { return s + "; " })},
		{"without line ends", "stand in one", lines("", "", func(_ int, s string) string { return s })},
		{"objects behind stamps", "an object in JSON", lines("", "{\"ts\":1,\"mess", func(n int, s string) string {
			return fmt.Sprintf("2024-01-02T03:04:%02dZ {\"message\":%q,\"level\":\"info\",\"pid\":7}\n", n%60, s)
		})},
		{"statements of a data base", "marks stand behind", lines("", "", func(n int, s string) string { return fmt.Sprintf("INSERT INTO log VALUES (%d, '%s');\n", n, s) })},
		{"in bold", "marks stand behind", lines("", "", func(_ int, s string) string { return "**" + s + "**\n" })},
		{"code in a table of Markdown", "marks stand behind", lines("| n | line |\n|---|---|\n", "", func(n int, s string) string { return fmt.Sprintf("| %d | `%s` |\n", n, s) })},
		{"cat -A", "marks stand behind", lines("", "", func(_ int, s string) string { return s + "^M$\n" })},
		{"newest first", "newest line", text(func(s string) string {
			all := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
			slices.Reverse(all)
			return strings.Join(all, "\n")
		})},
		{"UTF-16 behind UTF-8", "one part is UTF-16", func(s string) []byte { return append([]byte(s[:len(s)/2]), inUTF16(s[len(s)/2:])...) }},
		{"UTF-8 behind UTF-16", "one part is UTF-16", func(s string) []byte {
			return append(append([]byte("\xFF\xFE"), inUTF16(s[:len(s)/2])...), s[len(s)/2:]...)
		}},
		{"without AM and PM", "neither AM nor PM", text(func(s string) string { return strings.NewReplacer(" AM\n", "\n", " PM\n", "\n").Replace(s) })},
	}
}

// zipped is a ZIP file; named are names and contents.
func zipped(named ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for file := range slices.Chunk(named, 2) {
		w, err := z.Create(file[0])
		if err == nil {
			_, err = w.Write([]byte(file[1]))
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	_ = z.Close() // it goes to a buffer
	return b.Bytes()
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s)) // it goes to a buffer
	_ = z.Close()
	return b.Bytes()
}

func inUTF16(s string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return b
}

func TestALogIsReadInTheFormsInWhichPeopleSendIt(t *testing.T) {
	t.Parallel()
	clean := string(logs.UpgradeFailed())
	for _, form := range sentForms() {
		log, err := Read(form.of(clean))
		if err != nil || len(log.Runs) != 1 {
			t.Errorf("%s: %d runs, %v", form.name, len(log.Runs), err)
			continue
		}
		said := fmt.Sprint(log.Remarks, log.Runs[0].Remarks)
		if !strings.Contains(said, form.says) {
			t.Errorf("%s: said is %s", form.name, said)
		}
		if form.name == "without AM and PM" {
			continue // its lines have other times
		}
		if r := log.Runs[0]; r.Unread != 0 || !bytes.Equal(r.Text(), logs.UpgradeFailed()) {
			t.Errorf("%s: %d unread, %s\n%s", form.name, r.Unread, said, r.Text())
		}
	}
}

// What somebody has translated is unread in every form: no column, cell or row of a dump hides it.
func TestAForeignLineIsUnreadInEveryForm(t *testing.T) {
	t.Parallel()
	const was, is = "50% completed\n", "Haelfte fertig gestellt\n"
	clean := strings.Replace(string(logs.UpgradeFailed()), was, is, 1)
	for _, form := range sentForms() {
		log, err := Read(form.of(clean))
		if err != nil || len(log.Runs) == 0 {
			t.Errorf("%s: %v", form.name, err)
			continue
		}
		unread := 0
		for _, r := range log.Runs {
			unread += r.Unread
		}
		if unread == 0 {
			t.Errorf("%s: nothing is unread: %v", form.name, log.Runs[0].Remarks)
		}
	}
}

func TestRowsThatAreMissingInADumpAreUnread(t *testing.T) {
	t.Parallel()
	rows := strings.SplitAfter(hex.Dump(logs.UpgradeFailed()), "\n")
	log, err := Read([]byte(strings.Join(slices.Delete(rows, 30, 40), "")))
	if err != nil || len(log.Runs) != 1 || log.Runs[0].Unread == 0 {
		t.Errorf("%+v, %v", log, err)
	}
}

// Noon and midnight: of times without AM and PM the end is the soonest one behind the beginning.
func TestARunOverNoonWithoutAMAndPMIsAsLongAsItWas(t *testing.T) {
	t.Parallel()
	for begun, ended := range map[string]string{
		"Thursday, March 06, 2008 12:51:50": "Thursday, March 06, 2008 1:03:40",
		"Thursday, March 06, 2008 11:51:50": "Friday, March 07, 2008 12:03:40",
		"Thursday, March 06, 2008 4:51:50":  "Thursday, March 06, 2008 5:03:40",
	} {
		log, err := Read([]byte("Upgrade started at " + begun + "\nUpgrade failed at " + ended + "\n"))
		if err != nil || len(log.Runs) != 1 {
			t.Fatalf("%+v, %v", log, err)
		}
		from, _ := log.Runs[0].Begun()
		to, _ := log.Runs[0].Ended()
		if took := to.Sub(from).String(); took != "11m50s" {
			t.Errorf("from %s to %s are %s", begun, ended, took)
		}
	}
}

// Files that unpack to many times what may be read cost no more than that.
func TestPackedFilesWithinPackedFilesHaveBounds(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("\x00", 4<<20)
	var files []string
	for n := range 40 {
		files = append(files, fmt.Sprintf("%d.log", n), large)
	}
	b := zipped(files...)
	o := opener{left: 4 * upgradelog.MaxBytes}
	o.open(b, deepest)
	if o.left < 0 {
		t.Errorf("%d bytes more than it may were unpacked", -o.left)
	}
	for range 2 * deepest {
		b = gzipped(string(b))
	}
	if content, said := opened(b); len(said) != deepest || len(content) == 0 {
		t.Errorf("%d were taken off", len(said))
	}
}
