// Package webpage is what the pages of results have alike, that of an atlas and that of a judgement: the head of
// the document, which lets nothing in from outside, and colours and type. A page is one file that needs no
// network and no other file.
package webpage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"path"
)

//go:embed head.html
var head string

//go:embed webpage.css
var style string

// Head is what a page's template has at hand for {{template "head" .}}, and its script.
type Head struct {
	Title  string
	Policy string // which style and script a browser may take
	Style  template.CSS
	Script template.JS
}

// NewHead is the head of a page with a style sheet of its own, behind the one that all have, and with a script, "" for
// none. What it says of both is taken as it is.
func NewHead(title, own, script string) Head {
	h := Head{Title: title, Style: template.CSS(style + own), Script: template.JS(script)}
	h.Policy = "default-src 'none'; style-src " + source(style+own)
	if script != "" {
		h.Policy += "; script-src " + source(script)
	}
	h.Policy += "; base-uri 'none'; form-action 'none'"
	return h
}

// source names a text by its sum, in the words of a Content-Security-Policy.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("'sha256-%s'", base64.StdEncoding.EncodeToString(sum[:]))
}

// Template reads the template of a page, which begins with {{template "head" .}}.
func Template(files fs.FS, name string) (*template.Template, error) {
	t, err := template.New(path.Base(name)).Parse(head)
	if err != nil {
		return nil, err
	}
	return t.ParseFS(files, name)
}
