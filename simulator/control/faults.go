package control

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
)

// holder is what faults are asked of. The whole plan is a meter's; its line has those of the bytes and
// of the networks that lead to it.
type holder uint8

const (
	ofMeter holder = iota
	ofLine
)

// String names the holder.
func (h holder) String() string {
	if h == ofLine {
		return "line"
	}
	return "meter"
}

// has reports that a kind of fault is the holder's.
func (h holder) has(k fault.Kind) bool { return h == ofMeter || bench.OfLine(k) }

// seeFaults is where a holder's faults are listed.
func (m *Served) seeFaults(h holder) string {
	if h == ofLine {
		return "GET /v1/lines/" + m.subject.ID + "/faults lists them"
	}
	return "GET /v1/faults lists them"
}

// questions are what a holder can be asked about its faults.
func (h holder) questions() []question {
	return []question{
		{"GET", "/faults", h.get, false},
		{"POST", "/faults", h.post, true},
		{"DELETE", "/faults", h.endAll, true},
		{"DELETE", "/faults/{id}", h.endOne, true},
	}
}

// faults lists a holder's faults. The station's owner calls it.
func (m *Served) faults(h holder) []Fault {
	list := []Fault{}
	for _, p := range m.subject.Station.Planned() {
		if h.has(p.Fault.Kind) {
			list = append(list, m.faultOf(&p))
		}
	}
	return list
}

// allFaults is what a holder is asked for. The station's owner calls it.
func (m *Served) allFaults(now time.Duration, h holder) Faults {
	again := m.Repeat(now)
	return Faults{Faults: m.faults(h), Repeat: again.Plan, NotRepeated: again.Not}
}

// faultOf tells of a fault of the plan. The station's owner calls it.
func (m *Served) faultOf(p *bench.Planned) Fault {
	f := Fault{ID: p.Number, Fault: p.Fault.String(), State: Over, Strikes: p.Strikes, ByHand: m.session.has(p.Number)}
	switch {
	case p.AtWork:
		f.State = AtWork
	case p.Waiting:
		f.State = Waiting
	case p.Strikes == 0:
		f.State, f.Reason = Missed, p.Reason
	}
	return f
}

// numbered is the fault of the plan with that number. The station's owner calls it.
func (m *Served) numbered(number int) (bench.Planned, bool) {
	list := m.subject.Station.Planned()
	if number < 1 || number > len(list) {
		return bench.Planned{}, false
	}
	return list[number-1], true
}

func (h holder) get(m *Served, w http.ResponseWriter, r *http.Request) {
	answered(m, w, r, func(now time.Duration) Faults { return m.allFaults(now, h) })
}

// post strikes the fault of a request.
func (h holder) post(m *Served, w http.ResponseWriter, r *http.Request) {
	var text string
	if !(members{"fault": &text}).take(w, r) {
		return
	}
	f, problem := readFault(text)
	if problem == nil && !h.has(f.Kind) {
		problem = &Problem{Error: fmt.Sprintf("%v befalls a meter, and this is a line", f.Kind), Hint: "POST /v1/meters/" + m.subject.ID + "/faults strikes it at the line's meter"}
	}
	if problem != nil {
		reply(w, http.StatusUnprocessableEntity, problem)
		return
	}
	m.strike(w, r, f)
}

// endAll ends all faults of a holder. A meter is whole again then; faults of a line are only ended, and
// those of its meter go on.
func (h holder) endAll(m *Served, w http.ResponseWriter, r *http.Request) {
	answered(m, w, r, func(now time.Duration) Faults {
		for _, p := range m.subject.Station.Planned() {
			if h.has(p.Fault.Kind) {
				m.end(now, &p)
			}
		}
		if h == ofMeter {
			m.subject.Station.MendByHand(now)
		}
		return m.allFaults(now, h)
	})
}

// endOne ends the fault that the address names.
func (h holder) endOne(m *Served, w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		refuse(w, http.StatusNotFound, "a fault's id is a number", m.seeFaults(h))
		return
	}
	answeredUnless(m, w, r, http.StatusOK, func(now time.Duration) (Fault, *refusal) {
		p, is := m.numbered(number)
		if !is || !h.has(p.Fault.Kind) {
			return Fault{}, &refusal{http.StatusNotFound, fmt.Sprintf("the %v has no fault %d", h, number), m.seeFaults(h)}
		}
		m.end(now, &p)
		p, _ = m.numbered(number)
		return m.faultOf(&p), nil
	})
}

// seeKinds is what to do about a fault that nobody understands.
const seeKinds = "GET /v1/kinds lists what there is, ionsim --help-faults the whole language"

// readFault reads one fault of the meter or its line.
func readFault(text string) (fault.Fault, *Problem) {
	plan, err := fault.Parse(text)
	switch {
	case err != nil:
		return fault.Fault{}, misread(err)
	case len(plan) != 1:
		return fault.Fault{}, &Problem{Error: fmt.Sprintf("the text holds %d faults", len(plan)), Hint: "send one at a time, such as `cable-pull for 10s`"}
	case plan[0].Kind.Place() == fault.PlaceHost:
		return fault.Fault{}, &Problem{Error: fmt.Sprintf("%v befalls the upgrader, and this is the meter", plan[0].Kind), Hint: plan[0].Kind.ByHand()}
	}
	return plan[0], nil
}

// misread is the answer to a text that is no plan.
func misread(err error) *Problem {
	p := &Problem{Error: err.Error(), Hint: seeKinds}
	if wrong := new(fault.ParseError); errors.As(err, &wrong) {
		p.Reason, p.Clause = wrong.Reason, wrong.Clause
	}
	return p
}

// strike adds a fault by hand and answers with it.
func (m *Served) strike(w http.ResponseWriter, r *http.Request, f fault.Fault) {
	answeredUnless(m, w, r, http.StatusCreated, func(now time.Duration) (Fault, *refusal) {
		number, err := m.add(now, f)
		switch {
		case errors.Is(err, bench.ErrPlanFull):
			return Fault{}, &refusal{http.StatusConflict, err.Error(), "start ionsim again"}
		case errors.Is(err, bench.ErrCannotStrike):
			return Fault{}, &refusal{http.StatusConflict, err.Error(), "give it a trigger, such as `at block 40`"}
		case err != nil:
			return Fault{}, &refusal{http.StatusUnprocessableEntity, err.Error(), seeKinds}
		}
		p, _ := m.numbered(number)
		return m.faultOf(&p), nil
	})
}

// add strikes a fault and returns its number. The station's owner calls it.
func (m *Served) add(now time.Duration, f fault.Fault) (number int, err error) {
	station := m.subject.Station
	station.Advance(now)
	as := m.session.ahead(station)
	begun := as.glimpse(station, now)
	number, planned, err := station.AddByHand(now, f, as.since())
	if err == nil {
		now := f.Trigger.Unit == fault.AtStart
		p, _ := m.numbered(number)
		m.session.add(act{number: number, fault: planned, named: now, off: p.Off, struck: now, passed: !now && !p.Waiting, begun: begun})
	}
	return number, err
}

// end ends a fault of the plan. The station's owner calls it.
func (m *Served) end(now time.Duration, p *bench.Planned) {
	station := m.subject.Station
	station.Advance(now)
	switch {
	case p.Strikes == 0:
		m.session.drop(p.Number)
	case p.AtWork:
		m.session.endAt(m.session.ahead(station).glimpse(station, now), p.Number)
	}
	_ = station.EndByHand(now, p.Number) // it is there
}
