package clitest

import "strings"

// Completes reports whether a completion's answer offers a word, alone or with what it means.
func Completes(answer, word string) bool {
	for line := range strings.SplitSeq(answer, "\n") {
		if offered, _, _ := strings.Cut(line, "\t"); offered == word {
			return true
		}
	}
	return false
}
