package rig_test

import (
	"fmt"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// storm draws plans from one seeded stream: the same seed, the same plans.
type storm struct{ fault.Stream }

func (s *storm) below(n int) int { return int(s.Uint64() % uint64(n)) }

func (s *storm) oneOf(words ...string) string { return words[s.below(len(words))] }

func (s *storm) trigger() string {
	switch s.below(9) {
	case 0:
		return fmt.Sprintf("block %d", 1+s.below(6))
	case 1:
		return fmt.Sprintf("frame %d", 1+s.below(700))
	case 2:
		return fmt.Sprintf("flash-op %d", 1+s.below(220))
	case 3:
		return fmt.Sprintf("%d%%", 1+s.below(99))
	case 4:
		return fmt.Sprintf("%ds", 1+s.below(140))
	case 5:
		return "state " + s.oneOf("application", "download", "erasing", "receiving", "programming", "verifying", "booting")
	case 6:
		return fmt.Sprintf("no-response %d", 1+s.below(5))
	case 7:
		return fmt.Sprintf("byte %d %s", 1+s.below(48_000), s.oneOf("to-meter", "from-meter"))
	default:
		return "start"
	}
}

func (s *storm) duration() string {
	switch s.below(3) {
	case 0:
		return fmt.Sprintf(" for %ds", 1+s.below(60))
	case 1:
		return fmt.Sprintf(" for %d no-responses", 1+s.below(12))
	default:
		return ""
	}
}

// fault draws one fault that makes sense.
func (s *storm) fault() fault.Fault {
	const draws = 100
	for range draws {
		k := s.oneOf("cable-pull", "power-loss", "meter-reset", "meter-silent", "abort", "kill", "noise", "slow-line", "byte-drop",
			"byte-flip", "byte-insert", "byte-dup", "frame-lost", "frame-dup", "reply-lost", "reply-late", "reply-dup",
			"cable-flap", "echo", "wrong-baud", "line-break", "sliced", "reply-swap", "reply-stranger", "reply-nak", "reply-busy", "reply-status",
			"ip-reset", "ip-half-open", "ip-stall")
		text := k + " at " + s.trigger()
		switch k {
		case "cable-pull", "power-loss", "meter-silent", "echo", "line-break", "ip-half-open", "ip-stall":
			text += s.duration()
		case "cable-flap":
			text += s.duration() + fmt.Sprintf(" by %dms", 1+s.below(15_000))
		case "wrong-baud":
			text += s.duration() + " baud " + s.oneOf("1200", "4800", "9600", "19200")
		case "sliced":
			text += s.duration() + fmt.Sprintf(" by %dms length %d", 1+s.below(9), 20+s.below(100))
		case "reply-status":
			text += " status " + s.oneOf("ok", "busy", "bad-sequence", "not-cleared", "out-of-range", "program-failed", "erase-failed",
				"verify-failed", "wrong-product", "refused")
		case "noise":
			text += s.duration() + fmt.Sprintf(" rate %de-5 seed %d", 1+s.below(200), s.below(100))
		case "slow-line":
			text += s.duration() + " by 5ms"
		case "reply-late":
			text += fmt.Sprintf(" by %ds", 1+s.below(40))
		}
		if p, err := fault.Parse(text); err == nil {
			return p[0]
		}
	}
	panic("storm: no fault that makes sense")
}

func (s *storm) plan() fault.Plan {
	p := fault.Plan{s.fault()}
	for s.below(2) == 0 && len(p) < 8 {
		p = append(p, s.fault())
	}
	return p
}

// Plans of up to eight faults strike an upgrade, one more strikes its recovery, and then
// the article's recovery must lead out of whatever is left.
func TestStormsOfFaultsBreakNoInvariant(t *testing.T) {
	calm, err := rig.New(rig.Setup{NoTrace: true, ImageBytes: 8 << 10})
	if err != nil {
		t.Fatal(err)
	}
	file := calm.UPG(5*ion.BlockBytes + 100)
	const storms = 2000
	for seed := range uint64(storms) {
		s := storm{fault.NewStream(seed, "storm")}
		a := rig.Attempt{
			Task:         client.TaskUpgrade,
			SingleDevice: true,
			Journal:      s.below(2) == 0,
			Person:       rig.Person{Firmware: file, Paste: ion.AllGroups, Connections: 1, Assistant: []client.Choice{client.Upgrade}},
			Plan:         s.plan(),
		}
		if s.below(2) == 0 {
			a.Task = client.TaskConnect
		}
		if broken := weather(t, calm.Clone(), a, s.fault()); len(broken) > 0 {
			t.Errorf("seed %d, journal %v, task %d:\n%v\n%s", seed, a.Journal, a.Task, a.Plan, strings.Join(broken, "\n"))
		}
	}
}

// weather runs the attempt, a recovery that is struck by one more fault, and a recovery
// in peace, and says what broke.
func weather(t *testing.T, r *rig.Rig, a rig.Attempt, again fault.Fault) (broken []string) {
	t.Helper()
	o, err := r.Try(a)
	if err != nil {
		t.Fatal(err)
	}
	broken = append(broken, o.Broken...)
	if o.Claim == nil && !o.Killed && o.Meter.Image {
		return broken
	}
	r.Heal()
	b := rig.Recovery(a)
	b.Plan = fault.Plan{again}
	if o, err = r.Try(b); err != nil {
		t.Fatal(err)
	}
	for _, what := range o.Broken {
		broken = append(broken, fmt.Sprintf("in a recovery with %v: %s", again, what))
	}
	if o, err = r.Recover(a); err != nil {
		t.Fatal(err)
	}
	for _, what := range o.Broken {
		broken = append(broken, fmt.Sprintf("in the recovery after %v: %s", again, what))
	}
	return broken
}
