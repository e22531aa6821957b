package atlas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ionbench/client"
	"ionbench/scenarios/world"
)

// The bounds of a file. A default sweep of the largest image that fits a meter, with eighteen
// million points, stays below a tenth of either.
const (
	// MaxFileBytes is the largest file that Read takes.
	MaxFileBytes = 256 << 20
	maxPoints    = 1 << 30
	maxNumber    = 1 << 53 // the largest number that every JSON reader keeps exactly
)

// Write writes the atlas as a file, with one mark, outcome or row per line.
func (a *Atlas) Write(w io.Writer) error {
	b := bytes.NewBuffer(nil)
	line := json.NewEncoder(b)
	line.SetEscapeHTML(false)
	separator := "{"
	add := func(key string, value any) error {
		b.WriteString(separator + strconv.Quote(key) + ":")
		separator = ","
		return line.Encode(value)
	}
	err := errors.Join(
		add("format", a.Format),
		add("config", a.Config),
		add("spaces", append([]string{}, a.Spaces...)),
		add("partial", a.Partial),
		add("calm", a.Calm),
		addLines(b, line, "marks", a.Marks),
		addLines(b, line, "outcomes", a.Outcomes),
		addLines(b, line, "rows", a.Rows),
	)
	if err != nil {
		return err
	}
	b.WriteString("}\n")
	_, err = w.Write(b.Bytes())
	return err
}

// addLines writes a list with one element per line.
func addLines[T any](b *bytes.Buffer, line *json.Encoder, key string, list []T) error {
	fmt.Fprintf(b, ",%q:[\n", key)
	for i := range list {
		if i > 0 {
			b.WriteString(",")
		}
		if err := line.Encode(&list[i]); err != nil {
			return err
		}
	}
	b.WriteString("]\n")
	return nil
}

// ErrNoAtlas is wrapped by the errors of Read if the file is not one that Write wrote.
var ErrNoAtlas = errors.New("no atlas of a sweep")

func noAtlas(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNoAtlas, fmt.Sprintf(format, args...))
}

// Read reads what Write wrote; white space may differ. It refuses anything else: the error
// wraps ErrNoAtlas and says where.
func Read(r io.Reader) (*Atlas, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxFileBytes {
		return nil, noAtlas("it has more than %d bytes", MaxFileBytes)
	}
	if err := checkFormat(b); err != nil {
		return nil, err
	}
	a := new(Atlas)
	in := json.NewDecoder(bytes.NewReader(b))
	in.DisallowUnknownFields()
	if err := in.Decode(a); err != nil {
		return nil, noAtlas("%v", err)
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return a, sameJSON(b, a)
}

// checkFormat is the first check, so that a file of another version is recognised as such.
func checkFormat(b []byte) error {
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return noAtlas("%v", err)
	}
	if head.Format != Format {
		return noAtlas("its format is %q, and this program reads %q", head.Format, Format)
	}
	return nil
}

// sameJSON finds what the decoder accepts: keys that occur twice or in capitals, runs of one
// number or of three, text that is not UTF-8.
func sameJSON(b []byte, a *Atlas) error {
	var again, want, got bytes.Buffer
	if err := a.Write(&again); err != nil {
		return err
	}
	if err := errors.Join(json.Compact(&want, again.Bytes()), json.Compact(&got, b)); err != nil {
		return noAtlas("%v", err)
	}
	w, g := want.Bytes(), got.Bytes()
	if bytes.Equal(w, g) {
		return nil
	}
	at := 0
	for at < len(w) && at < len(g) && w[at] == g[at] {
		at++
	}
	return noAtlas("it was not written by ionbench: from %q on it is another way of saying it", excerpt(g, at))
}

func excerpt(b []byte, at int) string {
	return string(b[max(0, at-20):min(len(b), at+20)])
}

// check says why no sweep can have made the atlas.
func (a *Atlas) check() error {
	if err := errors.Join(a.Config.check(), a.checkSpaces(), a.Calm.check(), checkMarks(a.Marks)); err != nil {
		return noAtlas("%v", err)
	}
	if err := a.checkOutcomes(); err != nil {
		return noAtlas("%v", err)
	}
	if err := a.checkRows(); err != nil {
		return noAtlas("%v", err)
	}
	if !a.Partial && a.incomplete() {
		return noAtlas("points are missing, and it does not say that it is partial")
	}
	return nil
}

// incomplete reports whether points are missing.
func (a *Atlas) incomplete() bool {
	for _, s := range a.Spaces {
		if !slices.ContainsFunc(a.Rows, func(r Row) bool { return r.Space == s }) {
			return true
		}
	}
	for i := range a.Rows {
		for _, run := range a.Rows[i].Runs {
			if run[1] == missing {
				return true
			}
		}
	}
	return false
}

func (c *Config) check() error {
	switch {
	case c.Model < 1 || !within(1, int64(c.ImageBytes)):
		return fmt.Errorf("its configuration is a model %d and an image of %d bytes", c.Model, c.ImageBytes)
	case !plain(c.Firmware) || !plain(c.Hash):
		return errors.New("the revision or the hash of its configuration is no line of text")
	}
	if _, err := world.Parse([]byte(c.Text)); err != nil {
		return fmt.Errorf("the world of its configuration: %w", err)
	}
	_, err := client.ParseRelease(c.Release)
	return err
}

func (a *Atlas) checkSpaces() error {
	for i, s := range a.Spaces {
		if s == "" || !plain(s) || slices.Contains(a.Spaces[:i], s) {
			return fmt.Errorf("space %q has no name or comes twice", s)
		}
	}
	return nil
}

func (c *Calm) check() error {
	if !within(0, c.Milliseconds) || !within(0, c.Bytes) || !within(0, int64(c.Acts)) {
		return errors.New("the calm run has a cost that cannot be")
	}
	return nil
}

func checkMarks(marks []Mark) error {
	var last Mark
	for i, m := range marks {
		switch {
		case !within(0, int64(m.Block)):
			return fmt.Errorf("mark %d has a block that cannot be", i)
		case m.Milliseconds < last.Milliseconds || m.ToMeter < last.ToMeter || m.FromMeter < last.FromMeter || m.FlashOps < last.FlashOps:
			return fmt.Errorf("mark %d comes before the one before it", i)
		case m.Milliseconds > maxNumber || max(m.ToMeter, m.FromMeter, m.FlashOps) > maxNumber:
			return fmt.Errorf("mark %d is farther than numbers go", i)
		}
		last = m
	}
	return nil
}

func (a *Atlas) checkOutcomes() error {
	seen := make(map[outcome]bool)
	for i := range a.Outcomes {
		o, err := a.Outcomes[i].parse()
		if err != nil {
			return fmt.Errorf("outcome %d: %w", i, err)
		}
		if seen[o] {
			return fmt.Errorf("outcome %d comes twice", i)
		}
		seen[o] = true
	}
	return nil
}

func (a *Atlas) checkRows() error {
	points, named := 0, 0
	seen := make(map[rowKey]bool)
	for i := range a.Rows {
		r := &a.Rows[i]
		if seen[r.key()] {
			return fmt.Errorf("row %d (%q): it comes twice", i, r.Plan)
		}
		seen[r.key()] = true
		if !slices.Contains(a.Spaces, r.Space) {
			return fmt.Errorf("row %d (%q): space %q is none of the file's", i, r.Plan, r.Space)
		}
		if err := r.checkHead(); err != nil {
			return fmt.Errorf("row %d (%q): %w", i, r.Plan, err)
		}
		for j, run := range r.Runs {
			if err := checkRun(r.Runs, j, named, len(a.Outcomes)); err != nil {
				return fmt.Errorf("row %d (%q), run %d: %w", i, r.Plan, j, err)
			}
			named = max(named, run[1]+1)
			if points += run[0]; points > maxPoints {
				return fmt.Errorf("row %d (%q): more than %d points", i, r.Plan, maxPoints)
			}
		}
		if len(r.Names) > 0 && len(r.Names) != r.Points() {
			return fmt.Errorf("row %d (%q): %d names for %d points", i, r.Plan, len(r.Names), r.Points())
		}
	}
	if named < len(a.Outcomes) {
		return fmt.Errorf("outcome %d is that of no point", named)
	}
	return nil
}

// checkHead checks everything in a row but its points.
func (r *Row) checkHead() error {
	switch {
	case !strings.Contains(r.Plan, place) || !plain(r.Plan):
		return fmt.Errorf("its plan has no %s for the place", place)
	case !knownUnit(r.Unit):
		return fmt.Errorf("places are not counted by %q", r.Unit)
	case r.First < 1 || r.First > maxNumber:
		return fmt.Errorf("its first place is %d", r.First)
	}
	for _, name := range r.Names {
		if !plain(name) || name == "" {
			return fmt.Errorf("%q is no name of a place", name)
		}
	}
	return nil
}

func knownUnit(name string) bool {
	for u := range unitCount {
		if u.String() == name {
			return true
		}
	}
	return false
}

// checkRun checks one run of a row. named is how many outcomes the runs before it use.
func checkRun(runs [][2]int, i, named, outcomes int) error {
	points, outcome := runs[i][0], runs[i][1]
	switch {
	case points < 1 || points > maxPoints:
		return fmt.Errorf("it has %d points", points)
	case outcome < missing || outcome >= outcomes:
		return fmt.Errorf("there is no outcome %d, only %d", outcome, outcomes)
	case outcome > named:
		return fmt.Errorf("outcome %d is named before outcome %d", outcome, named)
	case i > 0 && runs[i-1][1] == outcome:
		return fmt.Errorf("it has outcome %d, as the run before it", outcome)
	}
	return nil
}

// plain reports whether a text is one printable line.
func plain(text string) bool {
	return len(text) <= 4096 && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// within reports whether n is from least to the largest number of a file.
func within(least, n int64) bool { return least <= n && n <= maxNumber }
