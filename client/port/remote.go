package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"ionbench/simulator/rfc2217"
)

// scheme begins the name of a serial port that is on another machine, behind RFC 2217.
const scheme = "rfc2217://"

// IsRemote reports whether a port's name is that of a serial port on another machine,
// rfc2217://HOST:PORT.
func IsRemote(name string) bool { return strings.HasPrefix(name, scheme) }

// agreeTimeout is how long such a machine may take to answer what it is asked.
const agreeTimeout = 5 * time.Second

// remoteAddress reads rfc2217://HOST:PORT.
func remoteAddress(name string) (string, error) {
	u, err := url.Parse(name)
	if err != nil || u.Hostname() == "" || u.Port() == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is no port of another machine; say rfc2217://HOST:PORT", name)
	}
	return net.JoinHostPort(u.Hostname(), u.Port()), nil
}

// dialRemote opens a serial port on another machine.
func dialRemote(ctx context.Context, c Config) (io.ReadWriteCloser, error) {
	address, err := remoteAddress(c.Port)
	if err != nil {
		return nil, err
	}
	conn, err := connect(ctx, address, c.DialTimeout)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	client, err := rfc2217.NewClient(conn, rfc2217.ClientConfig{Baud: c.Baud, Timeout: min(agreeTimeout, c.DialTimeout)})
	var held *HeldError
	switch {
	case errors.As(err, &held):
		return nil, held
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: %s hung up while the port was set: %w", ErrGone, c.Port, err)
	case errors.Is(err, rfc2217.ErrNoRFC2217):
		return nil, fmt.Errorf("serial port %s: %w; if it passes bytes as they are, say --tcp %s", c.Port, err, address)
	case err != nil:
		return nil, fmt.Errorf("serial port %s: %w", c.Port, err)
	}
	return client, nil
}
