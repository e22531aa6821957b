package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ionbench/client"
)

// question is what a person is asked at the terminal.
type question struct {
	prompt   client.Prompt
	text     string   // may have several lines
	choices  []string // the words that answer it; empty: free text
	fallback string   // what an empty line means; empty: nothing
}

// forPeople is the question with its choices, the one of an empty line in brackets.
func (q question) forPeople() string {
	var words []string
	for _, c := range q.choices {
		if c == q.fallback {
			c = "[" + c + "]"
		}
		words = append(words, c)
	}
	switch {
	case len(words) > 0:
		return q.text + " " + strings.Join(words, "/") + ": "
	case q.fallback != "":
		return q.text + " [" + q.fallback + "]: "
	default:
		return q.text + ": "
	}
}

// read is the answer that a line gives. A word may be cut short as long as it is clear
// which one is meant.
func (q question) read(line string) (answer string, ok bool) {
	line = strings.TrimSpace(line)
	if line == "" {
		return q.fallback, q.fallback != ""
	}
	if len(q.choices) == 0 {
		return line, true
	}
	word := strings.ToLower(line)
	if slices.Contains(q.choices, word) {
		return word, true
	}
	var meant []string
	for _, c := range q.choices {
		if strings.HasPrefix(c, word) {
			meant = append(meant, c)
		}
	}
	if len(meant) == 1 {
		return meant[0], true
	}
	return "", false
}

// problem tells why a line is no answer.
func (q question) problem(line string) string {
	if len(q.choices) > 0 {
		return fmt.Sprintf("%q is no answer; type %s", strings.TrimSpace(line), strings.Join(q.choices, ", "))
	}
	return "an answer is needed"
}

// maxLineBytes is the longest answer.
const maxLineBytes = 8 << 10

// asking puts questions to the person, one at a time, without keeping the line waiting:
// a goroutine reads, and the answer comes back to the session's own.
type asking struct {
	in     io.Reader
	wanted chan struct{}                        // one line each; closed at the end
	post   func(func(now time.Duration))        // to the session
	then   func(now time.Duration, line string) // what goes on with the line; nil: nothing is asked
	ended  func(now time.Duration)              // the input has ended
}

// ask reads a line for then.
func (a *asking) ask(then func(now time.Duration, line string)) {
	a.then = then
	if a.wanted == nil {
		a.wanted = make(chan struct{}, 1)
		go a.readLines(a.wanted)
	}
	select {
	case a.wanted <- struct{}{}:
	default: // a line is awaited already
	}
}

// forget drops the question that stands.
func (a *asking) forget() { a.then = nil }

// close ends the reading, as soon as the line that is being read has come.
func (a *asking) close() {
	if a.wanted != nil {
		close(a.wanted)
	}
}

func (a *asking) readLines(wanted <-chan struct{}) {
	lines := bufio.NewScanner(a.in)
	lines.Buffer(nil, maxLineBytes)
	for range wanted {
		if !lines.Scan() {
			a.post(a.ended)
			return
		}
		line := lines.Text()
		a.post(func(now time.Duration) { a.answered(now, line) })
	}
}

func (a *asking) answered(now time.Duration, line string) {
	then := a.then
	a.then = nil
	if then != nil {
		then(now, line)
	}
}
