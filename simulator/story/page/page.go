// Package page shows the story of a run as one HTML file that holds everything it needs: it opens
// from a disk, without a network, in any browser that is not older than 2023.
//
// The scripts are modules in the folder web; what goes into the file is made of them here, when it
// is written. So there is nothing built that could differ from its sources.
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
	"strings"
)

//go:embed web/*.html web/*.css web/*.js
var web embed.FS

// Write writes the page of a story, which is the file that package record writes.
func Write(to io.Writer, title string, story []byte) error {
	script, err := joined(web, "web", "main.js")
	if err != nil {
		return err
	}
	style, err := web.ReadFile("web/page.css")
	if err != nil {
		return err
	}
	frame, err := web.ReadFile("web/page.html")
	if err != nil {
		return err
	}
	data, err := packed(story)
	if err != nil {
		return err
	}
	_, err = strings.NewReplacer(
		"{{policy}}", policy(script, style),
		"{{title}}", html.EscapeString(title),
		"{{style}}", string(style),
		"{{script}}", string(script),
		"{{story}}", data,
	).WriteString(to, string(frame))
	return err
}

// policy lets the page run its own script and nothing else, and reach nobody.
func policy(script, style []byte) string {
	return fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", hash(script), hash(style))
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
