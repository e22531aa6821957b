package clitest_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/cli/clitest"
	"ionbench/scenarios/fields"
)

func TestWhatIsWrongWithATableIsFound(t *testing.T) {
	octal := cli.Flag{Key: fields.Key{
		Description: fields.Description{Name: "level", Syntax: "N"},
		Set:         func(text string) error { _, err := strconv.ParseInt(text, 0, 64); return err },
		Get:         func() []string { return []string{"8"} },
	}}
	problems := clitest.Problems(func() *cli.Program {
		return &cli.Program{Name: "thing", Brief: "do things", Intro: "It does things.", Examples: "  thing do --levle 3   that\n  other | thing undo > file\n",
			Commands: []*cli.Command{{Name: "do", Brief: "do it", Flags: cli.Plain(octal.Or("level")), Examples: "  thing do \\\n    --level 0x\n",
				Run: func(context.Context, *cli.Call) error { return nil }}}}
	})
	for _, want := range []string{
		"thing do --levle 3: there is no flag --levle; did you mean --level?",
		"thing undo: there is no command \"undo\"",
		"thing do --level 0x: --level: ",
		"thing do --level 010 is 8", "thing do --level takes 0x10 as 8",
		"thing do is not explained", "thing do has two flags --level", "thing do --level is explained as \"\"",
	} {
		if !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("%q is not found, but\n%s", want, strings.Join(problems, "\n"))
		}
	}
}

func TestCommandLinesInDocumentsAreFound(t *testing.T) {
	dir := t.TempDir()
	text := "Do `thing do --levle 3`, or `thing undo`, or `thing do ...`.\n\n    thing do --level 3 > file   # that\n    go run ./cmd/thing fly\n\n```console\n$ thing do x 2> out & s=$!\n```\n"
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var level int
	problems, tried, err := clitest.DocumentProblems(dir, func() *cli.Program {
		return &cli.Program{Name: "thing", Commands: []*cli.Command{{Name: "do", Flags: cli.Plain(cli.Count(&level, "level", "how")), Args: []cli.Arg{{Name: "WHAT", What: "thing"}}}}}
	})
	if err != nil || tried != 5 || len(problems) != 3 {
		t.Errorf("%d tried, %v\n%s", tried, err, strings.Join(problems, "\n"))
	}
}

func TestACompletionOffersWholeWords(t *testing.T) {
	for word, offered := range map[string]bool{"9600": true, "kill": true, "killed": true, "kille": false, "a scenario": false} {
		if clitest.Completes("9600\nkilled\ta scenario\nkill\n", word) != offered {
			t.Errorf("%q is offered: want %v", word, offered)
		}
	}
}
