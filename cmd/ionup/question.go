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

// question is a question to the person at the terminal.
type question struct {
	prompt   client.Prompt
	text     string   // one line or more
	choices  []string // the possible answers; empty: free text
	fallback string   // the answer that an empty line gives; empty: none
}

// forPeople returns the question and its choices, with the default in brackets.
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

// read returns the answer that a line gives. A word may be shortened as long as it is clear
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

// problem says why a line is not an answer.
func (q question) problem(line string) string {
	if len(q.choices) > 0 {
		return fmt.Sprintf("%q is no answer; type %s", strings.TrimSpace(line), strings.Join(q.choices, ", "))
	}
	return "an answer is needed"
}

// mostRepeats is how often in a row a question is asked whose answers lead back to it. A person
// at a terminal may go on; a program that always says the same would do so for ever.
const mostRepeats = 5

// repeats counts how often one question has come in a row.
type repeats struct {
	prompt client.Prompt
	times  int
}

// tooMany counts a question.
func (r *repeats) tooMany(p client.Prompt) bool {
	if p != r.prompt {
		*r = repeats{prompt: p}
	}
	r.times++
	return r.times > mostRepeats
}

// maxLineBytes is the longest answer.
const maxLineBytes = 8 << 10

// asking asks the person one question at a time without blocking the meter's line: one
// goroutine reads, and the answer is handled on the session's goroutine.
type asking struct {
	in     io.Reader
	wanted chan struct{}                        // each value asks for one line; closed at the end
	post   func(func(now time.Duration))        // runs a function on the session's goroutine
	then   func(now time.Duration, line string) // called with the line; nil: no question is open
	ended  func(now time.Duration)              // called when the input ends
	heard  bool                                 // a line came
}

// ask reads a line and calls then with it.
func (a *asking) ask(then func(now time.Duration, line string)) {
	a.then = then
	if a.wanted == nil {
		a.wanted = make(chan struct{}, 1)
		go a.readLines(a.wanted)
	}
	select {
	case a.wanted <- struct{}{}:
	default: // the goroutine is already waiting for a line
	}
}

// forget drops the open question.
func (a *asking) forget() { a.then = nil }

// close ends the reading goroutine. A read that waits for a line is not interrupted, so it
// ends only after that line.
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
	a.then, a.heard = nil, true
	if then != nil {
		then(now, line)
	}
}
