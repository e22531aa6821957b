// Package judge judges upgraders from outside this project. It starts a meter on a PTY or a TCP
// port, plays faults, and runs the program as a black box; if the upgrade fails, it runs the
// program again for the recovery. It judges by the state of the meter and by the program's exit
// status.
//
// It is for people who release an upgrader, in any language. Package simulator/ion and the
// article say what a program must do. The title of a scenario says what it tests.
//
// Exit status 0 claims success, any other status claims failure. These parts of the project's
// invariants can be seen from outside:
//
//	I1  the meter answers once power and line are back
//	I2  the program claims success only if the meter runs exactly the image, and has its
//	    settings if the program promises to keep them ([Target].KeepsSettings)
//	I3  the program claims failure only after a failure
//	I4  a recovery without faults succeeds
//	I5  every run ends within its time limit
//	I6  a log in the form of Upgrade.log agrees with the line; other logs are not judged
//	I7  an attempt that did not touch the flash lost no settings; a recovery brings them
//	    back if the program promises it
//	I8  nothing is erased before the file, the product, the unit and the password have
//	    been checked
//	I9  other meters on the line are left alone
//
// Scenarios vary the world (guise.go), the history (Step), the timing and the surroundings of the
// program, and befall the answer to any of its requests (Harm), wherever that is on the line. Each
// is about some duties of PROTOCOL.md, which package duty numbers; [Report.Duties] says of each
// whether it was kept. A breach that PROTOCOL.md once permitted, or that harms nobody, is advice:
// a note.
//
// Programs and their time-outs run in wall time, and so do the durations in a plan. Only the
// time that the meter and its line take can be shortened ([Options].Pace).
//
// A judge that is killed is survived by a guardian on Linux ([Guarded]), which ends the programs and
// removes their folders; its report is lost.
//
// Nothing that a program does stops, fools or outlives the judge. It runs in its own process group,
// which is ended with it, and on Linux so is every process that it has started, in whatever group
// or session; elsewhere a process that leaves the group is only mentioned, if it keeps an output
// open. The judge's own files lie where the program is not told, and what the program does with its
// folder is noted and mended. Every wait has a limit, though a program that gets on is given more
// time, and every scenario has a result: one that was not played to its end has no verdict
// ([Result].Trouble), and one that cannot be about the program is [Result].Idle.
package judge
