// Package reproduce makes a scenario from an Upgrade.log of the field. It reads what the log
// says, searches for plans of faults whose run on the bench gives the same log, and says of
// each what it means, how to tell it from the others, and how to repeat it.
//
// It calls a plan a match only if the plan's own log is the same, line by line and stamp by
// stamp. If it finds no match, the log is not reproduced: the result is the nearest plan, and
// the first line at which it differs.
//
// Not compared are the sums of images in the words of a refusal: the bytes of the image at a site are
// not known.
//
// A search is a limited number of trials on the bench, and of requests in them: a trial goes on from
// where an earlier one was that began alike. What was thought of and not tried is counted. Equal logs
// give equal results.
//
// # How it searches
//
// The log is explained from its top. A trial runs until it writes a line that differs from the
// log. The line that should have been there shows what may have happened, and since when; each
// possibility is a plan to try next. Once all lines are right, the stamps show how big the
// image was, where in a message the line went dead, or what took time without leaving a line.
//
// No log tells how long its tool waits for an answer: it is the vendor's time-out, and another one only where
// all lines are explained, by one fault, and their times are not. That is remarked.
//
// # What a log says of the image
//
// Percentages, counts and efficiencies leave a range of sizes, in blocks; see [Sizes].
package reproduce
