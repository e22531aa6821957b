package control

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"time"

	"ionbench/simulator/story/component"
)

// The front panel: index.html and what it loads, the components among it. Nothing is built: the browser
// gets these files, each where it stands among the sources, seen from the panel's folder.
//
//go:embed web/*.html web/*.css web/*.js
var web embed.FS

// policy lets the page load only what this server serves, and nobody frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pages are the routes of the files of the page.
func pages() []route {
	own, err := fs.Sub(web, "web")
	if err != nil {
		panic(err) // cannot happen: it is embedded
	}
	routes := []route{{"GET", "/{$}", pageFile(own, "index.html")}}
	routes = append(routes, files(own, "/")...)
	return append(routes, files(component.Files(), "/story/component/")...)
}

// files are the routes of the files in a folder.
func files(folder fs.FS, at string) []route {
	list, err := fs.ReadDir(folder, ".")
	if err != nil {
		panic(err) // cannot happen: it is embedded
	}
	var routes []route
	for _, f := range list {
		if f.Name() != "index.html" {
			routes = append(routes, route{"GET", at + f.Name(), pageFile(folder, f.Name())})
		}
	}
	return routes
}

func pageFile(folder fs.FS, name string) http.HandlerFunc {
	content, err := fs.ReadFile(folder, name)
	if err != nil {
		panic(err) // cannot happen: it is embedded
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	}
}
