// Package modbus is the Modbus slave of a meter: function codes 03 and 16, the register map of the
// family, and the framing of RTU and of Modbus TCP.
//
// For whom: a port of a served meter whose protocol is Modbus, or a TCP port beside ION; and tests
// and judges, which read by it what a meter runs without speaking a word of ION ([Read]).
//
// [RTU] and [TCP] are machines without clock, goroutine or socket. Neither knows a meter: what they
// read and change is a [Device], handed to each call, so that a copy of a machine needs none of its
// own. [Port] joins the two.
//
// # What is known
//
// Documented of the family: the functions 03 and 16 and no other, the exceptions 01 to 03, packets of
// at most 255 bytes, broadcasts to unit 0 of function 16 alone and without an answer, unmapped
// registers that read as FFFF, 32-bit values with the high word first, the revision at 41901, the
// layout of the four Modbus Slave modules that come configured, and the External Pulse registers at
// 42001. Each block of [Map] says where it comes from.
//
// Assumption: a request for a half of a 32-bit value is answered, as one for an unmapped register is.
// Newer meters of the vendor refuse it with exception 03; nothing is known of the 73xx.
//
// Assumption: a write to an unmapped register is acknowledged and stores nothing; a write to a
// register that can only be read, to a half of a value, or of a value that the setting refuses, is
// exception 03 and changes nothing at all, also of what the same request writes elsewhere.
//
// Assumption: over TCP the meter answers to its own unit id, and to 0 and 255, which the standard has
// for a device that is no gateway (Modbus Messaging on TCP/IP Implementation Guide V1.0b, 4.4.2). A
// request with another unit id is another's, and not answered.
//
// Assumption: no register is beyond 49999, as in a Modicon 984; a request for one is exception 02.
//
// Modbus carries no password. So a write by it needs none, as on the real meter, whose ports one
// sets to another protocol to be safe from that.
package modbus
