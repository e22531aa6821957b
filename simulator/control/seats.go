package control

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
)

// bounded lets no more clients in than there are seats. Where all are taken, the stranger who has sat there
// longest leaves: anybody on this machine can connect a thousand times, and keeps nobody out who has the token.
type bounded struct {
	net.Listener

	mu        sync.Mutex
	taken     int
	strangers []*seated // who have not shown the token, those who came first before the others
}

func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := b.seat(conn); c != nil {
			return c, nil
		}
		conn.Close()
	}
}

// seat gives a client a seat; nil if all have the token who sit there.
func (b *bounded) seat(conn net.Conn) *seated {
	c := &seated{Conn: conn, room: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken == maxConnections {
		if len(b.strangers) == 0 {
			return nil
		}
		first := b.strangers[0]
		b.leave(first)
		first.Conn.Close()
	}
	b.taken++
	b.strangers = append(b.strangers, c)
	return c
}

// leave needs mu.
func (b *bounded) leave(c *seated) {
	if !c.left {
		c.left = true
		b.taken--
		b.know(c)
	}
}

// know needs mu.
func (b *bounded) know(c *seated) {
	if i := slices.Index(b.strangers, c); i >= 0 {
		b.strangers = slices.Delete(b.strangers, i, i+1)
	}
}

// seated is a client that was let in.
type seated struct {
	net.Conn
	room *bounded
	left bool // room's mu guards it
}

// Close frees the seat.
func (c *seated) Close() error {
	c.room.mu.Lock()
	c.room.leave(c)
	c.room.mu.Unlock()
	return c.Conn.Close()
}

type seatKey struct{}

func withSeat(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, seatKey{}, conn)
}

// isNoStranger: the client that a request came from has shown the token.
func isNoStranger(r *http.Request) {
	if c, ok := r.Context().Value(seatKey{}).(*seated); ok {
		c.room.mu.Lock()
		defer c.room.mu.Unlock()
		c.room.know(c)
	}
}
