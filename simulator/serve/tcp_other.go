//go:build !linux

package serve

import "net"

// leaving is never known here: a client that comes right after another one may be refused once.
func leaving(net.Conn) bool { return false }

// limitSilence is left to the system's keepalive.
func limitSilence(net.Conn) {}
