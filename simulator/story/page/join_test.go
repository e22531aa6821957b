package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

func module(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestModulesAreJoinedSoThatEachStandsBehindWhatItImports(t *testing.T) {
	files := sources{
		"page/web": fstest.MapFS{
			"main.js":  module("import { b } from \"./b.js\";\nimport { a, c } from \"../../shared/b.js\";\nb(a);\n"),
			"b.js":     module("import { a } from \"../../shared/b.js\";\nexport function b() { return a; }\n"),
			"other.js": module("export const nobody = 1;\n"),
		},
		"shared": fstest.MapFS{
			"b.js":   module("import { own } from \"./c-d.js\";\nexport const a = 1;\nexport class c { x = own }\n"),
			"c-d.js": module("export const own = 2;\n"),
		},
	}
	got, err := joined(files, "page/web/main.js")
	if err != nil {
		t.Fatal(err)
	}
	const want = "\"use strict\";\n" +
		"const module_shared_c_d = (() => {\nconst own = 2;\nreturn { own };\n})();\n" +
		"const module_shared_b = (() => {\nconst { own } = module_shared_c_d;\nconst a = 1;\nclass c { x = own }\nreturn { a, c };\n})();\n" +
		"const module_page_web_b = (() => {\nconst { a } = module_shared_b;\nfunction b() { return a; }\nreturn { b };\n})();\n" +
		"const module_page_web_main = (() => {\nconst { b } = module_page_web_b;\nconst { a, c } = module_shared_b;\nb(a);\nreturn {  };\n})();\n"
	if string(got) != want {
		t.Errorf("joined to\n%s\nwant\n%s", got, want)
	}
}

func TestWhatCannotBeJoinedIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"import * as x from \"./a.js\";\n":            "no import or export",
		"export default 1;\n":                         "no import or export",
		"export let x = 1;\n":                         "no import or export",
		"import { x } from \"./main.js\";\n":          "imports itself",
		"import { x } from \"./none.js\";\n":          "none.js",
		"const x = \"</script>\";\n":                  "the end of a script",
		"export { x } from \"./a.js\";\n":             "no import or export",
		"import { x } from \"https://there/a.js\";\n": "no import or export",
		"import { x } from \"../../there/a.js\";\n":   "no module there/a.js",
		"import { x } from \"../a.js\";\n":            "no import or export",
	} {
		_, err := joined(sources{"page/web": fstest.MapFS{"main.js": module(text)}}, "page/web/main.js")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAPageHoldsEverythingAndItsPolicyLetsNothingElseIn(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, `<b> & "co"`, []byte("{}\n")); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"default-src 'none'; script-src 'sha256-", "<title>&lt;b&gt; &amp; &#34;co&#34;</title>", "base-uri 'none'; form-action 'none'"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, not := range []string{"{{policy}}", "{{story}}", "{{bytes}}", "{{style}}", "{{script}}", "{{title}}", "{{lacks}}", "http://", "https://", "unsafe-inline", "unsafe-eval", " src="} {
		if strings.Contains(text, not) {
			t.Errorf("the page has %q", not)
		}
	}
	if strings.Contains(text, "wasm-unsafe-eval") || strings.Contains(text, "worker-src") {
		t.Error("a page without an engine may run one")
	}
	if b.Len() > 200_000 {
		t.Errorf("a page without a story has %d bytes", b.Len())
	}
}

// lying are the files of an engine that lies there.
func lying(machine string) fstest.MapFS {
	return fstest.MapFS{"engine/engine.wasm.gz": module(machine), "engine/wasm_exec.js": module("globalThis.Go = 1;\n")}
}

func sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestAnEngineOfAnotherBuildIsLeftOutAndThePageSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		files fstest.MapFS
		made  string
		want  error
	}{
		"of the same build":                 {lying("now"), sum("now"), nil},
		"of an earlier build":               {lying("before"), sum("now"), ErrOtherEngine},
		"there, and the build knew of none": {lying("before"), "", ErrOtherEngine},
		"not there":                         {fstest.MapFS{}, "", ErrNoEngine},
		"half there":                        {fstest.MapFS{"engine/engine.wasm.gz": module("now")}, sum("now"), ErrNoEngine},
	} {
		engine, err := engineIn(test.files, test.made)
		if err != test.want || (engine != nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	var b bytes.Buffer
	if err := (Page{Title: "a run", Story: []byte("{}\n"), Lacks: ErrOtherEngine}).Write(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `data-lacks="the engine that lies with this program&#39;s sources is of another build`) {
		t.Error("the page does not say why it has none")
	}
}

func TestAPageWithTheEngineMayRunItInAWorkerAndNothingMore(t *testing.T) {
	engine, err := engineIn(lying("now"), sum("now"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (Page{Title: "a run", Story: []byte("{}\n"), Engine: engine}).Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"' 'wasm-unsafe-eval'; worker-src blob:; style-src", `id="engine">bm93<`, `id="worker">globalThis.Go = 1;`, "ionbenchAsk"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page has no %s", want)
		}
	}
	bad := &Engine{machine: []byte("x"), runner: []byte("</script>")}
	if err := (Page{Engine: bad}).Write(io.Discard); err == nil {
		t.Error("a script that ends the page's own is taken")
	}
}
