package control

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/story/record"
)

const (
	// maxWatchers bounds those who read the events at the same time.
	maxWatchers = 32
	// maxConnections bounds all clients.
	maxConnections = 128
	// patience is how long a request waits for the station's owner.
	patience = 5 * time.Second
	// stuck is how long a watcher may take none of the bytes that are sent to it.
	stuck = 10 * time.Second
)

// Config describes a server.
type Config struct {
	// Address is "[HOST]:PORT"; without a host it is the loopback interface, port 0 is a free one.
	Address string
	// Token is what requests must carry.
	Token string
	// Version is that of the program.
	Version string
}

// Subject is a meter to be looked at.
type Subject struct {
	// ID is its name in addresses: letters, digits, "-", "." and "_". Two may not have the same at a time.
	ID string
	// Title says what goes on with it; empty for nothing.
	Title string
	// Names are what the site calls the meters of its line, by their places; nil for a meter alone.
	Names []string
	// LookOnly says why it cannot be struck by hand; empty if it can.
	LookOnly string
	// Run names this run of the program in ids of events: letters and digits.
	Run string
	// From is the station's time from which times are told, and Started the calendar's then.
	From    time.Duration
	Started time.Time
	// Fates finds out what becomes of frames; nil where nobody tells what arrives.
	Fates *record.Fates
	// Station is looked at and struck only by commands that its owner runs.
	Station *bench.Station
}

// Server answers over HTTP for the meters that are admitted.
type Server struct {
	config     Config
	listener   net.Listener
	name, port string // as told in Config.Address
	ip         net.IP // at which it listens
	loopback   bool   // it can be reached only from this machine
	everywhere bool   // it listens on every address of the machine

	mu     sync.Mutex
	meters []*Served // in the order in which they came

	closing  sync.Once
	watchers chan struct{}
	server   *http.Server
	begun    time.Time
	serving  sync.WaitGroup
}

// Listen opens the port. Requests wait until Serve.
func Listen(config Config) (*Server, error) {
	if config.Token == "" {
		return nil, errors.New("an HTTP server without a token would be open to everybody")
	}
	host, port, err := net.SplitHostPort(config.Address)
	if err != nil {
		return nil, fmt.Errorf("HTTP address %q: want host:port or :port: %w", config.Address, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("HTTP address %q: %w", config.Address, err)
	}
	at := l.Addr().(*net.TCPAddr)
	s := &Server{
		config: config, name: host, ip: at.IP, loopback: at.IP.IsLoopback(), everywhere: at.IP.IsUnspecified(),
		begun: time.Now(), watchers: make(chan struct{}, maxWatchers),
	}
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	s.listener = &bounded{Listener: l}
	s.server = &http.Server{
		Handler: s.guard(s.routes()), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: patience + stuck, IdleTimeout: time.Minute, MaxHeaderBytes: maxHeader, ConnContext: withSeat, ConnState: turn,
	}
	return s, nil
}

// Addr is the address at which the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Begin begins to answer. It returns at once.
func (s *Server) Begin() {
	s.serving.Go(func() {
		// The error is that of Close: nobody else closes the listener.
		_ = s.server.Serve(s.listener)
	})
}

// Close ends all requests and waits for them. The owners of stations must have ended before: they take
// no command any more. What the watchers have not read after a moment is lost.
func (s *Server) Close() error {
	var err error
	s.closing.Do(func() {
		for _, m := range s.served() {
			m.Leave()
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err = s.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
			err = s.server.Close()
		}
		s.listener.Close()
		s.serving.Wait()
	})
	return err
}

// written is an answer that makes its text itself, in parts.
type written interface{ parts() [][]byte }

func reply(w http.ResponseWriter, status int, body any) {
	own, ok := body.(written)
	if !ok {
		own = whole(textOf(body))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	for _, p := range append(own.parts(), []byte("\n")) {
		// A client that is gone does not want the rest.
		_, _ = w.Write(p)
	}
}

// whole is an answer of one part.
type whole []byte

func (t whole) parts() [][]byte { return [][]byte{t} }

func refuse(w http.ResponseWriter, status int, what, hint string) {
	reply(w, status, Problem{Error: what, Hint: hint})
}

//go:embed openapi.json
var openAPI []byte
