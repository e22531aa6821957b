//go:build unix

package judge

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/verdict"
)

// besides are programs that are healthy but for what they do as the second of two runs.
func besides() map[string]func(args []string) int {
	second := func(does func(args []string) int) func(args []string) int {
		return func(args []string) int {
			mark := filepath.Join(args[7], "first")
			if os.Mkdir(mark, folderMode) != nil && args[0] == "upgrade" {
				_ = os.Remove(mark) // the next one is a first again
				return does(args)
			}
			return playProgram("", args)
		}
	}
	return map[string]func(args []string) int{
		"second-says-yes": second(func([]string) int { return 0 }),
		"second-cleans-up": second(func(args []string) int {
			files, _ := filepath.Glob(filepath.Join(args[7], "journal-*"))
			for _, f := range files {
				_ = os.Remove(f)
			}
			return 1
		}),
		"second-writes-into-the-log": second(func(args []string) int {
			f, err := os.OpenFile(filepath.Join(args[7], logName), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return 9
			}
			defer f.Close()
			fmt.Fprint(f, "Upgrade failed at Thursday, March 06, 2008 5:07:48 PM\r\n")
			return 1
		}),
		"second-writes-into-its-log": second(func(args []string) int {
			f, err := os.OpenFile(args[6], os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return 9
			}
			defer f.Close()
			fmt.Fprint(f, "Upgrade failed at Thursday, March 06, 2008 5:07:48 PM\r\n")
			return 1
		}),
	}
}

// Two runs at once: what the second does to the first is seen, and a healthy program passes.
func TestASecondRunAtTheSameTimeHarmsNeitherTheMeterNorTheFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ program, scenario, broken string }{
		{"", "second-run", ""},
		{"", "second-run-killed", ""},
		{"", "two-meters-at-once", ""},
		{"", "two-meters-at-once-killed", ""},
		{"second-says-yes", "second-run", "I2: the second run claims success; the meter was in state receiving"},
		{"second-cleans-up", "second-run-killed", "in recovery 1: I7: "},
		{"second-writes-into-the-log", "second-run", "I6: "},
		{"second-writes-into-its-log", "second-run", "I6: "},
		{"second-says-yes", "two-meters-at-once", "I2: the other meter: success is claimed"},
	} {
		t.Run(test.program+" "+test.scenario, func(t *testing.T) {
			if testing.Short() && test.program != "" {
				t.Skip("as slow as the race detector makes it, the second run begins when the first is done")
			}
			t.Parallel()
			timely(t, func(t *trying) {
				s := judged(t, test.program, testLimit, test.scenario).Results[0]
				texts := VerdictText(s)
				broken := slices.ContainsFunc(s.Broken, func(v verdict.Violation) bool { return strings.HasPrefix(v.String(), test.broken) })
				if s.Skipped != "" || broken != (test.broken != "") || (test.broken == "") != s.Passed() {
					t.Errorf("%s %s", s.Skipped, texts)
				}
			})
		})
	}
}
