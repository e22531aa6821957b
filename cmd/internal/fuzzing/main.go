// Command fuzzing runs every fuzz target for a time, or on a slow computer for longer, until it has tried
// as many inputs as the floor wants, and prints how many these were. It fails if a target finds something,
// or cannot be made to try so many: then it has found nothing because it has looked at nothing.
//
//	go run ./cmd/internal/fuzzing -time 10s -floor 1000
//
// It is a tool for the developers of this repository, not for its users.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := runner{out: os.Stdout}
	flag.StringVar(&r.time, "time", "10s", "how long each target runs")
	flag.IntVar(&r.floor, "floor", 1000, "inputs that each target has to try")
	flag.Parse()
	if err := r.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "fuzzing:", err)
		os.Exit(1)
	}
}

type runner struct {
	out   io.Writer
	time  string
	floor int
}

func (r runner) run(ctx context.Context) error {
	list, err := output(ctx, "list", "./...")
	if err != nil {
		return err
	}
	var errs []error
	for _, pkg := range strings.Fields(list) {
		names, err := output(ctx, "test", "-list", "^Fuzz", pkg)
		if err != nil {
			return err
		}
		for _, target := range strings.Fields(names) {
			if strings.HasPrefix(target, "Fuzz") {
				errs = append(errs, r.fuzz(ctx, pkg, target))
			}
		}
	}
	return errors.Join(errs...)
}

func output(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Stderr = os.Stderr
	b, err := c.Output()
	return string(b), err
}

// fuzz runs one target for its time, and where that was too short on this computer, until it has tried
// as many inputs as the floor wants. What earlier runs have kept is tried first each time, and is nothing new.
func (r runner) fuzz(ctx context.Context, pkg, target string) error {
	is, err := tries(ctx, pkg, target, r.time)
	if err == nil && is.fresh < r.floor {
		is, err = tries(ctx, pkg, target, fmt.Sprintf("%dx", is.kept+r.floor))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "%9d inputs  %s %s\n", is.fresh, pkg, target)
	if is.fresh < r.floor {
		return fmt.Errorf("%s %s: %d inputs are fewer than %d", pkg, target, is.fresh, r.floor)
	}
	return nil
}

// tally is what a run has tried.
type tally struct {
	fresh int // inputs that it made
	kept  int // inputs that there were behind it, which the next run tries first
}

// tries is what a target has tried in so much time, or until it was so many inputs. By default an input that
// covers something new is made smaller for up to a minute, in which nothing else is tried: here a few
// tries have to do.
func tries(ctx context.Context, pkg, target, most string) (tally, error) {
	c := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+target+"$", "-fuzztime", most, "-fuzzminimizetime", "20x", pkg)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Run(); err != nil && !timeIsUp(said.String()) {
		return tally{}, fmt.Errorf("%s %s: %w\n%s", pkg, target, err, said.Bytes())
	}
	return tallied(said.String()), nil
}

// timeIsUp reports whether a target failed because its time was over, which Go 1.26 now and then takes for a
// failure (golang/go#75804), and for nothing else: an input that fails is written to a file, and told.
func timeIsUp(said string) bool {
	return strings.Contains(said, "    context deadline exceeded\n") && !strings.Contains(said, "Failing input written to")
}

// The inputs of earlier runs are told first, and are among the executions. Executions are not told where
// the time was over before.
var (
	counted   = regexp.MustCompile(`\bexecs: (\d+)`)
	gathered  = regexp.MustCompile(`gathering baseline coverage: \d+/(\d+)`)
	collected = regexp.MustCompile(`\(total: (\d+)\)`)
)

// tallied reads what go test has said.
func tallied(said string) tally {
	before := last(gathered, said)
	return tally{fresh: max(0, last(counted, said)-before), kept: max(before, last(collected, said))}
}

// last is the last number that a pattern finds; 0 if there is none.
func last(number *regexp.Regexp, said string) int {
	all := number.FindAllStringSubmatch(said, -1)
	if len(all) == 0 {
		return 0
	}
	n, err := strconv.Atoi(all[len(all)-1][1])
	if err != nil {
		return 0
	}
	return n
}
