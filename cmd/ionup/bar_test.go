package main

import (
	"strings"
	"testing"
	"time"

	"ionbench/client"
)

func TestBarFitsTheTerminal(t *testing.T) {
	c := client.Counts{Transmitted: 209, Confirmed: 207}
	for _, test := range []struct {
		columns int
		want    string
	}{
		{120, " 45% [#############.................] 207/460 blocks, efficiency 99.0%, 38 min 40 s left"},
		{80, " 45% [#########............] 207/460 blocks, efficiency 99.0%, 38 min 40 s left"},
		{60, " 45% 207/460 blocks, efficiency 99.0%, 38 min 40 s left"},
		{10, " 45% 207/"},
		{1, ""},
	} {
		got := barText(test.columns, 207, 460, c, 38*time.Minute+40*time.Second)
		if got != test.want || len(got) >= test.columns {
			t.Errorf("%d columns: %q, want %q", test.columns, got, test.want)
		}
	}
}

func TestBarReckonsTheTimeLeftFromThePaceOfThisPass(t *testing.T) {
	var out strings.Builder
	b := bar{out: &out, columns: func() int { return 120 }}
	b.show(10*time.Second, 1, 11, client.Counts{Transmitted: 1, Confirmed: 1})
	b.show(30*time.Second, 3, 11, client.Counts{Transmitted: 3, Confirmed: 3})
	if got := b.left(30*time.Second, 11); got != 80*time.Second {
		t.Errorf("left %v, want 1m20s", got)
	}
	b.show(60*time.Second, 1, 11, client.Counts{Transmitted: 4, Confirmed: 4}) // begun anew
	if got := b.left(60*time.Second, 11); got >= 0 {
		t.Errorf("left %v, want nothing to be said", got)
	}
	if n := strings.Count(out.String(), "\r"); n != 3 {
		t.Errorf("drawn %d times: %q", n, out.String())
	}
	b.show(60*time.Second+redraw/2, 2, 11, client.Counts{})
	if n := strings.Count(out.String(), "\r"); n != 3 {
		t.Errorf("drawn again too soon: %q", out.String())
	}
	b.clear()
	b.clear()
	if n := strings.Count(out.String(), "\r"); n != 4 {
		t.Errorf("cleared %d times", n-3)
	}
}

func TestDurationsAreSaidAsPeopleSayThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59400 * time.Millisecond: "59 s", 59600 * time.Millisecond: "1 min 00 s", 3599 * time.Second: "59 min 59 s", 70 * time.Minute: "1 h 10 min",
	} {
		if got := duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
