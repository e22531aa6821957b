// Package simulator is the door for whoever wants a meter: a virtual ION 7300, 7330 or 7350
// that runs, with a line to talk to it and, if wanted, a plan of faults.
//
// [New] makes the meter. [Meter.Connect] gives a [net.Conn] to it without any port: by the
// clock on the wall, or, inside a testing/synctest bubble, in virtual time, where the seventy
// minutes of a failing upgrade pass in well under a second. [Meter.Serve] puts the meter on a
// TCP port or a pseudo-terminal, for another program. [Meter.Look] tells what the meter is.
//
// It is not for whoever wants to judge an upgrader (package ionbench/scenarios), nor for
// whoever has an upgrader that is a machine itself and wants to step, clone and fingerprint
// both ends (package ionbench/simulator/bench, on which this one stands). The program ionsim
// is the same meter for the command line.
//
// What is real about the meter and what is an assumption: package ionbench/simulator/meter.
// What it understands: ionbench/simulator/ion and the page PROTOCOL.md beside it. What can go
// wrong: ionbench/simulator/fault.
package simulator
