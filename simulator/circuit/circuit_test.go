package circuit

import (
	"math"
	"testing"
	"time"
)

var start = time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC)

func near(a, b, by float64) bool { return math.Abs(a-b) <= by }

func TestPowersAreWhatVoltagesAndCurrentsGive(t *testing.T) {
	c := New(1)
	for i := range 2000 {
		at := start.Add(time.Duration(i) * 317 * time.Second)
		v := c.At(at)
		sum := 0.0
		for p := range Quantity(3) {
			sum += v[KWa+p]
			if !near(v[KVAa+p], v[Va+p]*v[Ia+p]/1000, 1e-9) || !near(v[KVAa+p], math.Hypot(v[KWa+p], v[KVARa+p]), 1e-9) {
				t.Fatalf("%v: %v", at, v)
			}
		}
		if !near(sum, v[KWTotal], 1e-9) || !near(v[PFTotal], 100*v[KWTotal]/v[KVATotal], 1e-9) {
			t.Fatalf("%v: %v", at, v)
		}
	}
}

func TestEnergyIsTheIntegralOfThePowerAndNeverFalls(t *testing.T) {
	c := New(7)
	var sum Energy
	from := start.Add(-41 * time.Second)
	const steps = 20 * 3600
	for i := range steps {
		v := c.At(from.Add(time.Duration(i) * time.Second))
		for n, p := range [EnergyCount]float64{max(v[KWTotal], 0), max(-v[KWTotal], 0), max(v[KVARTotal], 0), max(-v[KVARTotal], 0), v[KVATotal]} {
			sum[n] += p / 3600
		}
	}
	got := c.Between(from, from.Add(steps*time.Second))
	for n := range sum {
		if !near(got[n], sum[n], 0.003) {
			t.Errorf("energy %d: %v, the powers give %v", n, got[n], sum[n])
		}
	}
	last := Energy{}
	for i := range 3000 {
		e := c.Between(start, start.Add(time.Duration(i)*333*time.Second+time.Duration(i)*time.Nanosecond))
		for n := range e {
			if grown := e[n] - last[n]; grown < -1e-9 || grown > 14*334/3600. {
				t.Fatalf("step %d: energy %d grew by %v", i, n, grown)
			}
		}
		last = e
	}
}

func TestWhatFlowsInASteadyCircuitDoesNotDependOnWhen(t *testing.T) {
	c := Steady()
	want := c.Between(start, start.Add(time.Hour+7*time.Nanosecond))
	if want[KWhImport] < 12 {
		t.Fatalf("%v in an hour", want)
	}
	for i := range 1000 {
		at := start.Add(time.Duration(i) * 1234567891011)
		if got := c.Between(at, at.Add(time.Hour+7*time.Nanosecond)); got != want {
			t.Fatalf("%v: %v instead of %v", at, got, want)
		}
		if v := c.At(at); !near(v[KWTotal], want[KWhImport], 1e-6) || !near(v[KVADemand], v[KVATotal], 1e-6) {
			t.Fatalf("%v: %v", at, v)
		}
	}
}

func TestAWeekHasEveryEnergy(t *testing.T) {
	for n, e := range New(3).week {
		if e < 1 {
			t.Errorf("energy %d: %v in a week", n, e)
		}
	}
}

func TestADemandIsTheMeanOfAQuarterOfAnHour(t *testing.T) {
	c := New(1)
	at := start.Truncate(5 * time.Minute)
	sum := 0.0
	for i := range 900 {
		sum += c.At(at.Add(-time.Duration(i+1) * time.Second))[KVATotal] / 900
	}
	if got := c.At(at.Add(4 * time.Minute))[KVADemand]; !near(got, sum, 0.01) {
		t.Errorf("%v, the mean is %v", got, sum)
	}
}

// Nothing that was is less than the least or more than the most.
func TestExtremesHoldForEverySecond(t *testing.T) {
	c := New(5)
	from := start.Unix() + 13
	for _, seconds := range []int64{0, 1, 74, 3600, 30000} {
		var x Extremes
		x.Take(c, from, from+seconds, 0)
		var want Extremes
		for s := from; s <= from+seconds; s++ {
			want.look(c, s, 0)
		}
		for q := range x.Most {
			if !near(x.Most[q].Value, want.Most[q].Value, 1e-9) || !near(x.Least[q].Value, want.Least[q].Value, 1e-9) {
				t.Errorf("%d s: %v from %v to %v, looking at each second gives %v to %v", seconds, Quantity(q), x.Least[q], x.Most[q], want.Least[q], want.Most[q])
			}
			if v := c.at(x.Most[q].At)[q]; float32(v) != float32(x.Most[q].Value) {
				t.Errorf("%v was %v at the time of its most, %v", Quantity(q), v, x.Most[q].Value)
			}
		}
	}
}

func TestTheCircuitRepeatsItselfEveryWeekAndDiffersBySeed(t *testing.T) {
	a, b := New(1), New(2)
	v, w := a.At(start), a.At(start.Add(52*7*24*time.Hour))
	for q := range v {
		if !near(v[q], w[q], 1e-9) {
			t.Errorf("%v: %v, a year later %v", Quantity(q), v[q], w[q])
		}
	}
	if a.At(start) != New(1).At(start) || a.At(start) == b.At(start) {
		t.Error("the seed does not decide")
	}
}

func TestTimeBeforeNineteenSeventyIsMeasuredToo(t *testing.T) {
	c := New(1)
	early := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	if e := c.Between(early, early.Add(time.Hour)); e[KVAh] <= 0 || e[KVAh] > 14 {
		t.Errorf("%v", e)
	}
}

func BenchmarkBetween(b *testing.B) {
	c := New(1)
	to := start.Add(time.Hour)
	for b.Loop() {
		c.Between(start, to)
	}
}

func BenchmarkExtremesOfAWeek(b *testing.B) {
	c := New(1)
	for b.Loop() {
		var x Extremes
		x.Take(c, 0, weekSeconds, 0)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(1)
	}
}
