// Package serve puts one simulated device on a pseudo-terminal (PTY), on TCP, as it is or as a serial
// port (RFC 2217), on a serial port that is there already, or on several of them, in real time.
//
// Only one goroutine at a time uses the device. A goroutine that has read bytes gives them to
// the device and writes the answer itself; the caller of [Server.Run] serves the device's
// wake-ups, whether or not a host is connected. Bytes reach the device in the order in which
// they came, and before any later wake-up. What the device sends goes to the host that was
// heard last, so a reply goes to where the request came from. Before any host was heard it goes
// nowhere, as on a line without a host.
//
// On a PTY clients may come and go. As on RS-485, which has no carrier, the device does not
// notice. It does see the client's baud rate ([Device].HostBaud), with
// what it sends and before each wake-up. It cannot see parity and data
// bits, and nothing is paced: pacing belongs to the device's own line. On TCP the port takes
// one connection at a time, as the meter's EtherGate ports do (documented: Siemens 9810 manual,
// page 72, "1 connection"); a second one is closed at once. The device's side may have the
// connection reset ([Config].Reset), as a gateway does.
//
// Over RFC 2217 a client sets the rate and is shown the modem lines, which the device's side tells
// ([Config].Modem); it counts as the one TCP client. A serial port has the rate that it was opened
// with. One that is gone, as with its adapter, is opened again when it is back.
//
// PTYs are served on Linux, TCP everywhere.
package serve
