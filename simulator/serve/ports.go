package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// ports are the open ports of a server. They can be closed and opened again.
type ports struct {
	config Config

	mu       sync.Mutex
	terminal *terminal
	link     *link
	plain    door
	remote   door               // of clients of RFC 2217
	port     io.ReadWriteCloser // that is there already; nil once it is taken
	found    bool               // it was open once
	ended    bool               // for good
	err      error              // of the end
}

// door is where TCP clients come in.
type door struct {
	listener *patient
	address  net.Addr // of the listener; kept while it is closed
	place    *place   // of the address, meanwhile
}

// open listens at an address, unless it is empty. A port that was any free one stays what it was.
func (d *door) open(at string) (err error) {
	if at == "" {
		return nil
	}
	listen := func() error {
		d.listener, err = listenTCP(at)
		return err
	}
	if d.address == nil {
		err = listen()
	} else {
		at = d.address.String()
		d.leave()
		err = ofOurs(listen)
	}
	if err == nil {
		d.address = d.listener.Addr()
	}
	return err
}

// forking is how long a process that is being started, by any part of this one, may have what was
// closed: between fork and exec it has all that was open.
const forking = 500 * time.Millisecond

// ofOurs takes a port that was ours until now, and may seem taken for that long.
func ofOurs(take func() error) (err error) {
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		if err = take(); !errors.Is(err, syscall.EADDRINUSE) || time.Since(began) > forking {
			return err
		}
	}
}

// keep keeps the address for when the port comes back.
func (d *door) keep() {
	if d.address != nil {
		d.place = keepPlace(d.address)
	}
}

func (d *door) leave() {
	d.place.leave()
	d.place = nil
}

func (d *door) shut() error {
	l := d.listener
	if l == nil {
		return nil
	}
	d.listener = nil
	return l.Close()
}

func (d *door) addr(p *ports) net.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	return d.address
}

// open opens the ports that the config asks for.
func (p *ports) open() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return net.ErrClosed
	}
	if p.config.PTY {
		if p.terminal, err = openTerminal(p.config.Baud, p.config.Cooked); err != nil {
			return err
		}
	}
	if err = p.plain.open(p.config.TCP); err != nil {
		return err
	}
	if err = p.remote.open(p.config.RFC2217); err != nil {
		return err
	}
	if p.config.Port != "" && !p.found {
		// The first time it must be there; later it is waited for.
		if p.port, err = p.config.OpenPort(context.Background()); err != nil {
			return err
		}
		p.found = true
	}
	// The link comes last, so that those who wait for it find everything else ready.
	if p.config.Link != "" {
		p.link, err = makeLink(p.config.Link, p.terminal.name(), time.Now())
	}
	return err
}

// opened returns the ports that are open; nil for others.
func (p *ports) opened() (t *terminal, plain, remote *patient) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.terminal, p.plain.listener, p.remote.listener
}

// close closes the ports, and removes the link if it is still ours. The port of TCP stays ours until
// release.
func (p *ports) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.shut()
	if !p.ended {
		p.plain.keep()
		p.remote.keep()
	}
	return err
}

func (p *ports) shut() error {
	var errs []error
	errs = append(errs, p.link.remove())
	errs = append(errs, p.plain.shut(), p.remote.shut())
	if p.terminal != nil {
		errs = append(errs, p.terminal.Close())
	}
	if p.port != nil {
		errs = append(errs, p.port.Close())
	}
	p.link, p.terminal, p.port = nil, nil, nil
	return errors.Join(errs...)
}

// release closes the ports for good.
func (p *ports) release() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.plain.leave()
		p.remote.leave()
		p.ended, p.err = true, p.shut()
	}
	return p.err
}

func (p *ports) pty() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal == nil {
		return ""
	}
	return p.terminal.name()
}

func (p *ports) addr() net.Addr { return p.plain.addr(p) }

// names are those of the ports that are open.
func (p *ports) names() (names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal != nil {
		names = append(names, p.terminal.name())
	}
	for _, d := range []*door{&p.plain, &p.remote} {
		if d.listener != nil {
			names = append(names, d.address.String())
		}
	}
	if p.config.Port != "" {
		names = append(names, p.config.Port)
	}
	return names
}
