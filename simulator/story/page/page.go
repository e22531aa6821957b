// Package page shows the story of a run as one HTML file that holds everything it needs: it opens
// from a disk, without a network, in any browser that is not older than 2023.
//
// The scripts are modules in the folder web and in package component; what goes into the file is made
// of them here, when it is written. So there is nothing built that could differ from its sources.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"io/fs"
	"strings"

	"ionbench/simulator/story/component"
)

//go:embed web/*.html web/*.css web/*.js
var web embed.FS

// engine holds what `make build` puts there: the bench as WebAssembly, and Go's own script that
// runs it. Without them a page says so.
//
//go:embed engine
var engine embed.FS

// Page is what a page shows.
type Page struct {
	Title string
	Story []byte // the file that package record writes
	// Engine: the page carries the engine, if this program has one, so that other plans can be tried
	// in it.
	Engine bool
}

// Write writes a page without an engine.
func Write(to io.Writer, title string, story []byte) error {
	return Page{Title: title, Story: story}.Write(to)
}

// Write writes the page.
func (p Page) Write(to io.Writer) error {
	own, err := fs.Sub(web, "web")
	if err != nil {
		return err
	}
	script, err := joined(sources{"page/web": own, "component": component.Files()}, "page/web/main.js")
	if err != nil {
		return err
	}
	style, err := styles()
	if err != nil {
		return err
	}
	frame, err := web.ReadFile("web/page.html")
	if err != nil {
		return err
	}
	data, err := packed(p.Story)
	if err != nil {
		return err
	}
	machine, runner := "", []byte(nil)
	if p.Engine {
		machine, runner = carried()
	}
	_, err = strings.NewReplacer(
		"{{policy}}", policy(script, style, runner),
		"{{title}}", html.EscapeString(p.Title),
		"{{style}}", string(style),
		"{{script}}", string(script),
		"{{story}}", data,
		"{{engine}}", machine,
	).WriteString(to, string(frame))
	return err
}

// styles are those of the components, and then those of the page.
func styles() ([]byte, error) {
	shared, err := fs.ReadFile(component.Files(), component.Style)
	if err != nil {
		return nil, err
	}
	own, err := web.ReadFile("web/page.css")
	return append(shared, own...), err
}

// HasEngine reports whether this program has an engine for its pages.
func HasEngine() bool {
	machine, _ := carried()
	return machine != ""
}

// carried is the engine as the page has it, and the script that runs it; empty if there is none.
func carried() (scripts string, runner []byte) {
	machine, err := engine.ReadFile("engine/engine.wasm.gz")
	if err != nil {
		return "", nil
	}
	if runner, err = engine.ReadFile("engine/wasm_exec.js"); err != nil {
		return "", nil
	}
	return `<script type="text/plain" id="engine">` + base64.StdEncoding.EncodeToString(machine) + "</script>\n<script>" + string(runner) + "</script>\n", runner
}

// policy lets the page run its own scripts and nothing else, and reach nobody.
func policy(script, style, runner []byte) string {
	scripts := "'" + hash(script) + "'"
	if runner != nil {
		scripts += " '" + hash(runner) + "' 'wasm-unsafe-eval'"
	}
	return fmt.Sprintf("default-src 'none'; script-src %s; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", scripts, hash(style))
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// packed is gzip in base64, which the page can read without asking anybody.
func packed(b []byte) (string, error) {
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(b); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(small.Bytes()), nil
}
