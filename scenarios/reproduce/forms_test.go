package reproduce

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestAFileThatIsNoTextIsNamedWithWhatToDo(t *testing.T) {
	t.Parallel()
	for begins, says := range map[string]string{
		"7z\xBC\xAF\x27\x1C": "packed with 7-Zip; unpack it", "BZh91AY": "bunzip2", "%PDF-1.4\n": "it is a PDF; copy its text", "\x89PNG\r\n\x1a\n": "a picture; ask for the log itself",
		"\xFD7zXZ\x00": "unxz", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1": "save it as text", "begin 644 Upgrade.log\n": "uudecode", "PK\x03\x04": "a ZIP file without a log in it",
	} {
		if _, err := Read([]byte(begins + strings.Repeat("\x00\x01", 99))); !errors.Is(err, ErrNoText) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %s", begins, err, says)
		}
	}
}

// A file of a few kilobytes must not take all memory.
func TestAZIPFileThatUnpacksToTooMuchIsTooLarge(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("Upgrade.log")
	if err != nil {
		t.Fatal(err)
	}
	for range 40 { // MiB: more than four times what is read of it
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(b.Bytes()); err == nil || b.Len() > 1<<20 {
		t.Errorf("%d bytes are read: %v", b.Len(), err)
	}
}

// What is no line of a log is not left out without a word: it may be one with other words.
func TestTextsOfJSONThatAreNoLinesAreLines(t *testing.T) {
	t.Parallel()
	log, err := Read([]byte(`["10% completed","Gerät meldet: nein","Comm efficiency = 100.0%"]`))
	if err != nil || len(log.Runs) != 1 || log.Runs[0].Unread != 1 || len(log.Runs[0].Entries) != 2 {
		t.Errorf("%+v, %v", log, err)
	}
}
