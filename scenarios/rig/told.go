package rig

import (
	"ionbench/client"
	"ionbench/client/upgradelog"
)

// Events of the upgrader's side of a trace; each is a story.What.
type (
	// Prompted says that a window asks the person.
	Prompted struct{ Prompt client.Prompt }
	// LineLogged says that the tool writes a line to its log, even if the disk is full.
	LineLogged struct{ Line upgradelog.Line }
	// Finished says that the tool has ended; a nil Err is success.
	Finished struct{ Err error }
)

// Kind is "prompt".
func (Prompted) Kind() string { return "prompt" }

// Details names the window.
func (w Prompted) Details() string { return w.Prompt.String() }

// Kind is "log".
func (LineLogged) Kind() string { return "log" }

// Details is the line as it is written in the log.
func (w LineLogged) Details() string { return w.Line.String() }

// LogLine is the line, for the judge.
func (w LineLogged) LogLine() upgradelog.Line { return w.Line }

// Kind is "finished".
func (Finished) Kind() string { return "finished" }

// Details is the error's text, or success.
func (w Finished) Details() string { return claimText(w.Err) }
