// Package cases plays scenarios that are text files. A case names a meter, a firmware file,
// plans of faults, a person's answers, and what must come of it. A new file in fixtures/cases
// is a new scenario, without any Go.
//
// A file is UTF-8 text of at most 256 KiB, like a template file (.DCF): sections, and `key =
// value` on each line. A line whose first character is # or ; is a comment. Blanks around keys
// and values mean nothing.
//
//	[case]
//	title = The cable is out for two No Response lines
//
//	[firmware]
//	blocks = 100
//
//	[attempt]
//	task = upgrade
//	plan = cable-pull at block 41 for 2 no-responses
//
//	[expect]
//	outcome      = success
//	no-responses = 2
//	image        = intact
//
// A case is a world (package world) and what must come of it. The section [case] says what it
// is about, and each [attempt] is followed by its [expect]. An attempt is one process of the
// tool. Between attempts faults can be healed, the power cycled and time can pass. Meters, PCs,
// firmware and templates can have names ([firmware damaged]), by which attempts choose them.
// [Describe] lists all keys.
//
// What a case does not say is as in the article FA212301. What it does not expect is not
// checked, except for two things that always fail a case: a fault that never struck, and a
// broken invariant of the project.
//
// Everything that a plan counts, times included, counts from the beginning of its attempt. A
// fault of an earlier attempt goes on until it ends or is healed.
//
// An attempt with a line `meanwhile = 20s` begins so long after the one above began, which may
// still be at work. Meters are on one line unless they name another (`line = 2`). Two tools on
// one line are about one meter. The plan of the first strikes what they share, too; that of the
// second strikes it alone: its PC, its connection, the cable to it.
//
// Everything happens in virtual time, and equal files give equal results. Cases know no time
// zones and no phone lines.
package cases
