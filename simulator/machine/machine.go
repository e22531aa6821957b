// Package machine is the contract between a protocol end (the virtual meter, the upgrader) and
// whatever moves bytes and time for it: the bench in virtual time, or Drive in real time.
//
// A machine is a plain value. It owns no goroutine, clock, file or socket: bytes and
// time go in, bytes and the time of the next wake-up come out. The same sequence of
// calls always gives the same bytes.
//
// [State] declares what a machine remembers, for copies, fingerprints and saved state. The
// package knows no protocol: that is package ion. Machines are in packages meter and line, and
// in package client.
package machine

import "time"

// Machine is one end of a line. Every now is the time since the epoch of the bench and
// never decreases from call to call. After each Receive and Advance the caller takes
// what Transmit has to send and asks Next again.
type Machine interface {
	// Receive takes bytes that arrived from the line. It must not keep p.
	Receive(now time.Duration, p []byte)
	// Advance tells the machine that the time it asked for has come.
	Advance(now time.Duration)
	// Next is the time at which Advance is wanted. ok is false when the machine only waits for
	// bytes.
	Next() (at time.Duration, ok bool)
	// Transmit appends the bytes to send now to dst and forgets them.
	Transmit(dst []byte) []byte
}

// Fingerprint identifies a state. Two states with equal fingerprints have the same future,
// except that their clocks may differ: all times in it are relative to now.
type Fingerprint [16]byte

// FingerprintOf hashes an encoded state.
func FingerprintOf(state []byte) Fingerprint { return Fingerprint(SumOf(state)) }
