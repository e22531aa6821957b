package machine

import (
	"encoding/binary"
	"math/bits"
)

// tallyBytes is how many bytes a tally takes at once.
const tallyBytes = 256

// Tally is the digest of bytes that come one after the other, such as a message that is put
// together. Each byte is read once, as it comes, and not for every fingerprint. The zero value
// is that of no bytes.
type Tally struct {
	sum   Sum
	bytes int // that it stands for
}

// Take takes what has come since. content is all of it, from the first byte on.
func (t *Tally) Take(content []byte) {
	for ; t.bytes+tallyBytes <= len(content); t.bytes += tallyBytes {
		t.sum.fold(content[t.bytes : t.bytes+tallyBytes])
	}
}

// fold takes bytes, a multiple of 16, into the sum. It is quick, for most of what is tallied is never
// asked for, and does not stand up to somebody who looks for equal sums. Each of its halves multiplies
// the bytes with each other in a way of its own, as wyhash does.
func (s *Sum) fold(content []byte) {
	a, b := binary.LittleEndian.Uint64(s[:]), binary.LittleEndian.Uint64(s[8:])
	for ; len(content) >= len(s); content = content[len(s):] {
		x, y := binary.LittleEndian.Uint64(content), binary.LittleEndian.Uint64(content[8:])
		a, b = folded(x^a^key0, y^key1), folded(y^b^key2, x^key3)
	}
	binary.LittleEndian.PutUint64(s[:], a)
	binary.LittleEndian.PutUint64(s[8:], b)
}

// Keys of the two halves: the bits of pi behind its point, which mean nothing.
const (
	key0 = 0x243F6A8885A308D3
	key1 = 0x13198A2E03707344
	key2 = 0xA4093822299F31D0
	key3 = 0x082EFA98EC4E6C89
)

// folded is a product, its upper half folded onto the lower one.
func folded(x, y uint64) uint64 {
	high, low := bits.Mul64(x, y)
	return high ^ low
}

// Tallied declares bytes by their tally, which must have taken all of them. A copy keeps the
// bytes in the memory of spent.
func (w *State) Tallied(p *[]byte, spent []byte, t *Tally) {
	switch w.end {
	case copying:
		*p = append(spent[:0], *p...)
	case fingerprinting:
		w.mark(false)
		w.dst = binary.AppendUvarint(w.dst, uint64(len(*p)))
		w.dst = append(w.dst, t.sum[:]...)
		w.dst = append(w.dst, (*p)[t.bytes:]...) // fewer than tallyBytes
	}
}
