package serve

import (
	"context"
	"io"
	"time"

	"ionbench/simulator/rfc2217"
	"ionbench/simulator/steady"
)

// All functions here need mu, or are commands of Run's goroutine, which has it.

// attachPort begins to serve the port that is there already.
func (r *run) attachPort() {
	h := &host{name: r.config.Port}
	r.port = steady.Start(steady.Config{
		Open: r.config.OpenPort, First: r.ports.takePort(),
		Do: r.do,
		Receive: func(now time.Duration, p []byte) {
			r.listenTo(now, h, 0) // its rate is the adapter's, which is the meter's
			r.device.Receive(now, p)
		},
		Event: func(e steady.Event) { r.portEvent(h, e) },
		Full:  r.config.Full,
	})
	r.cable = h
	h.port = outlet{r}
	r.talkTo(h)
}

// outlet is how the device's bytes go to the port.
type outlet struct{ *run }

func (outlet) Read([]byte) (int, error)         { return 0, io.EOF } // its bytes come as commands
func (outlet) SetWriteDeadline(time.Time) error { return nil }

func (o outlet) Write(p []byte) (int, error) {
	if o.port != nil {
		o.port.Write(o.now, p)
	}
	return len(p), nil
}

// portEvent tells what happens to the port. The first opening is the beginning, and no news.
func (r *run) portEvent(h *host, e steady.Event) {
	switch e.Kind {
	case steady.Opened:
		r.talkTo(h)
		r.showModem()
		r.watchLines()
		if h.gone {
			h.gone = false
			r.tell(Event{Kind: CameBack, At: e.At, Host: h.name})
		}
	case steady.Lost:
		h.gone = true
		r.tell(Event{Kind: Vanished, At: e.At, Host: h.name})
		r.forget(e.At, h)
	case steady.LostBytes:
		r.tell(Event{Kind: LostBytes, At: e.At, Host: h.name, Bytes: e.Bytes})
	}
}

// forget lets the device know that the host is gone to which it talks.
func (r *run) forget(now time.Duration, h *host) {
	if r.heard == h {
		r.heard = nil
		r.device.HostGone(now)
	}
}

// detachPort closes the port, as if its adapter were pulled out.
func (r *run) detachPort(now time.Duration) {
	if r.port != nil {
		r.dropPort()
		r.forget(now, r.cable)
	}
}

// dropPort ends the port, which tells nothing any more.
func (r *run) dropPort() {
	if r.port != nil {
		r.port.End()
		r.readers.Go(r.port.Wait)
		r.port = nil
	}
}

// takePort returns the port that was opened with the others, once; nil: it is opened anew.
func (p *ports) takePort() io.ReadWriteCloser {
	p.mu.Lock()
	defer p.mu.Unlock()
	conn := p.port
	p.port = nil
	return conn
}

// remoteOn begins to speak RFC 2217 with a client that has come for it; nil for others.
func (r *run) remoteOn(c caller) *rfc2217.Server {
	if _, _, remote := r.ports.opened(); c.at != remote {
		return nil
	}
	config := rfc2217.ServerConfig{Baud: r.config.Baud, Signature: "ionsim", Modem: r.modem}
	if r.config.Lines != nil {
		config.Asked = func(l rfc2217.Lines) {
			r.do(context.Background(), func(now time.Duration) { r.config.Lines(now, l) })
		}
	}
	return rfc2217.NewServer(c.conn, config)
}

// allLines are the modem lines of a device that is there, behind a cable that is in.
const allLines = rfc2217.DCD | rfc2217.DSR | rfc2217.CTS

// followModem shows hosts how the modem lines are at the device's end.
func (r *run) followModem() {
	if r.config.Modem == nil || r.over {
		return
	}
	is := r.config.Modem()
	if is == r.modem {
		return
	}
	r.modem = is
	r.showModem()
	if r.client != nil && r.client.remote != nil {
		r.client.remote.SetModem(is)
	}
}

// showModem shows it to who is on the port that was there already.
func (r *run) showModem() {
	if r.port == nil {
		return
	}
	on := r.modem&rfc2217.DCD != 0
	r.port.Tell(func(conn io.ReadWriteCloser) error {
		if c, ok := conn.(Carrying); ok {
			return c.SetDTR(on)
		}
		return nil
	})
}

// watchLines follows the lines of who is on the port that was there already: behind a null-modem cable,
// DTR is DSR here, and RTS is CTS.
func (r *run) watchLines() {
	if r.config.Lines == nil {
		return
	}
	port := r.port
	port.Tell(func(conn io.ReadWriteCloser) error {
		if c, ok := conn.(Telling); ok {
			c.OnModem(func(m rfc2217.ModemState) {
				port.Do(func(now time.Duration) {
					r.config.Lines(now, rfc2217.Lines{DTR: m&rfc2217.DSR != 0, RTS: m&rfc2217.CTS != 0})
				})
			})
		}
		return nil
	})
}
