package machine

// Draws is a splitmix64 generator (Steele, Lea, Flood: "Fast splittable pseudorandom number
// generators", 2014), of which the value is the seed. It has one word of state and gives the
// same numbers on every platform.
type Draws uint64

const golden = 0x9E3779B97F4A7C15

// Next returns the next 64 random bits.
func (d *Draws) Next() uint64 {
	*d += golden
	z := uint64(*d)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Skip leaves out the next n numbers.
func (d *Draws) Skip(n int) { *d += Draws(uint64(n) * golden) }
