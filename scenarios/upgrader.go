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

// Upgrader is the upgrader of an attempt. The zero value is the upgrader of this project,
// started as the attempt of the world says.
type Upgrader struct {
	// KeepsSettings: the upgrader promises that an upgrade and a recovery keep all settings.
	KeepsSettings bool
	// Response is how long the upgrader waits for an answer; 0: 10 s, as in the article.
	Response time.Duration
	// Limit is how much virtual time the upgrader has; 0: six hours. Then its connection is
	// closed.
	Limit time.Duration

	t     *testing.T
	drive func(dial Dial) error
}

// Dial connects to the meter. There is only one line, so close a connection before you make the
// next.
type Dial func() (net.Conn, error)

// Blocking is your own upgrader that talks over one connection and returns nil when the meter
// runs the image. The function may start goroutines, use package time and set deadlines. All
// goroutines that it starts must end before it returns. It must not wait for anything outside,
// such as a socket or a file, because it runs in the virtual time of testing/synctest.
//
// t is a running test; virtual time needs one, and Blocking does not change it. In a Ginkgo spec
// pass the t with which the suite was started. Plans with faults of the upgrader's computer
// (abort, kill, disk-full ...) are refused, because a function has none.
func Blocking(t *testing.T, upgrade func(conn net.Conn) error) Upgrader {
	return Dialing(t, func(dial Dial) error {
		conn, err := dial()
		if err != nil {
			return err
		}
		return errors.Join(upgrade(conn), closed(conn))
	})
}

// closed closes a connection. It is no error if the upgrader has already closed it.
func closed(conn net.Conn) error {
	if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Dialing is like [Blocking], for an upgrader that makes its own connections, so that it can
// connect again after a reset.
func Dialing(t *testing.T, upgrade func(dial Dial) error) Upgrader {
	return Upgrader{t: t, drive: upgrade}
}

const (
	maxVirtual = 6 * time.Hour
	// maxReal stops an upgrader that computes without end or waits for something outside.
	maxReal = time.Minute
	// settle is how long the meter goes on after the upgrader has ended: the upgrader's last
	// bytes may still be on their way.
	settle = 100 * time.Millisecond
)

// ending is how a function ended.
type ending struct {
	at      time.Duration // on the meter's clock
	claim   error
	expired bool
	refused error // why the plan was refused
}

// playForeign plays an attempt with an upgrader that is a function.
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
		s.RecordWire()
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
		e.Tool.Crash, _, _ = strings.Cut(crash.Error(), "\n") // without the stack
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
		Claim: e.Tool.Err, Meter: *e.Meter, Cost: e.Cost, Trace: withoutWire(e.Story), Upgraded: e.Upgraded(), Unstruck: e.Unstruck,
		Broken: verdict.Judge(e),
	}, nil
}

// unknown reports whether the function may still use the meter, so that its state is unknown.
func unknown(crash error) bool {
	return errors.Is(crash, bubble.ErrBusy) || errors.Is(crash, bubble.ErrBlocked)
}

func (u *Upgrader) response() time.Duration {
	if u.Response == 0 {
		return client.DefaultTiming().Response
	}
	return u.Response
}

// play runs the function in virtual time. crash is what went wrong with the function itself, such
// as a panic.
func (u *Upgrader) play(s *bench.Station, now time.Duration, plan fault.Plan) (end ending, crash error) {
	came := make(chan ending, 1) // a function that was given up may still run, and must not block
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

// line is the meter's line while a function uses it.
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

// expire ends the function's connection at the limit, and refuses new ones.
func (l *line) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expired = true
	l.hangUp()
}

// hangUp closes the connection, if there is one that is still open.
func (l *line) hangUp() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// end waits for the last bytes to arrive, and closes the meter before the bubble ends.
func (l *line) end() ending {
	l.mu.Lock()
	l.hangUp()
	e := ending{claim: l.claim, expired: l.expired}
	l.mu.Unlock()
	time.Sleep(settle)
	e.at = l.meter.Look().Time
	_ = l.meter.Close() // the meter is not served, so there is nothing to wait for
	return e
}
