package serve

import (
	"errors"
	"net"
	"sync"
)

// ports are the open ports of a server. They can be closed and opened again.
type ports struct {
	config Config

	mu       sync.Mutex
	terminal *terminal
	link     *link
	listener net.Listener
	address  net.Addr // of the listener; kept while it is closed
	ended    bool     // for good
	err      error    // of the end
}

// open opens the ports that the config asks for.
func (p *ports) open() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return net.ErrClosed
	}
	if p.config.PTY {
		if p.terminal, err = openTerminal(p.config.Baud); err != nil {
			return err
		}
	}
	if p.config.TCP != "" {
		if p.listener, err = listenTCP(p.where()); err != nil {
			return err
		}
		p.address = p.listener.Addr()
	}
	// The link comes last, so that those who wait for it find everything else ready.
	if p.config.Link != "" {
		p.link, err = makeLink(p.config.Link, p.terminal.name())
	}
	return err
}

// opened returns the ports that are open; nil for others.
func (p *ports) opened() (*terminal, net.Listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.terminal, p.listener
}

// where is the address to listen at: a port that was any free one stays what it was.
func (p *ports) where() string {
	if p.address != nil {
		return p.address.String()
	}
	return p.config.TCP
}

// close closes the ports, and removes the link if it is still ours.
func (p *ports) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shut()
}

func (p *ports) shut() error {
	var errs []error
	errs = append(errs, p.link.remove())
	if p.listener != nil {
		errs = append(errs, p.listener.Close())
	}
	if p.terminal != nil {
		errs = append(errs, p.terminal.Close())
	}
	p.link, p.listener, p.terminal = nil, nil, nil
	return errors.Join(errs...)
}

// release closes the ports for good.
func (p *ports) release() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
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

func (p *ports) addr() net.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

// names are those of the ports that are open.
func (p *ports) names() (names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal != nil {
		names = append(names, p.terminal.name())
	}
	if p.listener != nil {
		names = append(names, p.address.String())
	}
	return names
}
