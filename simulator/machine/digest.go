package machine

import (
	"crypto/sha256"
	"sync/atomic"
)

// Sum stands for a content that is too long for a fingerprint.
type Sum [16]byte

// SumOf hashes a content.
func SumOf(content []byte) Sum {
	full := sha256.Sum256(content)
	return Sum(full[:len(Sum{})])
}

// Digest keeps the sum of something that stays as it is, from when it is first asked for.
// Copies of a machine that share the thing share its digest, and may ask at the same time.
type Digest struct{ sum atomic.Pointer[Sum] } // nil: not known

// Of returns the sum of the content.
func (d *Digest) Of(content func() []byte) *Sum {
	if s := d.sum.Load(); s != nil {
		return s
	}
	s := SumOf(content())
	d.sum.Store(&s)
	return &s
}

// Forget forgets the sum, because the content is about to change.
func (d *Digest) Forget() {
	if d.sum.Load() != nil { // a write is dearer than a look
		d.sum.Store(nil)
	}
}

// Summed declares a content by its sum.
func (w *State) Summed(s *Sum) {
	if w.end == fingerprinting {
		w.mark(false)
		w.dst = append(w.dst, s[:]...)
	}
}
