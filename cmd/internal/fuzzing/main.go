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
// as many inputs as the floor wants.
func (r runner) fuzz(ctx context.Context, pkg, target string) error {
	n, err := tries(ctx, pkg, target, r.time)
	if err == nil && n < r.floor {
		n, err = tries(ctx, pkg, target, fmt.Sprintf("%dx", r.floor))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "%9d inputs  %s %s\n", n, pkg, target)
	if n < r.floor {
		return fmt.Errorf("%s %s: %d inputs are fewer than %d", pkg, target, n, r.floor)
	}
	return nil
}

// tries is how many inputs a target has tried in so much time, or of so many. By default an input that
// covers something new is made smaller for up to a minute, in which nothing else is tried: here a few
// tries have to do.
func tries(ctx context.Context, pkg, target, most string) (int, error) {
	c := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+target+"$", "-fuzztime", most, "-fuzzminimizetime", "20x", pkg)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Run(); err != nil && !timeIsUp(said.String()) {
		return 0, fmt.Errorf("%s %s: %w\n%s", pkg, target, err, said.Bytes())
	}
	return executions(said.String()), nil
}

// timeIsUp reports whether a target failed because its time was over, which Go 1.26 now and then takes for a
// failure (golang/go#75804), and for nothing else: an input that fails is written to a file, and told.
func timeIsUp(said string) bool {
	return strings.Contains(said, "    context deadline exceeded\n") && !strings.Contains(said, "Failing input written to")
}

var counted = regexp.MustCompile(`\bexecs: (\d+)`)

// executions is the last count of inputs in what go test has said.
func executions(said string) int {
	all := counted.FindAllStringSubmatch(said, -1)
	if len(all) == 0 {
		return 0
	}
	n, err := strconv.Atoi(all[len(all)-1][1])
	if err != nil {
		return 0
	}
	return n
}
