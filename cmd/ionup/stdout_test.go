package main

import (
	"strings"
	"syscall"
	"testing"

	"ionbench/cmd/internal/cli"
)

// full is a disk with room for so many bytes of standard output.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// An upgrade goes on, and says that not all was told. What only asks has failed without its answer.
func TestStandardOutputThatIsFullIsSaid(t *testing.T) {
	t.Parallel()
	lost := syscall.ENOSPC.Error()
	for _, c := range []struct {
		command string
		code    cli.Status
		says    string
	}{
		{"upgrade", cli.Done, "ionup: warning: it has succeeded, and not all of that was told: standard output: " + lost + "\n"},
		{"upgrade --json", cli.Done, "ionup: warning: it has succeeded, and not all of that was told: standard output: " + lost + "\n"},
		{"settings set owner=A --json", cli.Done, "ionup: warning: it has succeeded, "},
		{"identify", cli.Failed, "ionup: error: standard output: " + lost + "\n"},
		{"identify --json", cli.Failed, "ionup: error: standard output: " + lost + "\n"},
		{"settings get", cli.Failed, "ionup: error: standard output: " + lost + "\n"},
		{"settings get --json", cli.Failed, "ionup: error: standard output: " + lost + "\n"},
	} {
		b := newBed(t, "")
		args := b.line(strings.Fields(c.command)...)
		if strings.HasPrefix(c.command, "upgrade") {
			args = append(args, "--journal", b.path("journal"), "--log", b.path("Upgrade.log"), b.upg(2))
		}
		r := invocation{stdout: &full{}}.run(t, args...).wantCode(c.code)
		if r.wantSays(c.says); c.code == cli.Done && b.revision() == "" {
			t.Error("the meter runs nothing")
		}
	}
}
