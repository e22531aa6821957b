package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
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

func (s *Server) table() []route {
	return []route{
		{"GET", "/v1/meter", s.getMeter},
		{"GET", "/v1/events", s.getEvents},
		{"GET", "/v1/faults", s.getFaults},
		{"POST", "/v1/faults", s.postFault},
		{"DELETE", "/v1/faults", s.deleteFaults},
		{"DELETE", "/v1/faults/{id}", s.deleteFault},
		{"GET", "/v1/kinds", s.getKinds},
		{"POST", "/v1/power", s.postPower},
		{"POST", "/v1/reset", s.postReset},
		{"GET", "/v1/version", s.getVersion},
		{"GET", "/v1/openapi.json", getOpenAPI},
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range append(s.table(), pages()...) {
		mux.HandleFunc(r.method+" "+r.path, r.answer)
	}
	return mux
}

func (s *Server) getVersion(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, Version{Version: s.config.Version, API: apiVersion})
}

func getOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}

func (s *Server) getKinds(w http.ResponseWriter, _ *http.Request) {
	kinds := []Kind{}
	for _, d := range fault.Kinds() {
		if d.Place != fault.PlaceHost && s.config.Station.Plays(d.Kind) == nil {
			kinds = append(kinds, Kind{Name: d.Kind.String(), Place: d.Place.String(), What: d.Field, Lasts: d.Lasts, Example: d.Example, Now: atOnce(d.Example)})
		}
	}
	reply(w, http.StatusOK, struct {
		Kinds []Kind `json:"kinds"`
	}{kinds})
}

// atOnce takes the moment out of a fault, if it can do without.
func atOnce(example string) string {
	plan, err := fault.Parse(example)
	if err != nil || len(plan) != 1 {
		return example
	}
	f := plan[0]
	if f.Trigger = (fault.Trigger{}); f.Validate() != nil {
		return example
	}
	return strings.Replace(f.String(), " at start", "", 1)
}

func (s *Server) getMeter(w http.ResponseWriter, r *http.Request) {
	var m Meter
	if !s.owned(r, func(now time.Duration) { m = s.look(now) }) {
		refuseUnserved(w)
		return
	}
	reply(w, http.StatusOK, m)
}

// look describes the station as it is. The station's owner calls it.
func (s *Server) look(now time.Duration) Meter {
	station := s.config.Station
	m := station.Meter()
	panel := m.Panel()
	revision, _ := m.Revision()
	settings := m.Settings(now)
	v := Meter{
		At: seconds(now - s.config.From), Run: s.config.Run, Started: s.config.Started.Format(time.RFC3339Nano),
		State: m.State().String(), LCD: panel.LCD, LED: LED{On: panel.L2, Toggles: panel.Edges}, Hung: m.Hung(),
		Identity: s.identity, Revision: revision, Running: m.Running(), Reachable: station.Reachable(),
		Faults: s.faults(), Template: settings.Template, Settings: map[string]string{}, EventLog: []LogEntry{},
	}
	c := station.Counts()
	v.Image = Image{Block: c.Block, Blocks: c.ImageBlocks}
	v.Counts = Counts{
		BytesToMeter: c.BytesToMeter, BytesToHost: c.BytesToHost, FramesToMeter: c.FramesToMeter, FramesToHost: c.FramesToHost,
		BlocksSent: c.BlocksSent, Resends: c.Resends, Replies: c.Replies,
	}
	if station.Far() {
		v.State, v.LCD, v.Revision, v.Template, v.Flash = elsewhere, "", "", "", Flash{Used: []int{}}
		return v
	}
	g := m.Chip().Geometry()
	v.Flash = Flash{SectorBytes: g.SectorBytes, Protected: g.Protected, Operations: m.Chip().Ops()}
	for i := range g.Sectors {
		v.Flash.Used = append(v.Flash.Used, m.Chip().Cells().Used(i))
	}
	for i, setting := range ion.SettingTable() {
		v.Settings[setting.Key] = setting.Format(settings.Values[i])
	}
	for _, e := range m.EventLog() {
		v.EventLog = append(v.EventLog, LogEntry{At: e.At.Format(time.RFC3339), Text: e.Text})
	}
	return v
}

// elsewhere is the state of a meter that is behind a proxy.
const elsewhere = "elsewhere"

// faults lists the plan. The station's owner calls it.
func (s *Server) faults() []Fault {
	list := []Fault{}
	for _, p := range s.config.Station.Planned() {
		f := Fault{ID: p.Number, Fault: p.Fault.String(), State: Over, Strikes: p.Strikes, ByHand: s.session.has(p.Number)}
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

func (s *Server) getFaults(w http.ResponseWriter, r *http.Request) {
	var f Faults
	if !s.owned(r, func(time.Duration) { f = Faults{Faults: s.faults(), Repeat: s.Repeat()} }) {
		refuseUnserved(w)
		return
	}
	reply(w, http.StatusOK, f)
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Fault string `json:"fault"`
	}
	if !s.take(w, r, &body) {
		return
	}
	f, problem := readFault(body.Fault)
	if problem != nil {
		reply(w, http.StatusUnprocessableEntity, problem)
		return
	}
	s.strike(w, r, f)
}

// seeKinds is what to do about a fault that nobody understands.
const seeKinds = "GET /v1/kinds lists what there is, ionsim --help-faults the whole language"

// readFault reads one fault of the meter or its line.
func readFault(text string) (fault.Fault, *Problem) {
	plan, err := fault.Parse(text)
	switch {
	case err != nil:
		return fault.Fault{}, &Problem{Error: err.Error(), Hint: seeKinds}
	case len(plan) != 1:
		return fault.Fault{}, &Problem{Error: fmt.Sprintf("the text holds %d faults", len(plan)), Hint: "send one at a time, such as `cable-pull for 10s`"}
	case plan[0].Kind.Place() == fault.PlaceHost:
		return fault.Fault{}, &Problem{Error: fmt.Sprintf("%v befalls the upgrader, and this is the meter", plan[0].Kind), Hint: plan[0].Kind.ByHand()}
	}
	return plan[0], nil
}

// strike adds a fault by hand and answers with it.
func (s *Server) strike(w http.ResponseWriter, r *http.Request, f fault.Fault) {
	var struck Fault
	var err error
	served := s.owned(r, func(now time.Duration) {
		if struck, err = s.add(now, f); err == nil {
			struck = s.faults()[struck.ID-1]
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
func (s *Server) add(now time.Duration, f fault.Fault) (Fault, error) {
	number, planned, err := s.config.Station.AddByHand(now, f)
	if err != nil {
		return Fault{}, err
	}
	s.session.add(s.config.Station, now, number, planned)
	return Fault{ID: number}, nil
}

// end ends a fault. The station's owner calls it.
func (s *Server) end(now time.Duration, number int) error {
	list := s.config.Station.Planned()
	if number >= 1 && number <= len(list) {
		switch p := list[number-1]; {
		case p.AtWork:
			s.session.end(s.config.Station, now, number)
		case p.Strikes == 0:
			s.session.drop(number)
		}
	}
	return s.config.Station.EndByHand(now, number)
}

func (s *Server) deleteFault(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		refuse(w, http.StatusNotFound, "a fault's id is a number", "GET /v1/faults lists them")
		return
	}
	var list Faults
	if !s.owned(r, func(now time.Duration) {
		if err = s.end(now, number); err == nil {
			list = Faults{Faults: s.faults()[number-1 : number], Repeat: s.Repeat()}
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
func (s *Server) deleteFaults(w http.ResponseWriter, r *http.Request) {
	var f Faults
	if !s.owned(r, func(now time.Duration) {
		for _, p := range s.config.Station.Planned() {
			// The error is for numbers that are not there.
			_ = s.end(now, p.Number)
		}
		s.config.Station.MendByHand(now)
		f = Faults{Faults: s.faults(), Repeat: s.Repeat()}
	}) {
		refuseUnserved(w)
		return
	}
	reply(w, http.StatusOK, f)
}

func (s *Server) postPower(w http.ResponseWriter, r *http.Request) {
	var body struct {
		On *bool `json:"on"`
	}
	if !s.take(w, r, &body) {
		return
	}
	if body.On == nil {
		refuse(w, http.StatusUnprocessableEntity, "on is missing", `send {"on": true} or {"on": false}`)
		return
	}
	s.changePower(w, r, func(now time.Duration) error {
		if *body.On {
			s.switchOn(now)
			return nil
		}
		return s.switchOff(now)
	})
}

func (s *Server) postReset(w http.ResponseWriter, r *http.Request) {
	s.changePower(w, r, func(now time.Duration) error {
		return s.addByName(now, "meter-reset")
	})
}

func (s *Server) changePower(w http.ResponseWriter, r *http.Request, change func(now time.Duration) error) {
	if s.config.Station.Far() {
		refuse(w, http.StatusConflict, "the meter is real, and its power is its own", "switch it by hand")
		return
	}
	var p Power
	var err error
	served := s.owned(r, func(now time.Duration) {
		err = change(now)
		p = Power{State: s.config.Station.Meter().State().String()}
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
func (s *Server) switchOff(now time.Duration) error {
	for _, p := range s.config.Station.Planned() {
		if p.AtWork && p.Off {
			return nil
		}
	}
	return s.addByName(now, "power-loss")
}

// addByName strikes a fault that needs no more than its name. The station's owner calls it.
func (s *Server) addByName(now time.Duration, name string) error {
	f, problem := readFault(name)
	if problem != nil {
		return errors.New(problem.Error)
	}
	_, err := s.add(now, f)
	return err
}

// switchOn ends whatever holds the meter off. The station's owner calls it.
func (s *Server) switchOn(now time.Duration) {
	for _, p := range s.config.Station.Planned() {
		if p.AtWork && p.Off {
			_ = s.end(now, p.Number) // it is there
		}
	}
}

// take reads the body of a request, one JSON object without unknown members. It answers by itself
// if it cannot.
func (s *Server) take(w http.ResponseWriter, r *http.Request, body any) bool {
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
