// Package serve puts one simulated device on a pseudo-terminal (PTY), on TCP, or on both,
// in real time, and keeps its memory in a state file.
//
// One goroutine at a time has the device: the one that has read bytes carries them
// through it and writes the answer itself; the caller of [Server.Run] serves the device's
// wake-ups, whether or not anybody is connected. Bytes reach the device in the order in
// which they came, and before any wake-up that is later than they are. What the device
// sends goes to the host that was heard last: a reply goes to where the request came from.
// What is sent while nobody was heard goes nowhere, as on a line without a host.
//
// On a PTY clients may come and go; as on RS-485, which has no carrier, the device does not
// notice. It does see the client's baud rate ([Device].HostBaud). Parity and data bits
// cannot be seen there, and nothing is paced: pacing belongs to the device's own line.
// On TCP the port takes one connection at a time, as the meter's EtherGate ports do
// (documented: Siemens 9810 manual, page 72, "1 connection"); another one is closed at once.
// The device's side may have the connection reset ([Config].Reset), as a gateway does.
//
// PTYs are served on Linux, state files on Unix systems, TCP everywhere.
package serve
