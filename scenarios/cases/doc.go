// Package cases plays scenarios that are text files. A case names a meter, a firmware
// file, plans of faults, a person's answers and what must come of it all; whoever adds a
// file to fixtures/cases has a scenario, and needs no Go.
//
// A file is UTF-8 text of at most 256 KiB, in the manner of a template file (.DCF):
// sections, and `key = value` on each line; a line whose first character is # or ; is a
// comment. Blanks around keys and values mean nothing.
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
// A case is a world (package world) and what must come of it: the section [case] says what it
// is about, and each [attempt] is followed by its [expect]. An attempt is one process of the
// tool, from its start to its end; between attempts faults can be healed, the power cycled and
// time let pass. Meters, PCs, firmware and templates can have names ([firmware damaged]), which
// attempts then choose. [Describe] lists all keys.
//
// What a case does not say is as in the article FA212301. What it does not expect is not
// looked at, but for two things that always fail a case: a fault of a plan that never
// struck, and a broken invariant of the project.
//
// All that a plan counts, times included, is counted from the beginning of its attempt.
// What a fault of an earlier attempt still does goes on until it ends or is healed.
//
// Everything happens in virtual time; equal files give equal results. Cases know no time
// zones and no phone lines, and a bench plays one meter and one PC so far.
package cases
