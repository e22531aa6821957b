package reproduce

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// monthNames are the months in English, German, French, Spanish, Italian, Portuguese and Dutch:
// as many of their first letters as tell them apart.
var monthNames = [12][]string{
	{"jan", "ene", "gen"},
	{"feb", "fév", "fev"},
	{"mar", "mär", "maa", "mrz", "mrt"},
	{"apr", "avr", "abr"},
	{"may", "mai", "mag", "mei"},
	{"jun", "juin", "giu"},
	{"jul", "juil", "lug"},
	{"aug", "aoû", "aou", "ago"},
	{"sep", "set"},
	{"oct", "okt", "ott", "out"},
	{"nov"},
	{"dec", "dez", "déc", "dic"},
}

// weekdayNames are days of the week, Sunday first, in the same languages.
var weekdayNames = [7][]string{
	{"sun", "son", "dim", "dom", "zon"},
	{"mon", "mont", "lun", "seg", "maan"},
	{"tue", "die", "mardi", "marte", "ter", "din"},
	{"wed", "mit", "mer", "mié", "mie", "qua", "woe"},
	{"thu", "don", "jeu", "jue", "gio", "qui"},
	{"fri", "fre", "ven", "vie", "sex", "vri"},
	{"sat", "sam", "sáb", "sab", "zat"},
}

// reading is a date and time in the words of some locale.
type reading struct {
	time  time.Time
	other time.Time // the other meaning, with day and month exchanged; zero for none
	// misdated: its day of the week is not that of its date.
	misdated bool
}

// parseStamp reads a date and a time as Windows writes them in any of these locales: with or
// without the day of the week, with names or numbers of months, in any clear order, with 12 or
// 24 hours. It reports whether day and month could be exchanged.
func parseStamp(s string) (reading, bool) {
	var f stampFields
	for _, word := range stampWords(s) {
		if !f.take(word) {
			return reading{}, false
		}
	}
	return f.reading()
}

// stampWords splits a text into words and into numbers with their separators (3:57:48,
// 06.03.2008).
func stampWords(s string) []string {
	const iso = len("2008-03-06")
	if len(s) > iso && s[iso] == 'T' {
		s = s[:iso] + " " + s[iso+1:]
	}
	return strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
}

// stampFields is what has been read of a stamp.
type stampFields struct {
	numbers  []int  // of the date, in order
	mark     rune   // the separator; 0 for blanks
	month    int    // by its name
	weekday  int    // from 1; 0 for none
	clock    [3]int // hours, minutes, seconds
	hasClock bool
	half     int // 1 for AM, 2 for PM
}

func (f *stampFields) take(word string) bool {
	lower := strings.ToLower(word)
	switch {
	case strings.Contains(word, ":"):
		return f.takeClock(word)
	case lower == "am" || lower == "a.m.":
		f.half = 1
	case lower == "pm" || lower == "p.m.":
		f.half = 2
	case lower == "de" || lower == "do" || lower == "um" || lower == "uhr" || lower == "à" || lower == "del":
	case unicode.IsDigit(rune(word[0])):
		return f.takeDate(word)
	default:
		return f.takeName(lower)
	}
	return true
}

func (f *stampFields) takeClock(word string) bool {
	parts := strings.Split(word, ":")
	if f.hasClock || len(parts) != 3 {
		return false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if torn := i > 0 && len(p) < 2; err != nil || n < 0 || n > [3]int{23, 59, 59}[i] || len(p) > 2 || torn {
			return false
		}
		f.clock[i] = n
	}
	f.hasClock = true
	return true
}

// takeDate takes 6, 6., 06.03.2008, 3/6/2008 or 2008-03-06.
func (f *stampFields) takeDate(word string) bool {
	word = strings.TrimRight(word, ".")
	for _, mark := range "./-" {
		if strings.ContainsRune(word, mark) {
			f.mark = mark
			break
		}
	}
	for _, p := range strings.FieldsFunc(word, func(r rune) bool { return r == f.mark }) {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || len(p) > 4 || len(f.numbers) == 3 {
			return false
		}
		f.numbers = append(f.numbers, n)
	}
	return true
}

// takeName takes a month or a day of the week. The longest match counts: "mardi" is a Tuesday,
// "mars" a month.
func (f *stampFields) takeName(word string) bool {
	word = strings.TrimSuffix(word, ".")
	month, monthFits := named(monthNames[:], word)
	day, dayFits := named(weekdayNames[:], word)
	// "mar" and "mer" can be either. The month is required, the day is not.
	switch {
	case monthFits > 0 && monthFits >= dayFits && f.month == 0:
		f.month = month
	case dayFits > 0 && f.weekday == 0:
		f.weekday = day
	default:
		return false
	}
	return true
}

// named finds the list with the longest match for the beginning of the word.
func named(lists [][]string, word string) (at, length int) {
	for i, list := range lists {
		for _, name := range list {
			if len(name) > length && strings.HasPrefix(word, name) {
				at, length = i+1, len(name)
			}
		}
	}
	return at, length
}

func (f *stampFields) reading() (reading, bool) {
	if !f.hasClock {
		return reading{}, false
	}
	hour := f.clock[0]
	if f.half != 0 {
		if hour < 1 || hour > 12 {
			return reading{}, false
		}
		hour = hour%12 + 12*(f.half-1)
	}
	var dates, others []time.Time
	for _, d := range f.dates() {
		t := time.Date(d[0], time.Month(d[1]), d[2], hour, f.clock[1], f.clock[2], 0, time.UTC)
		switch {
		case t.Month() != time.Month(d[1]) || t.Day() != d[2]:
		case f.weekday != 0 && int(t.Weekday()) != f.weekday-1:
			others = append(others, t)
		case len(dates) == 0 || !dates[0].Equal(t):
			dates = append(dates, t)
		}
	}
	switch {
	case len(dates) == 0 && len(others) == 1: // a digit was typed over, or its PC had no better
		return reading{time: others[0], misdated: true}, true
	case len(dates) == 0:
		return reading{}, false
	case len(dates) == 1:
		return reading{time: dates[0]}, true
	}
	return reading{time: dates[0], other: dates[1]}, true
}

// dates are the possible years, months and days, the likeliest first.
func (f *stampFields) dates() [][3]int {
	n := f.numbers
	switch {
	case f.month != 0 && len(n) == 2 && n[1] > 31:
		return [][3]int{{n[1], f.month, n[0]}}
	case f.month != 0 && len(n) == 2 && n[0] > 31:
		return [][3]int{{n[0], f.month, n[1]}}
	case f.month != 0 || len(n) != 3:
		return nil
	case n[0] > 31:
		return [][3]int{{n[0], n[1], n[2]}}
	case f.mark == '.': // with dots, the month is never first
		return [][3]int{{year(n[2]), n[1], n[0]}}
	case f.mark == '/':
		return [][3]int{{year(n[2]), n[0], n[1]}, {year(n[2]), n[1], n[0]}}
	}
	return [][3]int{{year(n[2]), n[1], n[0]}, {year(n[2]), n[0], n[1]}}
}

// year completes a year of two digits.
func year(n int) int {
	if n < 100 {
		return 2000 + n
	}
	return n
}
