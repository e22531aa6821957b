package control

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// patient is how long a test waits for what must come.
const patient = 2 * time.Minute

// dial connects to the server, as somebody who writes his own requests.
func (m *served) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patient))
	return conn
}

// statuses are those of the answers to what is sent, until the server hangs up or has given n.
func statuses(conn net.Conn, n int) (got []int) {
	answers := bufio.NewReader(conn)
	for len(got) < n {
		r, err := http.ReadResponse(answers, nil)
		if err != nil {
			break
		}
		got = append(got, r.StatusCode)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			break // it has hung up on what it did not read
		}
	}
	return got
}

func TestRequestsThatNoClientWritesOpenNothing(t *testing.T) {
	m := serveOne(t)
	good := fmt.Sprintf("Host: %s\r\nAuthorization: Bearer %s\r\n", m.Addr(), token)
	for _, c := range []struct {
		what, request string
		want          []int
	}{
		{"HTTP/1.0 without a host", "GET /v1/meter HTTP/1.0\r\nAuthorization: Bearer " + token + "\r\n\r\n", []int{421}},
		{"HTTP/1.1 without a host", "GET /v1/meter HTTP/1.1\r\nAuthorization: Bearer " + token + "\r\n\r\n", []int{400}},
		{"two hosts", "GET /v1/meter HTTP/1.1\r\n" + good + "Host: evil.example\r\n\r\n", []int{400}},
		{"another host in the address", "GET http://evil.example/v1/meter HTTP/1.1\r\n" + good + "\r\n", []int{421}},
		{"the token in the address", fmt.Sprintf("GET /v1/meter?token=%s&access_token=%s HTTP/1.1\r\nHost: %s\r\n\r\n", token, token, m.Addr()), []int{401}},
		{"the token in a cookie", fmt.Sprintf("GET /v1/meter HTTP/1.1\r\nHost: %s\r\nCookie: token=%s\r\n\r\n", m.Addr(), token), []int{401}},
		{"an address that is written otherwise", "GET /%76%31%2fmeter HTTP/1.1\r\nHost: " + m.Addr() + "\r\n\r\n", []int{401}},
		{"a second request behind one with the token", "GET /v1/version HTTP/1.1\r\n" + good + "\r\nGET /v1/meter HTTP/1.1\r\nHost: " + m.Addr() + "\r\n\r\n", []int{200, 401}},
		{"a second request hidden in the body of the first", "POST /v1/power HTTP/1.1\r\n" + good + "Content-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/meter HTTP/1.1\r\nHost: " + m.Addr() + "\r\n\r\n", []int{400}},
		{"two lengths", "POST /v1/power HTTP/1.1\r\n" + good + "Content-Type: application/json\r\nContent-Length: 4\r\nContent-Length: 12\r\n\r\n{\"on\":false}", []int{400}},
		{"a coding that nobody has", "POST /v1/power HTTP/1.1\r\n" + good + "Content-Type: application/json\r\nTransfer-Encoding: xchunked\r\n\r\n", []int{501}},
		{"a name with a blank behind it", "POST /v1/power HTTP/1.1\r\n" + good + "Content-Type: application/json\r\nTransfer-Encoding : chunked\r\n\r\n", []int{400}},
		{"a chunk whose extension has no end", "POST /v1/power HTTP/1.1\r\n" + good + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nc;" + strings.Repeat("a", 100_000) + "\r\n{\"on\":false}\r\n0\r\n\r\n", []int{400}},
		{"two tokens, of which one is right", "GET /v1/meter HTTP/1.1\r\nHost: " + m.Addr() + "\r\nAuthorization: Bearer x\r\nAuthorization: Bearer " + token + "\r\n\r\n", []int{401}},
		{"another method in a header", "GET /v1/reset HTTP/1.1\r\n" + good + "X-HTTP-Method-Override: POST\r\n\r\n", []int{405}},
		{"an origin that is none", "POST /v1/reset HTTP/1.1\r\n" + good + "Origin: null\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n", []int{403}},
		{"a browser's question before a request", "OPTIONS /v1/reset HTTP/1.1\r\nHost: " + m.Addr() + "\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n", []int{403}},
		{"the request line of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{421}},
		{"a tunnel", "CONNECT evil.example:80 HTTP/1.1\r\n" + good + "\r\n", []int{421}},
		{"headers without end", "GET /v1/meter HTTP/1.1\r\n" + good + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 40), []int{431}},
		{"one long header", "GET /v1/events HTTP/1.1\r\n" + good + "Last-Event-ID: r1-" + strings.Repeat("9", 2*maxHeader), []int{431}},
		{"a body without end", "POST /v1/faults HTTP/1.1\r\n" + good + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("400\r\n"+strings.Repeat(" ", 1024)+"\r\n", maxBody/1024+1), []int{413}},
		{"a connection that goes on in another protocol", "GET /v1/meter HTTP/1.1\r\n" + good + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", []int{200}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			conn := m.dial(t)
			if _, err := io.WriteString(conn, c.request); err != nil && !errors.Is(err, net.ErrClosed) {
				t.Log(err) // the server has hung up in the middle
			}
			if got := statuses(conn, len(c.want)); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("answered with %d, want %d", got, c.want)
			}
		})
	}
}

func TestAHostIsAnAddressAtWhichTheServerListens(t *testing.T) {
	here, office, all := net.ParseIP("127.0.0.1"), net.ParseIP("192.0.2.7"), net.IPv6unspecified
	for _, c := range []struct {
		server *Server
		known  string
		no     string
	}{
		{&Server{name: "127.0.0.1", port: "8080", ip: here, loopback: true},
			"127.0.0.1:8080 localhost:8080 LOCALHOST:8080 [::1]:8080 127.0.0.2:8080",
			"127.0.0.1 localhost evil.example:8080 127.0.0.1.evil.example:8080 localhost.evil.example:8080 127.0.0.1:80 [::1] ::1:8080 192.0.2.7:8080 0.0.0.0:8080 [::]:8080 127.0.0.1:8080:8080 @127.0.0.1:8080"},
		{&Server{name: "::1", port: "8080", ip: net.IPv6loopback, loopback: true}, "[::1]:8080 localhost:8080", "[::2]:8080 [::1%25lo]:8080"},
		{&Server{name: "localhost", port: "80", ip: here, loopback: true}, "localhost localhost:80 127.0.0.1 [::1]:80", "localhost:8080 evil.example evil.example:80"},
		{&Server{name: "meters.example", port: "8080", ip: office}, "meters.example:8080 192.0.2.7:8080", "localhost:8080 127.0.0.1:8080 192.0.2.8:8080 evil.example:8080"},
		{&Server{name: "::", port: "8080", ip: all, everywhere: true}, "192.0.2.7:8080 127.0.0.1:8080 [2001:db8::1]:8080", "localhost:8080 evil.example:8080"},
	} {
		for _, host := range strings.Fields(c.known) {
			if !c.server.knowsHost(host) {
				t.Errorf("at %s port %s: %s is refused", c.server.name, c.server.port, host)
			}
		}
		for _, host := range append(strings.Fields(c.no), "", ":", ":"+c.server.port) {
			if c.server.knowsHost(host) {
				t.Errorf("at %s port %s: %q is let in", c.server.name, c.server.port, host)
			}
		}
	}
}

func TestNoServerIsOpenToEverybody(t *testing.T) {
	if s, err := Listen(Config{Address: ":0"}); err == nil {
		s.Close()
		t.Error("a server listens without a token")
	}
}

func TestManyStrangersKeepNobodyOutWhoHasTheToken(t *testing.T) {
	m := serveOne(t)
	watcher := m.watch(t, "/v1/events")
	first := m.dial(t)
	for range 3 * maxConnections {
		m.dial(t)
	}
	if _, err := first.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the stranger who came first may stay: %v", err)
	}
	if _, err := m.client().Meter(t.Context()); err != nil {
		t.Errorf("who has the token is kept out: %v", err)
	}
	m.Tell("led", []byte(`{}`))
	if got := next(t, watcher, 1); got != "id: r1-1" {
		t.Errorf("who watched before they came gets %q", got)
	}
	room := m.listener.(*bounded)
	room.mu.Lock()
	defer room.mu.Unlock()
	if room.taken > maxConnections || room.taken < len(room.strangers) {
		t.Errorf("%d have a seat, %d of them strangers", room.taken, len(room.strangers))
	}
}

func TestManyWithTheTokenKeepNobodyOut(t *testing.T) {
	m := serveOne(t)
	for i := range 2 * maxConnections {
		path := "/v1/events"
		if i >= 200 {
			path = "/v1/version"
		}
		conn := m.dial(t)
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, m.Addr(), token)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("client %d: %v", i+1, err)
		}
		if watches := answer.StatusCode == http.StatusOK; watches != (i < maxWatchers || i >= 200) {
			t.Errorf("client %d gets status %d", i+1, answer.StatusCode)
		}
	}
	if _, err := m.client().Meter(t.Context()); err != nil {
		t.Errorf("one more is kept out: %v", err)
	}
	if len(m.watchers) != maxWatchers {
		t.Errorf("%d watch, of %d", len(m.watchers), maxWatchers)
	}
}

// The times are those of the server, made shorter.
func TestWhoDoesNotGoOnIsHungUpOn(t *testing.T) {
	s, err := Listen(Config{Address: ":0", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []*time.Duration{&s.server.ReadHeaderTimeout, &s.server.ReadTimeout, &s.server.WriteTimeout, &s.server.IdleTimeout} {
		*limit = min(*limit/50, 200*time.Millisecond)
	}
	m := &served{Server: s, Served: s.Admit(Subject{ID: "1", Run: "r1", Station: newStation(t)})}
	m.own(t)
	s.Begin()
	m.Serve(Identity{})
	head := fmt.Sprintf("Host: %s\r\nAuthorization: Bearer %s\r\n", m.Addr(), token)
	for _, c := range []struct {
		what, sent string
		reads      bool
	}{
		{"who sends nothing", "", true},
		{"who sends half a header", "GET /v1/meter HTTP/1.1\r\nHost: ", true},
		{"who sends half a body", "POST /v1/faults HTTP/1.1\r\n" + head + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{", true},
		{"who sends half a chunk", "POST /v1/faults HTTP/1.1\r\n" + head + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{", true},
		{"who has asked and stays", "GET /v1/version HTTP/1.1\r\n" + head + "\r\n", true},
		{"who asks and takes no answer", strings.Repeat("GET /v1/openapi.json HTTP/1.1\r\n"+head+"\r\n", 1000), false},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			conn := m.dial(t)
			if _, err := io.WriteString(conn, c.sent); err != nil {
				return // hung up on, in the middle
			}
			for err := error(nil); !c.reads && err == nil; { // until the server takes no more: it has hung up, or waits for ever
				time.Sleep(5 * time.Millisecond)
				_, err = io.WriteString(conn, "GET ")
				if errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatal("the server waits for ever")
				}
			}
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the server waits for ever")
			}
		})
	}
}

func TestAMeterWithoutPowerAnswersEveryQuestion(t *testing.T) {
	m := serveOne(t)
	if _, err := m.client().Power(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/meter", "/v1/meters", "/v1/lines", "/v1/lines/1", "/v1/faults", "/v1/frames", "/v1/kinds"} {
		if got, body := m.ask(t, "GET", path, ""); got != 200 {
			t.Errorf("GET %s gives %d: %s", path, got, body)
		}
	}
	if p, err := m.client().Reset(t.Context()); err != nil || p.State != "off" {
		t.Errorf("a reset without power: %+v, %v", p, err)
	}
	if f, err := m.client().Strike(t.Context(), "cable-pull"); err != nil || f.State != AtWork {
		t.Errorf("a cable without power: %+v, %v", f, err)
	}
	if f, err := m.client().Heal(t.Context()); err != nil || len(f.Faults) == 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if now, err := m.client().Meter(t.Context()); err != nil || now.State == "off" {
		t.Errorf("healed: %+v, %v", now, err)
	}
}
