// Command ionbench is the bench: it runs cases of firmware upgrades that fail, and of their
// recoveries, in virtual time, and says whether the outcome is what the case file expects. Run
// it with --help for the manual.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/judge"
)

func main() {
	if judge.Guards() {
		return
	}
	bearBrokenPipes()
	os.Exit(int(run(guarded(judge.Alone(cli.Interruptible())), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

// guarded has this program watch over the programs that are judged, should the judge be killed.
func guarded(ctx context.Context) context.Context {
	program, err := os.Executable()
	if err != nil {
		return ctx
	}
	return judge.Guarded(ctx, program)
}

// bearBrokenPipes has meters that are served, and programs that are judged, ended in good order,
// whoever reads. A program that is judged would inherit a signal that is ignored, and not die of it as
// it does elsewhere; it does not inherit one that is caught.
func bearBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) cli.Status {
	return program().Run(ctx, cli.Streams{In: stdin, Out: stdout, Err: stderr}, args)
}

func program() *cli.Program {
	return &cli.Program{
		Name:  "ionbench",
		Brief: "play firmware upgrades of ION 73xx meters that break, and judge what comes of them",
		Intro: `
ionbench plays firmware upgrades of ION 73xx meters that break, and their recoveries, on
a bench in virtual time: seventy minutes take milliseconds. No meter, port or second
program is needed.
`,
		Examples: `
  ionbench run                                 play all stored cases
  ionbench run upgrade-failed --print log      the log that article FA212301 prints
  ionbench run ./field/*.case                  play cases of your own
  ionbench format                              what a case file may say
  ionbench replay 'cable-pull at block 3'      one trial: an upgrade, its faults, its recoveries
  ionbench storm --runs 10000                  many, under faults drawn at random
  ionbench sweep --image-size 8KiB             every point of an upgrade, each with every fault
  ionbench sweep --worlds pairs                every kind of fault in many worlds
  ionbench reproduce Upgrade.log               what may have happened, of a log from the field
  ionbench judge --upgrader './up {tcp} {image}'   an upgrader of your own
  ionbench judge diff 1.4.json 1.5.json        what got worse in its next release
`,
		Commands: slices.Concat(
			[]*cli.Command{
				runCommand(), listCommand(), formatCommand(),
				faultsCommand(), replayCommand(), shrinkCommand(), storyCommand(), stormCommand(nil), mutantsCommand(), sweepCommand(), worldsCommand(),
			},
			atlasCommands(),
			[]*cli.Command{reproduceCommand(), judgeMergeCommand(), judgeDiffCommand(), judgeCommand(), schemaCommand(), wiresharkInstallCommand(), wiresharkPathCommand()},
		),
	}
}
