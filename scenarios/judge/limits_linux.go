package judge

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// limits are those of this process as its user has set them. A program that is judged has the same user, and may
// lower them: then nothing could be written, opened or started.
type limits map[string]unix.Rlimit

var limitsByName = map[string]int{
	"file size": unix.RLIMIT_FSIZE, "open files": unix.RLIMIT_NOFILE, "address space": unix.RLIMIT_AS, "data": unix.RLIMIT_DATA,
	"stack": unix.RLIMIT_STACK, "processes": unix.RLIMIT_NPROC, "processor time": unix.RLIMIT_CPU,
}

func ownLimits() limits {
	own := limits{}
	for name, of := range limitsByName {
		var is unix.Rlimit
		if unix.Prlimit(0, of, nil, &is) == nil {
			own[name] = is
		}
	}
	return own
}

// restore raises what somebody has lowered, and names what cannot be raised: only an administrator raises the
// upper one of the two limits.
func (l limits) restore() (lowered []string) {
	for name, was := range l {
		var is unix.Rlimit
		if unix.Prlimit(0, limitsByName[name], nil, &is) != nil || is.Cur >= was.Cur && is.Max >= was.Max {
			continue
		}
		if unix.Prlimit(0, limitsByName[name], &was, nil) != nil {
			lowered = append(lowered, name)
		}
	}
	slices.Sort(lowered)
	return lowered
}

// keep restores them again and again until ctx ends.
func (l limits) keep(ctx context.Context) {
	const often = 50 * time.Millisecond
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(often):
			l.restore()
		}
	}
}
