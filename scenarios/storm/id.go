package storm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
)

// trialVersion is the version of the generator of trials. Raise it when Draw returns another trial than before
// for the same arguments. A new kind of fault changes the trials, too; that is noticed without
// a new version.
const trialVersion = 1

// ID names a run of a storm: sVERSION.FAULTS.SEED.RUN, a hash over everything that decides what
// Draw returns and what comes of it, and a checksum. ParseID returns the numbers.
func ID(seed, run uint64, faults int) string {
	text := fmt.Sprintf("s%d.%d.%d.%d.%s", trialVersion, faults, seed, run, generator())
	return text + "." + checksum(text)
}

func checksum(text string) string {
	return fmt.Sprintf("%04x", uint16(crc32.ChecksumIEEE([]byte(text))))
}

// generator is a hash over what the same numbers are drawn from.
func generator() string {
	sum := sha256.Sum256([]byte(trial.Hash(trial.World(0)) + fault.Describe()))
	return hex.EncodeToString(sum[:4])
}

// ParseID returns the arguments of Draw for the run that an id names. Errors wrap trial.ErrNoID
// (mistyped, or not an id) or trial.ErrOtherRun.
func ParseID(id string) (seed, run uint64, faults int, err error) {
	last := strings.LastIndexByte(id, '.')
	if last < 0 || checksum(id[:last]) != id[last+1:] {
		return 0, 0, 0, fmt.Errorf("%w: %.80q is mistyped, or a part of it is missing: copy all of it", trial.ErrNoID, id)
	}
	parts := strings.Split(id[:last], ".")
	if parts[0] != "s"+strconv.Itoa(trialVersion) || len(parts) == 5 && parts[4] != generator() {
		return 0, 0, 0, fmt.Errorf("%w: its storm was drawn from other faults or by another generator", trial.ErrOtherRun)
	}
	if len(parts) == 5 {
		faults, _ = strconv.Atoi(parts[1])
		seed, _ = strconv.ParseUint(parts[2], 10, 64)
		run, _ = strconv.ParseUint(parts[3], 10, 64)
	}
	if faults < 1 || faults > MaxFaults || ID(seed, run, faults) != id {
		return 0, 0, 0, fmt.Errorf("%w: %.80q is not written like one", trial.ErrNoID, id)
	}
	return seed, run, faults, nil
}
