package serve

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// Between two tries to accept a client for which the computer has no room.
const (
	firstPause   = 5 * time.Millisecond
	longestPause = time.Second
)

// patient is a listener that outlasts a computer without room for one client more: clients wait before
// the port until there is some, and those who are in are served on.
type patient struct {
	net.Listener
	shut chan struct{}
	once sync.Once
}

func newPatient(l net.Listener) *patient {
	return &patient{Listener: l, shut: make(chan struct{})}
}

// wait is Accept. It calls noRoom once for each time that there is no room, however long that lasts.
func (p *patient) wait(noRoom func(error)) (net.Conn, error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		conn, err := p.Listener.Accept()
		if !passes(err) {
			return conn, err
		}
		if pause == firstPause {
			noRoom(err)
		}
		select {
		case <-time.After(pause):
		case <-p.shut:
		}
	}
}

// Close ends a wait, too.
func (p *patient) Close() error {
	p.once.Do(func() { close(p.shut) })
	return p.Listener.Close()
}

// noRoom is the event of a computer that has none.
func (p *patient) noRoom(now time.Duration, err error) Event {
	return Event{Kind: NoRoom, At: now, Host: p.Addr().String(), Reason: err.Error()}
}

// passes reports an error that says nothing of the listener: the process or the computer has too many
// files open, or no memory for a connection. Linux also hands over what befell the new connection.
func passes(err error) bool {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return false
	}
	switch number {
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED:
		return true
	}
	return false
}
