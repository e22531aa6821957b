package scenarios_test

import (
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ionbench/scenarios"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/bubble"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// opened is a bench whose upgrade is of a few blocks.
func opened(t *testing.T) *scenarios.Bench {
	t.Helper()
	b, err := scenarios.New(world.World{Firmware: []world.Firmware{{Blocks: 9}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rules are those that an error tells of.
func rules(t *testing.T, err error) (list []verdict.Rule) {
	t.Helper()
	var f *scenarios.Failure
	if err != nil && !errors.As(err, &f) {
		t.Fatalf("no failure: %v", err)
	}
	if f != nil {
		for _, v := range f.Broken {
			list = append(list, v.Rule)
		}
	}
	return list
}

func TestAnUpgradeThatNothingDisturbsSucceeds(t *testing.T) {
	o, err := opened(t).Try(scenarios.Attempt{})
	if err != nil || !o.Upgraded || o.Claim != nil || len(o.Log) == 0 {
		t.Errorf("%v, error %v", o, err)
	}
}

func TestAFailureThatAPlanGaveReasonToIsNoneOfTheAttempt(t *testing.T) {
	b := opened(t)
	o, err := b.Try(scenarios.Attempt{Plan: "cable-pull at block 4"})
	if err != nil || o.Claim == nil || o.Upgraded {
		t.Errorf("%v, error %v", o, err)
	}
	if o, err = b.Try(scenarios.Attempt{Recovery: true}); err != nil || !o.Upgraded || !o.Recovery {
		t.Errorf("the recovery: %v, error %v", o, err)
	}
}

func TestWhatIsAFailureUnlessItIsSaidOtherwise(t *testing.T) {
	fails := func(net.Conn) error { return errors.New("no idea how") }
	lies := func(net.Conn) error { return nil }
	for name, test := range map[string]struct {
		attempt scenarios.Attempt
		rules   []verdict.Rule
	}{
		"a fault that never struck":              {scenarios.Attempt{Plan: "reply-lost at block 5000"}, []verdict.Rule{verdict.Unstruck}},
		"one that need not":                      {scenarios.Attempt{Plan: "reply-lost at block 5000", Allow: []verdict.Rule{verdict.Unstruck}}, nil},
		"an upgrade that must succeed":           {scenarios.Attempt{Plan: "cable-pull at block 4", MustSucceed: true}, []verdict.Rule{verdict.Expected}},
		"a failure without a reason":             {scenarios.Attempt{By: scenarios.Blocking(t, fails)}, []verdict.Rule{verdict.Expected}},
		"a failure where the file is wrong":      {scenarios.Attempt{By: scenarios.Blocking(t, fails), Forbidden: "the file is for a 7330"}, nil},
		"a success that is none":                 {scenarios.Attempt{By: scenarios.Blocking(t, lies)}, []verdict.Rule{verdict.I2}},
		"a success where the file is wrong":      {scenarios.Attempt{By: scenarios.Blocking(t, lies), Forbidden: "the file is for a 7330"}, []verdict.Rule{verdict.I2, verdict.I2}},
		"a fault that a function never let come": {scenarios.Attempt{By: scenarios.Blocking(t, fails), Plan: "reply-lost at block 4"}, []verdict.Rule{verdict.Unstruck}},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := opened(t).Try(test.attempt)
			if got := rules(t, err); o == nil || !slices.Equal(got, test.rules) {
				t.Errorf("it breaks %v, want %v: %v", got, test.rules, err)
			}
		})
	}
}

func TestAToolThatWasKilledClaimsNothing(t *testing.T) {
	b := opened(t)
	o, err := b.Try(scenarios.Attempt{Plan: "kill at block 4"})
	var f *scenarios.Failure
	if !errors.As(err, &f) || !f.Killed || !o.Killed || !strings.Contains(err.Error(), "AllowKill") {
		t.Errorf("%v, error %v", o, err)
	}
	if _, err := opened(t).Try(scenarios.Attempt{Plan: "kill at block 4", AllowKill: true}); err != nil {
		t.Error(err)
	}
}

func TestAFailureTellsWhatWasTriedAndWhatCameOfIt(t *testing.T) {
	_, err := opened(t).Try(scenarios.Attempt{By: scenarios.Blocking(t, func(net.Conn) error { return nil }), Plan: "cable-pull"})
	for _, want := range []string{"attempt 1", `"cable-pull at start"`, "I2: success is claimed", "the upgrader says: success", `revision "7350V282"`, "events"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in:\n%v", want, err)
		}
	}
}

func TestAFunctionThatDoesNotEndIsOnesThatBreaksI5(t *testing.T) {
	waits := scenarios.Blocking(t, func(conn net.Conn) error {
		_, err := conn.Read(make([]byte, 1))
		return err
	})
	waits.Limit = time.Hour
	b := opened(t)
	o, err := b.Try(scenarios.Attempt{By: waits, Plan: "cable-pull"})
	if got := rules(t, err); !slices.Equal(got, []verdict.Rule{verdict.I5}) || o.Cost.Time < time.Hour || !errors.Is(o.Claim, net.ErrClosed) {
		t.Errorf("%v after %v: %v", got, o.Cost.Time, err)
	}
	again := scenarios.Dialing(t, func(dial scenarios.Dial) error {
		time.Sleep(2 * time.Hour)
		_, err := dial()
		return err
	})
	again.Limit = time.Hour
	if _, err := b.Try(scenarios.Attempt{By: again, Recovery: true}); !slices.Contains(rules(t, err), verdict.I5) {
		t.Errorf("one that connects after its time: %v", err)
	}
}

func TestAFunctionThatCrashesIsJudgedAndTheBenchGoesOn(t *testing.T) {
	b := opened(t)
	for name, crashes := range map[string]func(net.Conn) error{
		"a panic":                    func(net.Conn) error { panic("of its own") },
		"a goroutine that it leaves": func(net.Conn) error { go time.Sleep(time.Hour); return nil },
	} {
		o, err := b.Try(scenarios.Attempt{By: scenarios.Blocking(t, crashes), Plan: "cable-pull"})
		if got := rules(t, err); !slices.Contains(got, verdict.Crashed) || o.Claim == nil {
			t.Errorf("%s: %v, error %v", name, o, err)
		}
	}
	if o, err := b.Try(scenarios.Attempt{Recovery: true}); err != nil || !o.Upgraded {
		t.Errorf("%v, error %v", o, err)
	}
}

func TestAFunctionThatIsStuckMakesItsBenchUseless(t *testing.T) {
	b := opened(t)
	stuck := scenarios.Blocking(t, func(net.Conn) error { <-make(chan int); return nil })
	if o, err := b.Try(scenarios.Attempt{By: stuck}); o != nil || !errors.Is(err, bubble.ErrBlocked) {
		t.Errorf("%v, error %v", o, err)
	}
	if o, err := b.Try(scenarios.Attempt{}); o != nil || !errors.Is(err, bubble.ErrBlocked) || !strings.Contains(err.Error(), "make another bench") {
		t.Errorf("%v, error %v", o, err)
	}
}

func TestAFunctionMayConnectAnewAfterItsConnectionWasReset(t *testing.T) {
	var first, second error
	dials := scenarios.Dialing(t, func(dial scenarios.Dial) error {
		conn, err := dial()
		if err != nil {
			return err
		}
		_, first = conn.Read(make([]byte, 1))
		conn, second = dial()
		return errors.Join(errors.New("this is all it can"), conn.Close())
	})
	if _, err := opened(t).Try(scenarios.Attempt{By: dials, Plan: "ip-reset at 3s"}); err != nil {
		t.Error(err)
	}
	if !errors.Is(first, syscall.ECONNRESET) || second != nil {
		t.Errorf("errors %v, %v", first, second)
	}
}

func TestWhatOneUpgraderLeavesBehindTheOtherFinds(t *testing.T) {
	b := opened(t)
	if _, err := b.Try(scenarios.Attempt{Plan: "power-loss at flash-op 30 torn"}); err != nil {
		t.Fatal(err)
	}
	var found meter.State
	looks := scenarios.Blocking(t, func(net.Conn) error { return errors.New("it only looks") })
	o, err := b.Try(scenarios.Attempt{By: looks, Plan: "noise for 1s rate 1e-3"})
	if err != nil {
		t.Fatal(err)
	}
	if found = o.Meter.State; found != meter.Off {
		t.Errorf("the meter is %v, and its power is gone", found)
	}
	if o, err = b.Try(scenarios.Attempt{By: looks, Recovery: true}); !slices.Equal(rules(t, err), []verdict.Rule{verdict.I4}) || !o.Meter.State.Loader() {
		t.Errorf("the meter is %v; %v", o.Meter.State, err)
	}
	if o, err = b.Try(scenarios.Attempt{Recovery: true}); err != nil || !o.Upgraded {
		t.Errorf("%v, error %v", o, err)
	}
}

func TestWhatCannotBeTriedIsRefused(t *testing.T) {
	function := scenarios.Blocking(t, func(net.Conn) error { return nil })
	for says, a := range map[string]scenarios.Attempt{
		"did you mean":        {Plan: "cable-pul"},
		"a recovery comes":    {Recovery: true},
		"the PC of an upgrad": {By: function, Plan: "abort at block 4"},
		"not by Forbidden":    {Forbidden: "the password is wrong"},
	} {
		b := opened(t)
		o, err := b.Try(a)
		var f *scenarios.Failure
		if o != nil || err == nil || errors.As(err, &f) || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, error %v", a, o, err)
		}
		if _, err := b.Try(scenarios.Attempt{}); err != nil {
			t.Errorf("and then: %v", err)
		}
	}
	for says, w := range map[string]world.World{
		"leave one": {Attempts: make([]world.Attempt, 2)},
		"unit-id":   {Meters: []world.Meter{{UnitID: 10_000}}},
		"take that": {Attempts: []world.Attempt{{Before: []world.Action{{Kind: world.Heal}}}}},
	} {
		if b, err := scenarios.New(w); b != nil || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
	}
}

func TestTheArtifactsOfABenchRepeatWhatHappened(t *testing.T) {
	b := opened(t)
	for _, a := range []scenarios.Attempt{{Plan: "power-loss at block 4 for 5s; byte-drop at byte 900 to-meter"}, {Recovery: true}} {
		if _, err := b.Try(a); err != nil {
			t.Fatal(err)
		}
	}
	left := b.Artifacts()
	c, err := cases.Parse([]byte(left.Case))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, left.Case)
	}
	r, err := c.Run()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Trace, b.Trace()) {
		t.Errorf("the case has %d events, the bench %d", len(r.Trace), len(b.Trace()))
	}
	if !strings.Contains(left.Plan, "power-loss at block 4 for 5s\n") || strings.Count(left.Trace, "\n") != len(b.Trace()) || !strings.Contains(left.Log, "# attempt 2\n") {
		t.Errorf("plan:\n%s\nlog:\n%s", left.Plan, left.Log)
	}
}

// The frames are in the story of an upgrader that is a function, and in nothing that a person reads line by line.
func TestTheStoryOfAnUpgraderOfOnesOwnHasItsFrames(t *testing.T) {
	b := opened(t)
	asks := scenarios.Blocking(t, func(conn net.Conn) error {
		who := ion.DownloadRequest{Op: ion.OpIdentify}
		question := ion.Outgoing{Message: ion.AppendDownloadRequest(ion.AppendPacketHeader(nil, ion.Packet{
			MessageID: 1, Request: true, HasCredential: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(b.Meter().UnitID),
			Credential: ion.NumericCredential(0, 0), Service: 1, Type: ion.TypeDownload,
		}, ion.DownloadRequestBytes(&who)), &who)}
		question.Begin(ion.HostAddress, b.Meter().UnitID, false)
		_, err := conn.Write(question.AppendFrame(nil))
		_, unanswered := io.ReadAtLeast(conn, make([]byte, 512), 100)
		return errors.Join(err, unanswered, errors.New("it only asks"))
	})
	asks.Limit = time.Minute
	o, err := b.Try(scenarios.Attempt{By: asks, Plan: "reply-lost", Allow: []verdict.Rule{verdict.I5}})
	if o == nil {
		t.Fatal(err)
	}
	told := b.Artifacts()
	story := unpacked(t, told.Story)
	for _, want := range []string{`"event":"message"`, `"title":"identify"`, `"event":"frame"`, `"fate":"came"`, `"event":"led"`} {
		if !strings.Contains(story, want) {
			t.Errorf("the story has no %s", want)
		}
	}
	for _, e := range slices.Concat(b.Trace(), o.Trace) {
		if e.OfWire() {
			t.Errorf("the trace for people has %v", e)
		}
	}
	if n := strings.Count(told.Trace, "\n"); n != len(b.Trace()) {
		t.Errorf("it has %d lines for %d events", n, len(b.Trace()))
	}
}

// unpacked is the story that a page carries, without the bytes of its frames.
func unpacked(t *testing.T, shown string) string {
	t.Helper()
	_, text, _ := strings.Cut(shown, `id="story">`)
	text, _, _ = strings.Cut(text, "<")
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	story, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(story)
}

func TestTheStoryOfAnUpgraderOfOnesOwnSaysWhatWasTriedAndHowItEnded(t *testing.T) {
	b := opened(t)
	fails := func(net.Conn) error { return errors.New("no idea how") }
	if _, err := b.Try(scenarios.Attempt{By: scenarios.Blocking(t, fails), Plan: "reply-lost at 1h", Allow: []verdict.Rule{verdict.Unstruck, verdict.Expected}}); err != nil {
		t.Fatal(err)
	}
	shown := b.Artifacts().Story
	for _, want := range []string{"<dt>plan</dt><dd>reply-lost at 1h</dd>", "<dt>outcome</dt><dd>no idea how</dd>", "<dt>broken</dt><dd>attempt 1: "} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}
