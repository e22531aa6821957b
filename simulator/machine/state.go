package machine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// State is a walk over all that a machine is made of, for one of four ends: to copy it, to
// tell its state from others (a fingerprint), to save it to a file, and to load it from there.
// A type declares its fields once, one line each, and the same lines serve all ends:
//
//	func (t *timer) declare(w *machine.State, spent *timer) {
//		w.Bool(t.armed)
//		w.Deadline(t.at, t.armed)
//		w.Bytes(&t.message, spent.message)
//	}
//
//	func (t *timer) CopyTo(c *timer) { old := *c; *c = *t; w := machine.Copying(); c.declare(&w, &old) }
//
//	func (t *timer) AppendState(dst []byte, now time.Duration) []byte {
//		w := machine.Fingerprinting(dst, now)
//		t.declare(&w, t)
//		return w.Result()
//	}
//
// When a machine is copied, the copy has been assigned already, and plain fields are right by
// that: their lines do nothing. Lines of slices give the copy memory of its own, that of spent,
// the value that stood in its place before. A fingerprint takes what decides the machine's
// future, with times relative to now: a field that plays no part in a state is left out of it
// there, and a field that never does has no line.
//
// Whether a line is missing is for package machinetest to find.
type State struct {
	end end
	dst []byte // fingerprinting, saving: the result
	src []byte // loading: what is left
	err error
	now time.Duration

	lines *[]Line // recording
}

type end uint8

const (
	fingerprinting end = iota
	copying
	saving
	loading
)

// Fingerprinting walks to append a state to dst.
func Fingerprinting(dst []byte, now time.Duration) State {
	return State{end: fingerprinting, dst: dst, now: now}
}

// Copying walks over a copy that was assigned, to give it memory of its own.
func Copying() State { return State{end: copying} }

// Saving walks to append what outlives the process to dst.
func Saving(dst []byte) State { return State{end: saving, dst: dst} }

// Loading walks to read what Saving wrote. See Err and Rest.
func Loading(src []byte) State { return State{end: loading, src: src} }

// Copies reports that the machine is a copy that was assigned.
func (w *State) Copies() bool { return w.end == copying }

// Saves reports that the walk saves or loads.
func (w *State) Saves() bool { return w.end == saving || w.end == loading }

// Loads reports that the walk loads.
func (w *State) Loads() bool { return w.end == loading }

// Now is the time that a fingerprint is relative to.
func (w *State) Now() time.Duration { return w.now }

// Result is what was appended.
func (w *State) Result() []byte { return w.dst }

// Rest are the bytes that loading has not used.
func (w *State) Rest() []byte { return w.src }

// ErrShort says that what is loaded ends too early.
var ErrShort = errors.New("cut short")

// Err is why loading failed: the first reason.
func (w *State) Err() error { return w.err }

// Fail ends loading for a reason.
func (w *State) Fail(err error) {
	if w.err == nil {
		w.err = err
	}
	w.src = nil
}

// Uint is a number, a kind or a state.
func (w *State) Uint(n uint64) {
	if w.end == fingerprinting {
		w.mark(false)
		w.dst = binary.AppendUvarint(w.dst, n)
	}
}

// Int is a number that may be negative.
func (w *State) Int(n int) {
	if w.end == fingerprinting {
		w.mark(false)
		w.dst = binary.AppendVarint(w.dst, int64(n))
	}
}

// Bool is a truth value.
func (w *State) Bool(b bool) {
	if w.end != fingerprinting {
		return
	}
	w.mark(false)
	if b {
		w.dst = append(w.dst, 1)
	} else {
		w.dst = append(w.dst, 0)
	}
}

// Has declares a truth value on which it depends whether the fields that follow play a part,
// and gives it back.
func (w *State) Has(b bool) bool {
	w.mark(true)
	w.Bool(b)
	return b
}

// Float is a number with a fraction.
func (w *State) Float(f float64) { w.Uint(math.Float64bits(f)) }

// Text is a text, with its length.
func (w *State) Text(s string) {
	if w.end == fingerprinting {
		w.mark(false)
		w.dst = append(binary.AppendUvarint(w.dst, uint64(len(s))), s...)
	}
}

// Deadline is a time in the future, relative to now. Where it has no meaning (ok is false) it
// is left out.
func (w *State) Deadline(at time.Duration, ok bool) {
	if w.end != fingerprinting {
		return
	}
	w.mark(false)
	if !ok {
		w.dst = append(w.dst, 0)
		return
	}
	w.dst = binary.AppendVarint(append(w.dst, 1), int64(at-w.now))
}

// Bytes are bytes with their length. A copy has them in the memory of spent.
func (w *State) Bytes(p *[]byte, spent []byte) {
	switch w.end {
	case copying:
		*p = append(spent[:0], *p...)
	case fingerprinting:
		w.mark(false)
		w.dst = append(binary.AppendUvarint(w.dst, uint64(len(*p))), *p...)
	}
}

// Scratch is memory whose content plays no part. A copy has that of spent.
func (w *State) Scratch(p *[]byte, spent []byte) {
	w.mark(cap(*p) > 0)
	if w.end == copying {
		*p = spent[:0]
	}
}

// Slice gives a copy elements of its own, in the memory of spent. What they are is for lines
// of their own.
func Slice[T any](w *State, p *[]T, spent []T) {
	w.mark(cap(*p) > 0)
	if w.end == copying {
		*p = append(spent[:0], *p...)
	}
}

// Clip keeps a copy from appending to a slice that it shares with the original.
func Clip[T any](w *State, p *[]T) {
	w.mark(cap(*p) > 0)
	if w.end == copying {
		*p = slices.Clip(*p)
	}
}

// Each declares the elements of a list, and how many they are.
func Each[T any](w *State, list []T, one func(*T)) {
	if w.end != fingerprinting {
		return
	}
	w.mark(true)
	w.Int(len(list))
	for i := range list {
		one(&list[i])
	}
}

// Some declares those elements of a list that play a part.
func Some[T any](w *State, list []T, plays func(*T) bool, one func(i int, v *T)) {
	if w.end != fingerprinting {
		return
	}
	w.mark(true)
	for i := range list {
		if plays(&list[i]) {
			w.Bool(true)
			one(i, &list[i])
		}
	}
	w.Bool(false)
}

// Saved lines stand in a file as well: their layout is for ever. A fingerprint has the same
// bytes.

// SavedUint32 is a number of four bytes, big-endian.
func SavedUint32[T ~uint32 | ~int](w *State, n *T) {
	switch w.end {
	case fingerprinting, saving:
		w.mark(false)
		w.dst = binary.BigEndian.AppendUint32(w.dst, uint32(*n))
	case loading:
		if b := w.take(4); b != nil {
			*n = T(binary.BigEndian.Uint32(b))
		}
	}
}

// SavedUint64 is a number of eight bytes, big-endian.
func SavedUint64[T ~uint64 | ~int64](w *State, n *T) {
	switch w.end {
	case fingerprinting, saving:
		w.mark(false)
		w.dst = binary.BigEndian.AppendUint64(w.dst, uint64(*n))
	case loading:
		if b := w.take(8); b != nil {
			*n = T(binary.BigEndian.Uint64(b))
		}
	}
}

// SavedFloat is a number with a fraction: its IEEE 754 bits, eight bytes, big-endian.
func (w *State) SavedFloat(f *float64) {
	bits := math.Float64bits(*f)
	SavedUint64(w, &bits)
	if w.end == loading {
		*f = math.Float64frombits(bits)
	}
}

// SavedEach are the elements of a list of no more than limit, and how many they are: four
// bytes. A list that is loaded has none of its memory before it is known that it may.
func SavedEach[T any](w *State, list *[]T, limit int, one func(*T)) {
	w.mark(true)
	n := uint32(len(*list))
	SavedUint32(w, &n)
	if w.end == loading {
		if int64(n) > int64(limit) {
			w.Fail(fmt.Errorf("%d entries, at most %d can be", n, limit))
			return
		}
		*list = make([]T, n)
	}
	for i := range *list {
		one(&(*list)[i])
	}
}

// SavedCode is one byte.
func (w *State) SavedCode(c *byte) {
	switch w.end {
	case fingerprinting, saving:
		w.mark(false)
		w.dst = append(w.dst, *c)
	case loading:
		if b := w.take(1); b != nil {
			*c = b[0]
		}
	}
}

// Saved is a value with a codec of its own. Parse tells how many bytes it took.
func Saved[T any](w *State, v *T, encode func(dst []byte, v T) []byte, parse func(b []byte) (T, int, error)) {
	switch w.end {
	case fingerprinting, saving:
		w.mark(false)
		w.dst = encode(w.dst, *v)
	case loading:
		if w.err != nil {
			return
		}
		read, n, err := parse(w.src)
		if err != nil {
			w.Fail(err)
			return
		}
		*v, w.src = read, w.src[n:]
	}
}

func (w *State) take(n int) []byte {
	if len(w.src) < n {
		w.Fail(fmt.Errorf("%w: %d bytes are missing", ErrShort, n-len(w.src)))
		return nil
	}
	b := w.src[:n]
	w.src = w.src[n:]
	return b
}
