package fault

import "strings"

// suggest ends an error about an unknown word: it names the nearest word, or all words that are
// possible.
func suggest(word string, known []string) string {
	if best, ok := Nearest(word, known); ok {
		return "did you mean `" + best + "`?"
	}
	return "say " + orList(known)
}

// Nearest returns the one of known that the writer of word most likely meant. ok is false if
// none is near. Parsers of other small languages around plans use it, too.
func Nearest(word string, known []string) (best string, ok bool) {
	word = strings.ToLower(word)
	if alike := sameBeginning(word, known); len(alike) > 0 {
		best, _ = closest(word, alike)
		return best, true
	}
	best, distance := closest(word, known)
	return best, distance <= max(1, len(word)/3)
}

// sameBeginning returns the words that begin as word does.
func sameBeginning(word string, known []string) []string {
	stem := min(len(word), 4)
	if stem < 3 {
		return nil
	}
	var alike []string
	for _, candidate := range known {
		if strings.HasPrefix(candidate, word[:stem]) {
			alike = append(alike, candidate)
		}
	}
	return alike
}

// closest returns the first of known at the least distance.
func closest(word string, known []string) (best string, distance int) {
	distance = longestWord + 1
	for _, candidate := range known {
		if d := editDistance(word, candidate); d < distance {
			best, distance = candidate, d
		}
	}
	return best, distance
}

// longestWord bounds the work: longer words are not compared.
const longestWord = 40

// editDistance counts the letters to insert, delete, change, or swap with their neighbour
// (optimal string alignment).
func editDistance(a, b string) int {
	if len(a) > longestWord || len(b) > longestWord {
		return longestWord
	}
	var rows [longestWord + 1][longestWord + 1]int
	for i := range len(a) + 1 {
		for j := range len(b) + 1 {
			rows[i][j] = editCell(&rows, a, b, i, j)
		}
	}
	return rows[len(a)][len(b)]
}

func editCell(rows *[longestWord + 1][longestWord + 1]int, a, b string, i, j int) int {
	if i == 0 || j == 0 {
		return i + j
	}
	change := rows[i-1][j-1]
	if a[i-1] != b[j-1] {
		change++
	}
	d := min(change, rows[i-1][j]+1, rows[i][j-1]+1)
	if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
		d = min(d, rows[i-2][j-2]+1)
	}
	return d
}
