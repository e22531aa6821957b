package main

import (
	"os"
	"os/user"
)

// whoami names the user and the computer, for those who find what this process leaves. What
// cannot be found out is a question mark.
func whoami() string {
	name, computer := "?", "?"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		computer = h
	}
	return name + "@" + computer
}
