package fault

import "fmt"

// CheckOwn says why a fault cannot strike one of several hosts on a line alone: its PC, its tool, its
// connection, or the cable to it. It is nil if the fault can.
func (f Fault) CheckOwn() error {
	if !f.Kind.row().own {
		return fmt.Errorf("%v strikes what all hosts on the line share", f.Kind)
	}
	if u := f.Trigger.Unit; u == AtByte || u == AtFlashOp {
		return fmt.Errorf("%v at %v: of a further host on the line nobody counts these; say at frame, at reply, at block or at a time", f.Kind, u)
	}
	return nil
}

// Own describes the kinds of which CheckOwn allows some.
func Own() []Description {
	var list []Description
	for i := range rows {
		if rows[i].own {
			list = append(list, rows[i].describe())
		}
	}
	return list
}
