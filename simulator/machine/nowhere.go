package machine

import (
	"io"
	"os"
	"sync"
)

// Nowhere is a connection to nobody, for a machine whose time goes on without one: nothing comes
// from it, and what is written is gone.
func Nowhere() io.ReadWriteCloser { return &nowhere{closed: make(chan struct{})} }

type nowhere struct {
	closed chan struct{}
	once   sync.Once
}

func (n *nowhere) Read([]byte) (int, error) {
	<-n.closed
	return 0, os.ErrClosed
}

func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }

func (n *nowhere) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}
