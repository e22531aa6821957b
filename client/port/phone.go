package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"ionbench/client/phone"
	"ionbench/simulator/machine"
	"ionbench/simulator/rfc2217"
)

// modemConn is a call over a modem: a connection to the meter that is called. It begins with the
// number and ends with hanging up.
type modemConn struct {
	conn   io.ReadWriteCloser
	number string
	clock  machine.Clock

	arrived chan []byte   // from the modem
	failed  error         // why nothing arrives any more; read it when arrived is closed
	ended   chan struct{} // closed by Close
	quit    chan struct{} // closed when nobody takes what arrives any more
	pumping sync.WaitGroup
	rest    []byte // arrived, and not read yet
	ear     phone.Ear
	dropped chan struct{} // closed by the pump when DCD has fallen
	lost    error         // set when the carrier is
	gone    atomic.Bool   // it is

	closing sync.Once
	err     error // result of Close
}

// arrivals is how many reads wait for the reader.
const arrivals = 16

// call dials a number over a connection to a modem, which it owns.
func call(ctx context.Context, conn io.ReadWriteCloser, number string) (io.ReadWriteCloser, error) {
	c := &modemConn{conn: conn, number: number, clock: machine.WallClock(), arrived: make(chan []byte, arrivals), ended: make(chan struct{}), quit: make(chan struct{}), dropped: make(chan struct{})}
	c.pumping.Go(c.pump)
	if err := c.dial(ctx); err != nil {
		c.cut()
		return nil, err
	}
	c.watchCarrier()
	return c, nil
}

// telling is a port that tells how its modem lines are, at first and whenever that changes, from within Read.
type telling interface {
	OnModem(told func(rfc2217.ModemState))
}

// watchCarrier follows DCD, where the port shows it: while a modem is in a call it is up (&C1).
func (c *modemConn) watchCarrier() {
	port, ok := c.conn.(telling)
	if !ok {
		return
	}
	var mu sync.Mutex // the first state may be told from here
	var ear phone.Ear
	var over bool
	port.OnModem(func(m rfc2217.ModemState) {
		mu.Lock()
		defer mu.Unlock()
		if !over && ear.Carrier(m&rfc2217.DCD != 0) {
			over = true
			close(c.dropped)
		}
	})
}

// pump reads from the modem, so that a wait for it can end.
func (c *modemConn) pump() {
	defer close(c.arrived)
	for {
		buffer := make([]byte, 4096)
		n, err := c.conn.Read(buffer)
		if n > 0 {
			select {
			case c.arrived <- buffer[:n]:
			case <-c.quit:
				return
			}
		}
		if err != nil {
			c.failed = err
			return
		}
	}
}

func (c *modemConn) dial(ctx context.Context) error {
	dialled, err := phone.New(c.number)
	if err != nil {
		return err
	}
	dialled.Start(c.clock.Now())
	if err := c.converse(ctx, dialled); err != nil {
		return err
	}
	if err := dialled.Err(); err != nil {
		return explainCall(c.number, err)
	}
	c.rest = dialled.TakeRest()
	return nil
}

// explainCall tells which calls may succeed in a while from those that will not.
func explainCall(number string, err error) error {
	err = fmt.Errorf("calling %s: %w", number, err)
	if errors.Is(err, phone.ErrBusy) || errors.Is(err, phone.ErrNoAnswer) {
		return absent{err}
	}
	return err
}

// converse runs a call's conversation with the modem to its end.
func (c *modemConn) converse(ctx context.Context, with *phone.Call) error {
	timer := c.clock.Timer()
	defer timer.Stop()
	for !with.Done() {
		at, _ := with.Next()
		timer.Reset(at)
		select {
		case <-ctx.Done():
			c.giveUp()
			return ctx.Err()
		case p, open := <-c.arrived:
			if !open {
				return c.failed
			}
			with.Receive(c.clock.Now(), p)
		case <-timer.C():
			with.Advance(c.clock.Now())
		}
		if said := with.Transmit(nil); len(said) > 0 {
			if _, err := c.conn.Write(said); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveUpTime is how long it may take to tell the modem that nobody waits for its call any more.
const giveUpTime = time.Second

// giveUp ends a call that is not connected: any character does.
func (c *modemConn) giveUp() {
	limit := time.AfterFunc(giveUpTime, func() { c.conn.Close() })
	defer limit.Stop()
	// An error means that there is nobody to tell.
	_, _ = c.conn.Write([]byte("\r"))
}

// Read returns what the meter says. A lost carrier is the end of the connection, behind what came before it.
func (c *modemConn) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.lost != nil {
			return 0, c.lost
		}
		if err := c.await(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// await waits for what the meter says, or for the end of the call.
func (c *modemConn) await() error {
	select {
	case p, open := <-c.arrived:
		return c.take(p, open)
	case <-c.dropped:
		select {
		case p, open := <-c.arrived:
			return c.take(p, open)
		default:
			c.lose()
			return nil
		}
	case <-c.ended:
		return os.ErrClosed
	}
}

// take takes what has arrived.
func (c *modemConn) take(p []byte, open bool) error {
	if !open {
		return c.failed
	}
	if c.rest = p; c.ear.Hear(p) {
		c.lose()
	}
	return nil
}

// lose ends the connection: there is no call to hang up any more.
func (c *modemConn) lose() {
	c.gone.Store(true)
	c.lost = fmt.Errorf("%w: calling %s: %w", ErrGone, c.number, phone.ErrLost)
}

// Write sends to the meter.
func (c *modemConn) Write(p []byte) (int, error) { return c.conn.Write(p) }

// Close hangs up and closes the connection to the modem.
func (c *modemConn) Close() error {
	c.closing.Do(func() {
		close(c.ended)
		c.hangUp()
		c.err = c.cut()
	})
	return c.err
}

// hangUpTime is how long hanging up may take, two tries. A port that takes nothing is closed all the same.
const hangUpTime = 10 * time.Second

// hangUp tells the modem to end the call, unless it has lost the carrier.
func (c *modemConn) hangUp() {
	if c.gone.Load() {
		return
	}
	limit := time.AfterFunc(hangUpTime, func() { c.conn.Close() })
	defer limit.Stop()
	hung, err := phone.New(c.number)
	if err != nil {
		return
	}
	hung.HangUp(c.clock.Now())
	// An error means that there is nobody to tell.
	_ = c.converse(context.Background(), hung)
}

// cut ends the connection to the modem.
func (c *modemConn) cut() error {
	close(c.quit)
	err := c.conn.Close()
	c.pumping.Wait()
	return err
}
