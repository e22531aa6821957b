//go:build !linux || ppc64 || ppc64le

package main

// The relay is the floor of benchmarks that run on Linux alone.
const relayProgram = "relay"

func relay(string) {}
