//go:build !linux || ppc64 || ppc64le

package main

// The relay is the floor of benchmarks that run on Linux alone, as the audience is the load of one.
const (
	relayProgram    = "relay"
	audienceProgram = "audience"
)

func relay(string) {}

func audience(string, string) {}
