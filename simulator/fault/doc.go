// Package fault is what goes wrong, as a value: plans of faults that print as a line of
// text and parse back from it, so that every run that failed can be said, stored and
// repeated. It is for whoever breaks an upgrade on purpose (a person at a prompt, a case
// file, a sweep) and for the parts of the bench that carry faults out.
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
// What a trigger counts, times included, is counted from the beginning of the host's run.
// On the bench that is one process of the upgrader: in a second attempt everything counts
// from its own beginning, and what a fault of the first still does goes on, since a duration
// counts from the strike. A meter that is served to hosts from outside has one run, which
// begins when it is ready.
//
// `block N` is the moment at which the host starts to send the first frame of block N for
// the first time, so a cable pulled at block 439 comes out after 438 blocks were answered.
// `P%` is the first block whose start means that at least P percent of the blocks are
// answered. A fault without a trigger strikes at the start.
//
// `reply N` is the moment before the meter sends the first frame of its N-th answer, so a
// fault of the answers befalls that very one. Acknowledgements are no answers, and neither
// are the further frames of a long one; the answer to a request that was sent again is one.
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
// A fault that acts on a byte or a frame (byte-drop and its like) acts on the one that its
// trigger names; with any other trigger, on the next one in its direction.
//
// A fault of the answers (reply-lost and its like) acts on the next answer of the meter
// after its trigger that it can act on: reply-busy and reply-status pass over answers in
// which there is no status to change.
//
// What the host sends into a cable that is out, or into a network that carries nothing,
// counts as sent. The bytes that a stalled network keeps count when they go on, the frames
// and blocks in them at once.
//
// A fault of the IP connection acts on the bench and over a PTY as it does over TCP, but for
// ip-reset: a PTY has no connection that could be reset, and whoever serves it says so.
//
// A fault of the flash chip that has a flash operation for its trigger befalls that very
// operation, so it takes no phase, and strikes only an operation of its own sort: a program
// does not fail to erase. With an address it makes a place of the chip bad from its moment
// on. What it does to the chip outlives power losses and later runs; only a new chip is free
// of it. A byte's address is counted from the beginning of the chip. A torn program or erase
// is no kind of its own: it is a power-loss, meter-reset or brown-out inside an operation.
//
// A fault of the host's PC is carried out by the host. A file that is gone or changed is met
// by whoever chooses it from then on: the tool reads it when it is chosen, and what was read
// before is in its memory. Changed means damaged: a copy whose checksum does not fit.
//
// # What it does not do
//
// It carries nothing out, and it does not know the run: that block 500 of 460 never comes
// is for the bench to report.
package fault
