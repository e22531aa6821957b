package storm

import (
	"fmt"
	"strconv"
	"strings"

	"ionbench/scenarios/trial"
)

// historyVersion is the version of the generator of histories. Version 1 drew one meter and one
// tool at a time, version 2 no journals that a person copies or puts aside, version 3 no faults of the
// second of two tools on a line, version 4 no telephone, version 5 no meter that is switched, version 6
// none of them with the unit id of the tool's; their ids are still read.
const historyVersion = 7

// HistoryRun is a run of a storm of histories.
type HistoryRun struct {
	Version   int
	Seed, Run uint64
}

// HistoryID names a run of a storm of histories: hVERSION.SEED.RUN, the hash of ID and a checksum.
func HistoryID(seed, run uint64) string { return HistoryRun{historyVersion, seed, run}.id() }

// id names the run.
func (r HistoryRun) id() string {
	text := fmt.Sprintf("h%d.%d.%d.%s", r.Version, r.Seed, r.Run, generator())
	return text + "." + checksum(text)
}

// IsHistoryID reports whether a text looks like the id of a history.
func IsHistoryID(text string) bool {
	version, _, ok := strings.Cut(text, ".")
	return ok && len(version) > 1 && version[0] == 'h' && strings.Trim(version[1:], "0123456789") == ""
}

// ParseHistoryID returns the run that an id names. Errors are those of ParseID.
func ParseHistoryID(id string) (r HistoryRun, err error) {
	last := strings.LastIndexByte(id, '.')
	if last < 0 || checksum(id[:last]) != id[last+1:] {
		return HistoryRun{}, fmt.Errorf("%w: %.80q is mistyped, or a part of it is missing: copy all of it", trial.ErrNoID, id)
	}
	parts := strings.Split(id[:last], ".")
	if len(parts) == 4 {
		r.Version, _ = strconv.Atoi(parts[0][1:])
		r.Seed, _ = strconv.ParseUint(parts[1], 10, 64)
		r.Run, _ = strconv.ParseUint(parts[2], 10, 64)
	}
	if r.Version < 1 || r.Version > historyVersion || parts[3] != generator() {
		return HistoryRun{}, fmt.Errorf("%w: its history was drawn from other faults or by another generator", trial.ErrOtherRun)
	}
	if r.id() != id {
		return HistoryRun{}, fmt.Errorf("%w: %.80q is not written like one", trial.ErrNoID, id)
	}
	return r, nil
}
