// Package planted lists the bugs that can be planted into the upgrader and the meter, so that a
// suite can prove that it would notice them. What a bug changes is declared under the same name
// beside the code that it changes: in client, in simulator/meter, and in package rig for the two
// bugs that are named here.
//
// It is for package mutants, for package rig, which passes the names on, and for tests.
package planted

// Bug is a bug that can be planted.
type Bug struct {
	Name string // in kebab-case
	Text string // what an upgrader or a meter with the bug does, in a sentence
}

// Pair has the names of the bugs in an upgrader and a meter that are played together; empty for
// none.
type Pair struct{ Tool, Meter string }

// The bugs of the program around the upgrader, which package client does not know. One writes
// the journal in place, and the second half reaches the disk only when the process ends. The
// other keeps the lines of the log in memory until then.
const (
	JournalNotAtomic = "journal-not-atomic"
	LogLostOnKill    = "log-lost-on-kill"
)

// InClient is the name of the bug for client.Config; empty if the bug is in the program around
// the upgrader.
func InClient(name string) string {
	if name == JournalNotAtomic || name == LogLostOnKill {
		return ""
	}
	return name
}

// InUpgraders returns the bugs of an upgrader and of the program around it, in the order of an
// upgrade.
func InUpgraders() []Bug {
	return []Bug{
		{"clears-before-checking", "clears the flash before it has asked the meter what it is"},
		{"wrong-product-accepted", "sends a file for another product as if it were for this one"},
		{"wrong-unit-accepted", "talks to unit 105, whatever unit it was told"},
		{"unit-id-in-a-byte", "sends the unit id in eight bits, so that it talks to unit 105 where it was told 361"},
		{"wrong-serial-accepted", "does not compare the serial number with the one that it was told"},
		{"password-failure-ignored", "goes on after the meter has refused the password"},
		{"journal-after-erase", "writes the journal when the flash is cleared already"},
		{JournalNotAtomic, "writes the journal in place, so that a kill leaves half of it"},
		{"journal-deleted-early", "deletes the journal when the image is verified, before the settings are back"},
		{"restores-before-restart", "writes the settings back before the new image runs"},
		{"paste-options-ignored", "restores nothing of what was ticked"},
		{"settings-not-read-back", "does not look whether the meter kept the settings"},
		{"paste-options-in-recovery", "honours the paste options after a recovery, where they have no effect"},
		{"late-reply-taken", "takes a late answer to a block for the answer to the next one"},
		{"duplicate-reply-advances", "counts a block twice when its answer comes twice"},
		{"sequence-wraps", "counts blocks in eight bits"},
		{"no-resend", "gives up at the first missing answer to a block"},
		{"retry-without-bound", "sends a request again for ever"},
		{"patient-with-talkers", "waits longer for an answer with every frame that it hears, whoever sent it"},
		{"retry-counter-not-reset", "counts missing answers over the whole download and not in a row"},
		{"resumes-at-wrong-offset", "goes on behind what it sent, and not behind what was answered, after a resend"},
		{"last-block-short", "leaves the last byte of the image out"},
		{"success-before-verify", "claims success once the last block is answered"},
		{"verify-ignored", "goes on whatever the meter says of the image"},
		{"success-without-restart", "claims success although the meter never came back from its restart"},
		{"recovery-prompt-skipped", "recovers a failed upgrade without asking the person"},
		{"communication-lost-skipped", "does not say that communication is lost"},
		{"percent-wrong", "reports the part of the image that was sent, resends too, and not the part that was answered"},
		{"efficiency-wrong", "leaves resends out of the efficiency"},
		{LogLostOnKill, "keeps the lines of its log in memory until it ends"},
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
