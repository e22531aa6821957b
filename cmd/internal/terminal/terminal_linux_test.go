package terminal

import (
	"testing"

	"github.com/creack/pty"
)

func TestATerminalMayBeDumbOrWantNoColour(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 132}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		term, noColour string
		columns        int
	}{{"xterm", "", 132}, {"dumb", "", 0}, {"xterm", "1", 0}, {"", "", 132}} {
		t.Setenv("TERM", test.term)
		t.Setenv("NO_COLOR", test.noColour)
		if n := Columns(slave); n != test.columns {
			t.Errorf("TERM=%s NO_COLOR=%s: %d columns, want %d", test.term, test.noColour, n, test.columns)
		}
	}
}
