package control

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/meter"
)

// token is that of every server in the tests.
const token = "a-token-of-a-test"

// served is a meter with a server, whose owner is a goroutine with a clock of its own.
type served struct {
	*Server
	*Served
	station *bench.Station
	clock   time.Duration // the owner's
}

func serveOne(t *testing.T) *served {
	t.Helper()
	station := newStation(t)
	s, err := Listen(Config{Address: "127.0.0.1:0", Token: token, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	m := &served{Server: s, Served: s.Admit(Subject{ID: "1", Run: "r1", Station: station}), station: station}
	m.own(t)
	s.Begin()
	m.Serve(Identity{Model: "7350", Serial: meter.ArticleSerialNumber, Unit: meter.ArticleUnitID})
	return m
}

func newStation(t testing.TB) *bench.Station {
	t.Helper()
	station, err := bench.NewStation(bench.Config{Meter: meter.Config{
		Model: meter.ION7350, SerialNumber: meter.ArticleSerialNumber, UnitID: meter.ArticleUnitID, Password: meter.FactoryPassword,
		Firmware: meter.Firmware{Revision: "7350V282", Dated: time.Unix(1e9, 0), Image: make([]byte, 1000)},
		Geometry: flash.Am29F032B(), Timing: meter.DefaultTiming(),
	}, Baud: 9600, Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	station.RunSince(-time.Minute)
	return station
}

// own runs the commands, each a second after the one before, until the test ends.
func (m *served) own(t *testing.T) {
	over := make(chan struct{})
	var owner sync.WaitGroup
	owner.Go(func() {
		for {
			select {
			case command := <-m.Commands():
				m.clock += time.Second
				command(m.clock)
			case <-over:
				return
			}
		}
	})
	t.Cleanup(func() {
		close(over)
		owner.Wait()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (m *served) client() *Client { return NewClient(m.Addr(), token) }

// ask sends a request as it is and returns the status and the body.
func (m *served) ask(t *testing.T, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	q, err := http.NewRequest(method, "http://"+m.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			q.Host = headers[i+1]
			continue
		}
		q.Header.Set(headers[i], headers[i+1])
	}
	r, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func TestStrangersAreKeptOut(t *testing.T) {
	m := serveOne(t)
	_, port, _ := net.SplitHostPort(m.Addr())
	for _, c := range []struct {
		what    string
		headers []string
		want    int
	}{
		{"a request as it should be", nil, 200},
		{"localhost by its name", []string{"Host", "localhost:" + port}, 200},
		{"another user, without the token", []string{"Authorization", ""}, 401},
		{"the scheme in small letters", []string{"Authorization", "bearer " + token}, 200},
		{"a wrong token", []string{"Authorization", "Bearer " + token + "x"}, 401},
		{"the token in another form", []string{"Authorization", token}, 401},
		{"a name that a hostile DNS leads here", []string{"Host", "evil.example:" + port}, 421},
		{"the right name with another port", []string{"Host", "127.0.0.1:1"}, 421},
		{"no port", []string{"Host", "127.0.0.1"}, 421},
		{"an address of the network", []string{"Host", "192.0.2.1:" + port}, 421},
		{"another page in the same browser", []string{"Origin", "http://evil.example"}, 403},
		{"a page of another port of this machine", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"a page from a file", []string{"Origin", "null"}, 403},
		{"the browser's own word for another site", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"the same site at another port", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"the meter's own page", []string{"Origin", "http://" + m.Addr(), "Sec-Fetch-Site", "same-origin"}, 200},
	} {
		for _, path := range []string{"/v1/meter", "/v1/faults", "/v1/version", "/v1/openapi.json", "/v1/kinds"} {
			if got, body := m.ask(t, "GET", path, "", c.headers...); got != c.want {
				t.Errorf("%s: GET %s gives %d, not %d: %s", c.what, path, got, c.want, body)
			}
		}
		if c.want == 200 {
			continue
		}
		for _, act := range []string{"/v1/faults", "/v1/power", "/v1/reset"} {
			if got, body := m.ask(t, "POST", act, `{"on": false}`, c.headers...); got != c.want {
				t.Errorf("%s: POST %s gives %d, not %d: %s", c.what, act, got, c.want, body)
			}
		}
	}
	if f, err := m.client().Faults(t.Context()); err != nil || len(f.Faults) > 0 {
		t.Errorf("the meter was struck: %v, %v", f, err)
	}
}

func TestABodyIsReadOnlyAsFarAsItCanBeRight(t *testing.T) {
	m := serveOne(t)
	for _, c := range []struct {
		body string
		kind string
		want int
	}{
		{`{"fault": "cable-pull"`, "application/json", 400},
		{`{"fault": "cable-pull"} {}`, "application/json", 400},
		{`{"fault": "cable-pull", "force": true}`, "application/json", 400},
		{`["cable-pull"]`, "application/json", 400},
		{``, "application/json", 400},
		{`{"fault": "cable-pull"}`, "text/plain", 415},
		{`{"fault": "cable-pull"}`, "application/x-www-form-urlencoded", 415},
		{`{"fault": "cable-pull"}`, "", 415},
		{`{"fault": "cable-pull"}`, "application/json; charset=iso-8859-1", 415},
		{``, "text/plain", 415},
		{``, "", 400},
		{"\ufeff\ufeff" + `{"fault": "cable-pull"}`, "application/json", 400},
		{`{"fault": "` + strings.Repeat("x", maxBody) + `"}`, "application/json", 413},
		{`{"fault": "cabel-pull"}`, "application/json", 422},
		{`{"fault": ""}`, "application/json", 422},
		{`{"fault": "cable-pull; noise"}`, "application/json", 422},
		{`{"fault": "abort at 60%"}`, "application/json", 422},
		{`{"fault": "flash-lie"}`, "application/json", 422},
	} {
		got, body := m.ask(t, "POST", "/v1/faults", c.body, "Content-Type", c.kind)
		if got != c.want || !strings.Contains(body, `"error"`) || !strings.Contains(body, `"hint"`) {
			t.Errorf("%.40s as %q gives %d, not %d: %s", c.body, c.kind, got, c.want, body)
		}
	}
	for body, says := range map[string]string{
		`["cable-pull"]`: "it is an array, and should be an object", `{"fault": 7}`: "fault cannot be a number", ``: "it is empty", `{"force": true}`: "unknown field",
		`{"fault": "noise", "fault": "cable-pull"}`: "fault comes twice", `{"Fault": "cable-pull"}`: "unknown field", `null`: "it is null", ` `: "it is empty",
	} {
		if _, got := m.ask(t, "POST", "/v1/faults", body); !strings.Contains(got, "the body is no such JSON: "+says) || strings.Contains(got, "struct") {
			t.Errorf("%s is answered with %s", body, got)
		}
	}
	for path, bodies := range map[string][]string{
		"/v1/power": {`{"on": false, "on": true}`, `{"on": true, "On": false}`, `{"on": "false"}`, `{"on": false} null`, `null`},
		"/v1/reset": {`{"on": true}`, `[]`, `null`, `{"a": 1, "a": 2}`},
	} {
		for _, body := range bodies {
			if got, answer := m.ask(t, "POST", path, body); got != 400 {
				t.Errorf("%s with %s gives %d: %s", path, body, got, answer)
			}
		}
	}
	if _, body := m.ask(t, "POST", "/v1/faults", `{"fault": "cabel-pull"}`); !strings.Contains(body, "cable-pull") {
		t.Errorf("the misspelt fault is answered without a suggestion: %s", body)
	}
	if f, err := m.client().Faults(t.Context()); err != nil || len(f.Faults) > 0 {
		t.Errorf("the meter was struck: %v, %v", f, err)
	}
}

// What a body may be is the same for all that is asked with one, and the document says so.
func TestABodyThatNeedsToSayNothingMayBeLeftOut(t *testing.T) {
	m := serveOne(t)
	for path, methods := range readDocument(t).Paths {
		post, _ := methods["post"].(map[string]any)
		if post == nil {
			continue
		}
		body := post["requestBody"].(map[string]any)
		path = strings.NewReplacer("{meter}", "1", "{line}", "1").Replace(path)
		for what, kind := range map[string]string{"without a kind": "", "of a kind": "application/json", "of a kind in UTF-8": "Application/JSON;charset=UTF-8"} {
			want := 200
			if body["required"] == true {
				want = 400
			}
			if got, answer := m.ask(t, "POST", path, "", "Content-Type", kind); got != want {
				t.Errorf("POST %s with no body, %s, gives %d, not %d: %s", path, what, got, want, answer)
			}
		}
	}
}

func TestAClientMayWriteWhatTheStandardsLetItWrite(t *testing.T) {
	m := serveOne(t)
	for what, c := range map[string]struct {
		body    string
		headers []string
	}{
		"the mark of UTF-8 before the body":      {"\ufeff" + `{"on": true}`, nil},
		"blanks around the body":                 {" \r\n" + `{"on": true}` + "\n", nil},
		"a charset":                              {`{"on": true}`, []string{"Content-Type", `application/json; charset="utf-8"`}},
		"two blanks before the token":            {`{"on": true}`, []string{"Authorization", "Bearer  " + token}},
		"the scheme in small letters":            {`{"on": true}`, []string{"Authorization", "bearer " + token}},
		"a kind of answer that it does not have": {`{"on": true}`, []string{"Accept", "text/html"}},
	} {
		if got, answer := m.ask(t, "POST", "/v1/power", c.body, c.headers...); got != 200 {
			t.Errorf("%s: %d, %s", what, got, answer)
		}
	}
}

func TestWhoAsksForTheHeadOfTheEventsGetsItAndIsNoWatcher(t *testing.T) {
	m := serveOne(t)
	for range maxWatchers + 1 {
		if got, body := m.ask(t, "HEAD", "/v1/events", ""); got != 200 || body != "" {
			t.Fatalf("it is answered with %d, %q", got, body)
		}
	}
}

func TestWhatIsNotThereIsRefusedLikeEverythingElse(t *testing.T) {
	m := serveOne(t)
	for _, c := range []struct {
		method, path string
		want         int
		says         string
	}{
		{"GET", "/v1/nothing", 404, "there is nothing at this address"},
		{"GET", "/nothing.js", 404, "there is nothing at this address"},
		{"PUT", "/v1/faults", 405, "this address takes DELETE, GET, HEAD, POST"},
		{"DELETE", "/v1/meter", 405, "this address takes GET, HEAD"},
	} {
		got, body := m.ask(t, c.method, c.path, "")
		if got != c.want || !strings.Contains(body, `{"error":"`+c.says+`","hint":"`) {
			t.Errorf("%s %s gives %d: %s", c.method, c.path, got, body)
		}
	}
}

func TestTheCableIsPulledAndPluggedInByHand(t *testing.T) {
	m, ctx := serveOne(t), t.Context()
	f, err := m.client().Strike(ctx, "cable-pull")
	if err != nil || f.ID != 1 || f.State != AtWork || !f.ByHand || !strings.HasPrefix(f.Fault, "cable-pull at ") {
		t.Fatalf("out: %+v, %v", f, err)
	}
	if now, err := m.client().Meter(ctx); err != nil || now.Reachable || len(now.Faults) != 1 {
		t.Errorf("with the cable out: %+v, %v", now, err)
	}
	if f, err = m.client().End(ctx, f.ID); err != nil || f.State != Over {
		t.Errorf("in: %+v, %v", f, err)
	}
	if now, err := m.client().Meter(ctx); err != nil || !now.Reachable {
		t.Errorf("with the cable in: %+v, %v", now, err)
	}
	all, err := m.client().Faults(ctx)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := fault.Parse(all.Repeat)
	if err != nil || len(plan) != 1 || plan[0].Kind != fault.CablePull || plan[0].Duration.Time != 2*time.Second {
		t.Errorf("the plan of what was done is %q, %v", all.Repeat, err)
	}
}

func TestAFaultThatWaitsCanBeTakenBack(t *testing.T) {
	m, ctx := serveOne(t), t.Context()
	f, err := m.client().Strike(ctx, "cable-pull at block 40 for 10s")
	if err != nil || f.State != Waiting {
		t.Fatalf("%+v, %v", f, err)
	}
	if f, err = m.client().End(ctx, f.ID); err != nil || f.State != Missed || f.Reason == "" {
		t.Errorf("%+v, %v", f, err)
	}
	if all, err := m.client().Faults(ctx); err != nil || all.Repeat != "" {
		t.Errorf("the plan of what was done is %q, %v", all.Repeat, err)
	}
	for _, id := range []int{0, 2, -1} {
		var refused *RefusedError
		if _, err := m.client().End(ctx, id); !errors.As(err, &refused) || refused.Status != 404 {
			t.Errorf("fault %d ends: %v", id, err)
		}
	}
	if got, _ := m.ask(t, "DELETE", "/v1/faults/x", ""); got != 404 {
		t.Errorf("fault x ends: %d", got)
	}
}

func TestThePowerIsSwitchedByHand(t *testing.T) {
	m, ctx := serveOne(t), t.Context()
	for range 2 { // off is off
		if p, err := m.client().Power(ctx, false); err != nil || p.State != "off" {
			t.Fatalf("off: %+v, %v", p, err)
		}
	}
	if p, err := m.client().Power(ctx, true); err != nil || p.State != "booting" {
		t.Errorf("on: %+v, %v", p, err)
	}
	if p, err := m.client().Reset(ctx); err != nil || p.State != "booting" {
		t.Errorf("reset: %+v, %v", p, err)
	}
	all, err := m.client().Faults(ctx)
	if plan, bad := fault.Parse(all.Repeat); err != nil || bad != nil || len(plan) != 2 || plan[0].Kind != fault.PowerLoss || plan[1].Kind != fault.MeterReset {
		t.Errorf("the plan of what was done is %q: %v, %v", all.Repeat, err, bad)
	}
	if got, body := m.ask(t, "POST", "/v1/power", "{}"); got != 422 {
		t.Errorf("power without a word: %d %s", got, body)
	}
}

func TestHealingEndsEverything(t *testing.T) {
	m, ctx := serveOne(t), t.Context()
	for _, text := range []string{"cable-pull", "power-loss", "meter-silent", "noise rate 1e-3", "program-fails address 0x030000", "reply-lost at 9h"} {
		if _, err := m.client().Strike(ctx, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	all, err := m.client().Heal(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all.Faults {
		if f.State == AtWork || f.State == Waiting {
			t.Errorf("still there: %+v", f)
		}
	}
	now, err := m.client().Meter(ctx)
	if err != nil || !now.Reachable || now.State == "off" || m.station.Meter().Chip().Faulty() {
		t.Errorf("healed: %+v, %v", now, err)
	}
}

// watcher reads a stream of events.
func (m *served) watch(t *testing.T, path string, headers ...string) *bufio.Scanner {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	t.Cleanup(cancel)
	q, err := http.NewRequestWithContext(ctx, "GET", "http://"+m.Addr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	if r.StatusCode != 200 {
		t.Fatalf("GET %s: %s", path, r.Status)
	}
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, maxEvent)
	lines.Scan() // retry
	return lines
}

// next returns the next n lines that say something.
func next(t *testing.T, lines *bufio.Scanner, n int) string {
	t.Helper()
	var got []string
	for len(got) < n && lines.Scan() {
		if lines.Text() != "" {
			got = append(got, lines.Text())
		}
	}
	if len(got) < n {
		t.Fatalf("the stream ends after %q: %v", got, lines.Err())
	}
	return strings.Join(got, "\n")
}

func TestAWatcherThatComesBackHasLostNothingThatIsKept(t *testing.T) {
	m := serveOne(t)
	for i := range 5 {
		m.Tell("led", fmt.Appendf(nil, `{"event":"led","count":%d}`+"\n", i+1))
	}
	const two = "id: r1-3\nevent: led\ndata: {\"event\":\"led\",\"count\":3}\nid: r1-4"
	if got := next(t, m.watch(t, "/v1/events", "Last-Event-ID", "r1-2"), 4); got != two {
		t.Errorf("after the second:\n%s", got)
	}
	if got := next(t, m.watch(t, "/v1/events?kept=all"), 1); got != "id: r1-1" {
		t.Errorf("all that is kept begins with %s", got)
	}
	later := m.watch(t, "/v1/events")
	m.Tell("led", []byte(`{"event":"led","count":6}`))
	if got := next(t, later, 1); got != "id: r1-6" {
		t.Errorf("what comes begins with %s", got)
	}
	for _, foreign := range []string{"r0-2", "r1-99", "r1-x", "r1-18446744073709551615", "r1-" + strings.Repeat("9", 8000), "r1--1", "nonsense"} {
		if got := next(t, m.watch(t, "/v1/events", "Last-Event-ID", foreign), 3); !strings.HasPrefix(got, "event: lost\ndata: {\"count\":0,") || !strings.HasSuffix(got, "id: r1-1") {
			t.Errorf("after %q:\n%s", foreign, got)
		}
	}
}

func TestASlowWatcherIsToldWhatItHasLost(t *testing.T) {
	m := serveOne(t)
	const told = keptEvents + 1000
	for range told {
		m.Tell("led", []byte(`{}`))
	}
	var lost, first int
	got := next(t, m.watch(t, "/v1/events", "Last-Event-ID", "r1-1"), 3)
	_, err := fmt.Sscanf(got, "event: lost\ndata: {\"count\":%d,\"reason\":\"they were not kept so long\"}\nid: r1-%d", &lost, &first)
	if kept := told - first + 1; err != nil || first != lost+2 || kept < keptEvents || kept > keptEvents+segmentEvents {
		t.Errorf("got\n%s\n%v", got, err)
	}
	big := []byte(`{"hex":"` + strings.Repeat("0", keptBytes/4) + `"}`)
	for range 9 {
		m.Tell("frame", big)
	}
	if b := m.ring.since(1); len(b.texts) > 4 || m.ring.bytes > keptBytes+len(big) {
		t.Errorf("%d events with %d bytes are kept", len(b.texts), m.ring.bytes)
	}
}

// What watchers have seen of the kept events is not copied, and more is written behind it meanwhile.
func TestEveryWatcherGetsEveryEventOnceWhileMoreCome(t *testing.T) {
	const told = 5000
	r := newRing("r1")
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			var got []byte
			for next := uint64(1); next <= told; {
				b := r.since(next)
				for _, text := range b.texts {
					got = append(got, text...)
				}
				if next = b.next; next <= told {
					<-r.after(next)
				}
			}
			var want []byte
			for n := 1; n <= told; n++ {
				want = fmt.Appendf(want, "id: r1-%d\nevent: led\ndata: {\"n\":%d}\n\n", n, n)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes, want %d", len(got), len(want))
			}
		})
	}
	for n := 1; n <= told; n++ {
		r.add("led", fmt.Appendf(nil, "{\"n\":%d}\n", n))
	}
	all.Wait()
}

func TestOfTogglesThatNobodySeesWatchersGetTheLast(t *testing.T) {
	m := serveOne(t)
	lines := m.watch(t, "/v1/events?kept=all")
	for i, at := range []time.Duration{0, 300, 600, 1000, 1999} {
		m.TellPassing("led", at*unseen/1000, fmt.Appendf(nil, `{"count":%d}`, i+1))
	}
	m.Tell("lcd", []byte(`{"text":"x"}`))
	m.TellPassing("led", 1999*unseen/1000, []byte(`{"count":6}`)) // the last of all comes without another one
	const want = "id: r1-1\nevent: led\ndata: {\"count\":3}\nid: r1-2\nevent: led\ndata: {\"count\":5}\nid: r1-3\nevent: lcd\ndata: {\"text\":\"x\"}\nid: r1-4\nevent: led\ndata: {\"count\":6}"
	if got := next(t, lines, 12); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A watcher that reads nothing costs the meter nothing: Tell returns at once, however much is
// told.
func TestAWatcherThatReadsNothingHoldsNobodyUp(t *testing.T) {
	m := serveOne(t)
	conn, err := net.Dial("tcp", m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /v1/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", m.Addr(), token)
	object := []byte(`{"hex":"` + strings.Repeat("0", 8<<10) + `"}`)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 4096 {
			m.Tell("frame", object)
		}
	}()
	select {
	case <-done:
	case <-time.After(patient):
		t.Fatal("the meter waits for its watcher")
	}
	if _, err := m.client().Meter(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWatchersAndClientsAreBounded(t *testing.T) {
	m := serveOne(t)
	for range maxWatchers {
		m.watch(t, "/v1/events")
	}
	if got, body := m.ask(t, "GET", "/v1/events", ""); got != 429 {
		t.Errorf("one watcher more: %d %s", got, body)
	}
	if _, err := m.client().Meter(t.Context()); err != nil {
		t.Errorf("who only asks: %v", err)
	}
	if len(m.watchers) != maxWatchers {
		t.Errorf("%d watch", len(m.watchers))
	}
}

func TestAClientThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	m := serveOne(t)
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	for i := range 3 {
		m.Tell("led", fmt.Appendf(nil, `{"count":%d}`, i+1))
	}
	enough := errors.New("enough")
	var ids []string
	err := m.client().Watch(ctx, true, func(e Event) error {
		if ids = append(ids, e.ID); len(ids) == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || strings.Join(ids, " ") != "r1-1 r1-2 r1-3" {
		t.Errorf("%v, %v", ids, err)
	}
}

func TestAQuestionMayHaveATurnOfItsOwn(t *testing.T) {
	s, err := Listen(Config{Address: ":0", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	m := &served{Server: s, Served: s.Admit(Subject{ID: "1", Run: "r1", Station: newStation(t)})}
	var turns sync.Mutex
	over, taken := false, 0
	m.OwnedBy(func(ctx context.Context, do func(now time.Duration)) bool {
		turns.Lock()
		defer turns.Unlock()
		if over || ctx.Err() != nil {
			return false
		}
		taken++
		do(time.Duration(taken) * time.Second)
		return true
	})
	m.Serve(Identity{})
	s.Begin()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := m.client().Strike(t.Context(), "cable-pull for 1ms"); err != nil {
				t.Error(err)
			}
			if _, err := m.client().Meter(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if taken != 16 {
		t.Errorf("%d turns were taken", taken)
	}
	over = true
	if got, body := m.ask(t, "GET", "/v1/meter", ""); got != 503 {
		t.Errorf("after the last turn: %d %s", got, body)
	}
	over = false
	m.Leave()
	if got, body := m.ask(t, "GET", "/v1/meter", ""); got != 404 || taken != 16 {
		t.Errorf("after it has left: %d %s, %d turns", got, body, taken)
	}
}

func TestTheMeterThatIsServedNoMoreSaysSo(t *testing.T) {
	s, err := Listen(Config{Address: ":0", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	s.Begin()
	m := s.Admit(Subject{ID: "1", Run: "r1", Station: newStation(t)})
	m.Serve(Identity{})
	taken := make(chan struct{})
	go func() { // an owner that ends with a command in its hands
		<-m.Commands()
		close(taken)
	}()
	asked := make(chan error, 1)
	go func() {
		_, err := NewClient(s.Addr(), token).Meter(t.Context())
		asked <- err
	}()
	<-taken
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	var refused *RefusedError
	if err := <-asked; !errors.As(err, &refused) || refused.Status != 503 {
		t.Errorf("the request ends with %v", err)
	}
}

func TestCountsBeginWhenTheMeterIsReady(t *testing.T) {
	station := newStation(t)
	station.Receive(0, make([]byte, 100)) // of a run that was repeated before
	s, err := Listen(Config{Address: "127.0.0.1:0", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	m := s.Admit(Subject{ID: "1", Station: station})
	m.Serve(Identity{})
	station.Receive(time.Second, make([]byte, 7))
	for _, got := range []Counts{m.look(time.Second).present.Counts, m.lookAtLine(time.Second).Counts} {
		if got.BytesToMeter != 7 {
			t.Errorf("%+v, want 7 bytes", got)
		}
	}
}
