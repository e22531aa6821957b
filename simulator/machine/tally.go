package machine

import "encoding/binary"

// tallyBytes is how many bytes one sum of a tally stands for.
const tallyBytes = 256

// Tally is the digest of bytes that come one after the other, such as a message that is put
// together. Each byte is read once, as it comes, and not for every fingerprint. The zero value
// is that of no bytes.
type Tally struct {
	sum   Sum // of the sum before it and of the last tallyBytes
	bytes int // that the sum stands for
}

// Take takes what has come since. content is all of it, from the first byte on.
func (t *Tally) Take(content []byte) {
	var both [len(Sum{}) + tallyBytes]byte
	for ; t.bytes+tallyBytes <= len(content); t.bytes += tallyBytes {
		n := copy(both[:], t.sum[:])
		copy(both[n:], content[t.bytes:])
		t.sum = SumOf(both[:])
	}
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
