//go:build linux && !ppc64 && !ppc64le

package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
)

// relayProgram is the value of programVariable for a process that is no ionsim but a relay.
const relayProgram = "relay"

// relay carries the bytes of TCP clients, one after the other, to an address and back, and never returns. There
// is no smaller one: a thread for each direction, which reads and writes, and waits in the kernel for nothing else.
func relay(to string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	for {
		tool, err := l.Accept()
		if err != nil {
			panic(err)
		}
		meter, err := net.Dial("tcp", to)
		if err != nil {
			panic(err)
		}
		a, b := blocking(tool), blocking(meter)
		go carry(a, b)
		go carry(b, a)
	}
}

// blocking is a descriptor of a connection that waits in the kernel.
func blocking(conn net.Conn) int {
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		panic(err)
	}
	conn.Close()
	fd := int(file.Fd()) // and it blocks from now on
	kept = append(kept, file)
	return fd
}

// kept are the files of the relay, whose descriptors would be closed with them.
var kept []*os.File

func carry(from, to int) {
	runtime.LockOSThread()
	for p := make([]byte, 4096); ; {
		n, err := syscall.Read(from, p)
		if n <= 0 || err != nil {
			_ = syscall.Shutdown(to, syscall.SHUT_RDWR)
			return
		}
		for w := p[:n]; len(w) > 0; {
			k, err := syscall.Write(to, w)
			if err != nil {
				return
			}
			w = w[k:]
		}
	}
}
