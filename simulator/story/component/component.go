// Package component holds what the pages of a run draw, whether it is over or still goes on: the
// typed trace, its events in words, frames field by field, display and LED, the flash, the lanes
// on the time axis. The page of a story (package page) and the front panel of a served meter
// (package control) are made of them.
//
// They are modules of JavaScript with types (JSDoc, checked by tsc), and one style sheet; nothing is
// built. A page imports them by their place among the sources, "../../component/NAME.js" from the
// page of a story.
package component

import (
	"embed"
	"io/fs"
)

//go:embed *.js *.css
var files embed.FS

// Files are the modules and the style sheet, each by its name.
func Files() fs.FS { return files }

// Style is the name of the style sheet.
const Style = "component.css"
