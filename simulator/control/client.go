package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client asks a server. Make it with NewClient.
type Client struct {
	address, token string
	meter          string // id; "" for the only one
	line           string // id of a line whose faults are meant; "" for those of the meter
	http           *http.Client
}

// maxAnswer bounds an answer that a client takes.
const maxAnswer = 1 << 20

// idle is how long a connection waits for the next question.
const idle = 2 * time.Second

// RefusedError is an answer of the server that is no success.
type RefusedError struct {
	Status int // of HTTP
	Problem
}

func (e *RefusedError) Error() string { return e.Problem.Error }

// NewClient returns a client of the server at "host:port". It connects when it asks.
func NewClient(address, token string) *Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	return &Client{address: address, token: token, http: &http.Client{
		// No proxy: what is meant for this machine must not go to another one.
		Transport:     &http.Transport{DialContext: dialer.DialContext, ResponseHeaderTimeout: patience + time.Second, IdleConnTimeout: idle},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Of is a client for the meter of an id, where there are several.
func (c *Client) Of(meter string) *Client {
	own := *c
	own.meter = meter
	return &own
}

// OnLine is a client for the faults of a line.
func (c *Client) OnLine(line string) *Client {
	own := *c
	own.line = line
	return &own
}

// Lines lists the lines.
func (c *Client) Lines(ctx context.Context) (l Lines, err error) {
	return l, c.ask(ctx, "GET", "/v1/lines", nil, &l)
}

// Line looks at a line.
func (c *Client) Line(ctx context.Context, id string) (l Line, err error) {
	return l, c.ask(ctx, "GET", c.OnLine(id).faultsAt(""), nil, &l)
}

// faultsAt is where faults of the line or of the meter are asked.
func (c *Client) faultsAt(path string) string {
	if c.line == "" {
		return c.at(path)
	}
	return strings.Replace(eachLine, "{line}", url.PathEscape(c.line), 1) + path
}

// at is where something of the meter is asked.
func (c *Client) at(path string) string {
	if c.meter == "" {
		return onlyMeter + path
	}
	return strings.Replace(eachMeter, "{meter}", url.PathEscape(c.meter), 1) + path
}

// Meters lists the meters.
func (c *Client) Meters(ctx context.Context) (m Meters, err error) {
	return m, c.ask(ctx, "GET", "/v1/meters", nil, &m)
}

// Meter looks at the meter.
func (c *Client) Meter(ctx context.Context) (m Meter, err error) {
	path := c.at("")
	if c.meter == "" {
		path = "/v1/meter"
	}
	return m, c.ask(ctx, "GET", path, nil, &m)
}

// Frames tells of the last frames on the line.
func (c *Client) Frames(ctx context.Context) (f Frames, err error) {
	return f, c.ask(ctx, "GET", c.at("/frames"), nil, &f)
}

// Faults lists the meter's plan.
func (c *Client) Faults(ctx context.Context) (f Faults, err error) {
	return f, c.ask(ctx, "GET", c.faultsAt("/faults"), nil, &f)
}

// Strike adds a fault; without a trigger it strikes at once.
func (c *Client) Strike(ctx context.Context, fault string) (f Fault, err error) {
	return f, c.ask(ctx, "POST", c.faultsAt("/faults"), map[string]any{"fault": fault}, &f)
}

// End ends a fault.
func (c *Client) End(ctx context.Context, id int) (f Fault, err error) {
	return f, c.ask(ctx, "DELETE", c.faultsAt("/faults/")+strconv.Itoa(id), nil, &f)
}

// Heal ends every fault and gives the meter a chip without faults.
func (c *Client) Heal(ctx context.Context) (f Faults, err error) {
	return f, c.ask(ctx, "DELETE", c.faultsAt("/faults"), nil, &f)
}

// Power switches the meter on or off.
func (c *Client) Power(ctx context.Context, on bool) (p Power, err error) {
	return p, c.ask(ctx, "POST", c.at("/power"), map[string]any{"on": on}, &p)
}

// Reset takes the meter's power away for a moment.
func (c *Client) Reset(ctx context.Context) (p Power, err error) {
	return p, c.ask(ctx, "POST", c.at("/reset"), map[string]any{}, &p)
}

func (c *Client) ask(ctx context.Context, method, path string, body, answer any) error {
	r, err := c.send(ctx, method, path, body, nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", c.address, err)
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return fmt.Errorf("%s gives no such answer as ionsim does: %w", c.address, err)
	}
	return nil
}

// send asks and returns a successful answer, whose body the caller closes.
func (c *Client) send(ctx context.Context, method, path string, body any, headers map[string]string) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(b)
	}
	q, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	q.Header.Set("Authorization", "Bearer "+c.token)
	for name, value := range headers {
		q.Header.Set(name, value)
	}
	r, err := c.http.Do(q)
	if err != nil {
		return nil, err
	}
	if r.StatusCode < 300 {
		return r, nil
	}
	defer r.Body.Close()
	refused := &RefusedError{Status: r.StatusCode}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil || json.Unmarshal(b, &refused.Problem) != nil || refused.Problem.Error == "" {
		refused.Problem = Problem{Error: fmt.Sprintf("%s answers %s", c.address, r.Status), Hint: "is that ionsim --http?"}
	}
	return nil, refused
}

const (
	// maxEvent bounds one event that a client takes.
	maxEvent = 1 << 20
	// maxBreaks is how often a stream may break with nothing heard before it is given up.
	maxBreaks = 10
	// againAfter is the pause before a stream that broke is asked for again.
	againAfter = 50 * time.Millisecond
)

// Watch calls each with every event that comes, until ctx ends, each returns an error, or the
// meter is not served any more (nil). With kept it begins with those that the server has kept.
// When the connection breaks it is made again, and goes on where it was; not for ever, if nothing
// comes in between.
func (c *Client) Watch(ctx context.Context, kept bool, each func(Event) error) error {
	path := c.at("/events")
	if kept {
		path += "?kept=all"
	}
	last := map[string]string{}
	for breaks := 0; ; {
		r, err := c.send(ctx, "GET", path, nil, last)
		if err != nil {
			return err
		}
		err = readEvents(r.Body, func(e Event) error {
			breaks = 0
			if e.ID != "" {
				last["Last-Event-ID"] = e.ID
			}
			return each(e)
		})
		r.Body.Close()
		var broken *brokenError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &broken):
			return err
		}
		if breaks++; breaks == maxBreaks {
			return fmt.Errorf("%s: the events broke off %d times with nothing in between: %w", c.address, breaks, err)
		}
		select {
		case <-time.After(againAfter):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// brokenError: the stream ended in the middle.
type brokenError struct{ error }

// errLongEvent is about what does not come from ionsim, and would not be other the next time.
var errLongEvent = fmt.Errorf("an event of more than %d bytes; is that ionsim --http?", maxEvent)

// readEvents reads server-sent events. A stream that ends between two events gives nil.
func readEvents(from io.Reader, each func(Event) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxEvent)
	var e Event
	begun := false
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if begun {
				if err := each(e); err != nil {
					return err
				}
			}
			e, begun = Event{}, false
		case name == "id":
			e.ID = value
		case name == "event":
			e.Name = value
		case name == "data":
			if e.Data, begun = append(e.Data, value...), true; len(e.Data) > maxEvent {
				return errLongEvent
			}
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return errLongEvent
	case err != nil:
		return &brokenError{err}
	}
	return nil
}
