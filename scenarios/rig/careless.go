package rig

import (
	"ionbench/client/journal"
	"ionbench/scenarios/internal/planted"
)

// careless is how a tool treats its files and its modem; the zero value is as it should. The others are planted
// bugs.
type careless struct {
	journalInPlace bool
	journalByName  bool
	logHeldBack    bool
	logOverwritten bool

	meterLockIgnored bool
	logLockIgnored   bool
	lockByName       bool

	dialsOnce      bool
	carrierUnheard bool
	dialsForEver   bool
	redialsWrong   bool
	offTheHook     bool
	neverReopens   bool
	reopensAnother bool
}

func carelessBy(bug string) careless {
	return careless{
		journalInPlace: bug == planted.JournalNotAtomic,
		journalByName:  bug == planted.JournalByNumber,
		logHeldBack:    bug == planted.LogLostOnKill,
		logOverwritten: bug == planted.LogOverwritten,

		meterLockIgnored: bug == planted.MeterLockIgnored,
		logLockIgnored:   bug == planted.LogLockIgnored,
		lockByName:       bug == planted.LockByNumber,

		dialsOnce:      bug == planted.DialsOnce,
		carrierUnheard: bug == planted.CarrierUnheard,
		dialsForEver:   bug == planted.DialsForEver,
		redialsWrong:   bug == planted.RedialsWrong,
		offTheHook:     bug == planted.OffTheHook,
		neverReopens:   bug == planted.NeverReopens,
		reopensAnother: bug == planted.ReopensAnother,
	}
}

// finder finds the journal of a meter, as journal.Find does.
type finder = func(m journal.Meter, read func(name string) ([]byte, error)) (name string, j *journal.Journal, err error)

func (c careless) finder() finder {
	if c.journalByName {
		return findByName
	}
	return journal.Find
}

// findByName takes the first name of a journal for proof of what it is of.
func findByName(m journal.Meter, read func(name string) ([]byte, error)) (name string, j *journal.Journal, err error) {
	name = journal.Names(m)[0]
	b, err := read(name)
	if err == nil && b != nil {
		j, err = journal.Parse(b)
	}
	return name, j, err
}
