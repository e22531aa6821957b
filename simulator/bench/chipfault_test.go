package bench_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/simulator/fault"
)

// An upgrade of 3 blocks on the small chip: operations 1 to 10 erase, those from 11 on
// program, the record is last but one.
const firstProgram = 11

func TestOperationThatFailsIsReportedAndTheDownloadBeginsAnew(t *testing.T) {
	for plan, status := range map[string]string{
		"program-fails at flash-op 20":                             "",
		"program-fails at flash-op 20..22":                         "",
		"erase-fails at flash-op 4":                                "",
		"flash-lie at flash-op 20":                                 "verify failed",
		"flash-lie at flash-op 20..30":                             "verify failed",
		"flash-lie at flash-op 20; noise at flash-op 20 rate 1e-9": "verify failed",
	} {
		r := try(t, 3, plan)
		if r.Claim != nil || r.Counts.Passes < 2 || len(r.Violations) > 0 || len(r.Unstruck) > 0 {
			t.Errorf("%s: %v after %d passes, %v, %v", plan, r.Claim, r.Counts.Passes, r.Violations, r.Unstruck)
		}
		if n := r.count("verified", status); status != "" && n == 0 {
			t.Errorf("%s: it was never %q", plan, status)
		}
		if r.Meter.BadChip {
			t.Errorf("%s: what is over still counts as a fault of the chip", plan)
		}
	}
}

func TestFailureStrikesTheVeryOperationThatItNames(t *testing.T) {
	for _, n := range []int{firstProgram, firstProgram + 1, 20, 60} {
		r := try(t, 3, fmt.Sprintf("program-fails at flash-op %d", n))
		f := r.faults()
		if len(f) != 1 {
			t.Fatalf("%d: %+v", n, f)
		}
		// The loader gives the block up at its failing operation: the host asks it to clear
		// the flash, and operation n+1 is the first erase.
		watched := try(t, 3, fmt.Sprintf("program-fails at flash-op %d; noise at flash-op %d rate 1e-9", n, n+1))
		g := watched.faults()
		if len(g) != 2 || g[1].state != "erasing" {
			t.Errorf("%d: the operation behind it comes as %+v", n, g)
		}
	}
}

func TestFailureOfTheOtherSortCannotStrike(t *testing.T) {
	for plan, reason := range map[string]string{
		"program-fails at flash-op 3":                                       "operation 3 programs nothing: it erases sector ",
		"stuck-bit at flash-op 3":                                           "operation 3 programs nothing: it erases sector ",
		"erase-fails at flash-op 20":                                        "operation 20 erases nothing: it programs from 0x",
		"program-fails at flash-op 2..4":                                    "operation 4 programs nothing",
		"watchdog-reset at flash-op 20 by 1s; program-fails at flash-op 20": "operation 20 was given up before it began",
	} {
		r := try(t, 3, plan)
		if len(r.Unstruck) != 1 || !strings.HasPrefix(r.Unstruck[0].Reason, reason) || r.count("cannot-strike", reason) == 0 {
			t.Errorf("%s: %q, and the trace tells it %d times", plan, r.Unstruck, r.count("cannot-strike", reason))
		}
		if r.Claim != nil {
			t.Errorf("%s: %v", plan, r.Claim)
		}
	}
	// 9 and 10 erase, 11 fails, and so the next download begins with 12.
	r := try(t, 3, "program-fails at flash-op 9..12")
	if len(r.Unstruck) > 0 || r.count("cannot-strike", "") != 3 || r.count("strikes", "") != 1 {
		t.Errorf("%q, %d misses, %d strikes", r.Unstruck, r.count("cannot-strike", ""), r.count("strikes", ""))
	}
}

// A chip that is bad for good: the upgrade cannot succeed, the tool says so, and with a new
// chip the recovery does.
func TestUpgradeOfABadChipFailsHonestlyAndANewChipHelps(t *testing.T) {
	for plan, claim := range map[string]error{
		"program-fails at start address 0x031000":                             client.ErrTooOften,
		"program-fails at block 2 address 0x031d10; power-loss at 30s for 2s": client.ErrTooOften,
		"erase-fails at start address 0x034000":                               client.ErrTooOften,
		"erase-fails at flash-op 1 address 0x02e000":                          client.ErrTooOften,
		"stuck-bit at start address 0x030003 mask 0xff":                       client.ErrTooOften,
		"stuck-bit at flash-op 20 mask 0xff":                                  client.ErrTooOften,
		"program-fails every 1 flash-op":                                      client.ErrTooOften,
		"flash-lie every 2 flash-ops":                                         client.ErrTooOften,
	} {
		r := smallRig(t)
		a := upgrade(t, r, 3, plan)
		o, err := r.Try(a)
		if err != nil {
			t.Fatal(err)
		}
		if !errors.Is(o.Claim, claim) || len(o.Violations) > 0 || len(o.Unstruck) > 0 {
			t.Errorf("%s: %v, %v, %v", plan, o.Claim, o.Violations, o.Unstruck)
			continue
		}
		if !o.Meter.State.Loader() {
			t.Errorf("%s: it is %v", plan, o.Meter.State)
		}
		if o, err = r.Recover(a); err != nil || !o.Upgraded() || len(o.Violations) > 0 || o.Meter.BadChip {
			t.Errorf("%s: the recovery: %v, %v, %v", plan, err, o.Claim, o.Violations)
		}
	}
}

func TestCellThatReadsDifferentlyIsFoundOutByTheLoaderNowAndThen(t *testing.T) {
	anew, failed := 0, 0
	for seed := range 40 {
		r := smallRig(t)
		a := upgrade(t, r, 3, fmt.Sprintf("read-changes at start address 0x030100 seed %d", seed))
		o, err := r.Try(a)
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Violations) > 0 || !o.Meter.BadChip {
			t.Errorf("seed %d: %v, %v, bad chip %v", seed, o.Claim, o.Violations, o.Meter.BadChip)
		}
		if o.Counts.Passes > 1 {
			anew++
		}
		if o.Claim == nil {
			continue
		}
		failed++
		if o, err = r.Recover(a); err != nil || !o.Upgraded() || len(o.Violations) > 0 {
			t.Errorf("seed %d: the recovery: %v, %v, %v", seed, err, o.Claim, o.Violations)
		}
	}
	if anew == 0 || failed == 0 || failed == 40 {
		t.Errorf("%d upgrades of 40 began anew, %d failed", anew, failed)
	}
}

func TestCellThatReadsDifferentlyForAWhileReadsWellAfterwards(t *testing.T) {
	for _, plan := range []string{"read-changes at block 2 for 1s address 0x030100", "read-changes at block 2..3 address 0x030100"} {
		r := try(t, 4, plan)
		if r.Claim != nil || r.Meter.BadChip || len(r.faults()) != 2 {
			t.Errorf("%s: %v, bad chip %v, %+v", plan, r.Claim, r.Meter.BadChip, r.faults())
		}
	}
}

func TestStuckBitOfAnOperationIsInTheFirstByteThatItPrograms(t *testing.T) {
	r := try(t, 3, "stuck-bit at flash-op 12 mask 0x81")
	var held [2]byte
	r.r.Meter().Chip().Cells().Read(0x030000+256, held[:])
	if held[0]&0x81 != 0 || held[1] == 0 || !r.Meter.BadChip {
		t.Errorf("the bytes hold % x", held)
	}
}

func TestChipThatWearsOutUnderARunningApplicationMakesNoLieOfItsSuccess(t *testing.T) {
	for _, plan := range []string{"stuck-bit at state application address 0x030000 mask 0xff", "stuck-bit at state application address 0x02e000 mask 0xff"} {
		r := smallRig(t)
		a := upgrade(t, r, 3, plan)
		o, err := r.Try(a)
		if err != nil {
			t.Fatal(err)
		}
		if o.Claim != nil || len(o.Violations) > 0 || o.Meter.Image || o.Meter.Running != "7350V283" {
			t.Errorf("%s: %v, %v, image %v, running %q", plan, o.Claim, o.Violations, o.Meter.Image, o.Meter.Running)
		}
		r.PowerCycle(0)
		if o, err = r.Recover(a); err != nil || !o.Upgraded() || len(o.Violations) > 0 {
			t.Errorf("%s: the recovery: %v, %v, %v", plan, err, o.Claim, o.Violations)
		}
	}
}

func TestHealReplacesOnlyAChipThatAPlanHasHarmed(t *testing.T) {
	byHand := smallRig(t)
	byHand.Meter().Chip().StickBit(0x030000, 0, false)
	if _, err := byHand.Try(upgrade(t, byHand, 2, "reply-lost at block 1; program-fails at flash-op 90000")); err != nil {
		t.Fatal(err)
	}
	if byHand.Heal(); !byHand.Meter().Chip().Faulty() {
		t.Error("a chip that was harmed by hand is healed by the end of a plan")
	}
	if _, err := byHand.Try(upgrade(t, byHand, 2, "flash-lie at flash-op 1")); err != nil {
		t.Fatal(err)
	}
	if byHand.Heal(); byHand.Meter().Chip().Faulty() {
		t.Error("the chip was replaced, and is not well")
	}
}

func TestPlanWithAnAddressThatTheMeterNeverProgramsIsRefused(t *testing.T) {
	s := smallRig(t).Bench().Station()
	for _, address := range []string{"1", "0x02dfff", "0x042000", "0xffffffff"} {
		p := plan(t, "read-changes address "+address)
		if err := s.SetPlan(p); err == nil || !strings.Contains(err.Error(), "0x02e000") {
			t.Errorf("%s: %v", address, err)
		}
		if err := s.AddPlan(p); err == nil {
			t.Errorf("%s is added", address)
		}
	}
	for _, address := range []string{"0x02e000", "0x041fff"} {
		if err := s.SetPlan(plan(t, "stuck-bit address "+address)); err != nil {
			t.Error(err)
		}
	}
}

// Whether a plan has harmed the chip decides what Heal does, and so is part of the state
// while the harm is there.
func TestHarmByPlanAndByHandAreTwoStates(t *testing.T) {
	byPlan, byHand := begin(t, 2, "stuck-bit at block 1 address 0x030000; noise at block 1 rate 1e-9"), begin(t, 2, "noise at block 1 rate 1e-9")
	byHand.Meter().Chip().StickBit(0x030000, 0, false)
	for _, b := range []interface{ Step() bool }{byPlan, byHand} {
		for range 400 {
			b.Step()
		}
	}
	if err := byPlan.Bench().Station().SetPlan(fault.Plan{}); err != nil {
		t.Fatal(err)
	}
	if err := byHand.Bench().Station().SetPlan(fault.Plan{}); err != nil {
		t.Fatal(err)
	}
	if byPlan.Bench().Fingerprint() == byHand.Bench().Fingerprint() {
		t.Error("one fingerprint, and Heal would do two things")
	}
}

// A miss belongs to the run in which it came: a host that begins meets the plan anew.
func TestMissIsForgottenWhenAnotherHostBegins(t *testing.T) {
	r := try(t, 2, "erase-fails at flash-op 40")
	s := r.r.Bench().Station()
	if u := s.Unstruck(); len(u) != 1 || !strings.Contains(u[0].Reason, "erases nothing") {
		t.Fatalf("%v", u)
	}
	s.Begin(r.r.Now())
	if u := s.Unstruck(); len(u) != 1 || !strings.Contains(u[0].Reason, "the chip came as far as operation 0") {
		t.Errorf("%q", u)
	}
}

// An application that runs on although its image is gone would be none that a loader starts.
func TestMeterIsSwitchedOffWhileItsChipIsReplaced(t *testing.T) {
	r := smallRig(t)
	a := upgrade(t, r, 3, "abort at start; stuck-bit at start address 0x030000 mask 0xff")
	if _, err := r.Try(a); err != nil {
		t.Fatal(err)
	}
	if r.Meter().Running() == "" {
		t.Fatal("the application stopped by itself")
	}
	o, err := r.Recover(a)
	found := slices.Contains(o.Prompts, client.RecoverUpgrade)
	if err != nil || !found || !o.Upgraded() || len(o.Violations) > 0 {
		t.Errorf("%v, found in download state: %v, %v, %v", err, found, o.Claim, o.Violations)
	}
}

func TestOperationThatAFaultBefallsIsWaitedForUntilItIsOver(t *testing.T) {
	const n = 20
	r := begin(t, 3, fmt.Sprintf("program-fails at flash-op %d", n))
	s := r.Bench().Station()
	struck := func() bool { return len(s.Unstruck()) == 0 }
	for !struck() && r.Step() {
	}
	if !struck() || s.Meter().Chip().Ops() != n-1 || !s.Waiting() {
		t.Fatalf("struck %v after %d operations, waiting %v", struck(), s.Meter().Chip().Ops(), s.Waiting())
	}
	for s.Meter().Chip().Ops() < n && r.Step() {
	}
	if s.Waiting() {
		t.Error("the operation is over, and its fault is waited for")
	}
}

func TestFaultThatMissedItsOnlyMomentIsNotWaitedFor(t *testing.T) {
	r := begin(t, 3, "erase-fails at flash-op 20")
	s := r.Bench().Station()
	for s.Meter().Chip().Ops() < 20 && r.Step() {
		if s.Meter().Chip().Ops() < 19 && !s.Waiting() {
			t.Fatalf("not waited for after %d operations", s.Meter().Chip().Ops())
		}
	}
	if s.Waiting() || len(s.Unstruck()) != 1 {
		t.Errorf("waiting %v, unstruck %q", s.Waiting(), s.Unstruck())
	}
}
