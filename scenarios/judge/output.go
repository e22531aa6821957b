package judge

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// maxKept is how many bytes of each output are kept: half of them from the beginning, half from
// the end. The rest is only counted.
const maxKept = 1 << 20

// Output is what a program wrote to one of its outputs.
type Output struct {
	Bytes int64 // all that it wrote, kept or not
	head  []byte
	tail  []byte
	marks []mark // when what of the head was written
}

// mark says when the head had so many bytes.
type mark struct {
	bytes int
	at    time.Time
}

// maxMarks and maxLines bound what is remembered of the times of an output.
const (
	maxMarks = 4096
	maxLines = 2000
)

// timedLine is a line of an output, and when it was there whole.
type timedLine struct {
	at   time.Time
	text string
}

// lines are the lines of the output's beginning.
func (o *Output) lines() (list []timedLine) {
	at, marks := 0, o.marks
	for text := range strings.Lines(string(o.head)) {
		at += len(text)
		for len(marks) > 1 && marks[0].bytes < at {
			marks = marks[1:]
		}
		if len(list) == maxLines {
			return append(list, timedLine{marks[0].at, "[more lines follow]"})
		}
		list = append(list, timedLine{marks[0].at, strings.TrimRight(text, "\r\n")})
	}
	return list
}

// Write keeps p as far as there is room. It never fails.
func (o *Output) Write(p []byte) (int, error) {
	n := len(p)
	o.Bytes += int64(n)
	room := min(n, maxKept/2-len(o.head))
	o.head = append(o.head, p[:room]...)
	if room > 0 && len(o.marks) < maxMarks {
		o.marks = append(o.marks, mark{len(o.head), time.Now()})
	}
	o.tail = append(o.tail, p[room:]...)
	if len(o.tail) > maxKept {
		o.tail = append(o.tail[:0], o.tail[len(o.tail)-maxKept/2:]...)
	}
	return n, nil
}

// Kept is what was kept, with a line that says how much is missing between the halves.
func (o *Output) Kept() []byte {
	tail := o.tail[max(0, len(o.tail)-maxKept/2):]
	left := o.Bytes - int64(len(o.head)) - int64(len(tail))
	kept := append([]byte(nil), o.head...)
	if left > 0 {
		kept = fmt.Appendf(kept, "\n[%d bytes are left out here]\n", left)
	}
	return append(kept, tail...)
}

// said is the line that best tells why the program failed; standard error goes first.
func (e *Exit) said() string {
	if said := e.Stderr.telling(); said != "" {
		return said
	}
	return e.Stdout.telling()
}

// telling is the last line with the word error, or else the last line, cut to a sane length.
func (o *Output) telling() string {
	const most = 200
	line := ""
	for l := range strings.Lines(strings.TrimSpace(string(o.Kept()))) {
		const word = "error"
		if strings.Contains(strings.ToLower(l), word) || !strings.Contains(strings.ToLower(line), word) {
			line = strings.TrimSpace(l)
		}
	}
	if len(line) > most {
		line = line[:most] + "..."
	}
	return line
}

// keep reads r to its end.
func (o *Output) keep(r io.Reader) {
	// It fails only after closePipes, and then the rest is not wanted.
	_, _ = io.Copy(struct{ io.Writer }{o}, r)
}
