package main

import "testing"

func TestTheLastCountOfInputsCounts(t *testing.T) {
	for said, want := range map[string]int{
		"": 0,
		"fuzz: elapsed: 0s, gathering baseline coverage: 5/5 completed\nPASS\n":                                                                                   0,
		"fuzz: elapsed: 3s, execs: 7 (2/sec), new interesting: 0 (total: 5)\nfuzz: elapsed: 6s, execs: 146100 (48808/sec), new interesting: 1 (total: 6)\nPASS\n": 146100,
	} {
		if got := executions(said); got != want {
			t.Errorf("%d, want %d of %q", got, want, said)
		}
	}
}
