package atlas

import "testing"

// Two rows of pairs with one plan could not be told apart in the file.
func TestNoFaultIsInTwoSpaces(t *testing.T) {
	in := make(map[string]string)
	for _, s := range spaces {
		for _, text := range s.templates {
			if other, ok := in[text]; ok {
				t.Errorf("%q is in spaces %s and %s", text, other, s.name)
			}
			in[text] = s.name
		}
	}
}
