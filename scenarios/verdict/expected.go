package verdict

func crashed(e *Evidence, f *findings) {
	if e.Tool.Crash != "" {
		f.tell("%s", e.Tool.Crash)
	}
}

func failed(e *Evidence, f *findings) {
	if e.Expected.Success && !e.Tool.Killed && !e.Tool.succeeds() {
		f.tell("the upgrade should succeed (%s), and it ended with %s", e.Expected.Title, ending(e.Tool.Err))
	}
}

func touched(e *Evidence, f *findings) {
	if e.Expected.Untouched && !e.Tool.Killed && !e.Tool.succeeds() && e.flashed() {
		f.tell("the upgrade should succeed or leave the flash alone (%s), and it ended with %s after %d flash operations", e.Expected.Title, ending(e.Tool.Err), e.Meter.FlashOps)
	}
}

func severalPasses(e *Evidence, f *findings) {
	if passes := e.Tool.Counts.Passes; e.Expected.OnePass && passes > 1 {
		f.tell("the flash should be cleared once (%s), and it was %d times", e.Expected.Title, passes)
	}
}

// unstruck: an attempt that broke something is judged by that, whatever did not strike.
func unstruck(e *Evidence, f *findings) {
	if len(f.list) > 0 {
		return
	}
	for _, u := range e.Unstruck {
		f.tell("%v", u)
	}
}
