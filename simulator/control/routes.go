package control

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// apiVersion grows when a client of before would go wrong.
const apiVersion = 1

// route is one thing that can be asked.
type route struct {
	method, path string
	answer       http.HandlerFunc
}

// question is one thing that a meter can be asked.
type question struct {
	method, path string
	answer       func(m *Served, w http.ResponseWriter, r *http.Request)
	acts         bool // it changes something
}

// Where meters are asked: each by its id, and the only one without.
const (
	eachMeter = "/v1/meters/{meter}"
	onlyMeter = "/v1"
)

func questions() []question {
	return []question{
		{"GET", "/events", (*Served).getEvents, false},
		{"GET", "/frames", (*Served).getFrames, false},
		{"GET", "/kinds", (*Served).getKinds, false},
		{"GET", "/faults", (*Served).getFaults, false},
		{"POST", "/faults", (*Served).postFault, true},
		{"DELETE", "/faults", (*Served).deleteFaults, true},
		{"DELETE", "/faults/{id}", (*Served).deleteFault, true},
		{"POST", "/power", (*Served).postPower, true},
		{"POST", "/reset", (*Served).postReset, true},
	}
}

func (s *Server) table() []route {
	look := question{answer: (*Served).getMeter}
	routes := []route{
		{"GET", "/v1/meters", s.getMeters},
		{"GET", "/v1/meter", s.asked(look)},
		{"GET", eachMeter, s.asked(look)},
		{"GET", "/v1/version", s.getVersion},
		{"GET", "/v1/openapi.json", getOpenAPI},
	}
	for _, q := range questions() {
		routes = append(routes, route{q.method, onlyMeter + q.path, s.asked(q)}, route{q.method, eachMeter + q.path, s.asked(q)})
	}
	return append(routes, s.lineRoutes()...)
}

// asked answers a question for the meter that a request is about.
func (s *Server) asked(q question) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, problem := s.meter(cmp.Or(r.PathValue("meter"), r.PathValue("line")))
		if problem != nil && r.PathValue("line") != "" {
			problem = &Problem{Error: "there is no such line, or it is not served any more", Hint: "GET /v1/lines lists them"}
		}
		switch {
		case problem != nil:
			reply(w, http.StatusNotFound, problem)
		case q.acts && m.subject.LookOnly != "":
			refuse(w, http.StatusConflict, "this meter is looked at only: "+m.subject.LookOnly, "serve one with ionsim --http to strike it by hand")
		default:
			q.answer(m, w, r)
		}
	}
}

// getMeters lists the meters.
func (s *Server) getMeters(w http.ResponseWriter, _ *http.Request) {
	list := Meters{Meters: []Listed{}}
	for _, m := range s.served() {
		list.Meters = append(list.Meters, Listed{ID: m.subject.ID, Title: m.subject.Title, LookOnly: m.subject.LookOnly, Identity: m.identity})
	}
	reply(w, http.StatusOK, list)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range append(s.table(), pages()...) {
		mux.HandleFunc(r.method+" "+r.path, r.answer)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			w = &unrouted{ResponseWriter: w}
		}
		mux.ServeHTTP(w, r)
	})
}

// unrouted puts what the mux says of a request that has no route into the words of all refusals.
type unrouted struct {
	http.ResponseWriter
	told bool
}

// WriteHeader answers in place of the mux.
func (u *unrouted) WriteHeader(status int) {
	u.told = true
	const see = "GET /v1/openapi.json lists what there is"
	switch status {
	case http.StatusNotFound:
		refuse(u.ResponseWriter, status, "there is nothing at this address", see)
	case http.StatusMethodNotAllowed:
		refuse(u.ResponseWriter, status, "this address takes "+u.Header().Get("Allow"), see)
	default: // a redirection to a cleaner path
		u.ResponseWriter.WriteHeader(status)
		u.told = false
	}
}

// Write drops what the mux says.
func (u *unrouted) Write(p []byte) (int, error) {
	if u.told {
		return len(p), nil
	}
	return u.ResponseWriter.Write(p)
}

func (s *Server) getVersion(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, Version{Version: s.config.Version, API: apiVersion})
}

func getOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}

func (m *Served) getMeter(w http.ResponseWriter, r *http.Request) {
	var seen Meter
	if !m.owned(r, func(now time.Duration) { seen = m.look(now) }) {
		refuseUnserved(w)
		return
	}
	reply(w, http.StatusOK, seen)
}

// look describes the station as it is. The station's owner calls it.
func (m *Served) look(now time.Duration) Meter {
	station := m.subject.Station
	own := station.Meter()
	panel := own.Panel()
	revision, _ := own.Revision()
	settings := own.Settings(now)
	v := Meter{
		ID: m.subject.ID, Title: m.subject.Title, LookOnly: m.subject.LookOnly,
		At: seconds(now - m.subject.From), Run: m.subject.Run, Started: m.subject.Started.Format(time.RFC3339Nano),
		State: own.State().String(), LCD: panel.LCD, LED: LED{On: panel.L2, Toggles: panel.Edges}, Hung: own.Hung(),
		Identity: m.identity, Revision: revision, Running: own.Running(), Reachable: station.Reachable(),
		Faults: m.faults(), Template: settings.Template, Settings: map[string]string{}, EventLog: []LogEntry{},
	}
	c := station.Counts()
	v.Image = Image{Block: c.Block, Blocks: c.ImageBlocks}
	v.Counts = countsOf(c)
	if station.Far() {
		v.State, v.LCD, v.Revision, v.Template, v.Flash = elsewhere, "", "", "", Flash{Used: []int{}}
		return v
	}
	g := own.Chip().Geometry()
	v.Flash = Flash{SectorBytes: g.SectorBytes, Protected: g.Protected, Base: int(own.ImageBase()), BlockBytes: ion.BlockBytes, Operations: own.Chip().Ops()}
	for i := range g.Sectors {
		v.Flash.Used = append(v.Flash.Used, own.Chip().Cells().Used(i))
	}
	for i, setting := range ion.SettingTable() {
		v.Settings[setting.Key] = setting.Format(settings.Values[i])
	}
	for _, e := range own.EventLog() {
		v.EventLog = append(v.EventLog, LogEntry{At: e.At.Format(time.RFC3339), Text: e.Text})
	}
	return v
}

// elsewhere is the state of a meter that is behind a proxy.
const elsewhere = "elsewhere"

// faults lists the plan. The station's owner calls it.
func (m *Served) faults() []Fault {
	list := []Fault{}
	for _, p := range m.subject.Station.Planned() {
		f := Fault{ID: p.Number, Fault: p.Fault.String(), State: Over, Strikes: p.Strikes, ByHand: m.session.has(p.Number)}
		switch {
		case p.AtWork:
			f.State = AtWork
		case p.Waiting:
			f.State = Waiting
		case p.Strikes == 0:
			f.State, f.Reason = Missed, p.Reason
		}
		list = append(list, f)
	}
	return list
}

func (m *Served) getFaults(w http.ResponseWriter, r *http.Request) {
	var f Faults
	if !m.owned(r, func(time.Duration) { f = Faults{Faults: m.faults(), Repeat: m.Repeat()} }) {
		refuseUnserved(w)
		return
	}
	reply(w, http.StatusOK, f)
}

func (m *Served) postFault(w http.ResponseWriter, r *http.Request) {
	m.postFaultIf(w, r, func(fault.Fault) *Problem { return nil })
}

// postFaultIf strikes the fault of a request, unless something speaks against it.
func (m *Served) postFaultIf(w http.ResponseWriter, r *http.Request, against func(fault.Fault) *Problem) {
	var body struct {
		Fault string `json:"fault"`
	}
	if !m.take(w, r, &body) {
		return
	}
	f, problem := readFault(body.Fault)
	if problem == nil {
		problem = against(f)
	}
	if problem != nil {
		reply(w, http.StatusUnprocessableEntity, problem)
		return
	}
	m.strike(w, r, f)
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
	var struck Fault
	var err error
	served := m.owned(r, func(now time.Duration) {
		if struck, err = m.add(now, f); err == nil {
			struck = m.faults()[struck.ID-1]
		}
	})
	switch {
	case !served:
		refuseUnserved(w)
	case errors.Is(err, bench.ErrPlanFull):
		refuse(w, http.StatusConflict, err.Error(), "start ionsim again")
	case errors.Is(err, bench.ErrCannotStrike):
		refuse(w, http.StatusConflict, err.Error(), "give it a trigger, such as `at block 40`")
	case err != nil:
		refuse(w, http.StatusUnprocessableEntity, err.Error(), seeKinds)
	default:
		reply(w, http.StatusCreated, struck)
	}
}

// add strikes a fault. The station's owner calls it.
func (m *Served) add(now time.Duration, f fault.Fault) (Fault, error) {
	number, planned, err := m.subject.Station.AddByHand(now, f)
	if err != nil {
		return Fault{}, err
	}
	m.session.add(m.subject.Station, now, number, planned)
	return Fault{ID: number}, nil
}

// end ends a fault. The station's owner calls it.
func (m *Served) end(now time.Duration, number int) error {
	list := m.subject.Station.Planned()
	if number >= 1 && number <= len(list) {
		switch p := list[number-1]; {
		case p.AtWork:
			m.session.end(m.subject.Station, now, number)
		case p.Strikes == 0:
			m.session.drop(number)
		}
	}
	return m.subject.Station.EndByHand(now, number)
}

func (m *Served) deleteFault(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		refuse(w, http.StatusNotFound, "a fault's id is a number", "GET /v1/faults lists them")
		return
	}
	var list Faults
	if !m.owned(r, func(now time.Duration) {
		if err = m.end(now, number); err == nil {
			list = Faults{Faults: m.faults()[number-1 : number], Repeat: m.Repeat()}
		}
	}) {
		refuseUnserved(w)
		return
	}
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error(), "GET /v1/faults lists them")
		return
	}
	reply(w, http.StatusOK, list.Faults[0])
}

// deleteFaults makes everything whole again.
func (m *Served) deleteFaults(w http.ResponseWriter, r *http.Request) {
	var f Faults
	if !m.owned(r, func(now time.Duration) {
		for _, p := range m.subject.Station.Planned() {
			// The error is for numbers that are not there.
			_ = m.end(now, p.Number)
		}
		m.subject.Station.MendByHand(now)
		f = Faults{Faults: m.faults(), Repeat: m.Repeat()}
	}) {
		refuseUnserved(w)
		return
	}
	reply(w, http.StatusOK, f)
}

func (m *Served) postPower(w http.ResponseWriter, r *http.Request) {
	var body struct {
		On *bool `json:"on"`
	}
	if !m.take(w, r, &body) {
		return
	}
	if body.On == nil {
		refuse(w, http.StatusUnprocessableEntity, "on is missing", `send {"on": true} or {"on": false}`)
		return
	}
	m.changePower(w, r, func(now time.Duration) error {
		if *body.On {
			m.switchOn(now)
			return nil
		}
		return m.switchOff(now)
	})
}

func (m *Served) postReset(w http.ResponseWriter, r *http.Request) {
	m.changePower(w, r, func(now time.Duration) error {
		return m.addByName(now, "meter-reset")
	})
}

func (m *Served) changePower(w http.ResponseWriter, r *http.Request, change func(now time.Duration) error) {
	if m.subject.Station.Far() {
		refuse(w, http.StatusConflict, "the meter is real, and its power is its own", "switch it by hand")
		return
	}
	var p Power
	var err error
	served := m.owned(r, func(now time.Duration) {
		err = change(now)
		p = Power{State: m.subject.Station.Meter().State().String()}
	})
	switch {
	case !served:
		refuseUnserved(w)
	case err != nil:
		refuse(w, http.StatusConflict, err.Error(), "start ionsim again")
	default:
		reply(w, http.StatusOK, p)
	}
}

// switchOff cuts the power, unless it is off already. The station's owner calls it.
func (m *Served) switchOff(now time.Duration) error {
	for _, p := range m.subject.Station.Planned() {
		if p.AtWork && p.Off {
			return nil
		}
	}
	return m.addByName(now, "power-loss")
}

// addByName strikes a fault that needs no more than its name. The station's owner calls it.
func (m *Served) addByName(now time.Duration, name string) error {
	f, problem := readFault(name)
	if problem != nil {
		return errors.New(problem.Error)
	}
	_, err := m.add(now, f)
	return err
}

// switchOn ends whatever holds the meter off. The station's owner calls it.
func (m *Served) switchOn(now time.Duration) {
	for _, p := range m.subject.Station.Planned() {
		if p.AtWork && p.Off {
			_ = m.end(now, p.Number) // it is there
		}
	}
}

// take reads the body of a request, one JSON object without unknown members. It answers by itself
// if it cannot.
func (m *Served) take(w http.ResponseWriter, r *http.Request, body any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(body)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows the object")
		}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", large.Limit), "a fault is a line of text")
	case err != nil:
		refuse(w, http.StatusBadRequest, "the body is no such JSON: "+err.Error(), "GET /v1/openapi.json shows what it should be")
	default:
		return true
	}
	return false
}
