package circuit

import (
	"math"
	"time"
)

const (
	slotSeconds = 900
	hourSlots   = 4
	dayHours    = 24
	daySlots    = dayHours * hourSlots
	daySeconds  = slotSeconds * daySlots
	weekDays    = 7
	weekSeconds = weekDays * daySeconds

	// pieceSeconds is for how long every quantity rises or falls without turning.
	pieceSeconds = 75

	demandSeconds = 900 // window of a demand
	demandStep    = 300 // how often it is new

	hour = 3600.0
)

// Circuit is one circuit. Make it with New. It never changes, so many may share it.
type Circuit struct {
	steady bool              // it has no days
	days   [weekDays]day     // from Monday on
	shapes [shapeCount]shape // of the load on a day
	week   Energy            // of a whole week
}

type day struct {
	shape  int
	factor float64 // of all powers
	before Energy  // since Monday 0:00
}

// shape is a day's load in each quarter of an hour, and what has flowed since midnight at the
// beginning of each hour. It is small because a fleet has one for each of its meters.
type shape struct {
	power, reactive [daySlots]float32 // kW, kVAR
	before          [dayHours + 1]Energy
}

const (
	working = iota
	saturday
	sunday
	shapeCount
)

// New makes the circuit of a seed.
func New(seed uint64) *Circuit {
	c := new(Circuit)
	for kind := range c.shapes {
		c.shapes[kind].fill(kind, seed)
	}
	for i := range c.days {
		d := &c.days[i]
		d.shape = [weekDays]int{5: saturday, 6: sunday}[i]
		d.factor = 0.96 + 0.08*draw(seed, 1000+i)
		d.before = c.week
		for n, e := range c.shapes[d.shape].before[dayHours] {
			c.week[n] += d.factor * e
		}
	}
	return c
}

// The load of a steady circuit, in kW and kVAR.
const (
	steadyPower    = 12.6
	steadyReactive = 3.1
)

// Steady makes a circuit whose load never changes, so that what flows in a while does not depend on
// when. Its voltage wanders all the same.
func Steady() *Circuit { return &Circuit{steady: true} }

func (s *shape) fill(kind int, seed uint64) {
	for i := range s.power {
		noise := 0.97 + 0.06*draw(seed, kind*daySlots+i)
		kw, kvar := usual(kind, float64(i)/hourSlots)
		s.power[i], s.reactive[i] = float32(kw*noise), float32(kvar*noise)
	}
	for h := range dayHours {
		s.before[h+1] = s.before[h]
		for i := range hourSlots {
			s.add(&s.before[h+1], h*hourSlots+i, slotSeconds)
		}
	}
}

// add adds what flows in some seconds of a quarter, without its ripple.
func (s *shape) add(e *Energy, slot int, seconds float64) {
	kw, kvar, hours := float64(s.power[slot]), float64(s.reactive[slot]), seconds/hour
	e[KWhImport] += max(kw, 0) * hours
	e[KWhExport] += max(-kw, 0) * hours
	e[KVARhImport] += max(kvar, 0) * hours
	e[KVARhExport] += max(-kvar, 0) * hours
	e[KVAh] += math.Sqrt(kw*kw+kvar*kvar) * hours
}

// usual is the mean load at an hour of the day, in kW and kVAR.
func usual(kind int, h float64) (kw, kvar float64) {
	kw, kvar = 3.8, -0.3 // at night the filters of what stands idle are most of it
	peak := [shapeCount]float64{working: 7.4, saturday: 2.5, sunday: 1}[kind]
	if h >= 6 && h < 22 {
		day := math.Sin((h - 6) / 16 * math.Pi)
		kw, kvar = kw+peak*day, 0.8+0.3*peak*day
	}
	if kind == sunday && h >= 11 && h < 14 {
		kw = -1.6
	}
	return kw, kvar
}

// draw is a number from 0 to 1 for each n (SplitMix64).
func draw(seed uint64, n int) float64 {
	z := seed + uint64(n+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return float64((z^z>>31)>>11) / (1 << 53)
}

// moment is a time within its week.
type moment struct {
	weeks, day, slot int
	seconds          int     // since Monday 0:00
	within           float64 // seconds since the slot began
}

const firstMonday = 4 * daySeconds // 1970-01-05, in Unix time

func momentOf(unix int64, fraction float64) moment {
	unix -= firstMonday
	weeks := unix / weekSeconds
	s := int(unix % weekSeconds)
	if s < 0 {
		weeks, s = weeks-1, s+weekSeconds
	}
	return moment{weeks: int(weeks), day: s / daySeconds, slot: s % daySeconds / slotSeconds, seconds: s, within: float64(s%slotSeconds) + fraction}
}

// Between returns what has flowed from one instant to a later one. No energy is below zero.
func (c *Circuit) Between(from, to time.Time) Energy {
	if c.steady {
		h := max(0, to.Sub(from).Hours())
		return Energy{KWhImport: steadyPower * h, KVARhImport: steadyReactive * h, KVAh: math.Sqrt(steadyPower*steadyPower+steadyReactive*steadyReactive) * h}
	}
	a, b := instant(from), instant(to)
	b.weeks -= a.weeks
	a.weeks = 0
	was, is := c.since(a), c.since(b)
	for i := range is {
		is[i] = max(0, is[i]-was[i])
	}
	return is
}

func instant(t time.Time) moment { return momentOf(t.Unix(), float64(t.Nanosecond())/1e9) }

// since is what has flowed since the Monday of week 0.
func (c *Circuit) since(m moment) Energy {
	d := &c.days[m.day]
	s := &c.shapes[d.shape]
	today := s.before[m.slot/hourSlots]
	for slot := m.slot - m.slot%hourSlots; slot < m.slot; slot++ {
		s.add(&today, slot, slotSeconds)
	}
	s.add(&today, m.slot, m.within+rippled(m.within))
	for i := range today {
		today[i] = float64(m.weeks)*c.week[i] + d.before[i] + d.factor*today[i]
	}
	return today
}

// The ripple of the power: a triangle of 0.02, five minutes long, of which three fit a quarter.
const (
	rippleSize    = 0.02
	rippleSeconds = 4 * pieceSeconds
)

// triangle rises from 0 to 1, falls to -1 and comes back to 0 in rippleSeconds.
func triangle(s float64) float64 {
	u := math.Mod(s, rippleSeconds) / pieceSeconds
	switch {
	case u < 1:
		return u
	case u < 3:
		return 2 - u
	}
	return u - 4
}

// rippled is the integral of the ripple since the beginning of a quarter, in seconds.
func rippled(s float64) float64 {
	u := math.Mod(s, rippleSeconds) / pieceSeconds
	var sum float64
	switch {
	case u < 1:
		sum = u * u / 2
	case u < 3:
		sum = 2*u - u*u/2 - 1
	default:
		sum = u*u/2 - 4*u + 8
	}
	return rippleSize * sum * pieceSeconds
}

// The share of each phase in the load, and how far its voltage is from the lowest.
var (
	shares  = [3]float64{0.34, 0.335, 0.325}
	lowest  = [3]float64{119.5, 119.25, 118.75}
	nominal = 60.0 // Hz
)

// At returns every quantity in the second of t.
func (c *Circuit) At(t time.Time) Sample { return c.at(t.Unix()) }

func (c *Circuit) at(unix int64) Sample {
	m := momentOf(unix, 0)
	unix = int64(m.seconds) + firstMonday + weekSeconds // the same numbers every week, to the last bit
	var v Sample
	v.voltages(m.seconds)
	v.powers(c.load(m))
	v[Frequency] = nominal + 0.02*triangle(m.within)
	v.demands(c, unix)
	return v
}

// load is the load at a moment, in kW and kVAR.
func (c *Circuit) load(m moment) (kw, kvar float64) {
	if c.steady {
		return steadyPower, steadyReactive
	}
	d := &c.days[m.day]
	s := &c.shapes[d.shape]
	scale := d.factor * (1 + rippleSize*triangle(m.within))
	return float64(s.power[m.slot]) * scale, float64(s.reactive[m.slot]) * scale
}

func (v *Sample) voltages(seconds int) {
	const period = 8 * pieceSeconds
	s := seconds % period
	wander := float64(min(s, period-s)) / (period / 2) * 2 // 0 to 2 and back
	for i := range 3 {
		v[Va+Quantity(i)] = lowest[i] + wander
	}
	between := func(a, b float64) float64 { return math.Sqrt(a*a + b*b + a*b) } // 120 degrees
	v[Vab], v[Vbc], v[Vca] = between(v[Va], v[Vb]), between(v[Vb], v[Vc]), between(v[Vc], v[Va])
	v.mean(VlnAverage)
	v.mean(VllAverage)
	v[VUnbalance] = v.unbalance(VlnAverage)
}

func (v *Sample) powers(kw, kvar float64) {
	kva := math.Hypot(kw, kvar)
	for i, share := range shares {
		p := Quantity(i)
		v[KWa+p], v[KVARa+p], v[KVAa+p] = kw*share, kvar*share, kva*share
		v[Ia+p] = 1000 * kva * share / v[Va+p]
		v[PFa+p] = 100 * kw / kva
	}
	v[KWTotal], v[KVARTotal], v[KVATotal], v[PFTotal] = kw, kvar, kva, 100*kw/kva
	v.mean(IAverage)
	v[IUnbalance] = v.unbalance(IAverage)
	a, b, c := v[Ia], v[Ib], v[Ic]
	v[I4] = math.Sqrt(max(0, a*a+b*b+c*c-a*b-b*c-c*a)) // 120 degrees
}

func (v *Sample) mean(q Quantity) { v[q] = (v[q-3] + v[q-2] + v[q-1]) / 3 }

func (v *Sample) unbalance(mean Quantity) float64 {
	most := 0.0
	for q := mean - 3; q < mean; q++ {
		most = max(most, math.Abs(v[q]-v[mean]))
	}
	return 100 * most / v[mean]
}

func (v *Sample) demands(c *Circuit, unix int64) {
	end := unix - int64(momentOf(unix, 0).seconds%demandStep)
	e := c.Between(time.Unix(end-demandSeconds, 0), time.Unix(end, 0))
	const perHour = hour / demandSeconds
	v[KWDemand] = (e[KWhImport] - e[KWhExport]) * perHour
	v[KVARDemand] = (e[KVARhImport] - e[KVARhExport]) * perHour
	v[KVADemand] = e[KVAh] * perHour
}

// Share is how much of the load is on phase n, from 0.
func Share(n int) float64 { return shares[n] }
