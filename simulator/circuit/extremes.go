package circuit

// Extreme is the least or the most that a quantity was, and when, in Unix seconds by the clock of who measured.
type Extreme struct {
	Value float64
	At    int64
}

// Extremes are the least and the most of every quantity over some time.
type Extremes struct {
	Least, Most [Quantities]Extreme
	seen        bool
}

// Seen reports whether there was any time at all.
func (x *Extremes) Seen() bool { return x.seen }

// Take looks at the seconds from one to another, in Unix time, both included. More than a week
// brings nothing new, since the circuit repeats itself, so that is the most that it looks at. Shift is how many
// seconds the clock was ahead that gives the extremes their times.
func (x *Extremes) Take(c *Circuit, from, to, shift int64) {
	if from > to {
		return
	}
	to = min(to, from+weekSeconds)
	x.look(c, from, shift)
	// A quantity turns, or jumps, at the border of two pieces, and nowhere else.
	const piece = int64(pieceSeconds)
	for border := from - floorMod(from, piece) + piece; border <= to; border += piece {
		if border > from+1 {
			x.look(c, border-1, shift)
		}
		x.look(c, border, shift)
	}
	x.look(c, to, shift)
}

func (x *Extremes) look(c *Circuit, unix, shift int64) {
	v := c.at(unix)
	for q := range v {
		value := float64(float32(v[q])) // as registers hold it: the last bits of a sum mean nothing
		if !x.seen || value < x.Least[q].Value {
			x.Least[q] = Extreme{value, unix + shift}
		}
		if !x.seen || value > x.Most[q].Value {
			x.Most[q] = Extreme{value, unix + shift}
		}
	}
	x.seen = true
}

func floorMod(n, by int64) int64 { return (n%by + by) % by }
