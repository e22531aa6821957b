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
// Where no stranger is left, it is who has the token and has asked nothing for the longest time: a program that
// connects again and again, and hangs up never, keeps nobody out either. Those who watch or ask stay.
type bounded struct {
	net.Listener

	mu        sync.Mutex
	taken     int
	strangers []*seated // who have not shown the token, those who came first before the others
	idle      []*seated // who have, and ask nothing now, those who asked first before the others
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

// seat gives a client a seat; nil if all have the token who sit there, and are at something.
func (b *bounded) seat(conn net.Conn) *seated {
	c := &seated{Conn: conn, room: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken == maxConnections {
		might := append(slices.Clone(b.strangers), b.idle...)
		if len(might) == 0 {
			return nil
		}
		b.leave(might[0])
		might[0].Conn.Close()
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
		without(&b.strangers, c)
		without(&b.idle, c)
	}
}

// without takes a client out of a list, if it is there.
func without(list *[]*seated, c *seated) {
	if i := slices.Index(*list, c); i >= 0 {
		*list = slices.Delete(*list, i, i+1)
	}
}

// turn notes that a client begins a request, or has its answer and asks no more for now.
func turn(conn net.Conn, to http.ConnState) {
	c, ok := conn.(*seated)
	if !ok {
		return
	}
	b := c.room
	b.mu.Lock()
	defer b.mu.Unlock()
	without(&b.idle, c)
	if to == http.StateIdle && !c.left && !slices.Contains(b.strangers, c) {
		b.idle = append(b.idle, c)
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
		without(&c.room.strangers, c)
	}
}
