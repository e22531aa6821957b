// Package scenarios is the door for whoever writes suites: a meter in some world, an upgrade
// with a plan of faults, and the verdict on it.
//
//	meter, err := scenarios.New(world.World{})
//	...
//	outcome, err := meter.Try(scenarios.Attempt{Plan: "cable-pull at block 5 for 3 no-responses"})
//
// [New] sets up the meter of a [world.World]; the zero World is that of the article FA212301.
// [Bench.Try] has it upgraded, by the upgrader of this project or, with [Blocking], by one of
// your own that knows a [net.Conn] and package time. Either lives in virtual time: the seventy
// minutes of a failing upgrade pass in well under a second. Further calls find what the earlier
// ones left behind, so that a recovery is an Attempt after another one.
//
// The error of Try is a [Failure] if the attempt broke an invariant of the project (package
// ionbench/scenarios/verdict has them), if a fault of the plan never struck, or if the tool was
// killed and so claims nothing. What is expected is said in [Attempt.Allow]. A tool that says
// that its upgrade has failed is no Failure where the plan gave it reason to.
//
// Ginkgo suites use package ionbench/scenarios/specs, which fails the spec and leaves the story
// behind as files. A program that is not written in Go is judged by the program ionbench (see
// ionbench judge --help). Whoever wants no more than a meter to talk to is right in package
// ionbench/simulator. The language of plans is that of ionbench/simulator/fault.
package scenarios
