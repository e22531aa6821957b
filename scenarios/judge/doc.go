// Package judge judges an upgrader that we did not write: it starts a meter on a PTY or a
// TCP port, lets faults befall it, runs the program as a black box, once more for the
// recovery where it failed, and judges by what the meter is then and by the program's exit
// status.
//
// It is for whoever releases an upgrader, in any language. What a program must do is in
// package simulator/ion and in the article; what a scenario asks of it stands in its title.
//
// Exit status 0 claims success, any other failure. Of the invariants of the project, this
// is what can be seen from outside:
//
//	I1  the meter answers once power and line are back
//	I2  success is claimed only if the meter runs exactly the image, and has its settings,
//	    if the program promises them ([Target].KeepsSettings)
//	I3  failure is claimed only if it is one
//	I4  a recovery that nothing disturbs ends in success
//	I5  every run ends within its time limit
//	I6  a log in the manner of Upgrade.log agrees with the line; another is not looked at
//	I7  an attempt that did not touch the flash lost no settings; a recovery brings them
//	    back, if the program promises it
//	I8  nothing is erased before the file, the product, the unit and the password have
//	    been checked
//
// Programs run in wall time, and so do their time-outs; only what the meter and its line
// take can be shortened ([Options].Pace). Durations in a plan are wall time too.
//
// A program runs in a process group of its own, which ends with it. What leaves that group
// cannot be ended from here, and is told of where it shows.
package judge
