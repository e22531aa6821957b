package terminal

import (
	"bytes"
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
		rows := min(24, test.columns)
		if got := SizeOf(slave); got != (Size{test.columns, rows}) || Columns(slave) != test.columns {
			t.Errorf("TERM=%s NO_COLOR=%s: %v, want %d columns", test.term, test.noColour, got, test.columns)
		}
	}
}

func TestWhatIsTypedIsHiddenUntilItIsShownAgain(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	if !Is(slave) || Is(new(bytes.Buffer)) {
		t.Error("what is a terminal is not known")
	}
	show, err := Hide(slave)
	if err != nil {
		t.Fatal(err)
	}
	typed := make([]byte, 16)
	for _, text := range []string{"4711\n", "seen\n"} {
		if _, err := master.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if n, err := slave.Read(typed); err != nil || string(typed[:n]) != text {
			t.Errorf("%q was read (%v)", typed[:n], err)
		}
		show()
	}
	if n, err := master.Read(typed); err != nil || string(typed[:n]) != "seen\r\n" {
		t.Errorf("the terminal shows %q (%v)", typed[:n], err)
	}
}
