package story

import (
	"fmt"

	"ionbench/simulator/fault"
)

// Unstruck is a fault of a plan that never struck, and why, as far as the station knows.
type Unstruck struct {
	Fault  fault.Fault
	Reason string
}

// String is the fault as a plan has it, and the reason.
func (u Unstruck) String() string { return fmt.Sprintf("%v: never struck: %s", u.Fault, u.Reason) }
