package judge

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// A judge that is killed by SIGKILL ends nobody. So another process watches over it, which ends the
// programs and removes their folders then. And one that is stopped by a signal, perhaps of a program,
// waits for ever where nobody sits at a terminal who could let it go on: the other process does that,
// and it ends a program that holds the judge as a debugger does.

// guardianName is the variable of its environment by which a guardian knows that it is one, and of
// which judge.
const guardianName = "IONBENCH_JUDGE_GUARDIAN"

// ourMark is in the marks of all programs that this process starts, and in the names of their folders.
var ourMark = rand.Text()

// folderPrefix begins the names of the folders, in that for temporary files.
func folderPrefix(mark string) string { return "ionbench-judge-" + mark + "-" }

type guardian struct{}

// Guarded has runs watched over by that program, which calls Guards before all else.
func Guarded(ctx context.Context, program string) context.Context {
	return context.WithValue(ctx, guardian{}, program)
}

// Guards reports whether this process was started as a guardian. Then it has been one to its end.
func Guards() bool {
	mark := os.Getenv(guardianName)
	if mark == "" {
		return false
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go keepGoing(os.Getppid())
	watchOver(mark, os.Stdin)
	return true
}

// glance is how long a judge may be stopped.
const glance = time.Second

// keepGoing lets a judge go on whenever a program, or without a terminal anybody, has stopped it.
func keepGoing(judge int) {
	for range time.Tick(glance) {
		if os.Getppid() != judge {
			return
		}
		if tracer := tracerOf(judge); tracer != 0 && descends(tracer, judge) { // a person's debugger does not
			killEach([]running{{id: tracer}}, map[int]bool{})
		}
		if stopped(judge) && !atTerminal(judge) {
			_ = continueProcess(judge)
		}
	}
}

// watchOver waits for the end of a judge, which says farewell once its programs have ended.
func watchOver(mark string, judge io.Reader) {
	if farewell, _ := io.ReadAll(io.LimitReader(judge, 1)); len(farewell) > 0 {
		return
	}
	seen := map[int]bool{}
	untilNone(func() int { return killEach(marked(mark), seen) })
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix(mark)+"*")) // the pattern is in this source
	for _, folder := range folders {
		_ = os.RemoveAll(folder)
	}
}

// guard starts the guardian of this process, if ctx has one. Without it the programs of a judge that is
// killed are ended as far as the system does that.
func guard(ctx context.Context) (farewell func()) {
	program, _ := ctx.Value(guardian{}).(string)
	if program == "" {
		return func() {}
	}
	c := exec.Command(program)
	c.Env = append(os.Environ(), guardianName+"="+ourMark)
	inSessionOfItsOwn(c)
	in, err := c.StdinPipe()
	if err != nil || c.Start() != nil {
		return func() {}
	}
	return func() {
		_, _ = in.Write([]byte{0}) // to one that was killed nobody says anything
		in.Close()
		_ = c.Wait()
	}
}
