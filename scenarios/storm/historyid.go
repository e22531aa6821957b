package storm

import (
	"fmt"
	"strconv"
	"strings"

	"ionbench/scenarios/trial"
)

// HistoryID names a run of a storm of histories: hVERSION.SEED.RUN, the hash of ID and a checksum.
func HistoryID(seed, run uint64) string {
	text := fmt.Sprintf("h%d.%d.%d.%s", Version, seed, run, generator())
	return text + "." + checksum(text)
}

// IsHistoryID reports whether a text looks like the id of a history.
func IsHistoryID(text string) bool {
	version, _, ok := strings.Cut(text, ".")
	return ok && len(version) > 1 && version[0] == 'h' && strings.Trim(version[1:], "0123456789") == ""
}

// ParseHistoryID returns the arguments of DrawHistory for the run that an id names. Errors are
// those of ParseID.
func ParseHistoryID(id string) (seed, run uint64, err error) {
	last := strings.LastIndexByte(id, '.')
	if last < 0 || checksum(id[:last]) != id[last+1:] {
		return 0, 0, fmt.Errorf("%w: %.80q is mistyped, or a part of it is missing: copy all of it", trial.ErrNoID, id)
	}
	parts := strings.Split(id[:last], ".")
	if len(parts) == 4 {
		seed, _ = strconv.ParseUint(parts[1], 10, 64)
		run, _ = strconv.ParseUint(parts[2], 10, 64)
	}
	if len(parts) != 4 || parts[0] != "h"+strconv.Itoa(Version) || parts[3] != generator() {
		return 0, 0, fmt.Errorf("%w: its history was drawn from other faults or by another generator", trial.ErrOtherRun)
	}
	if HistoryID(seed, run) != id {
		return 0, 0, fmt.Errorf("%w: %.80q is not written like one", trial.ErrNoID, id)
	}
	return seed, run, nil
}
