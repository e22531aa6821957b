package upgradelog

import (
	"slices"
	"strings"

	"ionbench/client/journal"
	"ionbench/simulator/machine"
)

// SerialMark in the name of a log stands for the serial number of the meter.
const SerialMark = "{serial}"

// noSerial stands there for a meter that has not told its serial number.
const noSerial = "unknown"

// Book says into which file the lines of a process go. It has no files itself.
//
// If its name has the serial number in it, the lines wait until the log itself tells the number,
// which is before anything in the meter is changed, or until the upgrade has failed without. Each
// upgrade of the process may be of another meter then.
type Book struct {
	Name    string // as given, with SerialMark
	open    bool
	waiting []Line
}

// Turn is what has to be done with a line, in this order.
type Turn struct {
	Close bool   // the file that is open
	Open  string // this file; empty: the one that is open, or none
	Lines []Line // are written
}

// Take takes a line.
func (b *Book) Take(l Line) Turn {
	var t Turn
	if b.PerMeter() && l.Kind == UpgradeStarted && b.open {
		t.Close, b.open = true, false
	}
	if b.open {
		t.Lines = []Line{l}
		return t
	}
	serial, known := b.serialOf(l)
	if !known {
		b.waiting = append(slices.Clip(b.waiting), l)
		return t
	}
	t.Open, t.Lines = b.begin(serial), append(slices.Clip(b.waiting), l)
	b.waiting = nil
	return t
}

// End takes out the lines that still wait, because the process was told to end at once.
func (b *Book) End() Turn {
	var t Turn
	if len(b.waiting) > 0 {
		t.Open, t.Lines = b.begin(noSerial), b.waiting
		b.waiting = nil
	}
	return t
}

// Waiting is how many lines wait for a file. With a process that is killed they are lost; nothing
// in the meter was changed by then.
func (b *Book) Waiting() int { return len(b.waiting) }

// NotOpened says that the file of the last Turn is not open. Its lines are lost.
func (b *Book) NotOpened() { b.open = false }

// PerMeter reports whether each meter has a log of its own.
func (b *Book) PerMeter() bool { return strings.Contains(b.Name, SerialMark) }

func (b *Book) begin(serial string) (name string) {
	b.open = true
	return strings.ReplaceAll(b.Name, SerialMark, journal.FileName(serial))
}

// serialOf returns what the name of the log has to be made of. Not known: the lines go on
// waiting.
func (b *Book) serialOf(l Line) (serial string, known bool) {
	switch {
	case l.Kind == DeviceSerialNumber && l.Text != "":
		return l.Text, true
	case !b.PerMeter(), l.Kind == DeviceSerialNumber, l.Kind == UpgradeFailed:
		return noSerial, true
	}
	return "", false
}

// Declare declares whether a file is open. What the lines say is past, and the name is the same
// from the beginning.
func (b *Book) Declare(w *machine.State) {
	w.Bool(b.open)
	machine.Clip(w, &b.waiting)
}
