package page

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestAPageHasTheWordsOfARunAsText(t *testing.T) {
	head := `{"event":"story","title":"t","plan":"kill <at> log \"x\"","outcome":"cleared-again","broken":["<b>"],"unstruck":[],"repeat":"ionbench replay","meters":[{"model":"7350","serial":"S-1","unit":105,"baud":9600}]}`
	events := `{"n":1,"at":0,"event":"led","on":true}
{"n":2,"at":1.25,"event":"log","text":"Upgrade started <script>"}
{"n":3,"at":62,"event":"fault","phase":"strikes","fault":"kill"}
{"n":4,"at":4202.1249,"event":"finished","text":"killed"}
`
	got, err := paper([]byte(head + "\n" + events))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<dt>meter</dt><dd>ION 7350, S-1, unit 105, 9600 baud</dd>", "<dt>plan</dt><dd>kill &lt;at&gt; log &#34;x&#34;</dd>", "<dd>cleared again</dd>", "<dd>&lt;b&gt;</dd>",
		"<li><time>0:01.250</time> Upgrade started &lt;script&gt;</li>\n<li><time>1:02.000</time> fault strikes: kill</li>\n<li><time>1:10:02.125</time> the tool ends: killed</li>\n</ol>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "never struck") {
		t.Errorf("it says what there is none of:\n%s", got)
	}
	var many bytes.Buffer
	for i := range mostOnPaper + 5 {
		fmt.Fprintf(&many, "{\"n\":%d,\"at\":0,\"event\":\"log\",\"text\":\"x\"}\n", i+1)
	}
	got, err = paper([]byte(head + "\n" + many.String()))
	if n := strings.Count(got, "<li>"); err != nil || n != mostOnPaper+1 {
		t.Errorf("%d lines, %v", n, err)
	}
}
