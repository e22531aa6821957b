package webpage

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestAPageTakesItsOwnStyleAndScriptAndNothingElse(t *testing.T) {
	t.Parallel()
	page, err := Template(fstest.MapFS{"web/page.html": {Data: []byte(`{{template "head" .}}<script>{{.Script}}</script>`)}}, "web/page.html")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	h := NewHead("A < B", ".own { color: red; }", "let a = 1;")
	if err := page.Execute(&b, h); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<title>A &lt; B</title>", "--ground:", ".own { color: red; }</style>", "<script>let a = 1;</script>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
	const sum = "'sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck='" // of the script; openssl dgst -sha256 -binary | base64
	if !strings.Contains(h.Policy, "; script-src "+sum+"; base-uri 'none'") {
		t.Errorf("the policy is %s", h.Policy)
	}
}

func TestAPageWithoutAScriptMayHaveNone(t *testing.T) {
	t.Parallel()
	if h := NewHead("A", "", ""); strings.Contains(h.Policy, "script-src") || !strings.HasPrefix(h.Policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("the policy is %s", h.Policy)
	}
}
