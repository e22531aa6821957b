package scenarios

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/evidence"
	"ionbench/scenarios/verdict"
	"ionbench/simulator"
	"ionbench/simulator/bench"
	"ionbench/simulator/bubble"
	"ionbench/simulator/fault"
)

// Upgrader is who upgrades. The zero value is the upgrader of this project, started as the
// attempt of the world says.
type Upgrader struct {
	// KeepsSettings: it promises that after an upgrade, and after a recovery, all settings are
	// there.
	KeepsSettings bool
	// Response is how long it waits for an answer; 0: 10 s, as the article has it.
	Response time.Duration
	// Limit is the virtual time by which it must have ended; 0: six hours. Its connection is
	// closed then.
	Limit time.Duration

	t     *testing.T
	drive func(dial Dial) error
}

// Dial connects to the meter. There is one line: a connection has to be closed before the next
// one is made.
type Dial func() (net.Conn, error)

// Blocking is an upgrader of your own that talks over one connection, and returns nil when the
// meter runs the image. It may start goroutines and wait by package time and by deadlines;
// whatever it starts must end with it. It must not wait for anything outside, such as a socket
// or a file: see testing/synctest, in whose virtual time it lives.
//
// t is a test that is under way; nothing is done to it. A Ginkgo spec takes the one with which
// its suite was started. Faults of plans that befall the upgrader's computer (abort, kill,
// disk-full ...) cannot befall a function and are refused.
func Blocking(t *testing.T, upgrade func(conn net.Conn) error) Upgrader {
	return Dialing(t, func(dial Dial) error {
		conn, err := dial()
		if err != nil {
			return err
		}
		return errors.Join(upgrade(conn), closed(conn))
	})
}

// closed closes a connection. That it was closed before is no error.
func closed(conn net.Conn) error {
	if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Dialing is as [Blocking], for an upgrader that connects by itself, and so can do it again
// after its connection was reset.
func Dialing(t *testing.T, upgrade func(dial Dial) error) Upgrader {
	return Upgrader{t: t, drive: upgrade}
}

const (
	maxVirtual = 6 * time.Hour
	// maxReal is for an upgrader that computes without end, or waits for something outside.
	maxReal = time.Minute
	// settle is how long the meter goes on once the upgrader has ended: its last bytes may be
	// on their way.
	settle = 100 * time.Millisecond
)

// ending is how a function ended.
type ending struct {
	at      time.Duration // on the meter's clock
	claim   error
	expired bool
	refused error // the plan cannot be
}

// playForeign has an upgrader at work that is a function.
func (b *Bench) playForeign(a *Attempt, plan fault.Plan) (*Outcome, error) {
	if b.file == nil {
		return nil, errors.New("this world has no firmware file that can be read, so there is nothing to send")
	}
	answers := true
	if a.Recovery {
		b.rig.Heal()
		var err error
		if answers, err = b.rig.Answers(); err != nil {
			return nil, err
		}
	}
	of := &b.world.Attempts[0]
	var before evidence.Before
	var end ending
	var crash error
	b.rig.Lend(func(s *bench.Station, now time.Duration) time.Duration {
		s.HostBaud(now, of.Baud)
		before = evidence.Look(s, now)
		end, crash = a.By.play(s, now, plan)
		return end.at
	})
	if crash != nil && unknown(crash) {
		b.broken = crash
		return nil, fmt.Errorf("the upgrader cannot be judged: %w", crash)
	}
	if end.refused != nil {
		return nil, end.refused
	}
	e := before.Foreign(b.rig.Bench().Station(), b.rig.Now(), b.file, plan, a.By.response())
	e.Tool.Ended, e.Tool.Err, e.Tool.Keeps = !end.expired, end.claim, a.By.KeepsSettings
	if crash != nil {
		e.Tool.Err = crash
		e.Tool.Crash, _, _ = strings.Cut(crash.Error(), "\n") // the stack comes below
	}
	e.Forbidden, e.Lost, e.Expected = a.Forbidden, b.rig.Lost(), a.expectation(plan)
	if a.Recovery {
		e.Recovery = &verdict.Recovery{Answers: answers, Struck: len(plan) > 0}
		if a.By.KeepsSettings {
			e.Recovery.Lost = e.Lost
		}
	}
	return &Outcome{
		Number: len(b.outcomes) + 1, Recovery: a.Recovery, Plan: plan,
		Claim: e.Tool.Err, Meter: *e.Meter, Cost: e.Cost, Trace: e.Story, Upgraded: e.Upgraded(), Unstruck: e.Unstruck,
		Broken: verdict.Judge(e),
	}, nil
}

// unknown: after these nothing can be said of the meter, for the function may still have it.
func unknown(crash error) bool {
	return errors.Is(crash, bubble.ErrBusy) || errors.Is(crash, bubble.ErrBlocked)
}

func (u *Upgrader) response() time.Duration {
	if u.Response == 0 {
		return client.DefaultTiming().Response
	}
	return u.Response
}

// play runs the function in virtual time. crash is what ended it that should not have.
func (u *Upgrader) play(s *bench.Station, now time.Duration, plan fault.Plan) (end ending, crash error) {
	came := make(chan ending, 1) // a function that is given up may still be at work
	crash = bubble.Run(u.t, maxReal, func() {
		m, err := simulator.Run(s, now, plan)
		if err != nil {
			came <- ending{at: now, refused: err}
			return
		}
		line := &line{meter: m}
		defer func() { came <- line.end() }()
		limit := u.Limit
		if limit == 0 {
			limit = maxVirtual
		}
		defer time.AfterFunc(limit, line.expire).Stop()
		line.claim = u.drive(line.dial)
	})
	select {
	case end = <-came:
	default:
		end.at = now
	}
	return end, crash
}

// line is the meter's line while a function is at its other end.
type line struct {
	meter *simulator.Meter
	claim error

	mu      sync.Mutex
	conn    net.Conn
	expired bool
}

func (l *line) dial() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.expired {
		return nil, errExpired
	}
	conn, err := l.meter.Connect()
	if err == nil {
		l.conn = conn
	}
	return conn, err
}

var errExpired = errors.New("the time of the attempt is over")

// expire takes the line away from a function that does not end.
func (l *line) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expired = true
	l.hangUp()
}

// hangUp closes the connection, if there is one. Nothing is wrong with one that is closed.
func (l *line) hangUp() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// end lets the last bytes through, and ends the meter's time in the bubble.
func (l *line) end() ending {
	l.mu.Lock()
	l.hangUp()
	e := ending{claim: l.claim, expired: l.expired}
	l.mu.Unlock()
	time.Sleep(settle)
	e.at = l.meter.Look().Time
	_ = l.meter.Close() // it is not served, so there is nothing to wait for
	return e
}
