package main

import (
	"context"
	"io"
	"strings"

	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/fields"
)

// realPort says at which serial port of this computer a meter, or a proxy, is found.
type realPort struct {
	rs485 bool // the driver turns the line round
}

func (r *realPort) flag() cli.Flag {
	return cli.Of(&r.rs485, "rs485", "the serial port drives an RS-485 line itself, with RTS, by its driver (TIOCSRS485). Refused where the driver cannot; converters that turn the line round by themselves need nothing", fields.YesNo("rs485"))
}

// open lets a port be opened with the settings that a meter's port has.
func (r *realPort) open(o *serving.Options, name string, baud int) {
	o.Port = name
	o.OpenPort = func(ctx context.Context) (io.ReadWriteCloser, error) {
		return port.OpenContext(ctx, port.Config{Port: name, Baud: baud, RS485: r.rs485, Prompt: true})
	}
}

// portOrAddress reads tcp:HOST:PORT, or the name of a port.
func portOrAddress(flag, text string) (c port.Config, err error) {
	address, tcp := strings.CutPrefix(text, tcpPrefix)
	if remote, ok := strings.CutPrefix(text, remotePrefix); ok {
		text = remotePrefix + "//" + strings.TrimPrefix(remote, "//")
	}
	switch {
	case text == "":
		return c, cli.Usage("--%s is missing", flag).Hint("say --" + flag + " /dev/ttyUSB0, or --" + flag + " tcp:HOST:PORT")
	case tcp && !strings.Contains(address, ":"):
		return c, cli.Usage("--%s %s: %q is no address", flag, text, address).Hint("say tcp:HOST:PORT")
	case tcp:
		return port.Config{TCP: address}, nil
	}
	return port.Config{Port: text}, nil
}
