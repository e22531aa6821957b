package cases

import (
	"fmt"
	"strings"
)

// Append appends c as a file that Parse takes; defaults are left out.
func Append(dst []byte, c *Case) []byte {
	dst = appendSection(dst, "case", caseKeys(), c)
	if c.Meter != (Meter{}) {
		dst = appendSection(dst, "meter", meterKeys(), &c.Meter)
	}
	for i := range c.Firmware {
		dst = appendSection(dst, "firmware "+c.Firmware[i].Name, firmwareKeys(), &c.Firmware[i])
	}
	for i := range c.Templates {
		dst = appendSection(dst, "template "+c.Templates[i].Name, templateKeys(), &c.Templates[i])
	}
	for i := range c.Attempts {
		a := &c.Attempts[i]
		dst = appendSection(dst, "attempt", attemptKeys(), a)
		dst = appendSection(dst, "expect", expectKeys(), &a.Expect)
	}
	return dst
}

func appendSection[T any](dst []byte, name string, table []key[T], t *T) []byte {
	if len(dst) > 0 {
		dst = append(dst, '\n')
	}
	dst = fmt.Appendf(dst, "[%s]\n", strings.TrimRight(name, " "))
	for _, k := range table {
		for _, v := range k.get(t) {
			dst = fmt.Appendf(dst, "%s = %s\n", k.name, v)
		}
	}
	return dst
}

// Describe lists all sections and keys of a case file, for a person who writes one.
func Describe() string {
	var b strings.Builder
	describe(&b, "[case]", "what the case is about", caseKeys())
	describe(&b, "[meter]", "the meter and its line; the article's unless given", meterKeys())
	describe(&b, "[firmware] or [firmware NAME]", "a .UPG file that the person may choose", firmwareKeys())
	describe(&b, "[template] or [template NAME]", "a .DCF file that the person may choose", templateKeys())
	describe(&b, "[attempt]", "one process of the tool; several follow each other", attemptKeys())
	describe(&b, "[expect]", "what must come of the attempt above; what is not said is not looked at", expectKeys())
	return b.String()
}

func describe[T any](b *strings.Builder, section, what string, table []key[T]) {
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "%s  %s\n", section, what)
	for _, k := range table {
		head := "  " + k.name + " = " + k.syntax
		if k.repeat {
			head += "   (any number of lines)"
		}
		b.WriteString(head + "\n")
		for _, line := range wrap(k.help, 90) {
			b.WriteString("      " + line + "\n")
		}
	}
}

// wrap breaks a text into lines of at most so many characters, where its words allow.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
