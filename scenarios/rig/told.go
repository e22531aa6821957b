package rig

import (
	"fmt"
	"strings"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/story"
)

// Events of the upgrader's side of a trace; each is a story.What.
type (
	// Prompted says that a window asks the person.
	Prompted struct{ Prompt client.Prompt }
	// LineLogged says that the tool writes a line to its log, even if the disk is full.
	LineLogged struct{ Line upgradelog.Line }
	// Answered says which button the person presses.
	Answered struct {
		Prompt client.Prompt
		Choice client.Choice
	}
	// StepBegun says that the tool begins a step of its procedure.
	StepBegun struct{ Step client.Step }
	// AttemptBegun says that an attempt begins: its number in the run, from 1, and its title, if
	// it has one.
	AttemptBegun struct {
		Number int
		Title  string
	}
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

// Kind is "answer".
func (Answered) Kind() string { return "answer" }

// Details are the window and the button.
func (w Answered) Details() string { return w.Prompt.String() + " " + buttonOf(w.Choice) }

// buttonOf names a button.
func buttonOf(c client.Choice) string {
	switch c {
	case client.OK:
		return "OK"
	case client.Cancel:
		return "Cancel"
	case client.Exit:
		return "Exit"
	case client.Upgrade:
		return "Upgrade"
	}
	return fmt.Sprintf("button %d", c)
}

// Kind is "step".
func (StepBegun) Kind() string { return "step" }

// Details are the step in words.
func (w StepBegun) Details() string { return w.Step.String() }

// Kind is "attempt".
func (AttemptBegun) Kind() string { return "attempt" }

// Details are the number and the title.
func (w AttemptBegun) Details() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", w.Number, w.Title))
}

// Tell is what a story's file has of it.
func (w Prompted) Tell() story.Told {
	return story.Tell("window", story.Member{Name: "window", Value: w.Prompt.String()})
}

// Tell is what a story's file has of it.
func (w Answered) Tell() story.Told {
	return story.Tell("answer", story.Member{Name: "window", Value: w.Prompt.String()}, story.Member{Name: "button", Value: buttonOf(w.Choice)})
}

// Tell is what a story's file has of it.
func (w StepBegun) Tell() story.Told {
	return story.Tell("step", story.Member{Name: "step", Value: w.Step.String()})
}

// Tell is what a story's file has of it.
func (w AttemptBegun) Tell() story.Told {
	return story.Tell("attempt", story.Member{Name: "number", Value: w.Number}, story.Member{Name: "title", Value: w.Title})
}

// Tell is what a story's file has of it.
func (w LineLogged) Tell() story.Told {
	return story.Tell("log", story.Member{Name: "text", Value: w.Line.String()})
}

// Tell is what a story's file has of it.
func (w Finished) Tell() story.Told {
	return story.Tell("finished", story.Member{Name: "ok", Value: w.Err == nil}, story.Member{Name: "text", Value: claimText(w.Err)})
}
