package upgradelog

import "strings"

// ParseLine reads one line, without its end, as Parse does.
func ParseLine(s string) (Line, bool) { return parseLine(s) }

// Respell finds a line of a log in a text around which somebody else has written, such as a line
// that another logger has stamped, and gives it the spelling of this package: capitals do not
// matter. before is what stands in front of it. What varies in the line need not be readable, such
// as a date of another locale. ok is false if there is no line, or if the words in front are more
// than a stamp.
func Respell(s string) (line, before string, ok bool) {
	lower := asciiLower(s)
	at, best := len(s), Kind(0)
	for k := UpgradeStarted; int(k) < len(words); k++ {
		i, found := beginsAt(lower, k)
		if !found || i > at || i == at && len(words[k].before) <= len(words[best].before) {
			continue
		}
		at, best = i, k
	}
	if best == 0 || !stampLike(s[:at]) || best == Note && at > 0 {
		return "", "", false
	}
	w := words[best]
	rest := s[at:]
	rest = rest[min(len(w.before), len(rest)):]
	if n := len(rest) - len(w.after); n >= 0 && asciiLower(rest[n:]) == asciiLower(w.after) {
		rest = recased(w.form, rest[:n]) + w.after
	}
	return w.before + rest, s[:at], true
}

// recased gives what varies in a line the capitals that it would have.
func recased(f form, s string) string {
	switch f {
	case count:
		return replaceFolded(s, " of ")
	case release:
		return replaceFolded(s, buildMark)
	case stamp, asctime:
		titled := strings.NewReplacer("Am", "AM", "Pm", "PM").Replace(title(s))
		for _, layout := range []string{stampLayout, asctimeLayout} {
			if _, ok := parseTime(layout, titled); ok {
				return titled
			}
		}
	}
	return s
}

// replaceFolded writes words of s as they are written here.
func replaceFolded(s, words string) string {
	if i := strings.LastIndex(asciiLower(s), asciiLower(words)); i >= 0 {
		return s[:i] + words + s[i+len(words):]
	}
	return s
}

// title makes the first letter of every word a capital, and the others none.
func title(s string) string {
	b := []byte(asciiLower(s))
	for i, c := range b {
		if c >= 'a' && c <= 'z' && (i == 0 || b[i-1] == ' ' || b[i-1] == ',') {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// beginsAt finds where a line of kind k begins in a text in small letters.
func beginsAt(lower string, k Kind) (int, bool) {
	w := words[k]
	if k == Completed {
		digits, found := strings.CutSuffix(lower, w.after)
		n := len(strings.TrimRight(digits, "0123456789"))
		return n, found && n < len(digits)
	}
	before := asciiLower(w.before)
	if w.form == plain && !strings.HasSuffix(lower, before) {
		return 0, false
	}
	i := strings.Index(lower, before)
	return i, i >= 0
}

// asciiLower changes no lengths, as the letters of other alphabets can.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// stampLike reports whether a text can be what a logger, a terminal or a mail program writes in
// front of a line: marks alone, or something with a number in it.
func stampLike(s string) bool {
	const longest = 80
	return len(s) <= longest && (strings.ContainsAny(s, "0123456789") || !strings.ContainsFunc(s, letter))
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7F }

// Begins reports whether a text is the beginning of some line: a crash of the PC can have cut it.
func Begins(s string) bool {
	for k := UpgradeStarted; int(k) < len(words); k++ {
		if before := words[k].before; strings.HasPrefix(s, before) && before != "" || strings.HasPrefix(before, s) {
			return true
		}
	}
	return strings.Trim(s, "0123456789") == "" || strings.HasPrefix(words[Completed].after, strings.TrimLeft(s, "0123456789"))
}

// BeginsBehind reports whether a text is the beginning of some line with what Respell leaves out in front
// of it. Of the line there must be enough to know it by.
func BeginsBehind(s string) bool {
	const least = 2
	for at := 1; at+least <= len(s); at++ {
		if letter(rune(s[at-1])) || !letter(rune(s[at])) && !strings.Contains(s[at:], "%") {
			continue
		}
		if stampLike(s[:at]) && Begins(s[at:]) {
			return true
		}
	}
	return false
}
