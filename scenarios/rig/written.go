package rig

import (
	"slices"

	"ionbench/client/upgradelog"
	"ionbench/simulator/machine"
)

// written is a line that an attempt wrote to the log, and those before it; nil for none. Copies
// of a tool share it: it never changes.
type written struct {
	before *written
	line   upgradelog.Line
	bytes  int         // of all these lines
	sum    machine.Sum // of their text
}

// with returns the lines with one more.
func (w *written) with(l upgradelog.Line) *written {
	var room [256]byte
	sum := w.textSum()
	text := upgradelog.Append(append(room[:0], sum[:]...), l)
	return &written{before: w, line: l, bytes: w.size() + len(text) - len(sum), sum: machine.SumOf(text)}
}

// unfinished reports whether the last upgrade in the log has not come to its end.
func (w *written) unfinished() bool {
	return w != nil && w.line.Kind != upgradelog.UpgradeCompleted && w.line.Kind != upgradelog.UpgradeFailed
}

func (w *written) size() int {
	if w == nil {
		return 0
	}
	return w.bytes
}

func (w *written) textSum() machine.Sum {
	if w == nil {
		return machine.Sum{}
	}
	return w.sum
}

// text is what stands in the log.
func (w *written) text() []byte {
	text := make([]byte, 0, w.size())
	for _, l := range w.after(nil) {
		text = upgradelog.Append(text, l)
	}
	return text
}

// after lists the lines that were written after another, in order; all of them after nil.
func (w *written) after(other *written) []upgradelog.Line {
	var list []upgradelog.Line
	for ; w != other && w != nil; w = w.before {
		list = append(list, w.line)
	}
	slices.Reverse(list)
	return list
}
