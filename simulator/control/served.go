package control

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/story"
)

// Served is a meter that is served.
type Served struct {
	server   *Server
	subject  Subject
	identity Identity
	begun    bench.Counts // what the line had carried before it was served: in a run that is repeated for it
	ring     *ring
	frames   frames
	session  session // the station's owner uses it, and what follows
	seldom   seldom
	underway []underway
	missing  []underway // told as lost, and may come all the same
	commands chan func(now time.Duration)
	turns    Turns // nil: the owner takes commands
	quit     chan struct{}
	leaving  sync.Once
}

// Turns runs a function between two turns of a station, and returns when that is done; false: it was not run,
// because ctx has ended or the station has no turns any more. Any goroutine may call it.
type Turns func(ctx context.Context, do func(now time.Duration)) bool

// Admit prepares to answer for a meter. It is seen once Serve is called.
func (s *Server) Admit(sub Subject) *Served {
	return &Served{server: s, subject: sub, ring: newRing(sub.Run), commands: make(chan func(time.Duration)), quit: make(chan struct{})}
}

// Serve shows the meter, which is that of this identity.
func (m *Served) Serve(id Identity) {
	m.identity, m.begun = id, m.subject.Station.Carried()
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	m.server.meters = append(m.server.meters, m)
}

// Leave ends all looks at the meter, which is not served any more. Its owner takes no command any
// more. What watchers have not read they still get.
func (m *Served) Leave() {
	m.leaving.Do(func() {
		s := m.server
		s.mu.Lock()
		s.meters = slices.DeleteFunc(slices.Clone(s.meters), func(other *Served) bool { return other == m })
		s.mu.Unlock()
		close(m.quit)
		m.ring.close()
	})
}

// Commands are for the owner of the station to run, between two turns of it.
func (m *Served) Commands() <-chan func(now time.Duration) { return m.commands }

// OwnedBy says who lets others have a turn of the station, such as Do of a serve.Server: a question wakes nobody then,
// which costs more than to answer it where a meter is served as fast as it can be. It is called before Serve, and
// nobody has to take commands.
func (m *Served) OwnedBy(turns Turns) { m.turns = turns }

// Tell gives watchers an event: its name and its object, a line of JSON. It never waits for them.
func (m *Served) Tell(name string, object []byte) { m.ring.add(name, object) }

// TellPassing gives watchers an event of a time of the run which the next one of its name makes old. Of those
// that nobody could see, so fast they come, watchers get the last.
func (m *Served) TellPassing(name string, at time.Duration, object []byte) {
	m.ring.pass(name, at, object)
}

// Follow takes an event of the trace, in order, so that what is done by hand can be said by what happens
// before it and after. The caller owns the station.
func (m *Served) Follow(e story.Event) { m.session.follow(m.subject.Station, e) }

// TakenOver takes that a new client has taken the port from the one that had it. The caller owns the station.
func (m *Served) TakenOver() { m.session.takenOver() }

// Repeat says how to do again what was done by hand. The caller owns the station.
func (m *Served) Repeat(now time.Duration) Repeat {
	return m.session.repeat(m.session.glimpse(m.subject.Station, now))
}

// served are the meters now.
func (s *Server) served() []*Served {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.meters
}

// meter is that of an id, or of its own name on a line; without one the only one. The others of its line are
// told apart from none.
func (s *Server) meter(id string) (*Served, *Problem) {
	const seeAll = "GET /v1/meters lists them"
	all := s.served()
	switch {
	case id != "":
	case len(all) == 1:
		return all[0], nil
	case len(all) > 1:
		return nil, &Problem{Error: "there are several meters", Hint: seeAll + ": ask /v1/meters/ID"}
	default:
		return nil, &Problem{Error: "no meter is served now", Hint: seeAll}
	}
	for _, m := range all {
		if m.subject.ID == id {
			return m, nil
		}
	}
	for _, m := range all {
		switch place := slices.Index(m.subject.Names, id); {
		case place == 0:
			return m, nil
		case place > 0:
			return nil, &Problem{Error: id + " is another meter of line " + m.subject.ID + ", which no plan strikes",
				Hint: "GET /v1/lines/" + m.subject.ID + " tells how it is, and faults befall it; those of /v1/meters/" + m.subject.ID + " befall its first meter"}
		}
	}
	return nil, &Problem{Error: "there is no such meter, or it is not served any more", Hint: seeAll}
}

// owned runs do as a command of the station's owner and waits for it. It returns false if the
// meter is not served any more, or the request has ended.
func (m *Served) owned(r *http.Request, do func(now time.Duration)) bool {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if m.turns != nil {
		return m.ownTurn(ctx, do)
	}
	done := make(chan struct{})
	select {
	case m.commands <- func(now time.Duration) { defer close(done); do(now) }:
	case <-ctx.Done():
		return false
	case <-m.quit:
		return false
	}
	select {
	case <-done:
		return true
	case <-m.quit: // the owner has ended, and did not run it
		return false
	}
}

// ownTurn runs do in a turn of its own.
func (m *Served) ownTurn(ctx context.Context, do func(now time.Duration)) bool {
	select {
	case <-m.quit:
		return false
	default:
		return m.turns(ctx, do)
	}
}
