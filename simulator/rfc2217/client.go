package rfc2217

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Errors of a peer that cannot serve a port.
var (
	// ErrNoRFC2217: the peer refuses the option, or does not know it.
	ErrNoRFC2217 = errors.New("it does not speak RFC 2217")
	// errRefused: the peer's port cannot be set as it is needed.
	errRefused = errors.New("its port cannot be set so")
	// errSuspended: the peer has asked to wait, and does not say that it is over.
	errSuspended = errors.New("it has asked to wait, and does not end that")
)

// suspendedFor is how long a Write waits for a server that has suspended the flow.
const suspendedFor = 10 * time.Second

// ClientConfig says how the port is wanted: 8 data bits, no parity, one stop bit, no flow control, at
// this rate.
type ClientConfig struct {
	Baud int
	// Timeout is how long the server may take to agree; not 0.
	Timeout time.Duration
}

// Client is a serial port of a server. Read and Write may be called at the same time; Close, from
// another goroutine, ends them.
type Client struct {
	net.Conn
	wire []byte // what was read
	data []byte // of it, not yet handed over

	mu        sync.Mutex // of what follows
	onModem   func(ModemState)
	end       clientEnd
	out       []byte
	shown     ModemState    // to onModem
	heard     bool          // shown means something
	suspended chan struct{} // closed when the flow is resumed; nil while it flows
}

// NewClient opens the port of a server on a connection, which it owns from then on, also if it fails:
// then the connection is closed. What the port had received before is lost, as at any opening.
func NewClient(conn net.Conn, c ClientConfig) (*Client, error) {
	k := &Client{Conn: conn, wire: make([]byte, readBytes), end: clientEnd{answers: map[byte][]byte{}}}
	if err := k.open(c); err != nil {
		conn.Close()
		return nil, err
	}
	return k, nil
}

func (k *Client) open(c ClientConfig) error {
	limit := time.Now().Add(c.Timeout)
	if err := k.SetDeadline(limit); err != nil {
		return err
	}
	hello := k.end.ask(nil, []byte{binary, goAhead, comPort}, []byte{binary, goAhead})
	if err := k.await(hello, c.Timeout, k.end.ready); err != nil {
		return err
	}
	var set []byte
	wants := wanted(c.Baud)
	for _, w := range wants {
		set = appendSub(set, w.command, w.value...)
	}
	if err := k.await(set, c.Timeout, func() (bool, string, error) { return k.end.set(wants) }); err != nil {
		return err
	}
	k.data = nil
	return k.SetDeadline(time.Time{})
}

// await sends out and reads until ready says so. Until then no data counts.
func (k *Client) await(out []byte, timeout time.Duration, ready func() (ok bool, missing string, err error)) error {
	if _, err := k.Conn.Write(out); err != nil {
		return err
	}
	for {
		k.mu.Lock()
		ok, missing, err := ready()
		k.mu.Unlock()
		if ok || err != nil {
			return err
		}
		switch err := k.receive(); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("%w, or only in part: within %v it has not answered to %s; a port without the option is --tcp HOST:PORT", ErrNoRFC2217, timeout, missing)
		case err != nil:
			return err
		}
	}
}

// want is a setting that the server must confirm; without must it may keep silent about it.
type want struct {
	name    string
	command byte
	value   []byte
	must    bool
}

func wanted(baud int) []want {
	return []want{
		{"the rate", setBaud, baudBytes(baud), true},
		{"8 data bits", setDataSize, []byte{eightBits}, true},
		{"no parity", setParity, []byte{parityNone}, true},
		{"one stop bit", setStopSize, []byte{stopOne}, true},
		{"no flow control", setControl, []byte{flowNone}, false},
		{"DTR", setControl, []byte{dtrOn}, false},
		{"RTS", setControl, []byte{rtsOn}, false},
		{"what it tells of modem lines", setModemStateMask, []byte{0xFF}, false},
		{"an empty port", purgeData, []byte{purgeBoth}, true},
	}
}

// receive reads once, and keeps the data.
func (k *Client) receive() error {
	n, err := k.Conn.Read(k.wire)
	k.mu.Lock()
	k.data, k.out = k.end.take(k.data[:0], k.out[:0], k.wire[:n])
	k.followFlow()
	answer := slices.Clone(k.out)
	k.mu.Unlock()
	if len(answer) > 0 && err == nil {
		_, err = k.Conn.Write(answer)
	}
	return err
}

// show tells how the lines are, if they have changed.
func (k *Client) show() {
	k.mu.Lock()
	told, modem := k.onModem, k.end.modem
	changed := k.end.told && (!k.heard || modem != k.shown) && told != nil
	if changed {
		k.heard, k.shown = true, modem
	}
	k.mu.Unlock()
	if changed {
		told(modem)
	}
}

// followFlow makes writers wait, or go on.
func (k *Client) followFlow() {
	switch {
	case k.end.suspended && k.suspended == nil:
		k.suspended = make(chan struct{})
	case !k.end.suspended && k.suspended != nil:
		close(k.suspended)
		k.suspended = nil
	}
}

// Read returns data of the port. It answers to what the server wants to know on the way.
func (k *Client) Read(p []byte) (int, error) {
	for len(k.data) == 0 {
		k.show() // behind the data that came with it
		if err := k.receive(); err != nil && len(k.data) == 0 {
			k.show()
			return 0, err
		}
	}
	n := copy(p, k.data)
	k.data = k.data[n:]
	return n, nil
}

// Write sends data to the port.
func (k *Client) Write(p []byte) (int, error) {
	if err := k.waitForFlow(); err != nil {
		return 0, err
	}
	if _, err := k.Conn.Write(appendData(make([]byte, 0, len(p)+8), p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (k *Client) waitForFlow() error {
	k.mu.Lock()
	suspended := k.suspended
	k.mu.Unlock()
	if suspended == nil {
		return nil
	}
	patience := time.NewTimer(suspendedFor)
	defer patience.Stop()
	select {
	case <-suspended:
		return nil
	case <-patience.C:
		return fmt.Errorf("%w: for %v", errSuspended, suspendedFor)
	}
}

// SetBaud asks for another rate. It does not wait for the answer.
func (k *Client) SetBaud(baud int) error { return k.tell(setBaud, baudBytes(baud)...) }

// SetBreak begins or ends a break.
func (k *Client) SetBreak(yes bool) error { return k.tell(setControl, either(yes, breakOn, breakOff)) }

// SetDTR and SetRTS set the port's own lines.
func (k *Client) SetDTR(yes bool) error { return k.tell(setControl, either(yes, dtrOn, dtrOff)) }

// SetRTS is SetDTR for the other line.
func (k *Client) SetRTS(yes bool) error { return k.tell(setControl, either(yes, rtsOn, rtsOff)) }

func (k *Client) tell(command byte, value ...byte) error {
	_, err := k.Conn.Write(appendSub(nil, command, value...))
	return err
}

// OnModem lets told be called with the state of the port's lines whenever it has changed, by Read; at
// once if it is known already.
func (k *Client) OnModem(told func(ModemState)) {
	k.mu.Lock()
	k.onModem = told
	known, modem := k.end.told, k.end.modem
	k.heard, k.shown = known, modem
	k.mu.Unlock()
	if known {
		told(modem)
	}
}

// clientEnd is the protocol of a client, without a connection.
type clientEnd struct {
	decoder
	options
	answers   map[byte][]byte // the last value that the server confirmed, by command of the client
	suspended bool
	modem     ModemState
	told      bool
}

// take takes bytes of the server.
func (e *clientEnd) take(data, out, p []byte) (more, answers []byte) {
	data = e.decode(data, p, func(c command) {
		switch {
		case c.verb != sb:
			out = e.options.take(out, c)
		case c.option == comPort && len(c.data) > 0:
			e.hear(c.data[0], c.data[1:])
		}
	})
	return data, out
}

func (e *clientEnd) hear(command byte, value []byte) {
	switch command {
	case notifyModemState + fromServer:
		if len(value) > 0 {
			e.modem, e.told = ModemState(value[0])&lines, true
		}
	case suspendFlow + fromServer:
		e.suspended = true
	case resumeFlow + fromServer:
		e.suspended = false
	default:
		if command >= fromServer && command <= fromServer+purgeData {
			e.answers[command-fromServer] = slices.Clone(value)
		}
	}
}

// ready says whether the options are agreed on, and else what is missing.
func (e *clientEnd) ready() (ok bool, missing string, err error) {
	switch {
	case e.ours[comPort] == refused:
		return false, "", fmt.Errorf("%w: it refuses the option", ErrNoRFC2217)
	case e.ours[binary] == refused || e.theirs[binary] == refused:
		return false, "", fmt.Errorf("%w: it refuses binary transmission, and would change bytes", ErrNoRFC2217)
	}
	var open []string
	for _, o := range []struct {
		name  string
		stand standing
	}{{"COM-PORT-OPTION", e.ours[comPort]}, {"sending binary", e.ours[binary]}, {"receiving binary", e.theirs[binary]}} {
		if o.stand != on {
			open = append(open, o.name)
		}
	}
	return len(open) == 0, strings.Join(open, " and "), nil
}

// set says whether all that must be confirmed is confirmed.
func (e *clientEnd) set(wants []want) (ok bool, missing string, err error) {
	for _, w := range wants {
		got, answered := e.answers[w.command]
		switch {
		case !w.must:
		case !answered && missing == "":
			missing = w.name
		case answered && w.command != purgeData && !slices.Equal(got, w.value):
			return false, "", fmt.Errorf("%w: asked for %s it says %v", errRefused, w.words(w.value), w.words(got))
		}
	}
	return missing == "", missing, nil
}

// words says a value.
func (w want) words(value []byte) string {
	if baud, ok := baudOf(value); w.command == setBaud && ok {
		return fmt.Sprintf("%d baud", baud)
	}
	return fmt.Sprintf("%s: % d", w.name, value)
}
