package judge

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// adopt makes this process the parent of all orphans among its descendants, so that none escapes.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) } // an old kernel: groups are ended all the same

// ticks is how long the computer has run, as processes say when they began: in hundredths of a second.
func ticks() uint64 {
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) != nil {
		return 0
	}
	return uint64(up.Sec)*100 + uint64(up.Nsec)/1e7
}

// processes are all processes that can be seen.
func processes() []running {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1) // what could be read, if not all
	var all []running
	for _, name := range names {
		if _, notProcess := strconv.Atoi(name); notProcess != nil {
			continue
		}
		if p, ok := readStat("/proc/" + name + "/stat"); ok {
			all = append(all, p)
		}
	}
	return all
}

// beganAt is where a process says when it began, counted from its state on.
const beganAt = 19

// readStat reads /proc/PID/stat: "PID (NAME) STATE PARENT ...". A name can have any characters.
func readStat(path string) (p running, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return p, false
	}
	id, _, _ := strings.Cut(string(b), " ")
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 2 {
		return p, false
	}
	p.id, _ = strconv.Atoi(id)
	p.parent, _ = strconv.Atoi(fields[1])
	p.zombie = fields[0] == "Z" || fields[0] == "X"
	if len(fields) > beganAt {
		p.began, _ = strconv.ParseUint(fields[beganAt], 10, 64)
	}
	return p, true
}

// ownChildren are the children of this process, with those that have ended and were not waited
// for. That is soon done, however many processes there are: one that goes on by forking and
// ending is gone before a list of all has been read.
func ownChildren() []running {
	const tasks, list = "/proc/self/task/", "/children"
	threads, err := os.ReadDir(tasks)
	if _, none := os.Stat(tasks + strconv.Itoa(os.Getpid()) + list); err != nil || none != nil { // a kernel without these
		return slices.DeleteFunc(processes(), func(p running) bool { return p.parent != os.Getpid() })
	}
	var children []running
	for _, thread := range threads {
		b, _ := os.ReadFile(tasks + thread.Name() + list) // of a thread that has ended: they are another's now
		for id := range strings.FieldsSeq(string(b)) {
			if p, ok := readStat("/proc/" + id + "/stat"); ok {
				children = append(children, p)
			}
		}
	}
	return children
}

// find returns those that have the mark, and all that descend from them or from the program.
func (k *kin) find(root int) []running {
	var found []running
	member := map[int]bool{}
	rest := processes()
	for again := true; again; {
		again = false
		var others []running
		for _, p := range rest {
			switch {
			case p.zombie:
			case member[p.parent] || root != 0 && p.id == root || k.marks(p):
				found, member[p.id], again = append(found, p), true, true
			default:
				others = append(others, p)
			}
		}
		rest = others
	}
	return found
}

// orphans are those that have become children of this process.
func (k *kin) orphans() []running {
	started.mu.Lock()
	defer started.mu.Unlock()
	return slices.DeleteFunc(ownChildren(), func(p running) bool { return started.ids[p.id] || p.zombie || !k.marks(p) })
}

// marks reports whether a process has the mark. Those that were there before the program are not
// asked: that would cost more than all else that is done at the end of a program.
func (k *kin) marks(p running) bool {
	if p.began != 0 && p.began < k.since {
		return false
	}
	environment, err := os.ReadFile("/proc/" + strconv.Itoa(p.id) + "/environ")
	return err == nil && bytes.Contains(environment, []byte(k.mark))
}

// killEach kills processes, notes them in seen, and takes leave of those that have become
// children of this one. It returns how many it found, also of those that have ended by then: each
// may have started another just before.
func killEach(found []running, seen map[int]bool) int {
	for _, p := range found {
		if !p.zombie {
			_ = unix.Kill(p.id, unix.SIGKILL)
			seen[p.id] = true
		}
	}
	for _, p := range found {
		if p.zombie {
			reap(p.id)
		}
	}
	for id := range seen {
		reap(id)
	}
	return len(found)
}

// reap waits for an orphan that has ended. The programs themselves are waited for elsewhere.
func reap(pid int) {
	started.mu.Lock()
	defer started.mu.Unlock()
	if !started.ids[pid] {
		_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
	}
}

// marked are the processes that come of programs of the judge with a mark.
func marked(mark string) []running {
	k := kin{mark: markName + "=" + mark}
	return slices.DeleteFunc(processes(), func(p running) bool { return p.zombie || !k.marks(p) })
}

// terminalAt is where a process says which terminal it has, counted from its state on; 0 for none.
const terminalAt = 4

// stopped reports whether a process is stopped by a signal.
func stopped(pid int) bool {
	fields := statOf(pid)
	return len(fields) > 0 && fields[0] == "T"
}

// atTerminal reports whether a process has a terminal, at which somebody may sit.
func atTerminal(pid int) bool {
	fields := statOf(pid)
	return len(fields) <= terminalAt || fields[terminalAt] != "0"
}

// tracerOf is the process that holds another as a debugger does; 0 for none.
func tracerOf(pid int) int {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status") // of a process that is gone: nobody
	_, rest, _ := strings.Cut(string(b), "\nTracerPid:")
	line, _, _ := strings.Cut(rest, "\n")
	tracer, _ := strconv.Atoi(strings.TrimSpace(line))
	return tracer
}

// descends reports whether a process comes of another. The judge is the parent of all orphans of its programs.
func descends(pid, from int) bool {
	for pid > 1 {
		p, ok := readStat("/proc/" + strconv.Itoa(pid) + "/stat")
		if !ok || p.parent == from {
			return ok
		}
		pid = p.parent
	}
	return false
}

// statOf are the fields of /proc/PID/stat from the state on; nil of a process that is gone.
func statOf(pid int) []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

// continueProcess lets a process go on that is stopped.
func continueProcess(pid int) error { return unix.Kill(pid, unix.SIGCONT) }
