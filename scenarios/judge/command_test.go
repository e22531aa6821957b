package judge

import (
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/rig"
)

func TestACommandIsSplitAsAShellWould(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"up {tcp}", []string{"up", "{tcp}"}},
		{"  up\t-v\n {image} ", []string{"up", "-v", "{image}"}},
		{`'my up' "two words" a\ b`, []string{"my up", "two words", "a b"}},
		{`up '' "" 'it'"'"'s'`, []string{"up", "", "", "it's"}},
		{`up "a\"b\\c\d" 'a\b'`, []string{"up", `a"b\c\d`, `a\b`}},
		{`up $HOME; rm *`, []string{"up", "$HOME;", "rm", "*"}},
		{`up --in={image}.x`, []string{"up", "--in={image}.x"}},
		{`up {"json":1}`, []string{"up", `{json:1}`}},
	} {
		c, err := ParseCommand(test.text, false)
		if err != nil || !slices.Equal(c.words, test.want) {
			t.Errorf("%s: %q, %v", test.text, c.words, err)
		}
	}
}

func TestACommandThatCannotBeMeantIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"":              "empty",
		"  \n":          "empty",
		"'' {tcp}":      "empty",
		"up 'x":         "a quote ' is not closed",
		`up "x`:         `a quote " is not closed`,
		`up x\`:         "nothing follows the last backslash",
		"up {imag}":     "did you mean {image}",
		"up {zzzzzzzz}": "there is no placeholder {zzzzzzzz}: use {port}",
	} {
		if _, err := ParseCommand(text, false); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func TestAValueIsNeverMoreThanAWord(t *testing.T) {
	values := map[string]string{imageOf: "/tmp/a b'; rm -rf ~", tcpOf: "{image}"}
	c, err := ParseCommand("up {image} x{tcp}y", false)
	if got := c.argv(values); err != nil || !slices.Equal(got, []string{"up", "/tmp/a b'; rm -rf ~", "x{image}y"}) {
		t.Errorf("%q, %v", got, err)
	}
	c, err = ParseCommand("up {image} | cat", true)
	if got := c.argv(values); err != nil || got[2] != `up '/tmp/a b'\''; rm -rf ~' | cat` {
		t.Errorf("%q, %v", got, err)
	}
}

func TestATargetThatDoesNotFitItsTransportIsRefused(t *testing.T) {
	for _, test := range []struct {
		text string
		over rig.Transport
		says string
	}{
		{"true {port}", rig.TCP, "{port}, and the meter is on a TCP"},
		{"true {tcp}", rig.PTY, "{tcp}, and the meter is on a PTY"},
	} {
		c, err := ParseCommand(test.text, false)
		if err != nil {
			t.Fatal(err)
		}
		target := Target{Upgrade: c, Transport: test.over}
		if err := target.Check(); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.text, err)
		}
	}
	if err := new(Target).Check(); err == nil {
		t.Error("a target without a program passes")
	}
}

func TestOutputIsKeptFromBothEnds(t *testing.T) {
	var o Output
	for range 3 * maxKept / 1000 {
		o.Write([]byte(strings.Repeat("x", 999) + "\n"))
	}
	o.Write([]byte("an Error: of the middle\nthe end\n"))
	kept := string(o.Kept())
	if len(kept) > maxKept+100 || !strings.HasPrefix(kept, "xxx") || !strings.HasSuffix(kept, "the end\n") || !strings.Contains(kept, "bytes are left out here]") {
		t.Errorf("%d bytes are kept, of which the last are %q", len(kept), kept[len(kept)-50:])
	}
	if got := o.telling(); got != "an Error: of the middle" {
		t.Errorf("it says %q", got)
	}
}
