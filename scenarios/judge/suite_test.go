package judge

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// Of the programs that are played here.
const (
	testBaud     = 19200
	testResponse = 200 * time.Millisecond
	testLimit    = 15 * time.Second
)

func mustSuite(t testing.TB, name string) *Suite {
	t.Helper()
	s, err := NewSuite(name, testResponse)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScenariosHaveNamesOfTheirOwnAndPlansThatCanBefallTheMeter(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	o := Options{}.Filled()
	for _, s := range mustSuite(t, "full").Scenarios {
		if !kebab.MatchString(s.Name) || seen[s.Name] || s.Title == "" || s.Phase == "" || s.Expect == "" {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
		if _, err := newStand(&s, &o, s.calledAlone()); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

func TestFullHasEveryFaultOfTheCatalogue(t *testing.T) {
	kinds, phases := map[fault.Kind]bool{}, map[Phase]int{}
	for _, s := range catalogue(testResponse) {
		kinds[s.Plans[0][0].Kind] = true
		phases[s.Phase]++
	}
	for _, d := range fault.Common() {
		if kinds[d.Kind] != outside(d.Kind) {
			t.Errorf("%v is played: %v", d.Kind, kinds[d.Kind])
		}
	}
	for _, row := range kindsAbout {
		for _, name := range row.kinds {
			if _, ok := fault.ParseKind(name); !ok {
				t.Errorf("there is no kind %s", name)
			}
		}
	}
	for _, m := range moments {
		if phases[m.phase] < 20 {
			t.Errorf("%d faults strike in phase %s", phases[m.phase], m.phase)
		}
	}
}

// Our own upgrader meets all faults of the suite in virtual time, which shows that they strike
// where they should.
func TestTheFaultsOfTheSmokeSuiteStrike(t *testing.T) {
	for _, s := range mustSuite(t, "smoke").Scenarios {
		if s.input() != "" || s.ID() == "" {
			continue // there is no upgrade in which a fault could strike, or more than a trial knows
		}
		r, err := trial.Try(s.World, s.Plans, rig.NoTrace)
		if err != nil || len(r.Unstruck) > 0 || len(r.Violations) > 0 {
			t.Errorf("%s: %q, %q, %v", s.Name, r.Unstruck, r.Violations, err)
		}
	}
}

func TestTheIDOfAScenarioIsThatOfItsTrial(t *testing.T) {
	for _, s := range mustSuite(t, "smoke").Scenarios {
		id := s.ID()
		if s.input() != "" || trial.CheckSaid(s.World) != nil || len(s.Then) > 0 || len(s.Harms) > 0 || s.Spoil != nil || s.Beside != byItself {
			if id != "" {
				t.Errorf("%s has the id %s", s.Name, id)
			}
			continue
		}
		w, plans, _, err := trial.ParseID(id)
		if err != nil || w.Filled().Firmware[0] != s.World.Filled().Firmware[0] || plans.String() != s.Plans.String() {
			t.Errorf("%s: %q is %v with %q, %v", s.Name, id, &w, plans, err)
		}
	}
}

func TestWhatACommandCannotShowIsNotPlayed(t *testing.T) {
	c, err := ParseCommand("true {tcp} {image}", false)
	if err != nil {
		t.Fatal(err)
	}
	target := &Target{Upgrade: c, Transport: rig.TCP}
	why := map[string]string{}
	for _, s := range mustSuite(t, "full").Scenarios {
		why[s.Name] = s.cannot(target)
	}
	for name, want := range map[string]string{
		"undisturbed": "", "damaged-file": "", "wrong-unit": "the command has no {unit-id}", "wrong-password": "the command has no {password}",
		"wrong-serial":      "the command has no {serial}",
		"ip-reset-download": "", "slow-line": "",
	} {
		if got, known := why[name]; !known || got != want {
			t.Errorf("%s: %q (known: %v), want %q", name, got, known, want)
		}
	}
	target.Transport = rig.PTY
	want := map[string]string{"ip-reset-download": "ip-reset needs TCP", "slow-line": "the command has no {baud}"}
	for _, s := range mustSuite(t, "full").Scenarios {
		if w, told := want[s.Name]; told && s.cannot(target) != w {
			t.Errorf("%s on a PTY: %q, want %q", s.Name, s.cannot(target), w)
		}
	}
}

func TestASuiteSaysWhatItWillTake(t *testing.T) {
	c, err := ParseCommand("true {tcp} {image} {unit-id} {password} {serial}", false)
	if err != nil {
		t.Fatal(err)
	}
	target := &Target{Upgrade: c, Transport: rig.TCP}
	smoke := mustSuite(t, "smoke")
	one, eight := smoke.Expected(target, Options{Response: testResponse, Parallel: 1}), smoke.Expected(target, Options{Response: testResponse, Parallel: 8})
	if one < 5*eight || eight < 5*time.Second || eight > time.Minute {
		t.Errorf("%v one by one, %v with eight at once", one, eight)
	}
	if slow := smoke.Expected(target, Options{Response: 10 * time.Second, Parallel: 8}); slow < 2*eight {
		t.Errorf("%v with a program that waits ten seconds, %v with a quick one", slow, eight)
	}
	one = (&Suite{Name: "smoke", Scenarios: smoke.Scenarios[:1]}).Expected(target, Options{Pace: 1})
	if one < 2*time.Minute || one > 5*time.Minute {
		t.Errorf("%v for an upgrade at the real pace", one)
	}
}

func TestScenariosAreFoundByName(t *testing.T) {
	only, err := mustSuite(t, "smoke").Only([]string{"killed", "undisturbed"})
	var got []string
	for _, s := range only.Scenarios {
		got = append(got, s.Name)
	}
	if err != nil || !slices.Equal(got, []string{"undisturbed", "killed"}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := mustSuite(t, "smoke").Only([]string{"kiled"}); err == nil || !strings.Contains(err.Error(), "did you mean killed") {
		t.Error(err)
	}
	if _, err := NewSuite("smok", testResponse); err == nil || !strings.Contains(err.Error(), "smoke or full") {
		t.Error(err)
	}
}

// Requests of both kinds of write, and of programs that say more than one thing, are known.
func TestRequestsAreToldByTheirFirstCommand(t *testing.T) {
	program := func(secret bool, commands ...ion.Command) []byte {
		return ion.AppendPacket(nil, ion.Packet{
			MessageID: 7, Request: true, HasCredential: secret, Source: ion.ClientAddress(), Destination: ion.MeterAddress(361), Type: ion.TypeProgram,
			Body: ion.AppendProgram(nil, ion.Program{Frequency: 1, Commands: commands}),
		})
	}
	download := func(r ion.DownloadRequest, secret bool) []byte {
		return ion.AppendPacket(nil, ion.Packet{
			MessageID: 7, Request: true, HasCredential: secret, Source: ion.ClientAddress(), Destination: ion.MeterAddress(361), Type: ion.TypeDownload,
			Body: ion.AppendDownloadRequest(nil, &r),
		})
	}
	command := func(m ion.Method, args ...ion.Value) ion.Command {
		return ion.Command{Handle: ion.HandleOwner, Method: m, Args: args}
	}
	for i, test := range []struct {
		message []byte
		want    request
	}{
		{program(true, command(ion.MethodRegisterValue)), reads},
		{program(false, command(ion.MethodRegisterValue), command(ion.MethodRegisterValue)), reads},
		{program(true, command(ion.MethodWriteRegister, ion.TextValue("a"))), writes},
		{program(true, command(ion.MethodWriteValue, ion.TextValue("a"))), writes},
		{download(ion.DownloadRequest{Op: ion.OpIdentify}, false), identifies},
		{download(ion.DownloadRequest{Op: ion.OpClear, Begin: true}, true), clears},
		{download(ion.DownloadRequest{Op: ion.OpClear}, true), polls},
		{download(ion.DownloadRequest{Op: ion.OpRestart}, true), restarts},
		{[]byte{1, 2}, anything},
	} {
		if got := requestOf(test.message); got != test.want {
			t.Errorf("message %d is %v, want %v", i, got, test.want)
		}
	}
}

// A program can only give a password and ask for a unit that its command has a place for.
func TestAMeterIsAsACommandCanSay(t *testing.T) {
	c, err := ParseCommand("true {tcp} {image}", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range mustSuite(t, "full").Scenarios {
		target := &Target{Upgrade: c, Transport: rig.TCP}
		if s.cannot(target) != "" {
			continue
		}
		was := s.World.Meters[0]
		if m := s.fitted(target).World.Filled().Meters[0]; m.Password != "0" || m.UnitID != 105 {
			t.Errorf("%s: password %q, unit %d", s.Name, m.Password, m.UnitID)
		}
		if s.World.Meters[0].UnitID != was.UnitID {
			t.Errorf("%s: the suite has changed", s.Name)
		}
	}
}

// Where an answer ends in its middle, PROTOCOL.md has the PC keep its beginning for 500 ms: with a shorter
// time-out the answer to the next frame is found only behind one more.
func TestAShortTimeOutMayMissTheAnswerBehindACutOne(t *testing.T) {
	for _, row := range []struct {
		missing  uint64
		response time.Duration
		want     uint64
	}{
		{0, 300 * time.Millisecond, 0}, {1, 300 * time.Millisecond, 2}, {1, 500 * time.Millisecond, 2}, {1, DefaultResponse, 1},
	} {
		if n := (&Scenario{Missing: row.missing}).bearable(row.response); n != row.want {
			t.Errorf("%d missing, %v: %d may be sent again, want %d", row.missing, row.response, n, row.want)
		}
	}
}
