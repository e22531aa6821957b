package client

import (
	"ionbench/client/upg"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// Declare lets the test of what is declared walk over an upgrader.
func (u *Upgrader) Declare(w *machine.State, spent *Upgrader) { u.declare(w, spent) }

// Firmware is the file that is to be sent, if one was read.
func (u *Upgrader) Firmware() *upg.File { return u.firmware }

// KeepAnother puts another journal in the place of what is kept, if anything is.
func (u *Upgrader) KeepAnother() {
	if k := u.kept; k != nil {
		u.kept = k.Rest(1, ion.Marks{Reset: ion.AllSettings}, ion.Marks{})
	}
}

// Bugs are all that Config.Planted can name.
func Bugs() map[string]func(*Upgrader) { return bugs() }

// Disturb changes something in the session's upgrader.
func (s *Session) Disturb() { s.upgrader.offered++ }
