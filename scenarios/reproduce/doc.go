// Package reproduce goes from an Upgrade.log of the field to a scenario: it reads what the
// log says, searches the plans of faults whose run on the bench gives the same log, and says
// of each what it means, how it differs from the others, and how to repeat it.
//
// It never calls a plan a match unless the plan's own log is the same, line by line and
// stamp by stamp. A log that no plan was found for is not reproduced: then the plan that
// comes nearest is given, and the first line at which it differs.
//
// A search is made of trials on the bench, at most so many. Equal logs give equal answers.
//
// # How it searches
//
// The log is explained from its top. A trial runs until it writes a line that the log does
// not have there; what that line should have been tells what may have happened, and since
// when: each of these is the next plan to try. Once all lines are right, the stamps tell
// how big the image was, where in a message the line went dead, or what took time without
// leaving a line.
//
// # What a log says of the image
//
// Percentages, counts and efficiencies leave a range of sizes, in blocks; see [Sizes].
package reproduce
