// Package simulator gives you a meter: a virtual ION 7300, 7330 or 7350 that runs, with a line
// to talk to it and, if you want, a plan of faults.
//
// [New] makes the meter. [Meter.Connect] gives a [net.Conn] to it without any port. Its time
// is that of the wall clock or, inside a testing/synctest bubble, virtual time, where the
// seventy minutes of a failing upgrade pass in well under a second. [Meter.Serve] puts the
// meter on a TCP port or a pseudo-terminal, for another program. [Meter.Look] says what the
// meter is doing.
//
// To judge an upgrader, use package ionbench/scenarios. If your upgrader is a machine itself,
// and you want to step, clone and fingerprint both ends, use package ionbench/simulator/bench,
// on which this package is built. The program ionsim is the same meter for the command line.
//
// What is real about the meter and what is an assumption: package ionbench/simulator/meter.
// What it understands: ionbench/simulator/ion and the page PROTOCOL.md beside it. What can go
// wrong: ionbench/simulator/fault.
package simulator
