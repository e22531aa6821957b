package fault

import (
	"math"
	"math/bits"

	"ionbench/simulator/machine"
)

// Stream is a seeded stream of random numbers for one purpose, the same on every platform
// (xoshiro256**, Blackman and Vigna 2018). It is a plain value: a copy goes on by itself. Make
// it with [NewStream]; the zero Stream gives only zeros.
type Stream struct{ s [4]uint64 }

// NewStream makes the stream of one purpose. Streams with different names or seeds are
// independent, so a new use of randomness never changes the numbers of another.
func NewStream(seed uint64, name string) Stream {
	first := machine.Draws(seed)
	mix := machine.Draws(fnv1a(name) ^ first.Next()) // as xoshiro's authors recommend for its seed
	var s Stream
	for i := range s.s {
		s.s[i] = mix.Next()
	}
	return s
}

// fnv1a is the 64-bit FNV-1a hash (Fowler, Noll, Vo), written out to avoid an allocation.
func fnv1a(s string) uint64 {
	h := uint64(0xCBF29CE484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001B3
	}
	return h
}

// Uint64 returns the next 64 random bits.
func (s *Stream) Uint64() uint64 {
	result := bits.RotateLeft64(s.s[1]*5, 7) * 9
	t := s.s[1] << 17
	s.s[2] ^= s.s[0]
	s.s[3] ^= s.s[1]
	s.s[1] ^= s.s[2]
	s.s[0] ^= s.s[3]
	s.s[2] ^= t
	s.s[3] = bits.RotateLeft64(s.s[3], 45)
	return result
}

// float returns a number that is at least 0 and below 1.
func (s *Stream) float() float64 { return float64(s.Uint64()>>11) / (1 << 53) }

// Geometric returns how often something of probability p fails to happen before it happens.
// With p as the rate of damaged bytes, that is the number of good bytes before the next damaged
// one. For p of at most 0 it is [math.MaxInt64], for p of at least 1 it is 0.
//
// The binary digits of a geometric number are independent of each other. Drawing them one by
// one avoids a logarithm, whose last bit differs between platforms.
func (s *Stream) Geometric(p float64) int64 {
	if !(p > 0) {
		return math.MaxInt64
	}
	var n int64
	miss := 1 - p // probability of 2^digit misses in a row
	for digit := 0; digit < 62 && miss > 0; digit++ {
		if s.float() < miss/(1+miss) {
			n |= 1 << digit
		}
		miss *= miss
	}
	return n
}

// Declare declares the stream's state.
func (s *Stream) Declare(w *machine.State) {
	for _, word := range s.s {
		w.Uint(word)
	}
}
