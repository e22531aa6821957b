//go:build js && wasm

// Command engine is the bench in a browser: the page of a run carries it, so that another plan can
// be tried there. It puts one function into the page, ionbenchTell, which takes a world and plans as
// texts and returns the story of that trial as a file, or an object with an error.
package main

import (
	"strings"
	"syscall/js"

	"ionbench/scenarios/retell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
)

func main() {
	js.Global().Set("ionbenchTell", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) != 2 {
			return map[string]any{"error": "a world and a plan are wanted"}
		}
		text, err := tell(args[0].String(), args[1].String())
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		return text
	}))
	select {} // the page calls it, for as long as it is open
}

func tell(worldText, planText string) (string, error) {
	w, err := world.Parse([]byte(worldText))
	if err != nil {
		return "", err
	}
	plans, err := trial.ParsePlans(planText)
	if err != nil {
		return "", err
	}
	if err := trial.Check(*w); err != nil {
		return "", err
	}
	told, err := retell.Trial(*w, plans)
	if err != nil {
		return "", err
	}
	told.Head.Program = "the engine in this page"
	var file strings.Builder
	err = told.Write(&file)
	return file.String(), err
}
