//go:build unix

package judge

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"ionbench/client/phone"
	"ionbench/client/port"
	"ionbench/scenarios/internal/planted"
)

// lasting is a connection that is opened again when it breaks, or has a bug there. What is sent
// meanwhile waits.
type lasting struct {
	to      port.Config
	planted string
	quit    chan struct{}
	closing sync.Once
	mu      sync.Mutex // guards conn, which Read alone replaces
	conn    io.ReadWriteCloser
}

// mostOpened is how often a connection that broke is tried to open.
const mostOpened = 3

func openLasting(to port.Config, bug string) (*lasting, error) {
	conn, err := port.Open(to)
	return &lasting{to: to, planted: bug, quit: make(chan struct{}), conn: conn}, err
}

func (l *lasting) Read(p []byte) (int, error) {
	n, err := l.conn.Read(p)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || isClosed(l.quit) {
		return n, err
	}
	if errors.Is(err, phone.ErrLost) && l.planted == planted.CarrierUnheard {
		<-l.quit
		return n, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn.Close()
	conn, err := l.reopen()
	if err == nil {
		l.conn = conn
	}
	return n, err
}

func (l *lasting) reopen() (conn io.ReadWriteCloser, err error) {
	to := l.to
	switch called := to.Phone != ""; {
	case l.planted == planted.NeverReopens || called && l.planted == planted.DialsOnce:
		return nil, errors.New("the connection broke")
	case l.planted == planted.ReopensAnother:
		to.TCP = "127.0.0.1:1"
	case called && l.planted == planted.RedialsWrong:
		to.Phone = to.Phone[:len(to.Phone)-1]
	}
	for i := 0; (i < mostOpened || l.planted == planted.DialsForEver) && !isClosed(l.quit); i++ {
		if conn, err = port.Open(to); err == nil {
			return conn, nil
		}
		time.Sleep(testResponse)
	}
	return nil, err
}

func (l *lasting) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.conn.Write(p) // a connection that is broken loses it, and Read hears of that
	return len(p), nil
}

func (l *lasting) Close() error {
	l.closing.Do(func() { close(l.quit) })
	if l.planted == planted.OffTheHook {
		os.Exit(0) // it has done what it was told, and nothing hangs up
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn.Close()
}
