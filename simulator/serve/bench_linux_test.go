//go:build linux && !ppc64 && !ppc64le

package serve

import "testing"

// BenchmarkServedPTY is the rate of a served meter as a part of that of a bare echo.
func BenchmarkServedPTY(b *testing.B) {
	for _, x := range exchanges(b) {
		b.Run(x.name, func(b *testing.B) {
			s := serveStation(b, ptyOnly())
			bare, err := openTerminal(testBaud, false)
			if err != nil {
				b.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				echoBare(bare.master, len(x.requests[0]), x.reply)
			}()
			b.Cleanup(func() { <-ended })
			b.Cleanup(func() { bare.Close() })
			compare(b, x, openClient(b, bare.name()), openClient(b, s.PTY()))
		})
	}
}
