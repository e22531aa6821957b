package control

import (
	"cmp"
	"errors"
	"net/http"
	"time"

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
	return append(ofMeter.questions(), []question{
		{"GET", "/events", (*Served).getEvents, false},
		{"GET", "/frames", (*Served).getFrames, false},
		{"GET", "/kinds", (*Served).getKinds, false},
		{"POST", "/power", (*Served).postPower, true},
		{"POST", "/reset", (*Served).postReset, true},
	}...)
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

func (m *Served) getMeter(w http.ResponseWriter, r *http.Request) { answered(m, w, r, m.look) }

// answered lets the station's owner look or do something, and answers with what that gives.
func answered[T any](m *Served, w http.ResponseWriter, r *http.Request, do func(now time.Duration) T) {
	answeredUnless(m, w, r, http.StatusOK, func(now time.Duration) (T, *refusal) { return do(now), nil })
}

// refusal is an answer that is no success.
type refusal struct {
	status     int
	what, hint string
}

// answeredUnless is answered for what the owner may refuse. Status is that of a success.
func answeredUnless[T any](m *Served, w http.ResponseWriter, r *http.Request, status int, do func(now time.Duration) (T, *refusal)) {
	var given T
	var refused *refusal
	switch served := m.owned(r, func(now time.Duration) { given, refused = do(now) }); {
	case !served:
		refuse(w, http.StatusServiceUnavailable, "the meter is not served any more", "start ionsim again")
	case refused != nil:
		refuse(w, refused.status, refused.what, refused.hint)
	default:
		reply(w, status, given)
	}
}

// look describes the station as it is. The station's owner calls it.
func (m *Served) look(now time.Duration) looked {
	station := m.subject.Station
	own := station.Meter()
	panel := own.Panel()
	revision, _ := own.Revision()
	settings := own.Settings(now)
	v := Present{
		ID: m.subject.ID, Title: m.subject.Title, LookOnly: m.subject.LookOnly,
		At: seconds(now - m.subject.From), Run: m.subject.Run, Started: m.subject.Started.Format(time.RFC3339Nano),
		State: own.State().String(), LCD: panel.LCD, LED: LED{On: panel.L2, Toggles: panel.Edges}, Hung: own.Hung(),
		Identity: m.identity, Revision: revision, Running: own.Running(), Reachable: station.Reachable(),
		Faults: m.faults(ofMeter), Template: settings.Template,
	}
	c := station.Counts()
	v.Image = Image{Block: c.Block, Blocks: c.ImageBlocks}
	v.Counts = m.carried()
	if station.Far() {
		v.State, v.LCD, v.Revision, v.Template, v.Flash = elsewhere, "", "", "", Flash{Used: []int{}}
		return looked{v, list('{', nil, '}'), list('[', nil, ']')}
	}
	g := own.Chip().Geometry()
	v.Flash = Flash{SectorBytes: g.SectorBytes, Protected: g.Protected, Base: int(own.ImageBase()), BlockBytes: ion.BlockBytes, Operations: own.Chip().Ops()}
	v.Flash.Used = make([]int, 0, g.Sectors)
	for i := range g.Sectors {
		v.Flash.Used = append(v.Flash.Used, own.Chip().Cells().Used(i))
	}
	log := m.seldom.read[:0]
	for _, e := range own.EventLog() {
		log = append(log, logged{e.At, e.Text})
	}
	m.seldom.read = log
	return looked{v, m.seldom.settings(&settings), m.seldom.eventLog(log)}
}

// looked is a [Meter] on its way to who asked.
type looked struct {
	present            Present
	settings, eventLog []byte // as JSON
}

func (l looked) parts() [][]byte {
	b := textOf(l.present)
	return [][]byte{b[:len(b)-len("}")], []byte(`,"settings":`), l.settings, []byte(`,"event_log":`), l.eventLog, []byte("}")}
}

// elsewhere is the state of a meter that is behind a proxy.
const elsewhere = "elsewhere"

func (m *Served) postPower(w http.ResponseWriter, r *http.Request) {
	var on *bool
	if !(members{"on": &on}).take(w, r) {
		return
	}
	if on == nil {
		refuse(w, http.StatusUnprocessableEntity, "on is missing", `send {"on": true} or {"on": false}`)
		return
	}
	m.changePower(w, r, func(now time.Duration) error {
		if *on {
			m.switchOn(now)
			return nil
		}
		return m.switchOff(now)
	})
}

func (m *Served) postReset(w http.ResponseWriter, r *http.Request) {
	if !(members{}).take(w, r) {
		return
	}
	m.changePower(w, r, func(now time.Duration) error {
		return m.addByName(now, "meter-reset")
	})
}

func (m *Served) changePower(w http.ResponseWriter, r *http.Request, change func(now time.Duration) error) {
	if m.subject.Station.Far() {
		refuse(w, http.StatusConflict, "the meter is real, and its power is its own", "switch it by hand")
		return
	}
	answeredUnless(m, w, r, http.StatusOK, func(now time.Duration) (Power, *refusal) {
		if err := change(now); err != nil {
			return Power{}, &refusal{http.StatusConflict, err.Error(), "start ionsim again"}
		}
		return Power{State: m.subject.Station.Meter().State().String()}, nil
	})
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
			m.end(now, &p)
		}
	}
}
