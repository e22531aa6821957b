package control

import (
	"bytes"
	"embed"
	"net/http"
	"path"
	"time"
)

// The front panel: index.html and what it loads. Nothing is built: the browser gets these files.
//
//go:embed web/*.html web/*.css web/*.js
var web embed.FS

// policy lets the page load only what this server serves, and nobody frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pages are the routes of the files of the page.
func pages() []route {
	routes := []route{{"GET", "/{$}", pageFile("web/index.html")}}
	files, err := web.ReadDir("web")
	if err != nil {
		panic(err) // cannot happen: it is embedded
	}
	for _, f := range files {
		if f.Name() != "index.html" {
			routes = append(routes, route{"GET", "/" + f.Name(), pageFile("web/" + f.Name())})
		}
	}
	return routes
}

func pageFile(name string) http.HandlerFunc {
	content, err := web.ReadFile(name)
	if err != nil {
		panic(err) // cannot happen: it is embedded
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.ServeContent(w, r, path.Base(name), time.Time{}, bytes.NewReader(content))
	}
}
