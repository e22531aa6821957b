package machine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// State is a walk over all fields of a machine for one of four purposes: to copy it, to make
// its fingerprint, to save it to a file, or to load it from there. A type declares its fields
// once, one line each, and the same lines serve all four:
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
// Copying: the copy has been assigned already, so plain fields are right and their lines do
// nothing. The lines of slices give the copy memory of its own, taken from spent, the value
// that stood in the copy's place before. Fingerprint: it holds what decides the machine's
// future, with times relative to now. A field that does not matter in some states is left out
// in those; a field that never matters has no line.
//
// Package machinetest finds missing lines.
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

// Copying walks over a copy that was just assigned, to give it memory of its own.
func Copying() State { return State{end: copying} }

// Saving walks to append to dst what outlives the process.
func Saving(dst []byte) State { return State{end: saving, dst: dst} }

// Loading walks to read what Saving wrote. See Err and Rest.
func Loading(src []byte) State { return State{end: loading, src: src} }

// Copies reports that the walk is over a copy that was just assigned.
func (w *State) Copies() bool { return w.end == copying }

// Saves reports that the walk saves or loads.
func (w *State) Saves() bool { return w.end == saving || w.end == loading }

// Loads reports that the walk loads.
func (w *State) Loads() bool { return w.end == loading }

// Now is the time that a fingerprint is relative to.
func (w *State) Now() time.Duration { return w.now }

// Result returns what was appended.
func (w *State) Result() []byte { return w.dst }

// Rest returns the bytes that loading has not used.
func (w *State) Rest() []byte { return w.src }

// ErrShort says that what is loaded ends too early.
var ErrShort = errors.New("cut short")

// Err returns the first reason why loading failed.
func (w *State) Err() error { return w.err }

// Fail ends loading with an error.
func (w *State) Fail(err error) {
	if w.err == nil {
		w.err = err
	}
	w.src = nil
}

// Uint declares a number, a kind or a state.
func (w *State) Uint(n uint64) {
	if w.end == fingerprinting {
		w.uint(n)
	}
}

// A copy has nothing to do for most lines, so the question whether it is one is inlined there.

func (w *State) uint(n uint64) {
	w.mark(false)
	w.dst = binary.AppendUvarint(w.dst, n)
}

// Int declares a number that may be negative.
func (w *State) Int(n int) {
	if w.end == fingerprinting {
		w.int(n)
	}
}

func (w *State) int(n int) {
	w.mark(false)
	w.dst = binary.AppendVarint(w.dst, int64(n))
}

// Bool declares a truth value.
func (w *State) Bool(b bool) {
	if w.end == fingerprinting {
		w.bool(b)
	}
}

func (w *State) bool(b bool) {
	w.mark(false)
	if b {
		w.dst = append(w.dst, 1)
	} else {
		w.dst = append(w.dst, 0)
	}
}

// Has declares a truth value that decides whether the fields after it matter, and returns it.
func (w *State) Has(b bool) bool {
	w.mark(true)
	w.Bool(b)
	return b
}

// Float declares a number with a fraction.
func (w *State) Float(f float64) { w.Uint(math.Float64bits(f)) }

// Text declares a text with its length.
func (w *State) Text(s string) {
	if w.end == fingerprinting {
		w.text(s)
	}
}

func (w *State) text(s string) {
	w.mark(false)
	w.dst = append(binary.AppendUvarint(w.dst, uint64(len(s))), s...)
}

// Deadline declares a time in the future, relative to now. It is left out when ok is false,
// because then it has no meaning.
func (w *State) Deadline(at time.Duration, ok bool) {
	if w.end == fingerprinting {
		w.deadline(at, ok)
	}
}

func (w *State) deadline(at time.Duration, ok bool) {
	w.mark(false)
	if !ok {
		w.dst = append(w.dst, 0)
		return
	}
	w.dst = binary.AppendVarint(append(w.dst, 1), int64(at-w.now))
}

// Bytes declares bytes with their length. A copy keeps them in the memory of spent.
func (w *State) Bytes(p *[]byte, spent []byte) {
	switch w.end {
	case copying:
		*p = append(spent[:0], *p...)
	case fingerprinting:
		w.mark(false)
		w.dst = append(binary.AppendUvarint(w.dst, uint64(len(*p))), *p...)
	}
}

// Scratch declares memory whose content does not matter. A copy uses that of spent.
func (w *State) Scratch(p *[]byte, spent []byte) {
	w.mark(cap(*p) > 0)
	if w.end == copying {
		*p = spent[:0]
	}
}

// Slice gives a copy elements of its own, in the memory of spent. The elements themselves need
// lines of their own.
func Slice[T any](w *State, p *[]T, spent []T) {
	w.mark(cap(*p) > 0)
	if w.end == copying {
		*p = append(spent[:0], *p...)
	}
}

// Clip keeps a copy from appending in the memory of a slice that it shares with the original.
func Clip[T any](w *State, p *[]T) {
	w.mark(cap(*p) > 0)
	if w.end == copying {
		*p = slices.Clip(*p)
	}
}

// Each declares the number of elements of a list and each element.
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

// Some declares those elements of a list that matter.
func Some[T any](w *State, list []T, plays func(*T) bool, one func(v *T)) {
	if w.end != fingerprinting {
		return
	}
	w.mark(true)
	for i := range list {
		if plays(&list[i]) {
			w.Bool(true)
			one(&list[i])
		}
	}
	w.Bool(false)
}

// Sums declares the elements of a long list by their sums. An element that is the zero value is
// as if it were not there.
func Sums[T comparable](w *State, list []T, sum func(T) *Sum) {
	if w.end != fingerprinting {
		return
	}
	w.mark(true)
	var none T
	for i, v := range list {
		if v != none {
			w.dst = append(binary.AppendUvarint(w.dst, uint64(i)+1), sum(v)[:]...)
		}
	}
	w.dst = append(w.dst, 0)
}

// Lines that are saved: their layout in files never changes. A fingerprint has the same bytes.

// SavedUint32 declares a number of four bytes, big-endian.
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

// SavedUint64 declares a number of eight bytes, big-endian.
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

// SavedFloat declares a number with a fraction: its IEEE 754 bits, eight bytes, big-endian.
func (w *State) SavedFloat(f *float64) {
	bits := math.Float64bits(*f)
	SavedUint64(w, &bits)
	if w.end == loading {
		*f = math.Float64frombits(bits)
	}
}

// SavedEach declares a list: the number of elements (four bytes), then each. When loading, no
// memory is taken before the number is known to be within limit.
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

// Saved declares a value with a codec of its own. parse returns how many bytes it took.
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

// SavedList is Saved for each value of a list whose length never changes. parse is told which of
// them it reads.
func SavedList[T any](w *State, list []T, encode func(dst []byte, v T) []byte, parse func(b []byte, i int) (T, int, error)) {
	switch w.end {
	case fingerprinting, saving:
		w.mark(false)
		dst := w.dst
		for i := range list {
			dst = encode(dst, list[i])
		}
		w.dst = dst
	case loading:
		for i := range list {
			Saved(w, &list[i], encode, func(b []byte) (T, int, error) { return parse(b, i) })
		}
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
