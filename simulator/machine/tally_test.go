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

// No two of many like contents have the same half of a sum: not those that differ in one bit or in two
// of a word, nor those of a counter or of zeros.
func TestLikeContentsHaveTalliesThatDifferInBothHalves(t *testing.T) {
	const bytesOfTally = 256
	var halves [2]map[string]bool
	for i := range halves {
		halves[i] = map[string]bool{}
	}
	content := make([]byte, bytesOfTally)
	see := func() {
		state := tallied(content, len(content))
		for i := range halves {
			sum := state[len(state)-len(machine.Sum{}):]
			half := string(sum[i*len(sum)/2 : (i+1)*len(sum)/2])
			if halves[i][half] {
				t.Errorf("% x has the half %d of the sum of another one", content, i)
			}
			halves[i][half] = true
		}
	}
	see()
	for bit := range bytesOfTally * 8 {
		content[bit/8] ^= 1 << (bit % 8)
		see()
		for other := bit + 1; other < min(bit+16, bytesOfTally*8); other++ {
			content[other/8] ^= 1 << (other % 8)
			see()
			content[other/8] ^= 1 << (other % 8)
		}
		content[bit/8] ^= 1 << (bit % 8)
	}
	for n := range 1000 {
		content[bytesOfTally-1], content[bytesOfTally-2], content[0] = byte(n), byte(n>>8), 1
		content[8] = 1 // three bits at least, so that none of those before is seen again
		if n > 0 {
			see()
		}
	}
}
