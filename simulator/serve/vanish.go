package serve

import (
	"fmt"
	"time"
)

// All functions here need mu.

// attach begins to listen to the ports, which are open.
func (r *run) attach() {
	t, plain, remote := r.ports.opened()
	if t != nil {
		r.tty = &host{name: t.name(), port: t, tty: t, raw: t.raw(), buffer: make([]byte, readBufferBytes)}
		r.keepFor(r.tty)
		r.read(r.tty)
		r.talkTo(r.tty)
	}
	for _, l := range []*patient{plain, remote} {
		if l != nil {
			r.accept(l)
		}
	}
	if r.config.Port != "" {
		r.attachPort()
	}
}

// talkTo lets a device that talks unasked talk to a host that has said nothing yet.
func (r *run) talkTo(h *host) {
	if r.config.Unasked && r.heard == nil {
		r.heard = h
	}
}

// followPorts takes the ports away, or opens them again, as the device's side says.
func (r *run) followPorts(now time.Duration) {
	if r.config.Gone == nil || r.over {
		return
	}
	switch gone := r.config.Gone(); {
	case gone && !r.gone:
		r.vanish(now)
	case r.gone && !gone:
		r.comeBack(now)
	}
}

// vanish takes the ports away. What was on its way to a host is lost.
func (r *run) vanish(now time.Duration) {
	r.gone = true
	for _, name := range r.ports.names() {
		r.tell(Event{Kind: Vanished, At: now, Host: name})
	}
	if t := r.tty; t != nil {
		r.tty, t.gone = nil, true
		t.endBox()
		if r.heard == t {
			r.heard = nil
			r.device.HostGone(now)
		}
	}
	r.hangUpWaiting()
	r.detachPort(now)
	if r.client != nil {
		r.sever(r.client.conn)
		r.part(now, "the port is gone")
	}
	if err := r.ports.close(); err != nil {
		r.end(fmt.Errorf("taking the ports away: %w", err))
	}
}

func (r *run) comeBack(now time.Duration) {
	r.gone = false
	if err := r.ports.open(); err != nil {
		r.end(fmt.Errorf("bringing the ports back: %w", err))
		return
	}
	r.attach()
	for _, name := range r.ports.names() {
		r.tell(Event{Kind: CameBack, At: now, Host: name})
	}
}
