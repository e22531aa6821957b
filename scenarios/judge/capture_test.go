//go:build unix

package judge

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"ionbench/scenarios/rig"
)

func TestWhatWentOverTheLineIsCapturedOfAScenarioThatDidNotPass(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		suite, err := mustSuite(t, "smoke").Only([]string{"undisturbed", "killed"})
		if err != nil {
			t.Fatal(err)
		}
		for program, failed := range map[string]string{"": "", "upgrades-and-denies-it": "undisturbed"} {
			var sections [][]byte
			folder := t.TempDir()
			_, err := Run(t.Context(), suite, Target{Upgrade: programCommand(t, program, "upgrade"), Recover: programCommand(t, program, "recover"), Transport: rig.TCP}, Options{
				Baud: testBaud, Response: t.response(), Limit: t.within(testLimit), Artifacts: folder, JudgedBy: "test", late: &lateness{},
				Captured: func(section []byte) { sections = append(sections, section) },
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"undisturbed", "killed"} {
				kept, err := os.ReadFile(filepath.Join(folder, name, captureFile))
				if name != failed {
					if !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("%s passed, and has a capture: %v", name, err)
					}
					continue
				}
				if err != nil || len(sections) != 1 || !bytes.Equal(kept, sections[0]) {
					t.Fatalf("%s: %d bytes, %d sections, %v", name, len(kept), len(sections), err)
				}
				for _, has := range []string{"undisturbed: ", "RS-485 over TCP", "meter-105", "7350V283"} {
					if !bytes.Contains(kept, []byte(has)) {
						t.Errorf("it lacks %q", has)
					}
				}
			}
			if trace, err := os.ReadFile(filepath.Join(folder, "undisturbed", "trace.txt")); err != nil || bytes.Contains(trace, []byte("frame-")) || bytes.Contains(trace, []byte("connected")) {
				t.Errorf("the trace has frames: %v", err)
			}
			if failed == "" && len(sections) > 0 {
				t.Errorf("%d sections of scenarios that passed", len(sections))
			}
		}
	})
}

// A program that sends for ever must not fill the memory.
func TestACaptureEndsWhereAProgramSendsTooMuch(t *testing.T) {
	suite, err := NewSuite("smoke", testResponse)
	if err != nil {
		t.Fatal(err)
	}
	s := suite.Scenarios[0]
	o := Options{Artifacts: "somewhere"}.Filled()
	at, err := newStand(&s, &o, s.calledAlone())
	if err != nil {
		t.Fatal(err)
	}
	l := &line{station: at.station, captured: &at.captured}
	piece := bytes.Repeat([]byte{0, 0, 0x14, 0xAC, 0xA0, 7, 0x20, 0x4E, 105, 0, 0x40, 1, 2}, 4096)
	for range 2 * maxCaptured / len(piece) {
		l.Receive(0, piece)
		l.station.TakeTrace()
	}
	l.Receive(0, piece)
	for _, e := range at.station.Trace() {
		if e.OfWire() {
			t.Fatal("it goes on")
		}
	}
}
