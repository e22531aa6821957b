package story

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// phrases say events to people in a line, by the names that programs are told: a member stands in braces, and what
// is in brackets is left out where its member says nothing. The pages have their own sentences, in component/words.js.
var phrases = map[string]string{
	"state":            "meter: {state}",
	"lcd":              "LCD shows \"{text}\"",
	"event-log":        "event log: {text}",
	"sector-erased":    "flash: sector {sector} erased, {left} to go",
	"block-programmed": "flash: block {block}[ of {blocks}] programmed",
	"verified":         "image checked: {status}",
	"flash-cut":        "power failed at flash operation {operation}: {phase}",
	"fault":            "fault {phase}: {fault}[: {reason}]",
	"call":             "telephone: {step}[ {text}]",
	"connected":        "host {host}: connected",
	"disconnected":     "host {host}: disconnected[: {reason}]",
	"frame-harmed":     "frame {direction}: {text}",
}

var (
	saidOf   = regexp.MustCompile(`\{[a-z_]+\}`)
	optional = regexp.MustCompile(`\[[^\]]*\]`)
)

// Words say an event to people in a line, without its time; "" for one that nobody has a phrase for. Left are the
// members of which the line says nothing.
func (t Told) Words() (words string, left []Member) {
	phrase := optional.ReplaceAllStringFunc(phrases[t.Event], func(part string) string {
		if said := t.said(saidOf.FindString(part)); said == "" || said == "0" {
			return ""
		}
		return part[1 : len(part)-1]
	})
	for _, m := range t.Members {
		if !strings.Contains(phrase, "{"+m.Name+"}") {
			left = append(left, m)
		}
	}
	return saidOf.ReplaceAllStringFunc(phrase, t.said), left
}

// said is the value of the member of which the name stands in braces; "" if there is none.
func (t Told) said(braced string) string {
	i := slices.IndexFunc(t.Members, func(m Member) bool { return "{"+m.Name+"}" == braced })
	if i < 0 {
		return ""
	}
	return fmt.Sprint(t.Members[i].Value)
}
