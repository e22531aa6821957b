//go:build linux && !ppc64 && !ppc64le

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// audienceProgram is the value of programVariable for a process that is no ionsim but people who look at one.
const audienceProgram = "audience"

const (
	watching      = 10
	betweenLooks  = 10 * time.Millisecond
	endOfHead     = "\r\n\r\n"
	arrived       = "all are there"
	audienceInput = 1 << 20
)

// audience are ten who watch a meter and one who asks for its state a hundred times a second, until standard
// input ends. Then it says how many bytes of events the least of them has had, and how often the meter has
// answered. One thread reads for all and looks at nothing: what people and programs do with what they are told is
// no cost of the meter's, and on a computer with two processors it would be measured as one.
func audience(address, token string) {
	var all []unix.PollFd
	for range watching {
		all = append(all, unix.PollFd{Fd: int32(blocking(dial(address, question("/v1/events", address, token)))), Events: unix.POLLIN})
	}
	asked := blocking(dial(address, nil))
	all = append(all, unix.PollFd{Fd: int32(asked), Events: unix.POLLIN}, unix.PollFd{Fd: int32(os.Stdin.Fd()), Events: unix.POLLIN})
	a := attendance{ask: question("/v1/meter", address, token), room: make([]byte, audienceInput)}
	for i := range watching {
		a.read(&all[i], i) // the head of the answer: it is there
	}
	fmt.Println(arrived)
	for next := time.Now(); all[watching+1].Revents == 0; {
		if !time.Now().Before(next) {
			if _, err := syscall.Write(asked, a.ask); err != nil {
				panic(err)
			}
			a.asked++
			next = next.Add(betweenLooks)
		}
		for i := range all {
			all[i].Revents = 0
		}
		if _, err := unix.Poll(all, int(time.Until(next).Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
			panic(err)
		}
		for i := range all[:watching+1] {
			if all[i].Revents != 0 {
				a.read(&all[i], i)
			}
		}
	}
	fmt.Println(a.least(), a.answered, a.asked)
}

// attendance is what an audience has had so far.
type attendance struct {
	ask             []byte
	room            []byte
	had             [watching + 1]int
	asked, answered int
}

func (a *attendance) read(from *unix.PollFd, i int) {
	n, err := syscall.Read(int(from.Fd), a.room)
	if n <= 0 || err != nil {
		panic(fmt.Sprintf("the meter has hung up on %d: %v", i, err))
	}
	a.had[i] += n
	if i == watching {
		a.answered += bytes.Count(a.room[:n], []byte("HTTP/1.1 200 OK\r\n"))
	}
}

func (a *attendance) least() int {
	least := a.had[0]
	for _, n := range a.had[:watching] {
		least = min(least, n)
	}
	return least
}

func question(path, address, token string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: Bearer " + token + endOfHead)
}

func dial(address string, first []byte) net.Conn {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_, err = conn.Write(first)
	}
	if err != nil {
		panic(err)
	}
	return conn
}

// attend lets an audience look at a meter until leave is called. All of it is there when attend returns. That it
// was told and answered is checked at the end: who gets nothing costs nothing.
func attend(b *testing.B, m *served) (leave func()) {
	cmd := exec.Command(os.Args[0], m.ready.HTTP, m.ready.Token)
	cmd.Env = append(os.Environ(), programVariable+"="+audienceProgram)
	cmd.Stderr = os.Stderr
	end, err := cmd.StdinPipe()
	must(b, err)
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != arrived+"\n" {
		b.Fatalf("the audience said %q, %v", line, err)
	}
	return func() {
		must(b, end.Close())
		last, err := io.ReadAll(lines)
		must(b, errors.Join(err, cmd.Wait()))
		var events, answered, asked int
		if _, err := fmt.Sscan(string(last), &events, &answered, &asked); err != nil {
			b.Fatalf("the audience said %q, %v", last, err)
		}
		if events < 1000 || answered < asked-1 {
			b.Errorf("somebody has had %d bytes of events alone, and of %d questions %d were answered", events, asked, answered)
		}
	}
}
