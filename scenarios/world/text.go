package world

import (
	"errors"
	"fmt"

	"ionbench/scenarios/fields"
)

// MaxAttempts is the most attempts that a world can have.
const MaxAttempts = 50

// ErrBad is wrapped by every error about a world.
var ErrBad = errors.New("not a world")

// Sections returns the kinds of sections in a text, with which a reader fills w.
func Sections(w *World) []fields.Section {
	return []fields.Section{
		{
			Word: "meter", What: "a meter on a line; the article's unless given", Named: true, Keys: fields.Bind(meterFields(), new(Meter)),
			Open: opens(&w.Meters, func(name string) Meter { return Meter{Name: name} }, meterFields()),
		},
		{
			Word: "station", What: "another station on a line, which talks unasked", Named: true, Keys: fields.Bind(stationFields(), new(Station)),
			Open: opens(&w.Stations, func(name string) Station { return Station{Name: name} }, stationFields()),
		},
		{
			Word: "pc", What: "a PC that the tool runs on; nothing lies on its disk at first", Named: true, Keys: fields.Bind(PCFields(), new(PC)),
			Open: opens(&w.PCs, func(name string) PC { return PC{Name: name} }, PCFields()),
		},
		{
			Word: "firmware", What: "a .UPG file that the person may choose", Named: true, Keys: fields.Bind(firmwareFields(), new(Firmware)),
			Open: opens(&w.Firmware, func(name string) Firmware { return Firmware{Name: name} }, firmwareFields()),
		},
		{
			Word: "template", What: "a .DCF file that the person may choose", Named: true, Keys: fields.Bind(templateFields(), new(Template)),
			Open: opens(&w.Templates, func(name string) Template { return Template{Name: name} }, templateFields()),
		},
		{
			Word: "attempt", What: "one process of the tool; several follow each other, or overlap", Several: true, Keys: fields.Bind(attemptFields(), new(Attempt)),
			Open: func(string) ([]fields.Key, error) {
				if len(w.Attempts) == MaxAttempts {
					return nil, fmt.Errorf("more than %d attempts; make another file of the rest", MaxAttempts)
				}
				w.Attempts = append(w.Attempts, Attempt{})
				return fields.Bind(attemptFields(), &w.Attempts[len(w.Attempts)-1]), nil
			},
		},
	}
}

// maxNamed is how many sections of a kind may have names.
const maxNamed = 100

// opens adds one more element to a list.
func opens[V any](list *[]V, named func(string) V, table []fields.Field[V]) func(string) ([]fields.Key, error) {
	return func(name string) ([]fields.Key, error) {
		if len(*list) == maxNamed {
			return nil, fmt.Errorf("more than %d of these sections; delete those that no [attempt] names", maxNamed)
		}
		*list = append(*list, named(name))
		return fields.Bind(table, &(*list)[len(*list)-1]), nil
	}
}

// Parse reads a world. An empty text is the zero World. Parse is strict: what it does not know
// is an error, and so is what can have no effect. It reports up to ten bad lines together; each
// is a *fields.LineError.
func Parse(text []byte) (*World, error) {
	w := new(World)
	format := fields.Format{Name: "world", First: "meter", Empty: true, Bad: ErrBad, Sections: Sections(w)}
	places, problems := format.Read(text)
	if problems.Err() == nil {
		w.CheckIn(places, problems)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return w, nil
}

// Append appends the world as a text that Parse reads. It leaves out fields that are not set,
// and files given by the caller.
func (w *World) Append(dst []byte) []byte {
	dst = w.AppendThings(dst)
	for i := range w.Attempts {
		dst = AppendAttempt(dst, &w.Attempts[i])
	}
	return dst
}

// String is the world as a text.
func (w *World) String() string { return string(w.Append(nil)) }

// AppendThings appends everything but the attempts.
func (w *World) AppendThings(dst []byte) []byte {
	for i := range w.Meters {
		dst = fields.Append(dst, "meter", w.Meters[i].Name, fields.Bind(meterFields(), &w.Meters[i]))
	}
	for i := range w.Stations {
		dst = fields.Append(dst, "station", w.Stations[i].Name, fields.Bind(stationFields(), &w.Stations[i]))
	}
	for i := range w.PCs {
		dst = fields.Append(dst, "pc", w.PCs[i].Name, fields.Bind(PCFields(), &w.PCs[i]))
	}
	for i := range w.Firmware {
		dst = fields.Append(dst, "firmware", w.Firmware[i].Name, fields.Bind(firmwareFields(), &w.Firmware[i]))
	}
	for i := range w.Templates {
		dst = fields.Append(dst, "template", w.Templates[i].Name, fields.Bind(templateFields(), &w.Templates[i]))
	}
	return dst
}

// AppendAttempt appends one attempt.
func AppendAttempt(dst []byte, a *Attempt) []byte {
	return fields.Append(dst, "attempt", "", fields.Bind(attemptFields(), a))
}
