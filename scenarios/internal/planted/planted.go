// Package planted lists the bugs that can be planted into the upgrader and the meter, so that a
// suite can prove that it would notice them. What a bug changes is declared under the same name
// beside the code that it changes: in client, in simulator/meter, and in package rig for the
// bugs that are named here.
//
// It is for package mutants, for package rig, which passes the names on, and for tests.
package planted

import "slices"

// Bug is a bug that can be planted.
type Bug struct {
	Name string // in kebab-case
	Text string // what an upgrader or a meter with the bug does, in a sentence
}

// Pair has the names of the bugs in an upgrader and a meter that are played together; empty for
// none.
type Pair struct{ Tool, Meter string }

// The bugs of the program around the upgrader, which package client does not know.
const (
	// The journal is written in place, and its second half reaches the disk only when the process
	// ends.
	JournalNotAtomic = "journal-not-atomic"
	// A journal is found by its name, whatever it says it is of.
	JournalByNumber = "journal-by-serial-number-alone"
	// The lines of the log are kept in memory until the process ends.
	LogLostOnKill = "log-lost-on-kill"
	// The first line of an upgrade replaces what is in the log.
	LogOverwritten = "log-overwritten"
	// The lock of a meter is taken for this process's although another one has it.
	MeterLockIgnored = "meter-lock-ignored"
	// The lock of a log, likewise.
	LogLockIgnored = "log-lock-ignored"
	// The lock of a meter is named by the serial number alone.
	LockByNumber = "lock-by-serial-number-alone"
	// A call is dialled once: when the carrier is lost, it is not dialled again.
	DialsOnce = "dials-once"
	// That the carrier is lost is not heard in what the modem says.
	CarrierUnheard = "lost-carrier-unheard"
	// A call that was cut off is dialled until somebody answers, and nothing else is done meanwhile.
	DialsForEver = "dials-for-ever"
	// Such a call is dialled again without the last digit of the number.
	RedialsWrong = "redials-a-wrong-number"
	// The modem is left in its call at the end of the run.
	OffTheHook = "left-off-the-hook"
	// A connection that broke is not opened again.
	NeverReopens = "never-reopens"
	// It is opened again at another port.
	ReopensAnother = "reopens-another-port"
)

// InClient is the name of the bug for client.Config; empty if the bug is in the program around
// the upgrader.
func InClient(name string) string {
	switch name {
	case JournalNotAtomic, JournalByNumber, LogLostOnKill, LogOverwritten, MeterLockIgnored, LogLockIgnored, LockByNumber, DialsOnce, CarrierUnheard,
		DialsForEver, RedialsWrong, OffTheHook, NeverReopens, ReopensAnother:
		return ""
	}
	return name
}

// InUpgraders returns the bugs of an upgrader and of the program around it, in the order of an
// upgrade.
func InUpgraders() []Bug {
	return slices.Concat(inChecks(), inKeeping(), inDownload(), onLine(), inRestoring(), inLog(), withPerson(), withOthers())
}

func inChecks() []Bug {
	return []Bug{
		{"clears-before-checking", "clears the flash before it has asked the meter what it is"},
		{"wrong-product-accepted", "sends a file for another product as if it were for this one"},
		{"wrong-unit-accepted", "talks to unit 105, whatever unit it was told"},
		{"unit-id-in-a-byte", "sends the unit id in eight bits, so that it talks to unit 105 where it was told 361"},
		{"wrong-serial-accepted", "does not compare the serial number with the one that it was told"},
		{"password-failure-ignored", "goes on after the meter has refused the password"},
		{"image-known-by-name", "recovers nothing of a meter that runs another image of the same revision"},
		{"decision-left-to-journal", "recovers nothing of a meter that runs, whatever it runs, unless there is a journal"},
	}
}

func inKeeping() []Bug {
	return []Bug{
		{"journal-after-erase", "writes the journal when the flash is cleared already"},
		{"journal-refusal-ignored", "goes on without a journal when the disk is full"},
		{JournalNotAtomic, "writes the journal in place, so that a kill leaves half of it"},
		{JournalByNumber, "takes a file for the meter's journal by the serial number in its name alone"},
		{"factory-values-kept", "keeps the factory's values as the user's and overwrites the journal with them"},
		{"found-journal-dropped", "overwrites a journal that it found with what the meter still has"},
		{"older-over-newer", "takes a journal for the truth, and writes it over what was changed since"},
		{"journal-deleted-early", "deletes the journal when the image is verified, before the settings are back"},
	}
}

func inDownload() []Bug {
	return []Bug{
		{"clears-twice", "clears the flash a second time before it sends the first block"},
		{"busy-clear-taken", "takes a flash that is being cleared for one that is"},
		{"erase-failure-ignored", "sends the image although a sector could not be erased"},
		{"clear-awaited-for-ever", "asks without end whether the flash is cleared"},
		{"clears-for-ever", "clears the flash again as often as an image is not good"},
		{"sequence-wraps", "counts blocks in eight bits"},
		{"address-wraps", "counts addresses in sixteen bits"},
		{"resumes-at-wrong-offset", "goes on behind what it sent, and not behind what was answered, after a resend"},
		{"last-block-short", "leaves the last byte of the image out"},
		{"image-padded", "fills the last block up, and has the meter take the padding for the image"},
		{"refused-block-taken", "counts a block that the meter refused"},
		{"goes-on-after-power-loss", "sends a block for ever to a flash that is no longer cleared for it"},
		{"gives-up-when-busy", "fails when the meter says for the first time that it is busy"},
		{"refused-for-ever", "sends a block for ever that the meter refuses"},
		{"verify-left-out", "does not have the image verified"},
		{"verify-ignored", "goes on whatever the meter says of the image"},
		{"verifies-for-ever", "has a bad image verified until it is good"},
		{"restart-left-out", "does not restart the meter"},
		{"success-before-verify", "claims success once the last block is answered"},
		{"success-without-restart", "claims success although the meter never came back from its restart"},
		{"left-unread", "clears the flash of an application that another tool has brought back, and that it has not read"},
		{"image-not-compared", "does not compare the image that runs after the restart with what it sent"},
	}
}

func onLine() []Bug {
	return []Bug{
		{"late-reply-taken", "takes a late answer to a block for the answer to the next one"},
		{"duplicate-reply-advances", "counts a block twice when its answer comes twice"},
		{"time-for-every-frame", "waits anew after every frame that seems to be a part of an answer"},
		{"time-for-strangers", "waits anew after every frame of another unit"},
		{"patient-with-talkers", "waits longer for an answer with every frame that it hears, whoever sent it"},
		{"deaf-to-twins", "does not listen whether a second meter answers"},
		{"listens-only-once", "does not listen again before it clears the flash and writes the settings back"},
		{"resend-is-new", "sends a request again as another message"},
		{"one-message-id", "gives all its messages the same id"},
		{"no-resend", "gives up at the first missing answer to a block"},
		{"nine-resends", "gives up after nine resends and not after ten"},
		{"eleven-resends", "gives up after eleven resends and not after ten"},
		{"retry-without-bound", "sends a request again for ever"},
		{"restart-awaited-for-ever", "asks a meter for ever that does not come back from its restart"},
		{"retry-counter-not-reset", "counts missing answers over the whole download and not in a row"},
		{"reconnects-for-ever", "does not count the answers that are missing because the connection broke"},
		{"ends-without-a-port", "gives up when the port over which it is connected has vanished and is not back at once"},
		{"next-block-after-reopening", "goes on with the next block after it has opened its connection again"},
		{"first-block-after-reopening", "begins again with the first block after it has opened its connection again"},
		{"trusts-a-new-connection", "does not ask who is at the end of a connection that it has opened again"},
		{NeverReopens, "does not open its connection again when it broke"},
		{ReopensAnother, "opens another port, at which nobody is, when its connection broke"},
		{DialsOnce, "does not dial again when the carrier of its call is lost"},
		{DialsForEver, "dials again, when its call was cut off, until somebody answers"},
		{RedialsWrong, "dials another number when its call was cut off"},
		{OffTheHook, "does not hang up at its end"},
		{CarrierUnheard, "goes on talking to a modem that has lost the carrier"},
		{"waits-half-as-long", "waits half as long for an answer as it was told"},
		{"waits-twice-as-long", "waits twice as long for an answer as it was told"},
	}
}

func inRestoring() []Bug {
	return []Bug{
		{"restores-before-restart", "writes the settings back before the new image runs"},
		{"restores-unasked", "writes the settings of a journal back without asking the person"},
		{"declined-restored", "writes the settings of a journal back although the person said no"},
		{"older-restored-unasked", "writes settings back that are older than what was lost, without asking the person"},
		{"older-restored-after-no", "writes settings back that are older than what was lost, although the person said no"},
		{"paste-options-ignored", "restores nothing of what was ticked"},
		{"paste-options-inverted", "restores what was not ticked, and nothing else"},
		{"unticked-restored", "restores also what was not ticked"},
		{"template-name-not-restored", "restores the settings without the template's name"},
		{"settings-swapped", "restores the primary and the secondary voltage into each other's place"},
		{"settings-rounded", "takes numbers through a text of one decimal"},
		{"signs-lost", "restores negative numbers without their sign"},
		{"texts-cut", "restores no more than 16 bytes of a text"},
		{"counted-energy-dropped", "forgets the energy that was counted while the settings were lost"},
		{"settings-not-read-back", "does not look whether the meter kept the settings"},
		{"first-setting-read-back", "looks whether the meter kept the first setting, and not the others"},
		{"journal-deleted-unread", "settles the journal before it has read the settings back"},
		{"journal-deleted-after-no", "deletes the journal when the person says no to it"},
		{"journal-deleted-after-part", "deletes the journal although a part of it was not written back"},
		{"journal-left", "leaves the journal on the disk when everything is back"},
		{"paste-options-in-recovery", "honours the paste options after a recovery, where they have no effect"},
		{"pasted-groups-overwritten", "sends all of a template, also the groups that are to stay"},
		{"template-not-read-back", "does not look whether the meter kept what a template has set"},
		{"template-sent-in-part", "sends what fits of a template that it should refuse"},
		{"wrong-template-accepted", "sends a template for another model"},
	}
}

func inLog() []Bug {
	return []Bug{
		{"percent-wrong", "reports the part of the image that was sent, resends too, and not the part that was answered"},
		{"percent-from-zero", "reports that nothing is completed, before the first ten percent"},
		{"efficiency-wrong", "leaves resends out of the efficiency"},
		{"efficiency-of-one-pass", "counts the blocks of all passes as sent, and of the last one as answered"},
		{"resends-not-logged", "logs no request that is sent again"},
		{"clock-of-another-zone", "logs the hours of another time zone"},
		{"wish-logged-as-device", "logs the serial number that was asked for, and not the one that was found"},
		{"names-all-as-restored", "logs all groups of settings as restored, whichever were"},
		{"completed-before-settings", "logs that the upgrade is complete before the settings are back"},
		{"failure-not-logged", "logs nothing at the end of an upgrade that failed"},
		{LogOverwritten, "begins its log anew and overwrites what earlier upgrades wrote"},
		{LogLostOnKill, "keeps the lines of its log in memory until it ends"},
	}
}

func withPerson() []Bug {
	return []Bug{
		{"recovery-prompt-skipped", "recovers a failed upgrade without asking the person"},
		{"recovers-after-no", "recovers a failed upgrade although the person said no"},
		{"communication-lost-skipped", "does not say that communication is lost"},
		{"goes-on-after-abort", "goes on although the person aborts the upgrade"},
		{"left-in-loader", "leaves a meter in its loader when the person aborts the upgrade before the flash is cleared"},
		{"success-after-abort", "ends with the exit status of a success when the person aborts the upgrade"},
		{"log-failure-hidden", "does not say that its log could not be written"},
	}
}

func withOthers() []Bug {
	return []Bug{
		{MeterLockIgnored, "goes on with a meter that another process of the computer is at work on"},
		{LogLockIgnored, "writes into a log in the middle of what another process writes"},
		{LockByNumber, "takes two meters of one serial number for one"},
	}
}

// InMeters returns the bugs of a meter, in the order of an upgrade.
func InMeters() []Bug {
	return []Bug{
		{"half-address-heard", "compares only the low byte of a frame's address with its unit id"},
		{"duplicate-clear-erases", "erases again when the same clear comes again"},
		{"erase-never-ends", "answers busy for ever once it has begun to erase"},
		{"torn-erase-taken", "takes an erase that a power loss broke off for one that is done"},
		{"blocks-without-clear", "takes blocks although the flash was not cleared"},
		{"resend-programs-twice", "programs a block again when it comes again"},
		{"verify-without-looking", "answers that the image is good without looking at it"},
		{"mark-before-verify", "marks what the flash holds as valid before it is compared with what was sent"},
		{"image-not-checked", "runs an image whose record is whole without taking its CRC"},
		{"runs-without-image", "starts the application although the flash holds no valid image"},
		{"torn-record-kills-loader", "restarts over and over when its record of the image was torn"},
		{"settings-kept", "keeps the settings at the first boot of an image, which loses them"},
		{"upgrade-not-logged", "makes no entry of the upgrade in its event log"},
		{"writes-not-kept", "agrees to a setting that is written and forgets it"},
	}
}
