//go:build js && wasm

package main

import "syscall/js"

// main puts one function into the worker of a page, ionbenchAsk: an order and, with "open", the bytes
// of a story as a Uint8Array; it returns the answer and the bytes of what is told, or null.
func main() {
	d := new(desk)
	js.Global().Set("ionbenchAsk", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) != 2 {
			return []any{`{"is":"refused","text":"an order and a story are wanted"}`, nil}
		}
		var shown []byte
		if args[1].Truthy() {
			if n := args[1].Length(); n <= maxTold {
				shown = make([]byte, n)
				js.CopyBytesToGo(shown, args[1])
			}
		}
		is, told := d.ask(args[0].String(), shown)
		if told == nil {
			return []any{encoded(is), nil}
		}
		out := js.Global().Get("Uint8Array").New(len(told))
		js.CopyBytesToJS(out, told)
		return []any{encoded(is), out}
	}))
	select {} // the worker calls it, for as long as the page is open
}
