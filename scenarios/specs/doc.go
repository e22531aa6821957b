// Package specs is what a Ginkgo suite of your own needs to try upgraders: attempts that fail
// the spec if something is wrong, matchers, and files that a failed spec leaves behind.
//
//	var suite *testing.T // virtual time needs one
//
//	func TestUpgrader(t *testing.T) {
//		suite = t
//		RegisterFailHandler(Fail)
//		RunSpecs(t, "our upgrader")
//	}
//
//	It("gets over a cable that is out for three answers", func() {
//		meter := specs.New(world.World{})
//		ours := scenarios.Blocking(suite, func(conn net.Conn) error { return upgrade(conn, meter.Firmware()) })
//		Expect(meter.Try(scenarios.Attempt{Plan: "cable-pull at block 5 for 3 no-responses", By: ours})).To(specs.HaveUpgraded())
//	})
//
// A spec that fails leaves the trace, the plans, the log and the command that repeats it in the
// folder of [Folder], and names them in its report.
//
// This package is Ginkgo's and Gomega's side of package ionbench/scenarios, which tells the rest
// and which is all that a plain test needs.
package specs
