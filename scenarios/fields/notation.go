package fields

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ionbench/client/ini"
	"ionbench/simulator/fault"
)

// Notation is how the values of a type are written.
type Notation[V any] struct {
	Syntax string // in a word or two, such as N or yes|no
	// Parse reads a value. The error says what is wrong and what would be right.
	Parse func(text string) (V, error)
	// Print is the reverse of Parse. It is empty for a value that Parse never returns.
	Print func(V) string
	// Values are all values, or, if there are more (Open), some that are worth trying: the
	// ends, and both sides of a limit.
	Values []string
	Open   bool
}

// Text takes any text of one line. The samples are worth trying.
func Text(syntax string, samples ...string) Notation[string] {
	return Notation[string]{
		Syntax: syntax,
		Parse:  func(text string) (string, error) { return text, nil },
		Print:  func(text string) string { return text },
		Values: samples, Open: true,
	}
}

// Checked takes the texts for which check returns nil.
func Checked(syntax string, check func(string) error, samples ...string) Notation[string] {
	n := Text(syntax, samples...)
	n.Parse = func(text string) (string, error) { return text, check(text) }
	return n
}

// Number is what Integer takes.
type Number interface {
	~int | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Integer takes decimal numbers from least to most.
func Integer[V Number](least, most V, samples ...V) Notation[V] {
	n := Notation[V]{
		Syntax: "N",
		Parse:  func(text string) (V, error) { return ParseInt(text, least, most) },
		Print:  func(v V) string { return fmt.Sprint(v) },
		Open:   true,
	}
	for _, v := range samples {
		n.Values = append(n.Values, n.Print(v))
	}
	return n
}

// ParseInt reads a decimal number from least to most.
func ParseInt[V Number](text string, least, most V) (v V, err error) {
	ok := false
	if signed, err := strconv.ParseInt(text, 10, 64); err == nil {
		v = V(signed)
		ok = int64(v) == signed && (v < 0) == (signed < 0)
	} else if unsigned, err := strconv.ParseUint(text, 10, 64); err == nil {
		v = V(unsigned)
		ok = uint64(v) == unsigned && v > 0
	}
	if !ok || v < least || v > most {
		return 0, fmt.Errorf("%q is no number from %d to %d", text, least, most)
	}
	return v, nil
}

// Size takes numbers of bytes from least to most, such as 65536, 64k or 256KiB, and prints them
// as numbers. Units are powers of 1024.
func Size(least, most int, samples ...int) Notation[int] {
	n := Integer(least, most, samples...)
	n.Syntax = "BYTES"
	n.Parse = func(text string) (int, error) {
		digits, unit := cutUnit(text)
		v, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || v < 0 || v > int64(most)/unit || v*unit < int64(least) {
			return 0, fmt.Errorf("%q is no size from %d to %d bytes; write one such as 65536, 64k, 256KiB or 1MiB", text, least, most)
		}
		return int(v * unit), nil
	}
	return n
}

func cutUnit(text string) (digits string, bytes int64) {
	lower := strings.ToLower(text)
	for _, u := range []struct {
		suffix string
		bytes  int64
	}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"k", 1 << 10}, {"m", 1 << 20}} {
		if strings.HasSuffix(lower, u.suffix) {
			return text[:len(text)-len(u.suffix)], u.bytes
		}
	}
	return text, 1
}

// MaxTime is the longest time that can be written.
const MaxTime = 10_000 * time.Hour

// Time takes times such as 30s or 1h10m, of up to MaxTime.
func Time(samples ...string) Notation[time.Duration] {
	return Notation[time.Duration]{Syntax: "TIME", Parse: ParseTime, Print: fault.FormatTime, Values: samples, Open: true}
}

// TimeBetween takes times from least to most.
func TimeBetween(least, most time.Duration, samples ...string) Notation[time.Duration] {
	n := Time(samples...)
	n.Parse = func(text string) (time.Duration, error) {
		d, err := ParseTime(text)
		switch {
		case err != nil:
			return 0, err
		case d < least:
			return 0, fmt.Errorf("%q is too short; at least %s", text, fault.FormatTime(least))
		case d > most:
			return 0, fmt.Errorf("%q is too long; at most %s", text, fault.FormatTime(most))
		}
		return d, nil
	}
	return n
}

// ParseTime reads a time of up to MaxTime.
func ParseTime(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no time; write one such as 30s, 2m or 1h10m", text)
	case d < 0:
		return 0, fmt.Errorf("%s is negative; write a time such as 30s", text)
	case d > MaxTime:
		return 0, fmt.Errorf("%s is too long; at most %s", text, fault.FormatTime(MaxTime))
	}
	return d, nil
}

// calendar is how a calendar time is written. Files know no time zones: the PC and the meter
// show the same time.
const calendar = "2006-01-02 15:04:05"

// Calendar takes calendar times of the years that the meter's clock can show, 1970 to 2105.
func Calendar(samples ...string) Notation[time.Time] {
	return Notation[time.Time]{Syntax: "DATE TIME", Parse: ParseCalendar, Print: FormatCalendar, Values: samples, Open: true}
}

// ParseCalendar reads a calendar time.
func ParseCalendar(text string) (time.Time, error) {
	t, err := time.Parse(calendar, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no calendar time; write one such as 2008-03-06 15:57:48", text)
	}
	if t.Year() < 1970 || t.Year() > 2105 {
		return time.Time{}, fmt.Errorf("the meter's clock does not go to %d; use a year from 1970 to 2105", t.Year())
	}
	return t, nil
}

// FormatCalendar is the reverse of ParseCalendar. Parts of a second are left out.
func FormatCalendar(t time.Time) string { return t.Format(calendar) }

// Word is a word and what it stands for.
type Word[V comparable] struct {
	Text  string
	Value V
}

// Say makes a Word.
func Say[V comparable](text string, value V) Word[V] { return Word[V]{text, value} }

// Words takes the words of a list; what names them in errors, such as "task". A value without a
// word prints as nothing.
func Words[V comparable](what string, list ...Word[V]) Notation[V] {
	n := Notation[V]{
		Parse: func(text string) (v V, err error) {
			for _, w := range list {
				if w.Text == text {
					return w.Value, nil
				}
			}
			return v, Unknown(what, text, textsOf(list))
		},
		Print: func(v V) string {
			for _, w := range list {
				if w.Value == v {
					return w.Text
				}
			}
			return ""
		},
		Values: textsOf(list),
	}
	n.Syntax = strings.Join(n.Values, "|")
	return n
}

func textsOf[V comparable](list []Word[V]) []string {
	texts := make([]string, len(list))
	for i, w := range list {
		texts[i] = w.Text
	}
	return texts
}

// YesNo takes yes for true and no for false. Errors name the field.
func YesNo(field string) Notation[bool] {
	return Words("value of "+field, Say("yes", true), Say("no", false))
}

// NoYes takes yes for false and no for true, for a field whose zero value means yes.
func NoYes(field string) Notation[bool] {
	return Words("value of "+field, Say("yes", false), Say("no", true))
}

// maxWords is the most values of a list.
const maxWords = 20

// List takes several values, separated by commas. The samples are lists.
func List[V any](syntax string, of Notation[V], samples ...string) Notation[[]V] {
	return Notation[[]V]{
		Syntax: syntax,
		Parse: func(text string) ([]V, error) {
			words, err := splitList(text)
			if err != nil {
				return nil, err
			}
			values := make([]V, len(words))
			for i, word := range words {
				if values[i], err = of.Parse(word); err != nil {
					return nil, err
				}
			}
			return values, nil
		},
		Print: func(values []V) string {
			words := make([]string, len(values))
			for i, v := range values {
				words[i] = of.Print(v)
			}
			return strings.Join(words, ", ")
		},
		Values: samples, Open: true,
	}
}

// splitList splits a list at its commas.
func splitList(text string) ([]string, error) {
	list := strings.Split(text, ",")
	if len(list) > maxWords {
		return nil, fmt.Errorf("%d words; at most %d", len(list), maxWords)
	}
	for i := range list {
		if list[i] = strings.Trim(list[i], ini.Blanks); list[i] == "" {
			return nil, fmt.Errorf("%q has nothing between two commas", text)
		}
	}
	return list, nil
}

// Unknown is the error about a word that is not known. It names the nearest known word, or all
// of them. A number is not taken for a mistyped other one.
func Unknown(what, word string, known []string) error {
	if best, ok := fault.Nearest(word, known); ok && strings.Trim(word, "0123456789.") != "" {
		return fmt.Errorf("%.80q is no %s; did you mean %s?", word, what, best)
	}
	return fmt.Errorf("%.80q is no %s; use %s", word, what, OrList(known))
}

// OrList writes a list for people: a, b or c.
func OrList(words []string) string {
	if len(words) == 0 {
		return ""
	}
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
