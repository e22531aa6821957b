package shell_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/shell"
)

// awkward are words that a shell would take for something else.
func awkward() []string {
	return []string{"/dev/ttyUSB0", "", "plant A.upg", "it's", "$(x)", `a\b`, `"`, "a\nb", "~", "*.upg", "then;", "a#b", "-x=1,2:3@4%"}
}

func TestAQuotedWordIsOneWordOfAShell(t *testing.T) {
	for _, word := range awkward() {
		got, err := exec.Command("sh", "-c", "printf %s "+shell.Quote(word)).Output()
		if err != nil || string(got) != word {
			t.Errorf("a shell takes %s for %q (%v), not for %q", shell.Quote(word), got, err, word)
		}
	}
	if got := shell.Quote("/dev/ttyUSB0"); got != "/dev/ttyUSB0" {
		t.Errorf("a plain word is quoted: %s", got)
	}
}

func TestWhatWasJoinedIsSplitAgain(t *testing.T) {
	words, err := shell.Split(shell.Join(awkward()...))
	if err != nil || !slices.Equal(words, awkward()) {
		t.Errorf("%q, %v", words, err)
	}
}

func TestALineIsSplitAsAShellDoes(t *testing.T) {
	for _, test := range []struct {
		line string
		want []string
	}{
		{"  up\t-v\n {image} ", []string{"up", "-v", "{image}"}},
		{`'my up' "two words" a\ b`, []string{"my up", "two words", "a b"}},
		{`up '' "" 'it'"'"'s'`, []string{"up", "", "", "it's"}},
		{`up "a\"b\\c\d" 'a\b'`, []string{"up", `a"b\c\d`, `a\b`}},
		{"up $HOME; rm *", []string{"up", "$HOME;", "rm", "*"}},
		{"", nil},
	} {
		if words, err := shell.Split(test.line); err != nil || !slices.Equal(words, test.want) {
			t.Errorf("%s: %q, %v", test.line, words, err)
		}
	}
}

func TestALineThatDoesNotEndIsRefused(t *testing.T) {
	for line, says := range map[string]string{"up 'x": "a quote ' is not closed", `up "x`: `a quote " is not closed`, `up x\`: "nothing follows the last backslash"} {
		if _, err := shell.Split(line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", line, err, says)
		}
	}
}
