//go:build !(js && wasm)

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "engine: this runs in the page of a run, in a browser; make build makes it and puts it into ionbench")
	os.Exit(2)
}
