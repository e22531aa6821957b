// Package planted is the list of bugs that can be planted into the upgrader and the meter, so
// that a suite can prove that it would notice them. What a bug changes stands with the code
// that it harms, under the same name: in client, in simulator/meter, and, for the two that
// are named here, in whatever plays the program around the upgrader.
//
// It is for package mutants, the rig that carries a name from there to the bench, and tests.
package planted

// Bug is one that can be planted.
type Bug struct {
	Name string // in kebab-case
	Text string // what whoever has it does, in a sentence
}

// Pair is the upgrader and the meter that are played together: the names of the bugs that are
// planted into them, empty for none.
type Pair struct{ Tool, Meter string }

// The bugs of the program around the upgrader, which client knows nothing of: the journal is
// written over its place, and its end reaches the disk when the process ends; the lines of
// the log are kept in memory until then.
const (
	JournalNotAtomic = "journal-not-atomic"
	LogLostOnKill    = "log-lost-on-kill"
)

// InClient is the bug as client.Config names it: none where it is of the program around the
// upgrader.
func InClient(name string) string {
	if name == JournalNotAtomic || name == LogLostOnKill {
		return ""
	}
	return name
}

// InUpgraders are all bugs of an upgrader and of the program around it, in the order of an
// upgrade.
func InUpgraders() []Bug {
	return []Bug{
		{"clears-before-checking", "clears the flash before it has asked the meter what it is"},
		{"wrong-product-accepted", "sends a file for another product as if it were for this one"},
		{"wrong-unit-accepted", "talks to unit 105, whatever unit it was told"},
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

// InMeters are all bugs of a meter, in the order of an upgrade.
func InMeters() []Bug {
	return []Bug{
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
