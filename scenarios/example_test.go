package scenarios_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"ionbench/client/upg"
	"ionbench/scenarios"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
)

// The article in a few lines: the cable is out for as long as the tool tries, the upgrade
// fails, and the recovery succeeds.
func ExampleBench_Try() {
	meter, err := scenarios.New(world.World{Firmware: []world.Firmware{{Blocks: 460}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	o, err := meter.Try(scenarios.Attempt{Plan: "cable-pull at block 439"})
	fmt.Println(err)
	fmt.Printf("%v; the display says %q\n", o.Claim, o.Meter.LCD)

	o, err = meter.Try(scenarios.Attempt{Recovery: true})
	fmt.Println(err)
	fmt.Printf("upgraded: %v, to %s, and lost: %v\n", o.Upgraded, o.Meter.Running, o.Meter.Lost)
	// Output:
	// <nil>
	// no response from the meter: download: 11 requests were not answered; check the cable, the meter's power, the unit id and the baud rate; the display says "Upgrading…"
	// <nil>
	// upgraded: true, to 7350V283, and lost: pt-ct,clock,nameplate,energy,itc
}

// What is wrong is an error that tells all of it. A world is also a text.
func ExampleFailure() {
	w, err := world.Parse([]byte("[meter]\nmodel = 7330\nunit-id = 7\n\n[firmware]\nmodel = 7330\nblocks = 9\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	meter, err := scenarios.New(*w)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = meter.Try(scenarios.Attempt{Plan: "reply-lost at block 40"})
	fmt.Println(errors.As(err, new(*scenarios.Failure)))
	told, _, _ := strings.Cut(err.Error(), "the meter:") // what it is now, and the last events
	fmt.Println(told)
	// Output:
	// true
	// attempt 1, upgrade with plan "reply-lost at block 40", is not as it should be:
	//   plan: reply-lost at block 40: never struck: the image has 9 blocks
	// the upgrader says: success
}

// An upgrader of your own, which blocks. Its test is that of a plain test, or of the Ginkgo
// suite; it is in virtual time that its timeouts pass.
func ExampleBlocking() {
	var t *testing.T                                                              // of the test
	upgrade := func(conn net.Conn, unit uint16, f *upg.File) error { return nil } // yours

	meter, err := scenarios.New(world.World{})
	if err != nil {
		t.Fatal(err)
	}
	yours := scenarios.Blocking(t, func(conn net.Conn) error {
		return upgrade(conn, meter.Meter().UnitID, meter.Firmware())
	})
	if _, err := meter.Try(scenarios.Attempt{By: yours, Plan: "reply-late at block 3 by 11s"}); err != nil {
		t.Error(err)
	}
	if _, err := meter.Try(scenarios.Attempt{By: yours, Recovery: true, Allow: []verdict.Rule{verdict.I7}}); err != nil {
		t.Error(err)
	}
}
