// Package page shows the story of a run as one HTML file that holds everything it needs: it opens
// from a disk, without a network, in any browser that is not older than 2023.
//
// The scripts are modules in the folder web and in package component; what goes into the file is made
// of them here, when it is written. So there is nothing built that could differ from its sources.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"slices"
	"strings"

	"ionbench/simulator/story/component"
)

//go:embed web/*.html web/*.css web/*.js
var web embed.FS

// engine holds what `make build` puts there: the bench as WebAssembly, and Go's own script that
// runs it.
//
//go:embed engine
var carried embed.FS

// made is the SHA-256 of the engine that was made of the same sources as this program. `make build`
// makes both, the engine first, and has the linker write it here; another build does not know of what
// sources the engine is that lies there.
var made string

// Why a program has no engine for its pages.
var (
	// ErrNoEngine: it was built without one.
	ErrNoEngine = errors.New("this program has no engine: make build makes one that has")
	// ErrOtherEngine: it was built while one of another build lay there.
	ErrOtherEngine = errors.New("the engine that lies with this program's sources is of another build, and is left out: make build makes both")
)

// Engine is the bench as a page carries it.
type Engine struct{ machine, runner []byte }

// OwnEngine is the engine of this program. The error is ErrNoEngine or ErrOtherEngine.
func OwnEngine() (*Engine, error) { return engineIn(carried, made) }

func engineIn(files fs.FS, made string) (*Engine, error) {
	machine, err := fs.ReadFile(files, "engine/engine.wasm.gz")
	if err != nil {
		return nil, ErrNoEngine
	}
	runner, err := fs.ReadFile(files, "engine/wasm_exec.js")
	if err != nil {
		return nil, ErrNoEngine
	}
	if sum := sha256.Sum256(machine); hex.EncodeToString(sum[:]) != made {
		return nil, ErrOtherEngine
	}
	return &Engine{machine, runner}, nil
}

// Page is what a page shows.
type Page struct {
	Title string
	Story []byte // the file that package record writes
	// Engine, with which one walks through the run and tries other faults; nil for none.
	Engine *Engine
	// Lacks says why there is none, if people may miss it.
	Lacks error
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
	lines, lifted := lifted(p.Story)
	data, err := packed(lines)
	if err != nil {
		return err
	}
	raw, err := packed(lifted)
	if err != nil {
		return err
	}
	parts, err := p.Engine.parts()
	if err != nil {
		return err
	}
	text, err := paper(p.Story)
	if err != nil {
		return err
	}
	lacks := ""
	if p.Engine == nil && p.Lacks != nil {
		lacks = p.Lacks.Error()
	}
	_, err = strings.NewReplacer(
		"{{policy}}", policy(script, style, p.Engine != nil),
		"{{title}}", html.EscapeString(p.Title),
		"{{style}}", string(style),
		"{{script}}", string(script),
		"{{paper}}", text,
		"{{story}}", data,
		"{{bytes}}", raw,
		"{{engine}}", parts,
		"{{lacks}}", html.EscapeString(lacks),
	).WriteString(to, string(frame))
	return err
}

// Is reports whether a file of this name is a page; a story under any other name is JSON Lines.
func Is(path string) bool {
	lower := strings.ToLower(path)
	return strings.HasSuffix(lower, ".html") || strings.HasSuffix(lower, ".htm")
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

// parts are the engine and what its worker runs, as the page has them: as text, of which only the
// worker makes a script.
func (e *Engine) parts() (string, error) {
	if e == nil {
		return "", nil
	}
	worker, err := web.ReadFile("web/worker.js")
	if err != nil {
		return "", err
	}
	script := append(slices.Clip(e.runner), worker...)
	if bytes.Contains(script, []byte("</script")) {
		return "", errors.New("the engine's script holds the end of a script")
	}
	return fmt.Sprintf("<script type=\"text/plain\" id=\"engine\">%s</script>\n<script type=\"text/plain\" id=\"worker\">%s</script>\n", base64.StdEncoding.EncodeToString(e.machine), script), nil
}

// policy lets the page run its own script and nothing else, and reach nobody. An engine runs in a
// worker that the page makes of what it carries.
func policy(script, style []byte, engine bool) string {
	more := ""
	if engine {
		more = " 'wasm-unsafe-eval'; worker-src blob:"
	}
	return fmt.Sprintf("default-src 'none'; script-src '%s'%s; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", hash(script), more, hash(style))
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
