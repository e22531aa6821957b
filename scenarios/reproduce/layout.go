package reproduce

import (
	"encoding/csv"
	"slices"
	"strings"

	"ionbench/client"
	"ionbench/client/upgradelog"
)

// layouts are ways in which lines stand in a table or behind the words of somebody else. Whether one is
// meant is seen by the lines that can be read then, and could not be before.
var layouts = []struct {
	says string
	bare func(lines []string) []string
}{
	{"the same words stand before all lines: they are left out", withoutCommonBeginning},
	{"the lines are a column of a table", columnWithLines},
	{"the lines are cut over the columns of a table, and are joined", rowsJoined},
	{"each line is an object in JSON", objectsInLines},
}

// laidOut returns the lines without what layouts have added, and says what that was. The one that makes
// most lines readable is the first to go.
func laidOut(lines []string) (bare []string, added []string) {
	for range layouts {
		best, of := readable(lines)
		if best*10 >= of*8 {
			break
		}
		var says string
		for _, l := range layouts {
			if other := l.bare(lines); better(other, &best) {
				bare, says = other, l.says
			}
		}
		if says == "" {
			break
		}
		lines, added = bare, append(added, says)
	}
	return lines, added
}

func better(lines []string, best *int) bool {
	n, _ := readable(lines)
	if n <= *best {
		return false
	}
	*best = n
	return true
}

// sample is as much of a file as shows how its lines are laid out.
func sample(lines []string) []string {
	const enough = 2000
	few := make([]string, min(enough, len(lines)))
	for i := range few {
		few[i] = lines[i][:min(upgradelog.MaxLineBytes, len(lines[i]))]
	}
	return few
}

// readable counts the lines of a log in the sample, and those that are not blank.
func readable(lines []string) (n, of int) {
	for _, s := range sample(lines) {
		if tidied(s) == "" {
			continue
		}
		pieces := takenApart(s)
		if pieces == nil {
			pieces = []string{s}
		}
		of += len(pieces)
		for _, piece := range pieces {
			if _, _, _, ok := lineOf(piece); ok {
				n++
			}
		}
	}
	return n, of
}

// withoutCommonBeginning removes the shortest beginning that two neighbours share and nearly all lines
// have, such as "Upgrade.log:" of a search.
func withoutCommonBeginning(lines []string) []string {
	const most = 50 // neighbours that are asked
	seen, shortest := sample(lines), ""
	for i := 1; i < min(most, len(seen)); i++ {
		s := sharedBeginning(seen[i-1], seen[i])
		if s == "" || shortest != "" && len(s) >= len(shortest) {
			continue
		}
		if alike(seen, func(line string) bool { return strings.HasPrefix(line, s) }) {
			shortest = s
		}
	}
	bare := make([]string, len(lines))
	for i, s := range lines {
		bare[i] = strings.TrimPrefix(s, shortest)
	}
	return bare
}

// sharedBeginning is what two texts have in common before they differ.
func sharedBeginning(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// columnWithLines returns the column of a table that has the most lines of a log in it.
func columnWithLines(lines []string) []string {
	const most = 32 // columns
	var best, at int
	var between rune
	for _, comma := range ";,\t|" {
		var counts [most]int
		for _, s := range sample(lines) {
			for i, field := range fieldsOf(s, comma) {
				if _, _, _, ok := lineOf(field); ok && i < most {
					counts[i]++
				}
			}
		}
		for i, n := range counts {
			if n > best {
				best, at, between = n, i, comma
			}
		}
	}
	if best == 0 {
		return lines
	}
	column := make([]string, 0, len(lines))
	for _, s := range lines {
		column = append(column, cellsOf(s, at, between)...)
	}
	return column
}

// cellsOf returns the cell of a row that is in the column with the lines. If others are lines as well, it is all
// cells: what may be a line is not left out unread.
func cellsOf(row string, at int, between rune) []string {
	fields := fieldsOf(row, between)
	var cells []string
	known := 0
	for _, s := range fields {
		if slices.Contains(cells, s) {
			continue
		}
		if _, _, _, ok := lineOf(s); ok {
			known++
		}
		cells = append(cells, s)
	}
	switch {
	case len(fields) <= at:
		return []string{row} // no row of this table
	case known > 1:
		return cells
	}
	return fields[at : at+1]
}

// rowsJoined joins the cells of each row from the one on with which most are lines.
func rowsJoined(lines []string) []string {
	const most, asked = 4, 60 // columns before the line; lines that are asked
	seen := sample(lines)
	seen = seen[:min(asked, len(seen))]
	var best, from int
	var between rune
	for _, comma := range ";,\t|" {
		for first := range most {
			n := 0
			for _, s := range seen {
				if _, ok := rowJoined(s, comma, first); ok {
					n++
				}
			}
			if n > best {
				best, from, between = n, first, comma
			}
		}
	}
	if best == 0 {
		return lines
	}
	joined := make([]string, len(lines))
	for i, s := range lines {
		joined[i], _ = rowJoined(s, between, from)
	}
	return joined
}

// rowJoined joins the cells of a row. What stood between them may be lost with the cut.
func rowJoined(row string, comma rune, from int) (line string, ok bool) {
	fields := fieldsOf(row, comma)
	if from+1 >= len(fields) {
		return row, false
	}
	for _, joint := range [...]string{" ", " = ", ": ", ""} {
		line = strings.TrimRight(strings.Join(fields[from:], joint), " =:")
		if _, _, _, ok := lineOf(line); ok {
			return line, true
		}
	}
	return row, false
}

// objectsInLines takes the texts out of lines that have an object in JSON, perhaps behind a stamp. Others
// stay, such as the last one of a file that is torn.
func objectsInLines(lines []string) []string {
	var bare []string
	for _, s := range lines {
		at := strings.IndexByte(s, '{')
		if at < 0 || len(s) > upgradelog.MaxLineBytes {
			bare = append(bare, s)
			continue
		}
		text, was := withoutJSON(s[at:])
		if !was {
			bare = append(bare, s)
			continue
		}
		bare = append(bare, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
	}
	return bare
}

func fieldsOf(line string, comma rune) []string {
	r := csv.NewReader(strings.NewReader(line))
	r.Comma, r.LazyQuotes, r.TrimLeadingSpace = comma, true, true
	fields, err := r.Read()
	if err != nil {
		return nil // it is no row
	}
	return fields
}

// beginningsOf returns the words that lines of a log begin with, but for notes and percentages.
func beginningsOf() []string {
	var all []string
	for k := upgradelog.UpgradeStarted; k < upgradelog.Note; k++ {
		if before, _, _ := strings.Cut(k.String(), "..."); before != "" && !slices.Contains(all, before) {
			all = append(all, before)
		}
	}
	return all
}

// begins returns where lines of a log begin within a text, in order.
func begins(s string) []int {
	var at []int
	for _, words := range beginningsOf() {
		for from := 0; ; from++ {
			i := strings.Index(s[from:], words)
			if i < 0 {
				break
			}
			from += i
			at = append(at, from)
		}
	}
	const percent = "% completed"
	for from := 0; ; from += len(percent) {
		i := strings.Index(s[from:], percent)
		if i < 0 {
			break
		}
		from += i
		if n := len(strings.TrimRight(s[:from], "0123456789")); n < from {
			at = append(at, n)
		}
	}
	slices.Sort(at)
	return at
}

// takenApart returns the lines of a log that stand behind one another in one, as a lost line end leaves
// them; nil if they do not. Some of them need not be readable, such as the last one of a torn log.
func takenApart(s string) []string {
	at := begins(s)
	if len(at) < 2 {
		return nil
	}
	at[0] = 0
	var pieces []string
	read := 0
	for i, from := range at {
		to := len(s)
		if i+1 < len(at) {
			to = at[i+1]
		}
		piece := strings.TrimRight(s[from:to], " \t;,|>\"'")
		l, _, _, ok := lineOf(piece)
		if ok && len(at) < manyGlued && freeText(l) {
			return nil
		}
		if ok {
			read++
		}
		pieces = append(pieces, piece)
	}
	if read*2 <= len(pieces) {
		return nil
	}
	return pieces
}

// manyGlued is how many lines in one are a log that has lost its line ends, whatever one of them says.
const manyGlued = 4

// freeText reports whether a line can say anything, also what looks like another line. A refusal that is known
// ends where it ends.
func freeText(l upgradelog.Line) bool {
	if l.Kind == upgradelog.Refused {
		_, known := client.ParseRefusal(l.Text)
		return !known
	}
	return l.Kind == upgradelog.TemplateSent || l.Kind == upgradelog.Note
}
