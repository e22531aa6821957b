//go:build !linux

package serve

import "net"

// leaving is never known here: a client that comes right after another one may be refused once.
func leaving(net.Conn) bool { return false }

// limitSilence is left to the system's keepalive.
func limitSilence(net.Conn) {}

// place is not kept here: a port that vanishes is anybody's meanwhile.
type place struct{}

func keepPlace(net.Addr) *place { return nil }

func (*place) leave() {}
