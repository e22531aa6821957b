// Package scenarios is for people who write test suites: a meter in a world, an upgrade with a
// plan of faults, and the verdict on it.
//
//	meter, err := scenarios.New(world.World{})
//	...
//	outcome, err := meter.Try(scenarios.Attempt{Plan: "cable-pull at block 5 for 3 no-responses"})
//
// [New] sets up the meter of a [world.World]; the zero World is that of the article FA212301.
// [Bench.Try] upgrades it, with the upgrader of this project or, with [Blocking], with your own
// upgrader, which needs only a [net.Conn] and package time. Both run in virtual time: the seventy
// minutes of a failing upgrade pass in well under a second. Each call finds the meter as the
// call before left it, so a recovery is a second Attempt.
//
// The error of Try is a [Failure] if the attempt broke an invariant of the project (package
// ionbench/scenarios/verdict lists them), if a fault of the plan never struck, or if the tool was
// killed and so claims nothing. [Attempt.Allow] lists rules that an attempt may break. It is no
// Failure if the tool says that its upgrade has failed and the plan gave it reason to.
//
// Ginkgo suites use package ionbench/scenarios/specs, which fails the spec and writes files that
// tell what happened. Programs in other languages are judged by ionbench judge (see ionbench
// judge --help). If you need only a meter to talk to, use package ionbench/simulator. Package
// ionbench/simulator/fault describes the language of plans.
package scenarios
