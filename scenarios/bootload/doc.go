// Package bootload sweeps the loader's second encoding (package xmodem): a transfer by XMODEM or YMODEM is
// struck at every byte that goes over the wire, in both directions, and at every operation of the
// meter's flash, before it, inside it and after it. A sender by the book (Sender) is at the other end, in virtual
// time, and sends the file again after what failed.
//
// A sender of files knows nothing of meters, so of the invariants those are judged that it can keep, or the
// loader for it: I1, the loader answers again; I2, who says that it was sent is right; I3, who says that it
// was not is right, where the sender could know; I4, a second transfer succeeds; I5, every run ends. And no
// image runs that is neither the old one nor the new one, whole. There are no settings, no log and no journal.
package bootload
