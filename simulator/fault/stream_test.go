package fault

import (
	"math"
	"testing"

	"ionbench/simulator/machine/machinetest"
)

func TestStreamFollowsTheReferenceOfItsAlgorithm(t *testing.T) {
	// The first numbers of xoshiro256** for the state 1, 2, 3, 4, as published with the
	// algorithm's test vectors.
	s := Stream{s: [4]uint64{1, 2, 3, 4}}
	for i, want := range []uint64{11520, 0, 1509978240, 1215971899390074240} {
		if got := s.Uint64(); got != want {
			t.Errorf("number %d is %d, want %d", i, got, want)
		}
	}
}

func TestStreamsOfAnotherSeedOrNameAreOthers(t *testing.T) {
	streams := []Stream{NewStream(1, "noise"), NewStream(2, "noise"), NewStream(1, "tear"), NewStream(1, "")}
	seen := map[uint64]bool{}
	for i := range streams {
		for range 1000 {
			n := streams[i].Uint64()
			if seen[n] {
				t.Fatalf("stream %d repeats %d", i, n)
			}
			seen[n] = true
		}
	}
	again := NewStream(1, "noise")
	if first := again.Uint64(); !seen[first] {
		t.Error("the same seed and name give other numbers")
	}
}

func TestCopyOfAStreamGoesOnOnItsOwn(t *testing.T) {
	a := NewStream(7, "noise")
	a.Uint64()
	b := a
	if string(machinetest.StateOf(a.Declare)) != string(machinetest.StateOf(b.Declare)) {
		t.Error("a copy has another state")
	}
	first := a.Uint64()
	if string(machinetest.StateOf(a.Declare)) == string(machinetest.StateOf(b.Declare)) {
		t.Error("drawing does not show in the state")
	}
	if b.Uint64() != first {
		t.Error("the copy did not stay where it was")
	}
}

func TestFloatStaysInsideItsBounds(t *testing.T) {
	s := NewStream(3, "float")
	sum := 0.0
	const n = 100_000
	for range n {
		x := s.float()
		if x < 0 || x >= 1 {
			t.Fatalf("got %v", x)
		}
		sum += x
	}
	if mean := sum / n; math.Abs(mean-0.5) > 0.01 {
		t.Errorf("the mean is %v", mean)
	}
}

func TestGeometricHasTheMeanAndTailOfItsRate(t *testing.T) {
	for _, p := range []float64{0.9, 0.5, 0.1, 1e-3, 1e-6} {
		s := NewStream(11, "geometric")
		const n = 200_000
		sum, none := 0.0, 0
		for range n {
			k := s.Geometric(p)
			if k < 0 {
				t.Fatalf("rate %g: drew %d", p, k)
			}
			if k == 0 {
				none++
			}
			sum += float64(k)
		}
		want, deviation := (1-p)/p, math.Sqrt(1-p)/p/math.Sqrt(n)
		if mean := sum / n; math.Abs(mean-want) > 5*deviation {
			t.Errorf("rate %g: the mean is %g, want %g", p, mean, want)
		}
		if got := float64(none) / n; math.Abs(got-p) > 5*math.Sqrt(p*(1-p)/n) {
			t.Errorf("rate %g: strikes at once in %g of the cases", p, got)
		}
	}
}

func TestGeometricOfCertainAndImpossible(t *testing.T) {
	s := NewStream(1, "edge")
	for p, want := range map[float64]int64{1: 0, 2: 0, 0: math.MaxInt64, -1: math.MaxInt64} {
		if got := s.Geometric(p); got != want {
			t.Errorf("rate %g: got %d, want %d", p, got, want)
		}
	}
	if got := s.Geometric(math.NaN()); got != math.MaxInt64 {
		t.Errorf("no rate at all: got %d", got)
	}
}

func BenchmarkStreamGeometric(b *testing.B) {
	s := NewStream(1, "bench")
	for b.Loop() {
		s.Geometric(1e-4)
	}
}
