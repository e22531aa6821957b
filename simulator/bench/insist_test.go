package bench_test

import (
	"testing"
	"time"

	"ionbench/simulator/ion"
)

// A host that has asked as often as its rule has it, without an answer, cannot know. One that
// asks on although it was answered can.
func TestWhatWasAnsweredIsNotInsistedOn(t *testing.T) {
	for plan, want := range map[string]int{
		"":                                    0, // each is answered
		"reply-lost at reply 1..12":           12,
		"reply-lost at reply 1..5":            0, // the sixth answer came
		"frame-lost to-meter at frame 1..12":  12,
		"noise from-meter rate 1":             12, // what comes is no answer
		"byte-flip from-meter every 80 bytes": 12,
		"reply-stranger at reply 1..12":       12, // what comes is the answer to another request
		"reply-nak at reply 1..12":            12,
		"reply-late at reply 1..12 by 2h":     12,
		"reply-busy at reply 1..12":           0, // identify has no status: they are answers
		"reply-dup at reply 1":                0,
		"sliced from-meter by 30ms":           0, // in pieces, but whole
		"cable-pull from-meter":               12,
		"ip-half-open":                        12,
	} {
		b := newBare(t, plan)
		for range 12 {
			b.ask(1)
		}
		if got := b.s.SentLast(); got != want {
			t.Errorf("%q: the last request was sent %d times without an answer, want %d", plan, got, want)
		}
	}
}

func TestAnAnswerOfSeveralFramesHasArrivedWithItsLastOne(t *testing.T) {
	b := newBare(t, "")
	first, n, err := ion.ParseFrame(readOwners(t, b, 1, 20))
	if err != nil || first.Left() != 1 || b.s.SentLast() != 1 {
		t.Fatalf("after the first of %d frames (%d bytes, %v) it is sent %d times", first.Left()+1, n, err, b.s.SentLast())
	}
	b.s.Receive(b.now, ion.AppendFrame(nil, ion.Ack(first)))
	if b.hear(time.Minute); b.s.SentLast() != 0 {
		t.Errorf("after the last frame it is sent %d times", b.s.SentLast())
	}
}

func TestAnAnswerToAnotherRequestIsNone(t *testing.T) {
	b := newBare(t, "reply-late at reply 1 by 5s")
	b.askFor(1, time.Second)
	b.askFor(2, time.Second)
	if b.s.SentLast() != 0 {
		t.Error("the second request was answered")
	}
	b.s.Heal(b.now)
	b = newBare(t, "reply-late at reply 1 by 5s; reply-lost at reply 2")
	b.askFor(1, time.Second)
	b.askFor(2, time.Minute)
	if got := b.s.SentLast(); got != 1 {
		t.Errorf("the late answer to the first counts for the second: %d", got)
	}
}

func TestAnAnswerOfAnotherUnitIsNone(t *testing.T) {
	b := newBare(t, "reply-lost at reply 1; babble at start by 50ms unit 77") // its third frame has the id 3
	b.askFor(3, time.Minute)
	if got := b.s.SentLast(); got != 1 {
		t.Errorf("the request was sent %d times without an answer", got)
	}
}

func TestWhatAHostLosesIsNoAnswer(t *testing.T) {
	b := newBare(t, "")
	b.send(1)
	b.s.Advance(b.now + time.Minute)
	b.s.Lose()
	if got, n := b.s.Transmit(nil), b.s.SentLast(); len(got) > 0 || n != 1 {
		t.Errorf("%d bytes are left, and the request was sent %d times", len(got), n)
	}
}
