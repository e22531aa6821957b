package main

import "testing"

func TestTheInputsThatARunMadeAreCountedAndNotThoseOfEarlierRuns(t *testing.T) {
	for said, want := range map[string]tally{
		"": {},
		"fuzz: elapsed: 0s, gathering baseline coverage: 5/5 completed\nPASS\n": {kept: 5},
		"fuzz: elapsed: 0s, gathering baseline coverage: 0/5 completed\nfuzz: elapsed: 3s, execs: 7 (2/sec), new interesting: 0 (total: 5)\n" +
			"fuzz: elapsed: 6s, execs: 146100 (48808/sec), new interesting: 1 (total: 6)\nPASS\n": {fresh: 146095, kept: 6},
		"fuzz: elapsed: 0s, gathering baseline coverage: 0/1131 completed\nfuzz: elapsed: 8s, gathering baseline coverage: 1000/1131 completed\nPASS\n": {kept: 1131},
	} {
		if got := tallied(said); got != want {
			t.Errorf("%+v, want %+v of %q", got, want, said)
		}
	}
}

func TestATargetWhoseTimeIsUpHasFoundNothing(t *testing.T) {
	const up = "fuzz: elapsed: 5s, execs: 54960 (16787/sec), new interesting: 123 (total: 128)\n--- FAIL: FuzzRead (5.26s)\n    context deadline exceeded\nFAIL\nexit status 1\n"
	for said, want := range map[string]bool{
		up: true,
		"--- FAIL: FuzzRead (0.02s)\n    --- FAIL: FuzzRead (0.00s)\n        read_test.go:7: context deadline exceeded\n    \n    Failing input written to testdata/fuzz/FuzzRead/582528ddfad69eb5\n": false,
		"panic: runtime error\n": false,
		up + "    Failing input written to testdata/fuzz/FuzzRead/582528ddfad69eb5\n": false,
	} {
		if got := timeIsUp(said); got != want {
			t.Errorf("%v of %q", got, said)
		}
	}
}
