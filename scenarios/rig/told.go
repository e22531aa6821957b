package rig

import (
	"ionbench/client"
	"ionbench/client/upgradelog"
)

// What the upgrader's side of a trace tells; each is a story.What.
type (
	// Prompted: a window asks the person.
	Prompted struct{ Prompt client.Prompt }
	// LineLogged: the tool has a line for its log, whether or not the disk takes it.
	LineLogged struct{ Line upgradelog.Line }
	// Finished: the tool has ended; nil is success.
	Finished struct{ Err error }
)

// Kind is "prompt".
func (Prompted) Kind() string { return "prompt" }

// Details names the window.
func (w Prompted) Details() string { return w.Prompt.String() }

// Kind is "log".
func (LineLogged) Kind() string { return "log" }

// Details is the line as the log has it.
func (w LineLogged) Details() string { return w.Line.String() }

// LogLine is the line, for the judge.
func (w LineLogged) LogLine() upgradelog.Line { return w.Line }

// Kind is "finished".
func (Finished) Kind() string { return "finished" }

// Details is the error's text, or success.
func (w Finished) Details() string { return claimText(w.Err) }
