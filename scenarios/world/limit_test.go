package world_test

import (
	"testing"
	"time"
)

func limitOf(t *testing.T, text string) time.Duration {
	t.Helper()
	w := mustParse(t, text).Filled()
	return w.LimitOf(&w.Attempts[0])
}

func TestAnAttemptHasTheTimeThatTheRetryRuleGives(t *testing.T) {
	if got := limitOf(t, "[attempt]\ntask = upgrade\nlimit = 30s\n"); got != 30*time.Second {
		t.Errorf("a limit of its own is %v", got)
	}
	usual := limitOf(t, "")
	if usual < 6*time.Hour || usual > 24*time.Hour {
		t.Errorf("eight blocks at 9600 baud have %v", usual)
	}
	for _, more := range []string{
		"[meter]\nbaud = 4800\n",
		"[meter]\nprogram-time = 307.2ms\n",
		"[firmware]\nblocks = 9\n",
		"[attempt]\ntask = upgrade\nbaud = 1200\n",
		"[attempt]\ntask = upgrade\ntimeout = 11s\n",
		"[attempt]\ntask = upgrade\nturnaround = 200ms\n",
	} {
		if got := limitOf(t, more); got <= usual {
			t.Errorf("%v is no more than %v, with\n%s", got, usual, more)
		}
	}
	for _, less := range []string{"[meter]\nbaud = 19200\n", "[firmware]\nblocks = 7\n", "[firmware]\nbytes = 1\n", "[attempt]\ntask = upgrade\ntimeout = 1ms\n"} {
		if got := limitOf(t, less); got >= usual {
			t.Errorf("%v is no less than %v, with\n%s", got, usual, less)
		}
	}
	// The longest that a world can say is still a time.
	longest := limitOf(t, "[meter]\nbaud = 1200\nprogram-time = 1h\n[firmware]\nbytes = 4194304\n[attempt]\ntask = upgrade\ntimeout = 1h\nturnaround = 1m\n")
	if longest < 10_000*time.Hour {
		t.Errorf("the longest is %v", longest)
	}
}
