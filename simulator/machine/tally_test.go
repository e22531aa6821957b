package machine_test

import (
	"bytes"
	"testing"

	"ionbench/simulator/machine"
)

// tallied returns the state of bytes that came in pieces of some size.
func tallied(content []byte, piece int) []byte {
	var t machine.Tally
	for n := 0; n < len(content); n = min(n+piece, len(content)) {
		t.Take(content[:n])
	}
	t.Take(content)
	w := machine.Fingerprinting(nil, 0)
	w.Tallied(&content, nil, &t)
	return w.Result()
}

func TestATallyTellsContentsApartHoweverTheyCame(t *testing.T) {
	content := make([]byte, 1000)
	for i := range content {
		content[i] = byte(i * i)
	}
	want := tallied(content, len(content))
	if len(want) >= len(content)/2 {
		t.Errorf("%d bytes stand for %d", len(want), len(content))
	}
	for _, piece := range []int{1, 238, 256, 700} {
		if !bytes.Equal(tallied(content, piece), want) {
			t.Errorf("in pieces of %d the same content has another state", piece)
		}
	}
	for i := range content {
		content[i]++
		if bytes.Equal(tallied(content, 238), want) {
			t.Errorf("another byte %d does not show", i)
		}
		content[i]--
		if bytes.Equal(tallied(content[:i], 238), want) {
			t.Errorf("only %d bytes do not show", i)
		}
	}
	content[0], content[300] = content[300], content[0]
	if bytes.Equal(tallied(content, 238), want) {
		t.Error("the order does not show")
	}
}
