package reproduce

import (
	"testing"

	"ionbench/simulator/fault"
)

func TestEveryCauseIsPlayedByAKindOfFaultOfItsOwn(t *testing.T) {
	played := map[fault.Kind]cause{}
	for c := unknown + 1; c < causeCount; c++ {
		k, ok := fault.ParseKind(causes[c].kind)
		if !ok {
			t.Errorf("cause %d is played by %q, which is no kind", c, causes[c].kind)
			continue
		}
		if other, twice := played[k]; twice {
			t.Errorf("%v plays the causes %d and %d", k, other, c)
		}
		played[k] = c
		if causeOf(k) != c || c.kind() != k {
			t.Errorf("%v plays cause %d, and cause %d is played by %v", k, causeOf(k), c, c.kind())
		}
		if causes[c].says == "" || causes[c].tell == "" || causes[c].weight == 0 {
			t.Errorf("nothing is said of %v", k)
		}
	}
	for _, d := range fault.Kinds() {
		if _, ok := played[d.Kind]; !ok && about(fault.Fault{Kind: d.Kind}).says == "" {
			t.Errorf("nothing is said of %v", d.Kind)
		}
	}
}
