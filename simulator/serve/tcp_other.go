//go:build !linux

package serve

import "net"

// leaving cannot be told here: a client that comes right after another may be refused
// once.
func leaving(net.Conn) bool { return false }
