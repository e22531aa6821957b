package judge

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// command begins a command to the runner of a CI system, which finds it anywhere in a line of the log:
// ##[stop-commands] or ##vso[task.complete].
var command = regexp.MustCompile(`##(\w*\[)`)

// visible makes a line of what a program wrote safe to show: whatever could change a terminal, the
// order of letters or the lines around it stands as \x1b or \u202e, and what commands a CI system
// as #\x23. What else is visible stays as it is.
func visible(line string) string { return shown(line, "") }

// visibleText is visible for several lines.
func visibleText(text string) string {
	return shown(strings.ReplaceAll(text, "\r\n", "\n"), "\n\t")
}

func shown(text, kept string) string {
	text = command.ReplaceAllString(text, `#\x23$1`)
	if !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1, r < utf8.RuneSelf && !plain(r) && !strings.ContainsRune(kept, r):
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case plain(r) || strings.ContainsRune(kept, r):
			b.WriteString(text[:n])
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[n:]
	}
	return b.String()
}

// plain reports whether a rune prints as itself. Formats such as U+202E do not.
func plain(r rune) bool {
	return r >= ' ' && r <= '~' || r > '~' && unicode.IsPrint(r) && r != utf8.RuneError
}
