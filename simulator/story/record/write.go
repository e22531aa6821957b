package record

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/ion/explain"
	"ionbench/simulator/story"
)

// Write writes the story of a run: its head, and its events, oldest first. What went over the line
// is explained as far as the trace has it (rig.WholeTrace).
func Write(to io.Writer, h Head, trace []story.Event) error {
	w := writer{to: bufio.NewWriter(to), layouts: map[string]int{}, lines: map[uint8]*traffic{}, numbers: map[*message]int{}}
	head, err := h.append(nil)
	if err != nil {
		return err
	}
	w.line = head
	w.put()
	for _, e := range trace {
		if w.lines[e.OnLine] == nil {
			w.lines[e.OnLine] = read(trace, e.OnLine, time.Duration(h.Byte*float64(time.Second)))
		}
	}
	w.number(trace)
	for i, e := range trace {
		w.event(i, e)
	}
	if w.err == nil {
		w.err = w.to.Flush()
	}
	return w.err
}

// writer writes one file.
type writer struct {
	to      *bufio.Writer
	line    []byte
	err     error
	layouts map[string]int     // numbers of the fields that frames have, by their JSON
	lines   map[uint8]*traffic // of each line
	numbers map[*message]int   // over all lines, in the order of their first frames
	places  []int              // of each event of the trace, its number in the file; 0 if it has none
	written int                // events so far
}

// number gives messages their numbers, and the events of the trace theirs.
func (w *writer) number(trace []story.Event) {
	w.places = make([]int, len(trace))
	place := 0
	for i, e := range trace {
		if _, arrival := e.What.(story.BytesArrived); arrival {
			continue
		}
		if f := w.lines[e.OnLine].at[i]; f != nil && f.message != nil && f.message.frames[0] == f {
			w.numbers[f.message] = len(w.numbers) + 1
			place++ // the message stands in front of its first frame
		}
		place++
		w.places[i] = place
	}
}

func (w *writer) put() {
	if w.err == nil {
		_, w.err = w.to.Write(w.line)
	}
}

// begin begins the line of an event.
func (w *writer) begin(name string, at time.Duration) {
	w.written++
	w.line = append(w.line[:0], `{"n":`...)
	w.line = strconv.AppendInt(w.line, int64(w.written), 10)
	w.line = append(w.line, `,"at":`...)
	w.line = appendSeconds(w.line, at)
	w.member("event", name)
}

// appendSeconds appends a time in seconds, to the nanosecond.
func appendSeconds(dst []byte, t time.Duration) []byte {
	if t < 0 {
		return appendSeconds(append(dst, '-'), -t)
	}
	dst = strconv.AppendInt(dst, int64(t/time.Second), 10)
	if rest := t % time.Second; rest > 0 {
		digits := fmt.Sprintf(".%09d", rest)
		for digits[len(digits)-1] == '0' {
			digits = digits[:len(digits)-1]
		}
		dst = append(dst, digits...)
	}
	return dst
}

// maxText bounds a text of an event, in bytes: a program that is judged may write a line without end.
// With what JSON makes of it, it stays within MaxLine.
const maxText = 64 << 10

// cut is a text with what is too much of it left out, and said.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return fmt.Sprintf("%s… [%d bytes more]", strings.ToValidUTF8(text[:maxText], ""), len(text)-maxText)
}

func (w *writer) member(name string, value any) {
	if text, ok := value.(string); ok {
		value = cut(text)
	}
	w.line = append(w.line, ',', '"')
	w.line = append(w.line, name...)
	w.line = append(w.line, '"', ':')
	b, err := json.Marshal(value)
	if err != nil {
		w.err = err // cannot happen: all values are texts, numbers, bools and lists of them
		return
	}
	w.line = append(w.line, b...)
}

func (w *writer) end() {
	w.line = append(w.line, '}', '\n')
	w.put()
}

// where says on which line it was and whose, if that is not the first.
func (w *writer) where(e story.Event) {
	if e.OnLine != 0 {
		w.member("line", e.OnLine)
	}
	if e.Station != 0 {
		w.member("station", e.Station)
	}
}

func (w *writer) event(i int, e story.Event) {
	if _, arrival := e.What.(story.BytesArrived); arrival {
		return // its frame says it
	}
	if f := w.lines[e.OnLine].at[i]; f != nil {
		w.frame(e, f)
		return
	}
	told := story.Of(e.What)
	w.begin(told.Event, e.At)
	w.member("source", e.Source.String())
	for _, m := range told.Members {
		w.member(m.Name, m.Value)
	}
	w.where(e)
	w.end()
}

func (w *writer) frame(e story.Event, f *frame) {
	if f.message != nil && f.message.frames[0] == f {
		w.message(e, f.message)
	}
	layout := w.layout(f.read.Fields)
	w.begin("frame", e.At)
	w.member("direction", f.direction.String())
	w.member("bytes", len(f.wire))
	w.member("hex", hex.EncodeToString(f.wire))
	w.member("title", f.read.Title)
	w.member("layout", layout)
	if f.message != nil {
		w.member("message", w.numbers[f.message])
		w.member("data", f.read.Data)
	}
	w.member("fate", f.fate.String())
	if f.fate != Lost {
		w.line = append(w.line, `,"arrived":`...)
		w.line = appendSeconds(w.line, f.arrived)
	}
	if f.fate == Garbled {
		w.member("got", hex.EncodeToString(f.got))
	}
	if f.held > 0 {
		w.line = append(w.line, `,"held":`...)
		w.line = appendSeconds(w.line, f.held)
	}
	w.where(e)
	w.end()
}

// layout returns the number of the fields of a frame. What many frames have in common is written
// once.
func (w *writer) layout(fields []explain.Field) int {
	list := fieldsOf(fields)
	text, err := json.Marshal(list)
	if err != nil {
		w.err = err // cannot happen, as above
		return 0
	}
	n, known := w.layouts[string(text)]
	if !known {
		n = len(w.layouts) + 1
		w.layouts[string(text)] = n
		w.line = fmt.Appendf(w.line[:0], `{"event":"layout","layout":%d,"fields":%s}`+"\n", n, text)
		w.put()
	}
	return n
}

// field is a field as the file has it.
type field struct {
	Name  string `json:"name"`
	From  int    `json:"from"`
	To    int    `json:"to"`
	Value string `json:"value,omitempty"`
	Wrong bool   `json:"wrong,omitempty"`
}

func fieldsOf(fields []explain.Field) []field {
	list := make([]field, len(fields))
	for i, f := range fields {
		list[i] = field(f)
	}
	return list
}

func (w *writer) message(e story.Event, m *message) {
	w.begin("message", e.At)
	w.member("message", w.numbers[m])
	w.member("direction", m.direction.String())
	w.line = append(w.line, `,"until":`...)
	w.line = appendSeconds(w.line, m.until())
	if m.hasID {
		w.member("id", m.id)
	}
	w.member("title", m.text.Title)
	w.member("whole", m.whole)
	w.member("fields", fieldsOf(m.text.Fields))
	if a := m.again; a != nil {
		w.member("again_of", w.numbers[a.of])
		w.member("times", a.times)
		w.member("why", a.why)
		if a.see >= 0 {
			w.member("see", w.places[a.see])
		}
	}
	w.where(e)
	w.end()
}
