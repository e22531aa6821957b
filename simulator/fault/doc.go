// Package fault describes what goes wrong, as values: plans of faults that print as a line of
// text and can be parsed from it. So every run that failed can be named, stored and repeated.
// It is for all who break an upgrade on purpose (a person at a prompt, a case file, a sweep)
// and for the parts of the bench that carry faults out.
//
// # The grammar
//
//	plan  = fault { ( ";" | newline ) fault }       # to the end of the line: a comment
//	fault = KIND [SIDE] [at TRIGGER] [every N UNIT] [for DURATION] [PARAMETER [VALUE]]...
//
// Such as
//
//	cable-pull at block 200 for 2 no-responses
//	power-loss at flash-op 1170 torn for 30s
//	reply-lost at block 10..20; abort at 60%
//	noise from-meter at block 10 for 5s rate 1e-4 seed 7
//
// The clauses may come in any order, each once; printed they come in this one.
// [Describe] lists all kinds, triggers, durations and parameters. Plans have a binary form
// too ([Plan.AppendBinary]), for ids.
//
// # What it means
//
// Everything that a trigger counts, times included, counts from the beginning of the host's
// run. On the bench a run is one process of the upgrader: a second attempt counts from its own
// beginning. A fault of the first attempt that still lasts goes on, because a duration counts
// from the strike. A meter that is served to hosts from outside has one run, which begins when
// it is ready.
//
// `block N` is the moment at which the host starts to send the first frame of block N for
// the first time, so a cable pulled at block 439 comes out after 438 blocks were answered.
// `P%` is the first block whose start means that at least P percent of the blocks are
// answered. A fault without a trigger strikes at the start.
//
// `reply N` is the moment before the meter sends the first frame of its N-th answer, so a fault
// of the answers acts on that very answer. Acknowledgements are no answers, nor are the later
// frames of a long one. The answer to a request that was sent again counts as an answer of its
// own.
//
// `every 10 blocks` is at block 10, 20, 30 and so on; `at block 5 every 10 blocks` at 5, 15,
// 25. A window `block 10..20` includes both ends: a fault that happens at once strikes at
// each moment of it, one that lasts begins with the first and ends when the last is
// over. With `every`, a window bounds the repetition.
//
// A fault lasts forever unless told otherwise. `for 2 no-responses` is until the host sends
// a request again for the second time since the fault struck: exactly two `No response`
// lines in its log. Faults that happen at once take no duration.
//
// A fault of a byte or a frame (byte-drop and the like) acts on the one that its trigger names.
// With any other trigger it acts on the next one in its direction.
//
// A fault of the answers (reply-lost and the like) acts on the next answer after its trigger
// that it can act on: reply-busy and reply-status skip answers that have no status.
//
// What the host sends into a pulled cable, or into a network that carries nothing, counts as
// sent. What a stalled network keeps is counted in two ways: frames and blocks at once, bytes
// when they go on.
//
// A fault of the IP connection acts on the bench and over a PTY as it does over TCP. Only
// ip-reset and ip-down do not: a PTY has no connection to reset, and the trace says so. When the
// port vanishes, a PTY and its link are gone, or nobody listens at the TCP port any more; what was
// on its way to the host is lost, and the host's tries to open the port again are seen by nobody.
// So only the clock brings it back.
//
// A fault of the flash chip whose trigger is a flash operation acts on that very operation. It
// takes no phase, and it strikes only an operation of its own sort: program-fails cannot strike
// an erase. With an address it makes that place of the chip bad from its moment on. The chip
// stays harmed through power losses and later runs; only a new chip is free of it. Addresses
// count from the beginning of the chip. There is no kind for a torn program or erase: that is a
// power-loss, meter-reset or brown-out inside an operation.
//
// A fault of the host's PC is carried out by the host. The tool reads a file when it is chosen,
// so a file that is gone or changed matters only to those who choose it later. Changed means
// damaged: a copy whose checksum is wrong.
//
// # What it does not do
//
// It carries nothing out, and it does not know the run. That block 500 of 460 never comes is
// for the bench to report.
package fault
