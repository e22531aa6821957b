package bootload

import (
	"testing"
	"time"

	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

func TestASenderForgetsNothingOfItsState(t *testing.T) {
	at := func(v Variant, heard ...string) func() *Sender {
		return func() *Sender {
			s := newSender(time.Minute, v, []byte("a file of some length"))
			for _, h := range heard {
				s.Receive(time.Minute, []byte(h))
			}
			return s
		}
	}
	machinetest.EveryField(t, machinetest.Subject[Sender]{
		Bases: map[string]func() *Sender{
			"waits":         at(Batch),
			"says the name": at(Batch, "C"),
			"sends a block": at(Checksum, "\x15", "\x15", "\x18"),
			"says the end":  at(OneK, "C", "\x06"),
			"has given up":  at(CRC, "C", "\x18\x18"),
		},
		Copy:    func(from, to *Sender) { from.CloneHost(to) },
		Declare: func(s *Sender, w *machine.State) { s.declare(w, s) },
		Now:     func(*Sender) time.Duration { return time.Minute },
		Partly:  map[string]machinetest.Part{"at": {While: "it is not over", Shows: 8}},
		Idle:    map[string]string{"file[]": "all senders of a sweep have one file"},
		Shared:  map[string]string{"file": "it is never written to"},
	})
}
