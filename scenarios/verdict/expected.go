package verdict

func crashed(e *Evidence, f *findings) {
	if e.Tool.Signal != "" {
		f.tell("it was ended by a signal that nobody sent: %s", e.Tool.Signal)
	}
}

func failed(e *Evidence, f *findings) {
	if _, failure := e.Tool.claims(); e.Expected.Success && failure {
		f.tell("the upgrade should succeed (%s), and it ended with %v", e.Expected.Title, e.Tool.Err)
	}
}

func severalPasses(e *Evidence, f *findings) {
	if passes := e.Tool.Counts.Passes; e.Expected.OnePass && passes > 1 {
		f.tell("the flash should be cleared once (%s), and it was %d times", e.Expected.Title, passes)
	}
}

// unstruck: what an attempt is worth that broke something is known, whatever did not strike.
func unstruck(e *Evidence, f *findings) {
	if len(f.list) > 0 {
		return
	}
	for _, u := range e.Unstruck {
		f.tell("%v", u)
	}
}
