package judge

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// What the suites play besides the catalogue of faults. Each scenario checks everything; its
// duties are those that it is about.

func smoke() []play {
	return slices.Concat(smokeOfDownload(), smokeOfFailures(), smokeOfInputs(), smokeOfHistories())
}

func duties(ids ...duty.ID) []duty.ID { return ids }

func smokeOfDownload() []play {
	return []play{
		{Scenario{Name: "undisturbed", Phase: Whole, Row: "K1", Title: "nothing is in the way", Expect: Succeeds, OnePass: true, Duties: duties(duty.WholeImage, duty.Record, duty.Values, duty.OwnClear)}, ""},
		{Scenario{Name: "cable-out-twice", Phase: Download, Row: "K2", Title: "the cable is out until two answers are missing", Expect: Succeeds, OnePass: true, Waits: 2, Duties: duties(duty.Same)},
			"cable-pull at block 6 for 2 no-responses"},
		{Scenario{Name: "answer-lost", Phase: Download, Row: "K2", Title: "the answer to a block is lost", Expect: Succeeds, OnePass: true, Waits: 1, Duties: duties(duty.Same)},
			"reply-lost at block 2"},
		{Scenario{Name: "answers-lost", Phase: Download, Row: "K2", Title: "the answers to two blocks in a row are lost", Expect: Succeeds, OnePass: true, Waits: 2, Duties: duties(duty.Same, duty.LogLines)},
			"reply-lost at block 2..3"},
		{Scenario{Name: "answer-late", Phase: Download, Row: "K2", Title: "the answer to a block comes when that to the next one is waited for", Expect: Succeeds, OnePass: true, Waits: 3, Duties: duties(duty.LateAnswer, duty.Matching)},
			"reply-late at block 4 by LATE; cable-pull to-meter at block 5 for 2 no-responses"},
		{Scenario{Name: "answer-twice", Phase: Download, Row: "K2", Title: "the answer to a block comes twice", Expect: Succeeds, OnePass: true, Duties: duties(duty.LateAnswer, duty.Matching)},
			"reply-dup at block 4"},
		{Scenario{Name: "chip-lies", Phase: Verify, Title: "the flash chip does not hold what was written: the image is bad", Expect: Succeeds, Duties: duties(duty.Again, duty.Success)},
			"flash-lie at flash-op 150"},
		{Scenario{Name: "highest", Phase: Whole, Title: "every setting is at its upper bound and every text as long as may be; the last block is full", World: dressed(2), Expect: Succeeds, OnePass: true, Duties: duties(duty.Values, duty.WholeImage, duty.Password)}, ""},
		{Scenario{Name: "lowest", Phase: Whole, Title: "every setting is at its lower bound and every text empty; the last block has one byte", World: dressed(1), Expect: Succeeds, OnePass: true, Duties: duties(duty.Values, duty.WholeImage)}, ""},
		{Scenario{Name: "in-words", Phase: Whole, Title: "the password is a word, the unit has two bytes, and a slice of bytes comes at a time", World: dressed(3), Expect: Succeeds, OnePass: true, Heard: true, Duties: duties(duty.Values, duty.Password, duty.Stream)},
			"sliced at start length 50 by 1ms"},
	}
}

func smokeOfFailures() []play {
	return []play{
		{Scenario{Name: "cable-out", Phase: Download, Row: "K3", Title: "the cable is out for good", Waits: tries(), Duties: duties(duty.Bounded, duty.Next, duty.Loader)}, "cable-pull at block 8"},
		{Scenario{Name: "silent", Phase: Download, Row: "K20", Title: "the meter freezes", Waits: tries(), Duties: duties(duty.Bounded)}, "meter-silent at block 6"},
		{Scenario{Name: "aborted", Phase: Download, Row: "K5", Title: "somebody presses Ctrl-C (SIGINT)", World: unhurried(), Pace: scaled, Duties: duties(duty.AbortButton, duty.Next)}, "abort at block 2"},
		{Scenario{Name: "killed-erasing", Phase: Erase, Row: "K17", Title: "the program is killed as the flash is cleared", World: dressed(4), Duties: duties(duty.Next, duty.Kept)}, "kill at flash-op 1 after"},
		{Scenario{Name: "killed", Phase: Download, Row: "K17", Title: "the program is killed in the middle of the download", Duties: duties(duty.Next, duty.Kept, duty.InForce, duty.Loader)}, "kill at block 6"},
		{Scenario{Name: "killed-restarting", Phase: Restart, Row: "K17", Title: "the program is killed as the new firmware starts", Duties: duties(duty.Kept, duty.InForce)}, "kill at state application"},
		{Scenario{Name: "power-dip", Phase: Download, Row: "K7", Title: "the meter's power is away until one answer is missing", Expect: Succeeds, Waits: 2, Duties: duties(duty.Again)}, "power-loss at block 6 for 1 no-responses"},
		{Scenario{Name: "power-lost-erasing", Phase: Erase, Row: "K7", Title: "the meter's power is lost while its flash is erased", Waits: tries(), Duties: duties(duty.Bounded, duty.Next)}, "power-loss at flash-op 20 torn"},
		{Scenario{Name: "power-lost", Phase: Download, Row: "K7", Title: "the meter's power is lost while a block is written", Waits: tries(), Duties: duties(duty.Bounded, duty.Next)}, "power-loss at flash-op 200 torn"},
		{Scenario{Name: "power-lost-verifying", Phase: Verify, Row: "K7", Title: "the meter's power is lost while it checks the image", Waits: tries(), Duties: duties(duty.Bounded, duty.Next)}, "power-loss at state verifying"},
	}
}

// unhurried is a meter whose blocks take their time and little else does.
func unhurried() world.World {
	w := worldOf(5)
	w.Meters[0].Speed = world.Speed{EraseTime: 50 * time.Millisecond, BootTime: time.Second, FirstBootTime: time.Second}
	return w
}

func smokeOfInputs() []play {
	return []play{
		refused("wrong-product", "the file is for a 7330", 0, duty.Fits, func(w *world.World) { w.Firmware[0].Model = meter.ION7330 }),
		spoilt("damaged-file", "a bit of the file is wrong", world.Damaged),
		refused("wrong-password", "the password is wrong", 0, duty.Password, func(w *world.World) { w.Attempts[0].Password = "4711" }),
		refused("wrong-unit", "another unit is asked for: nobody answers", tries(), duty.Device, func(w *world.World) { w.Attempts[0].UnitID = 104 }),
		refused("wrong-serial", "the meter has another serial number", 0, duty.Device, func(w *world.World) { w.Attempts[0].SerialNumber = "PC-0000A000-00" }),
	}
}

// changed is a setting that somebody changes, to another value than any guise has.
func changed() []world.Write {
	return settingsOf("pt-primary", "777", "owner", "changed by hand", "dst-offset", "-60")
}

// another is an image of another revision.
func another() world.Firmware {
	return world.Firmware{Revision: "7350V301", Build: 1, Bytes: 5*ion.BlockBytes + 77}
}

func smokeOfHistories() []play {
	return []play{
		{Scenario{Name: "upgraded-again", Phase: Whole, Title: "an upgrade, a setting changed by hand, and an upgrade to another image", World: worldOf(6), Expect: Succeeds, Extra: perAttempt, Duties: duties(duty.Gone, duty.LogLines),
			Then: []Step{{Firmware: another(), Writes: changed(), Expect: Succeeds}}}, ""},
	}
}

func damagedFirmware() world.Firmware {
	f := another()
	f.Damage = world.Damaged
	return f
}

// refused is a scenario in which the program is given something wrong.
func refused(name, title string, waits int, about duty.ID, spoil func(*world.World)) play {
	w := worldOf(imageBlocks)
	spoil(&w)
	return play{Scenario{Name: name, Phase: Before, Row: "K18", Title: title, World: w, Expect: Refuses, Waits: waits, Duties: duties(about, duty.AsItWas)}, ""}
}

// inLoader has the meter be in its loader, whose application is whole: a program that takes it for
// one that has nothing to lose looks less closely.
func inLoader(p play) play {
	p.Title, p.InLoader, p.Alone = "somebody has put the meter into its loader, and "+p.Title, true, true
	return p
}

// spoilt is refused with a file that cannot be used.
func spoilt(name, title string, damage world.Damage) play {
	return refused(name, title, 0, duty.File, func(w *world.World) { w.Firmware[0].Damage = damage })
}

// malformed is refused with a file that is wrong in a way that no damage is.
func malformed(name, title string, about duty.ID, spoil func(file []byte) []byte) play {
	p := refused(name, title, 0, about, func(*world.World) {})
	p.Spoil = spoil
	return p
}

// more are the rows of the article that smoke leaves out and that can be tested from outside, and
// what else the table of duties needs.
func more() []play {
	return slices.Concat(moreFiles(), moreInputs(), morePhases(), moreHistories(), moreSurroundings(), moreAtOnce(), moreTimes(), moreCalls(), moreRare())
}

// moreCalls are for programs that dial: their meter is at the other end of a telephone line.
func moreCalls() []play {
	about := duties(duty.Redial)
	return []play{
		{Scenario{Name: "called", Phase: Whole, Row: "K15", Title: "the meter is called by its telephone number", Expect: Succeeds, OnePass: true, World: worldOf(6), Duties: about}, ""},
		{Scenario{Name: "carrier-lost", Phase: Download, Row: "K15", Title: "the call is cut off in the download", Expect: Succeeds, OnePass: true, Waits: 2, Extra: perCall, World: worldOf(6), Duties: about}, "carrier-lost at block 3"},
		{Scenario{Name: "carrier-lost-twice", Phase: Download, Row: "K15", Title: "the call is cut off, and the next one as well", Expect: Succeeds, OnePass: true, Waits: 3, Extra: perCall, World: worldOf(6), Duties: about},
			"carrier-lost at block 3; carrier-lost at block 5"},
		{Scenario{Name: "busy-at-first", Phase: Before, Row: "K15", Title: "the number is busy, and later it is not", Expect: Either, Extra: perCall, World: worldOf(6), Duties: about}, "line-busy at start for LATE"},
		{Scenario{Name: "busy-in-between", Phase: Download, Row: "K15", Title: "the call is cut off, and the number is busy for good", Waits: tries(), Extra: perCall, World: worldOf(6), Duties: duties(duty.Redial, duty.Bounded, duty.Next)},
			"carrier-lost at block 3; line-busy at block 3 for 10m"},
		{Scenario{Name: "no-answer", Phase: Before, Row: "K15", Title: "nobody answers at the number", Expect: Refuses, Extra: perCall, World: worldOf(6), Duties: about}, "no-answer at start for 10m"},
		{Scenario{Name: "no-dial-tone", Phase: Before, Row: "K15", Title: "the telephone cable of the modem is out", Expect: Refuses, Extra: perCall, World: worldOf(6), Duties: about}, "no-dial-tone at start for 10m"},
		{Scenario{Name: "wrong-number", Phase: Before, Row: "K15", Title: "the number leads to a fax", Expect: Refuses, Extra: perCall, World: worldOf(6), Duties: about}, "wrong-number at start for 10m"},
		{Scenario{Name: "retrained", Phase: Download, Row: "K15", Title: "the modems train again in the download", Expect: Succeeds, OnePass: true, Waits: 2, World: worldOf(6), Duties: about}, "retrain at block 3 for LATE"},
	}
}

// moreRare are what an author takes for too rare to think of.
func moreRare() []play {
	newer, marked := worldOf(3), worldOf(3)
	newer.Meters[0].Revision = "7350V299"
	marked.Meters[0].SerialNumber = noFileName
	return []play{
		{Scenario{Name: "older-revision", Phase: Whole, Title: "the meter runs a newer revision than that of the file", Expect: Succeeds, OnePass: true, World: newer, Duties: duties(duty.Fits, duty.Failure)}, ""},
		{Scenario{Name: "serial-no-file-name", Phase: Download, Title: "the program is killed, and the serial number of the meter has marks that lead to another folder where they are taken for a file name", World: marked, Duties: duties(duty.Kept, duty.InForce, duty.Next)}, "kill at block 1"},
		{Scenario{Name: "output-unread", Phase: Whole, Title: "nobody reads what the program writes from the first block on, and its outputs stay open", World: worldOf(imageBlocks), Expect: Succeeds, Harms: []Harm{harm(blocks, 1, "reader-stalls", 0)}, Duties: duties(duty.Surroundings)}, ""},
	}
}

// noFileName is a serial number that cannot be a part of a file's name.
const noFileName = "../PC-0209/1"

// perCall is how long a program may take to dial again: modems are given time between commands.
const perCall = 20 * time.Second

func moreFiles() []play {
	return []play{
		spoilt("truncated-file", "the file ends in the middle", world.Truncated),
		spoilt("empty-file", "the file is empty", world.Empty),
		spoilt("no-file", "there is no file", world.Missing),
		spoilt("other-file", "the file is of another kind", world.Foreign),
		malformed("flipped-date", "a bit of the build time is wrong", duty.File, flipped(upgDated)),
		malformed("flipped-revision", "a bit of the revision is wrong", duty.File, flipped(upgRevision+6)),
		malformed("flipped-sha", "a bit of the SHA-256 is wrong, and the header says that it is whole", duty.File, resealed(flipped(upgSHA))),
		malformed("flipped-crc", "a bit of the image's CRC-32 is wrong, and the header says that it is whole", duty.File, resealed(flipped(upgCRC+3))),
		malformed("flipped-image", "one bit of the last byte of the image is wrong", duty.File, func(b []byte) []byte { return flipped(len(b) - 1)(b) }),
		malformed("longer-file", "there is a byte behind the image", duty.File, func(b []byte) []byte { return append(b, 0) }),
		malformed("shorter-file", "the last byte of the image is missing", duty.File, func(b []byte) []byte { return b[:len(b)-1] }),
		malformed("header-alone", "the file ends behind its header", duty.File, func(b []byte) []byte { return b[:upgImage] }),
		malformed("other-magic", "the file begins with other bytes, and its header is whole otherwise", duty.File, resealed(flipped(1))),
		malformed("other-version", "the file has another format version", duty.File, resealed(flipped(upgVersion+1))),
		malformed("other-address", "the image loads at another address", duty.Fits, resealed(flipped(upgBase+1))),
		malformed("no-date", "the firmware was built at 0", duty.File, resealed(func(b []byte) []byte { clear(b[upgDated : upgDated+4]); return b })),
		malformed("unsealed-header", "the CRC-32 of the header is wrong, and nothing else", duty.File, flipped(upgImage-1)),
		malformed("revision-with-a-tail", "a letter stands behind the revision", duty.File, resealed(func(b []byte) []byte { b[upgRevision+8] = 'A'; return b })),
		malformed("other-revision", "the revision is that of another product", duty.File, resealed(func(b []byte) []byte { b[upgRevision+2] = '3'; return b })),
	}
}

func moreInputs() []play {
	return []play{
		refused("password-case", "one letter of the password is small and should be great", 0, duty.Password, func(w *world.World) {
			w.Meters[0].Password, w.Attempts[0].Password = "Secret", "secret"
		}),
		refused("password-digit", "the last digit of the password is missing", 0, duty.Password, func(w *world.World) {
			w.Meters[0].Password, w.Attempts[0].Password = "12345678", "1234567"
		}),
		refused("serial-prefix", "the serial number of the meter begins with the one that is expected", 0, duty.Device, func(w *world.World) {
			w.Attempts[0].SerialNumber = "PC-0209A001-1"
		}),
		refused("serial-longer", "the serial number that is expected begins with that of the meter", 0, duty.Device, func(w *world.World) {
			w.Attempts[0].SerialNumber = "PC-0209A001-112"
		}),
		refused("serial-case", "the serial number that is expected has small letters where that of the meter has great ones", 0, duty.Device, func(w *world.World) {
			w.Attempts[0].SerialNumber = "pc-0209a001-11"
		}),
		inLoader(refused("wrong-serial-in-loader", "the meter has another serial number", 0, duty.Device, func(w *world.World) { w.Attempts[0].SerialNumber = "PC-0000A000-00" })),
		inLoader(refused("wrong-product-in-loader", "the file is for a 7330", 0, duty.Fits, func(w *world.World) { w.Firmware[0].Model = meter.ION7330 })),
		inLoader(refused("wrong-password-in-loader", "the password is wrong", 0, duty.Password, func(w *world.World) { w.Attempts[0].Password = "4711" })),
		inLoader(spoilt("damaged-file-in-loader", "a bit of the file is wrong", world.Damaged)),
		refused("unit-a-byte", "a unit is asked for that ends in the same byte: nobody answers", tries(), duty.Device, func(w *world.World) { w.Attempts[0].UnitID = 105 + 256 }),
		refused("too-large", "the image is larger than the meter has room for", 0, duty.Fits, func(w *world.World) { w.Firmware[0].Bytes = 62 * 64 << 10 }),
		{Scenario{Name: "long-image", Phase: Whole, Row: "K1", Title: "the image has more than 255 blocks", Expect: Succeeds, OnePass: true, World: worldOf(257), Duties: duties(duty.WholeImage)}, ""},
		{Scenario{Name: "whole-flash", Phase: Whole, Title: "the image fills the flash to the last byte", Expect: Succeeds, OnePass: true, World: sized(wholeFlash), Duties: duties(duty.WholeImage)}, ""},
		{Scenario{Name: "one-byte", Phase: Whole, Title: "the image has one byte", Expect: Succeeds, OnePass: true, World: sized(1), Duties: duties(duty.WholeImage, duty.LogLines)}, ""},
		{Scenario{Name: "one-block", Phase: Whole, Title: "the image is one full block", Expect: Succeeds, OnePass: true, World: sized(ion.BlockBytes), Duties: duties(duty.WholeImage)}, ""},
		{Scenario{Name: "one-frame", Phase: Whole, Title: "the message of the only block is one full frame", Expect: Succeeds, OnePass: true, World: sized(oneFrame), Duties: duties(duty.WholeImage)}, ""},
		{Scenario{Name: "same-revision", Phase: Whole, Title: "the meter runs another image of the same revision", Expect: Succeeds, OnePass: true, World: sameRevision(), Duties: duties(duty.WholeImage, duty.Success)}, ""},
		{Scenario{Name: "factory-settings", Phase: Whole, Title: "nobody has ever set the meter up", Expect: Succeeds, OnePass: true, World: untouched(), Duties: duties(duty.Values)}, ""},
		{Scenario{Name: "blanks", Phase: Whole, Title: "texts begin and end with blanks", Expect: Succeeds, OnePass: true, World: blank(), Duties: duties(duty.Values)}, ""},
		{Scenario{Name: "blanks-kept", Phase: Download, Title: "the program is killed, and has kept texts that begin and end with blanks", World: blank(), Duties: duties(duty.Values, duty.Kept)}, "kill at block 1"},
		{Scenario{Name: "words-kept", Phase: Download, Title: "the program is killed, and has kept texts that read as numbers, comments, or marks of other languages", World: words(), Duties: duties(duty.Values, duty.Kept)}, "kill at block 1"},
		{Scenario{Name: "flat-image", Phase: Whole, Title: "whole blocks of the image are FF, as a cleared flash is, or zeros, two are alike, and it ends with FF", Expect: Succeeds, OnePass: true, World: flat(), Duties: duties(duty.WholeImage, duty.Record)}, ""},
		{Scenario{Name: "digits", Phase: Whole, Title: "every number has all its digits, and some are tiny", Expect: Succeeds, OnePass: true, World: digits(), Duties: duties(duty.Values)}, ""},
		{Scenario{Name: "digits-kept", Phase: Download, Title: "the program is killed, and has kept numbers with all their digits", World: digits(), Duties: duties(duty.Values, duty.Kept)}, "kill at block 1"},
		{Scenario{Name: "lowest-kept", Phase: Download, Title: "the program is killed, and has kept settings at their lower bounds and empty texts", World: bound(world.Lowest), Duties: duties(duty.Values, duty.Kept)}, "kill at block 1"},
		{Scenario{Name: "highest-kept", Phase: Download, Title: "the program is killed, and has kept settings at their upper bounds and the longest texts", World: bound(world.Highest), Duties: duties(duty.Values, duty.Kept)}, "kill at block 1"},
		{Scenario{Name: "neighbours", Phase: Whole, Title: "another meter of the same model is on the line, and other stations talk", Expect: Succeeds, World: neighbours(), Duties: duties(duty.Alone, duty.NoNewTime)},
			"babble at reply 1 for AWHILE by OFTEN unit 361; second-master at block 3 for AWHILE by OFTEN unit 361"},
	}
}

// smokeToo are those of the full suite that find most of what the others of smoke do not, and take
// no more than a moment.
func smokeToo() []string {
	return []string{
		"flipped-sha", "flipped-crc", "longer-file", "other-version", "no-date", "other-revision", "serial-prefix", "serial-longer", "no-room",
		"same-revision", "small-blocks", "blanks", "digits-kept", "record-lies", "never-the-revision",
		"program-failed", "out-of-range", "bad-sequence", "not-allowed", "block-refused", "erase-refused", "busy-often", "sequence-ahead",
		"killed-twice", "killed-and-changed", "kept-and-torn", "kept-and-flipped", "words-kept", "flat-image",
		"recovered-answer-lost-enter-answer", "another-meter-between", "cannot-keep-and-killed", "terminated", "second-run",
		"babble-download", "ip-down-download", "port-vanishes-download", "damaged-clear-answer", "lying-length-identify-answer", "unheard-restart",
		"abort-enter-answer", "kill-enter-answer", "kill-later-write-answer", "doubled-compare-answer", "other-ack-block-answer",
		"other-id-block-answer", "other-type-block-answer", "other-source-block-answer", "other-op-block-answer", "other-sequence-block-answer",
		"garbled-writes", "garbled-owner", "garbled-kwh-import",
		"unsealed-header", "other-base", "abroad", "output-broken", "cable-out-ten-times", "killed-then-refused", "kept-in-vain", "written-in-vain-and-killed",
		"answer-lost-read-answer", "answer-lost-enter-answer", "answer-lost-restart-answer", "exception-read-answer", "fewer-values-read-answer",
		"clear-answered-refused", "clear-answered-not-cleared", "verify-answered-refused", "answer-busy-verify-answer", "power-loss-verify-answer",
		"noisy-preamble-block-answer", "other-destination-block-answer",
	}
}

// sameRevision is a meter that runs another image of the revision that the file has.
func sameRevision() world.World {
	w := worldOf(3)
	w.Meters[0].Revision = "7350V283"
	return w
}

// wholeFlash is the longest image that a meter has room for.
const wholeFlash = 61 * 64 << 10

// oneFrame is the image whose only block makes a message of exactly one frame.
const oneFrame = ion.MaxFrameData - 15 - 8 - 15

func sized(bytes int) world.World {
	w := worldOf(1)
	w.Firmware[0].Bytes = bytes
	return w
}

func untouched() world.World {
	w := worldOf(6)
	w.Meters[0].SetUp = world.Untouched
	return w
}

func bound(at world.SetUp) world.World {
	w := worldOf(2)
	w.Meters[0].SetUp = at
	return w
}

// neighbours are two meters whose units end in the same byte and whose serial numbers begin alike.
func neighbours() world.World {
	w := worldOf(6)
	w.Meters = append(w.Meters, world.Meter{Name: "other", UnitID: 105 + 256, SerialNumber: "PC-0209A001-1", ImageBytes: 16 << 10, Set: changed()})
	return w
}

func morePhases() []play {
	return []play{
		{Scenario{Name: "power-lost-restarting", Phase: Restart, Row: "K7", Title: "in a recovery the meter does not come back from its restart", Extra: restartPatience, Duties: duties(duty.Bounded, duty.Success)},
			"abort at block 6 then power-loss at state booting"},
		{Scenario{Name: "power-cycled", Phase: Download, Row: "K6", Title: "after an abort the meter is switched off and on, although it should not be", Waits: 3, Duties: duties(duty.Loader)},
			"abort at block 6 then power-loss at start for 1 no-responses"},
		{Scenario{Name: "third-time-lucky", Phase: Download, Row: "K19", Title: "the recovery fails too, and the next one succeeds", Waits: 2 * tries(), Duties: duties(duty.Next, duty.InForce, duty.Gone)},
			"cable-pull at block 6 then power-loss at block 4"},
		{Scenario{Name: "killed-twice", Phase: Download, Title: "the recovery is killed too, before it has sent a block", World: dressed(2), Duties: duties(duty.Kept, duty.InForce)},
			"kill at block 6 then kill at state erasing"},
		{Scenario{Name: "killed-in-recovery", Phase: Restart, Title: "the recovery is killed too, as the new firmware starts", Duties: duties(duty.Kept, duty.InForce)},
			"kill at block 6 then kill at state application"},
		{Scenario{Name: "record-lies", Phase: Verify, Title: "the chip does not hold the record that makes the image valid", Expect: Succeeds, World: worldOf(6), Duties: duties(duty.Again, duty.Success)},
			"flash-lie at flash-op 210"},
		{Scenario{Name: "talked-to-death", Phase: Download, Title: "the meter freezes, and somebody else talks without end", Waits: tries(), Talked: true, Duties: duties(duty.NoNewTime, duty.Bounded, duty.Alone)},
			"meter-silent at block 6; babble at block 6 by OFTEN"},
		{Scenario{Name: "slow-bytes", Phase: Whole, Title: "the bytes of every answer come in pieces, with pauses", World: worldOf(2), Expect: Succeeds, OnePass: true, Heard: true, Extra: 5 * time.Second, Duties: duties(duty.Stream)},
			"sliced from-meter at start length 90 by QUARTER"},
		{Scenario{Name: "cut-in-the-mark", Phase: Whole, Title: "the bytes of every answer come in threes, so that a piece ends in the middle of the mark by which a frame is found", World: worldOf(2), Expect: Succeeds, OnePass: true, Extra: 10 * time.Second, Duties: duties(duty.Stream)},
			"sliced from-meter at start length 3 by 1ms"},
		{Scenario{Name: "connection-breaks-often", Phase: Download, Title: "the connection breaks at three blocks", Expect: Succeeds, OnePass: true, Waits: 4, Duties: duties(duty.Reconnect, duty.Same)},
			"ip-reset at block 3; ip-reset at block 5; ip-reset at block 8"},
		{Scenario{Name: "slow-erase", Phase: Erase, Title: "every sector takes as long to erase as one may", World: erasesLong(8 * time.Second), Pace: scaled, Waits: 50, Expect: Succeeds, OnePass: true, Duties: duties(duty.Patience, duty.Busy)}, ""},
		{Scenario{Name: "aborted-erasing", Phase: Erase, Title: "somebody presses Ctrl-C as the flash is cleared, which takes long", World: erasesLong(8 * time.Second), Pace: scaled, Waits: 50, Harms: []Harm{harm(polls, 1, "abort", 0)}, Duties: duties(duty.AbortButton, duty.Next)}, ""},
		{Scenario{Name: "program-failed", Phase: Download, Title: "the meter says that the chip did not take a block", Expect: Succeeds, Duties: duties(duty.Again)}, "reply-status at block 5 status program-failed"},
		{Scenario{Name: "out-of-range", Phase: Download, Title: "the meter says that the address of a block is outside its flash", Expect: Succeeds, Duties: duties(duty.Again)}, "reply-status at block 5 status out-of-range"},
		{Scenario{Name: "another-meter-again", Phase: Download, Title: "the meter says that it was not cleared, and then another one answers identify", World: worldOf(6), Expect: Fails, Harms: []Harm{harm(returns, 0, "tells-another-serial", 0)}, Duties: duties(duty.Device, duty.Again)},
			"reply-status at block 3 status not-cleared"},
		{Scenario{Name: "found-erasing", Phase: Erase, Title: "the program is killed as the flash is cleared, and the next run finds the meter erasing", World: erasesLong(4 * time.Second), Pace: scaled, Waits: 14, Hasty: true, Duties: duties(duty.Loader, duty.Patience, duty.Busy)},
			"kill at flash-op 1 after"},
		{Scenario{Name: "bad-sequence", Phase: Download, Title: "the meter has taken a block, and says that it wants the next one", Expect: Succeeds, OnePass: true, Duties: duties(duty.Sequence)}, "reply-status at block 5 status bad-sequence"},
		{Scenario{Name: "not-cleared", Phase: Download, Title: "the meter says that it was not cleared", Expect: Succeeds, Duties: duties(duty.Again, duty.OwnClear)}, "reply-status at block 5 status not-cleared"},
		{Scenario{Name: "not-allowed", Phase: Download, Title: "the meter says that a block is not allowed", Expect: Succeeds, Duties: duties(duty.Again)}, "reply-status at block 5 status refused"},
		{Scenario{Name: "block-refused", Phase: Download, Title: "the meter says that the CRC-32 of a block is wrong", Expect: Succeeds, OnePass: true, Duties: duties(duty.Again)}, "reply-status at block 5 status verify-failed"},
		{Scenario{Name: "verify-refused", Phase: Verify, Title: "the meter says that the CRC-32 of the image is wrong", Expect: Succeeds, Duties: duties(duty.Again)}, "reply-status at state verifying status verify-failed"},
		{Scenario{Name: "erase-refused", Phase: Erase, Title: "the meter says that a sector does not erase", Expect: Succeeds, Duties: duties(duty.Again, duty.OwnClear)}, "reply-status at state erasing status erase-failed"},
		{Scenario{Name: "cable-out-ten-times", Phase: Download, Row: "K2", Title: "the cable is out until ten answers are missing, and the eleventh try is answered", Expect: Succeeds, OnePass: true, Waits: tries(), Duties: duties(duty.Same, duty.Bounded)},
			"cable-pull at block 6 for 10 no-responses"},
		{Scenario{Name: "gateway-gone", Phase: Download, Title: "a gateway is down for good: it resets the TCP connection, and any other as soon as something is sent over it", World: worldOf(6), Waits: tries(), Duties: duties(duty.Bounded, duty.Reconnect)}, "ip-down at block 3"},
		unending("never-taken", "the meter says that the CRC-32 of a block is wrong, as often as it is sent", "tells-bad-block", &refusedForEver, duty.Again),
		unending("wanted-for-ever", "the answer to a block is ok and wants the same block, as often as it is sent", "tells-same-block", &refusedForEver, duty.Sequence),
		unending("bad-sequence-for-ever", "the meter says that a block is out of sequence and wants the same one, as often as it is sent", "tells-bad-sequence", &refusedForEver, duty.Sequence),
		unending("not-allowed-for-ever", "the meter says that a block is not allowed, as often as it is sent", "tells-refused-block", &refusedForEver, duty.Again),
		unending("not-cleared-for-ever", "the meter says at a block that it is not cleared, as often as it is sent", "tells-not-cleared", &refusedForEver, duty.Again),
		unending("busy-for-ever", "the meter answers a block with busy, as often as it is sent", "tells-busy-block", &busyForEver, duty.Busy),
		{Scenario{Name: "every-answer-lost", Phase: Download, Title: "the answer to every block is lost once", Expect: Succeeds, OnePass: true, Waits: imageBlocks, Duties: duties(duty.Same, duty.Bounded, duty.LogLines)}, "reply-lost at block 1..12"},
		{Scenario{Name: "busy-often", Phase: Download, Title: "the meter answers four blocks in a row with busy", Expect: Succeeds, OnePass: true, Extra: 5 * time.Second, Duties: duties(duty.Busy)}, "reply-busy at block 3..6"},
	}
}

// unending is a scenario in which a block is never answered with ok. A healthy program may take two
// minutes to have enough.
func unending(name, title, harmName string, until *unceasing, about duty.ID) play {
	h := harm(blocks, 5, harmName, 0)
	h.Endless = until
	return play{Scenario{Name: name, Phase: Download, Title: title, World: worldOf(6), Harms: []Harm{h}, Extra: 2 * time.Minute, Longest: mostAsking, Duties: duties(duty.Bounded, about)}, ""}
}

// bootsLong is a meter that boots for so long that a program which is killed meanwhile has written nothing.
func bootsLong() world.World {
	w := worldOf(3)
	w.Meters[0].Speed = world.Speed{EraseTime: time.Millisecond, BootTime: time.Second, FirstBootTime: time.Second}
	return w
}

// erasesLong is a meter that takes so long for each sector.
func erasesLong(sector time.Duration) world.World {
	w := worldOf(2)
	w.Meters[0].Speed.EraseTime = sector
	return w
}

func moreHistories() []play {
	return []play{
		{Scenario{Name: "killed-and-changed", Phase: Restart, Title: "the program is killed when all settings are back, and a setting is changed by hand", World: worldOf(3), Alone: true, Extra: perAttempt, Harms: []Harm{harm(compares, 1, "kill", 0)}, Duties: duties(duty.Gone, duty.InForce),
			Then: []Step{{Writes: changed(), Expect: Succeeds}}}, ""},
		{Scenario{Name: "kept-in-vain", Phase: Enter, Title: "the program is killed and the meter switched off before it enters download state, and a setting is changed by hand", World: worldOf(3), Alone: true, Extra: perAttempt,
			Harms: []Harm{harm(enters, 1, "kill", 0), harm(enters, 1, "power-loss for 1s", 0)}, Duties: duties(duty.Gone, duty.InForce),
			Then: []Step{{Writes: changed(), Expect: Succeeds}}}, ""},
		{Scenario{Name: "initialised-later", Phase: Whole, Title: "an upgrade is killed and recovered, and later somebody has the meter initialise itself, sets it up, and upgrades it", World: worldOf(3), Extra: 2 * perAttempt, Duties: duties(duty.Gone, duty.Values),
			Then: []Step{{Firmware: another(), Resets: true, Writes: changed(), Expect: Succeeds}}}, "kill at block 3"},
		{Scenario{Name: "recovered-and-upgraded", Phase: Whole, Title: "an upgrade is killed and recovered, a setting changed by hand, and the meter upgraded to another image", World: worldOf(6), Extra: 2 * perAttempt, Duties: duties(duty.Gone, duty.InForce),
			Then: []Step{{Firmware: another(), Writes: changed(), Expect: Succeeds}}}, "kill at block 3"},
		{Scenario{Name: "recovered-with-another", Phase: Download, Title: "an upgrade is killed, and the meter recovered with another image", World: worldOf(6), Alone: true, Duties: duties(duty.InForce, duty.WholeImage, duty.Loader),
			Then: []Step{{Firmware: another(), Recovery: true}}}, "kill at block 3"},
		{Scenario{Name: "same-image-again", Phase: Whole, Title: "a meter that runs the image is upgraded once more", World: worldOf(6), Expect: Succeeds, Duties: duties(duty.Values, duty.Success),
			Then: []Step{{Writes: changed(), Expect: Succeeds}}}, ""},
		{Scenario{Name: "another-meter-between", Phase: Download, Title: "an upgrade is killed, another meter on the line upgraded, and the first recovered", World: neighbours(), Alone: true, Extra: 2 * perAttempt, Duties: duties(duty.InForce, duty.Kept),
			Then: []Step{{Meter: 1, Expect: Either}, {Meter: 0, Recovery: true}}}, "kill at block 3"},
		likeNamed("another-meter-in-other-letters", "has the same serial number in small letters", "PC-0209A001-11", "pc-0209a001-11"),
		likeNamed("another-meter-in-other-marks", "has the same serial number with another mark in it", "PC#0209A0", "PC+0209A0"),
		{Scenario{Name: "two-meters", Phase: Whole, Title: "one meter is upgraded, and then another on the same line", World: neighbours(), Expect: Succeeds, Extra: perAttempt, Duties: duties(duty.Gone, duty.Alone),
			Then: []Step{{Meter: 1, Expect: Succeeds}}}, ""},
		{Scenario{Name: "kept-and-torn", Phase: Download, Title: "an upgrade is killed, and what it had kept is cut in the middle", World: worldOf(6), Alone: true, Duties: duties(duty.Keepable),
			Then: []Step{{Tears: true, Alone: true}}}, "kill at block 3"},
		{Scenario{Name: "kept-and-shut", Phase: Download, Title: "an upgrade is killed, and what it had kept cannot be read: a folder has its name", World: worldOf(6), Alone: true, Duties: duties(duty.Keepable),
			Then: []Step{{Shuts: true, Alone: true}}}, "kill at block 3"},
		{Scenario{Name: "kept-and-sealed", Phase: Download, Title: "an upgrade is killed, and nobody can open what it had kept", World: worldOf(6), Alone: true, Duties: duties(duty.Keepable),
			Then: []Step{{Seals: true, Alone: true}}}, "kill at block 3"},
		{Scenario{Name: "kept-and-emptied", Phase: Download, Title: "an upgrade is killed, and nothing is left in the file of what it had kept", World: worldOf(6), Alone: true, Duties: duties(duty.Keepable),
			Then: []Step{{Empties: true, Alone: true}}}, "kill at block 3"},
		{Scenario{Name: "kept-and-flipped", Phase: Download, Title: "an upgrade is killed, and one letter of what it had kept is another one", World: worldOf(6), Alone: true, Duties: duties(duty.Keepable, duty.Values),
			Then: []Step{{Flips: true, Alone: true}}}, "kill at block 3"},
		{Scenario{Name: "no-room-and-later", Phase: Before, Title: "the disk is full when the settings are to be kept, and later it is not", World: worldOf(3), Expect: Either, Around: surroundings{NoRoom: true}, Extra: perAttempt, Duties: duties(duty.Keepable, duty.AsItWas),
			Then: []Step{{Expect: Succeeds}}}, ""},
		{Scenario{Name: "no-room-to-keep-again", Phase: Restart, Title: "an upgrade is killed before its settings are back, the disk is full in the next run, and not in the one behind it", World: worldOf(3), Alone: true, Extra: 2 * perAttempt, Duties: duties(duty.Kept, duty.InForce),
			Then: []Step{{Expect: Recovers, Around: surroundings{NoRoom: true}, Alone: true}, {Recovery: true}}}, "kill at state application"},
		{Scenario{Name: "killed-then-refused", Phase: Download, Title: "an upgrade is killed, the next run is given a damaged file, and the one behind it the right one", World: worldOf(6), Alone: true, Extra: perAttempt, Duties: duties(duty.File, duty.InForce, duty.Kept),
			Then: []Step{{Firmware: damagedFirmware(), Expect: Fails, Alone: true}, {Firmware: another(), Recovery: true}}}, "kill at block 3"},
		{Scenario{Name: "killed-then-nobody", Phase: Download, Title: "an upgrade is killed, the next run finds nobody on the line, and the one behind it the meter", World: worldOf(3), Alone: true, Waits: tries(), Extra: perAttempt, Duties: duties(duty.InForce, duty.Kept),
			Then: []Step{{Plans: plansOf("cable-pull at start"), Expect: Fails, Alone: true}, {Recovery: true}}}, "kill at block 2"},
		{Scenario{Name: "killed-then-aborted", Phase: Download, Title: "an upgrade is killed, somebody presses Ctrl-C in the next run before it clears anything, and the one behind it recovers the meter", World: worldOf(3), Alone: true, Extra: perAttempt, Duties: duties(duty.InForce, duty.Kept, duty.AbortButton),
			Then: []Step{{Plans: plansOf("abort at reply 1"), Expect: Recovers, Alone: true}, {Recovery: true}}}, "kill at block 2"},
		{Scenario{Name: "killed-restarting-then-aborted", Phase: Enter, Title: "an upgrade is killed before its settings are back, somebody presses Ctrl-C in the next run as the meter enters its loader, and the one behind it recovers the meter", World: bootsLong(), Pace: wall, Alone: true, Extra: perAttempt + 10*time.Second, Harms: []Harm{harm(restarts, 1, "kill", 0)}, Duties: duties(duty.InForce, duty.Kept, duty.AbortButton),
			Then: []Step{{Plans: plansOf("abort at state booting"), Expect: Recovers, Alone: true, Perhaps: true}, {Recovery: true}}}, ""},
		{Scenario{Name: "killed-restarting-and-changed", Phase: Restart, Title: "an upgrade is killed before its settings are back, some of three groups are set by hand, and the next run brings back the other groups", World: bootsLong(), Pace: wall, Alone: true, Extra: perAttempt + 10*time.Second, Harms: []Harm{harm(restarts, 1, "kill", 0)}, Duties: duties(duty.InForce, duty.Kept, duty.Values),
			Then: []Step{{Writes: changed(), Unsure: true, Recovery: true}}}, ""},
		{Scenario{Name: "kept-and-copied", Phase: Whole, Title: "an upgrade is killed, what it had kept is copied, the meter recovered and a setting changed by hand; then the copy comes back, and the meter is upgraded", World: worldOf(3), Alone: true, Extra: 2 * perAttempt, Duties: duties(duty.Gone, duty.InForce),
			Then: []Step{{Copies: true, Recovery: true}, {Firmware: another(), Writes: changed(), Returns: true, Expect: Either}}}, "kill at block 2"},
		{Scenario{Name: "aborted-then-changed", Phase: Enter, Title: "somebody presses Ctrl-C at the answer to enter, a setting is changed by hand, and the meter upgraded to another image", World: worldOf(3), Alone: true, Extra: perAttempt, Harms: []Harm{harm(enters, 1, "abort", 0)}, Duties: duties(duty.Gone, duty.InForce, duty.AsItWas),
			Then: []Step{{Firmware: another(), Writes: changed(), Expect: Succeeds}}}, ""},
		{Scenario{Name: "found-in-loader-and-set-up", Phase: Whole, Title: "a meter that nobody has ever set up is found in its loader and upgraded; then somebody sets it up, and upgrades it to another image", World: untouched(), InLoader: true, Expect: Succeeds, Extra: perAttempt, Duties: duties(duty.Loader, duty.Gone, duty.Values),
			Then: []Step{{Firmware: another(), Writes: changed(), Expect: Succeeds}}}, ""},
		{Scenario{Name: "killed-then-wrong-password", Phase: Download, Title: "an upgrade is killed, the next run is given a wrong password, and the one behind it the right one", World: worldOf(6), Alone: true, Extra: perAttempt, Duties: duties(duty.Password, duty.InForce, duty.Kept),
			Then: []Step{{Password: "4711", Expect: Fails, Alone: true}, {Recovery: true}}}, "kill at block 3"},
		{Scenario{Name: "refused-then-changed", Phase: Before, Title: "an upgrade is refused, a setting changed by hand, and the meter upgraded", World: refusedWorld(), Expect: Refuses, Duties: duties(duty.Gone, duty.AsItWas),
			Then: []Step{{Writes: changed(), Expect: Succeeds}}}, ""},
	}
}

// likeNamed is another-meter-between with two serial numbers that the names of files may not tell apart.
func likeNamed(name, like, serial, other string) play {
	w := neighbours()
	w.Meters[0].SerialNumber, w.Meters[1].SerialNumber = serial, other
	return play{Scenario{Name: name, Phase: Download, Title: "an upgrade is killed, another meter on the line upgraded, which " + like + ", and the first recovered", World: w, Alone: true, Extra: 2 * perAttempt,
		Duties: duties(duty.InForce, duty.Kept), Then: []Step{{Meter: 1, Expect: Either}, {Meter: 0, Recovery: true}}}, "kill at block 3"}
}

// plansOf is the plan of one attempt.
func plansOf(text string) trial.Plans {
	plans, err := trial.ParsePlans(text)
	if err != nil {
		panic(fmt.Sprintf("judge: plan %q: %v", text, err)) // it is in this source
	}
	return plans
}

func refusedWorld() world.World {
	w := worldOf(6)
	w.Attempts[0].Password = "4711"
	return w
}

// abroadBy is how much later it is in Nepal than in UTC.
const abroadBy = 5*time.Hour + 45*time.Minute

func moreSurroundings() []play {
	abroad := surroundings{Environment: []string{"HOME", "TZ=Asia/Kathmandu", "LANG=de_DE.UTF-8", "LC_ALL=de_DE.UTF-8", "LC_TIME=de_DE.UTF-8"}}
	return []play{
		{Scenario{Name: "abroad", Phase: Whole, Title: "HOME is not set, and the program runs in Nepal and in German", Expect: Succeeds, Around: abroad, Duties: duties(duty.Surroundings, duty.LogStamps)}, ""},
		{Scenario{Name: "output-closed", Phase: Whole, Title: "standard output is closed", Expect: Succeeds, Around: surroundings{NoOutput: true}, Duties: duties(duty.Surroundings)}, ""},
		{Scenario{Name: "output-full", Phase: Whole, Title: "nothing can be written to standard output", Expect: Succeeds, Around: surroundings{FullOutput: true}, Duties: duties(duty.Surroundings)}, ""},
		{Scenario{Name: "output-broken", Phase: Whole, Title: "whoever read the output of the program has ended when a block comes", Expect: Succeeds, Harms: []Harm{harm(blocks, 3, "reader-gone", 0)}, Duties: duties(duty.Surroundings)}, ""},
		{Scenario{Name: "log-full", Phase: Whole, Title: "nothing can be written to the log", Expect: Succeeds, Around: surroundings{LogFull: true}, Duties: duties(duty.Surroundings)}, ""},
		{Scenario{Name: "log-nowhere", Phase: Whole, Title: "the log cannot be opened: its folder is a file", Expect: Succeeds, Around: surroundings{NoLog: true}, Duties: duties(duty.Surroundings)}, ""},
		{Scenario{Name: "cannot-keep", Phase: Before, Title: "the settings cannot be kept: {dir} is no folder", Expect: Either, Around: surroundings{NoFolder: true}, Duties: duties(duty.Keepable, duty.AsItWas)}, ""},
		{Scenario{Name: "cannot-keep-and-killed", Phase: Before, Title: "the settings cannot be kept: {dir} is no folder; where the program goes on all the same, it is killed", World: worldOf(6), Around: surroundings{NoFolder: true},
			Harms: []Harm{harm(blocks, 3, "kill", 0)}, Duties: duties(duty.Keepable, duty.Kept)}, ""},
		{Scenario{Name: "no-room-and-killed", Phase: Before, Title: "the disk is full when the settings are to be kept; where the program goes on all the same, it is killed", World: dressed(2), Around: surroundings{NoRoom: true},
			Harms: []Harm{harm(blocks, 2, "kill", 0)}, Duties: duties(duty.Keepable, duty.Kept)}, ""},
		{Scenario{Name: "terminated", Phase: Download, Title: "the program is sent SIGTERM", World: unhurried(), Pace: scaled, Signal: syscall.SIGTERM, Duties: duties(duty.AbortButton, duty.Next)}, "abort at block 2"},
		{Scenario{Name: "hung-up", Phase: Download, Title: "the program is sent SIGHUP", Signal: syscall.SIGHUP, Duties: duties(duty.AbortButton, duty.Next)}, "abort at block 6"},
	}
}

func moreAtOnce() []play {
	return []play{
		{Scenario{Name: "second-run", Phase: Download, Title: "the program is started once more while it is at work, by the same command", Beside: withSecondRun, SameLog: true, Expect: Succeeds, Waits: tries(), Extra: 2 * perAttempt, Duties: duties(duty.Turns, duty.Gone),
			Then: []Step{{Writes: changed(), Expect: Succeeds}}}, ""},
		{Scenario{Name: "second-run-killed", Phase: Download, Title: "the program is started once more while it is at work, and the first one killed later", Beside: withSecondRun, Expect: Succeeds, Waits: tries(), Extra: perAttempt, Duties: duties(duty.Turns, duty.Kept, duty.Next)},
			"kill at block 8"},
		{Scenario{Name: "second-run-at-a-break", Phase: Download, Title: "the program is stopped, its connection breaks, and it is started once more before it goes on", Beside: withSecondRun, Expect: Succeeds, Waits: 2 * tries(), Extra: perAttempt, Duties: duties(duty.Turns, duty.Reconnect)},
			"suspend at block 3 for 4s; ip-reset at block 3"},
		{Scenario{Name: "second-run-at-a-later-break", Phase: Download, Title: "the connection breaks; later the program is stopped, its connection breaks again, and it is started once more before it goes on", Beside: withSecondRun, World: worldOf(imageBlocks), Expect: Succeeds, Waits: 2 * tries(), Extra: perAttempt, Duties: duties(duty.Turns, duty.Reconnect)},
			"ip-reset at block 2; suspend at block 3 for 4s; ip-reset at block 3"},
		{Scenario{Name: "third-run-at-a-break", Phase: Download, Title: "the program is stopped, its connection breaks, it is started once more, and where that run is refused yet once more, before it goes on", Beside: withThirdRun, Expect: Succeeds, Waits: 2 * tries(), Extra: 2 * perAttempt, Duties: duties(duty.Turns, duty.Reconnect)},
			"suspend at block 3 for 4s; ip-reset at block 3"},
		{Scenario{Name: "two-meters-at-once", Phase: Download, Title: "another meter is upgraded at the same time, with the same {dir}", Beside: withOtherMeter, Expect: Succeeds, OnePass: true, Waits: 6, Extra: perAttempt, Duties: duties(duty.Turns, duty.Values, duty.Gone)}, ""},
		{Scenario{Name: "two-meters-at-once-killed", Phase: Download, Title: "another meter is upgraded at the same time, with the same {dir}, and the first upgrade killed", Beside: withOtherMeter, Expect: Succeeds, Waits: 6, Extra: perAttempt, Duties: duties(duty.Turns, duty.Kept, duty.InForce)},
			"kill at block 8"},
	}
}

// otherWorld is the other meter of those that are upgraded at once.
func otherWorld() world.World {
	w := worldOf(imageBlocks)
	w.Meters[0].SerialNumber, w.Meters[0].UnitID, w.Meters[0].Set = "PC-0209A001-1", 105+256, changed()
	return w
}

// What takes longest, but for the erase: eight minutes are too long for a suite, and slow-erase has
// them in proportion. A minute is what PROTOCOL.md allows a restart.
const (
	sectors  = 62
	erasing  = 150 * time.Second
	loading  = 38 * time.Second
	booting  = 15 * time.Second
	starting = 48 * time.Second
)

func moreTimes() []play {
	slow := worldOf(3)
	slow.Meters[0].Baud = 1200
	long, late := worldOf(2), worldOf(2)
	long.Meters[0].Speed = world.Speed{EraseTime: erasing / sectors, BootTime: time.Second, FirstBootTime: time.Second}
	late.Meters[0].Speed = world.Speed{EraseTime: time.Millisecond, LoaderTime: loading, BootTime: booting, FirstBootTime: starting - booting}
	return []play{
		{Scenario{Name: "in-time", Phase: Whole, Title: "the meter and its line take their time, as long as the answer is waited for", World: worldOf(3), Expect: Succeeds, OnePass: true, Pace: scaled, Extra: 4 * time.Second, Duties: duties(duty.Patience, duty.Same)}, ""},
		{Scenario{Name: "slow-line", Phase: Whole, Title: "the line is the slowest that there is", World: slow, Expect: Succeeds, OnePass: true, Pace: scaled, Extra: 10 * time.Second, Duties: duties(duty.Patience, duty.Same)}, ""},
		{Scenario{Name: "a-real-meter", Phase: Whole, Title: "the meter erases for two and a half minutes", World: long, Expect: Succeeds, OnePass: true, Pace: wall, Extra: erasing + 10*time.Second, Duties: duties(duty.Patience, duty.Busy)}, ""},
		{Scenario{Name: "slow-to-start", Phase: Whole, Title: "the meter takes most of a minute to start its loader, and the new firmware", World: late, Expect: Succeeds, OnePass: true, Pace: wall, Extra: loading + starting + 10*time.Second, Duties: duties(duty.Patience)}, ""},
	}
}

// frameSilence is how long PROTOCOL.md has a frame waited for that does not go on.
const frameSilence = 500 * time.Millisecond

// harmful are the harms that befall an answer to every kind of request.
func harmful(response time.Duration) []Scenario {
	var all []Scenario
	heard := func() { all[len(all)-1].Heard = true }
	add := func(at request, nth int, name, title string, expect Expectation, onePass bool, about ...duty.ID) {
		h := harm(at, nth, name, response)
		all = append(all, Scenario{
			Name: strings.ReplaceAll(h.name+"-"+requestNames[at], "reply-", "answer-") + "-answer", Phase: phaseOf(at), Title: title + " " + requestNames[at],
			World: dressed(len(all)), Expect: expect, OnePass: onePass, Waits: 2, Harms: []Harm{h}, Duties: about,
		})
	}
	for _, at := range []request{identifies, reads, enters, clears, verifies, restarts, looks, writes, compares} {
		about := duties(duty.Same)
		if at == enters || at == restarts {
			about = append(about, duty.Identify)
		}
		add(at, 1, "reply-lost", "the answer is lost to", Succeeds, true, about...)
		add(at, 1, "reply-late by LATE", "the answer is late to", Succeeds, true, duty.LateAnswer)
		add(at, 1, "reply-dup", "the answer comes twice to", Succeeds, true, duty.LateAnswer)
		add(at, 1, "damaged", "one bit of the answer is wrong to", Succeeds, true, duty.Stream)
		add(at, 1, "unheard", "the meter does not hear the first", Succeeds, at != enters && at != restarts && at != verifies, about...)
		all[len(all)-1].Name = "unheard-" + requestNames[at]
		add(at, 1, "ip-reset", "the connection breaks at the answer to", Succeeds, false, duty.Reconnect)
		if at != enters && at != restarts {
			add(at, 1, "power-loss for AWHILE", "the meter's power is away for a while at the answer to", Succeeds, false, duty.Again)
		}
		if at != identifies {
			add(at, 1, "kill", "the program is killed at the answer to", Recovers, false, duty.Kept, duty.Next)
			add(at, 1, "abort", "somebody presses Ctrl-C at the answer to", Recovers, false, duty.AbortButton, duty.AsItWas)
		}
	}
	for _, at := range []request{identifies, reads, blocks, verifies, compares} {
		for _, name := range []string{"other-id", "other-unit", "other-source", "other-destination", "other-addressee", "other-type"} {
			about, expect := duty.Matching, Succeeds
			if slices.Contains([]string{"other-unit", "other-source", "other-destination"}, name) {
				about = duty.Alone
				if at == identifies || at == reads {
					expect = Either // whoever hears another unit answer may stop while nothing has changed
				}
			}
			add(at, 1, name, "another answer comes before that to", expect, true, about)
			heard()
			all[len(all)-1].Title = fmt.Sprintf("an answer with %s comes before that to %s", strings.ReplaceAll(name, "other-", "another "), requestNames[at])
		}
		add(at, 1, "lying-length", "a cut frame whose length lies, and ends within the answer, comes before that to", Succeeds, true, duty.Stream)
		heard()
		cut := Succeeds
		if response < 2*frameSilence {
			cut = Recovers // whoever waits as long for its end has no time left for the answer
		}
		add(at, 1, "cut-frame", "a frame that never ends comes before the answer to", cut, cut == Succeeds, duty.Stream)
	}
	for _, at := range []request{identifies, reads, blocks, verifies, compares} {
		add(at, 1, "damaged-before", "a damaged copy comes at once before the answer to", Succeeds, true, duty.Stream)
		heard()
	}
	for _, at := range []request{blocks, verifies} {
		add(at, 1, "other-op", "an answer with another operation comes before that to", Succeeds, true, duty.Matching)
		heard()
	}
	add(blocks, 3, "other-sequence", "an answer with another sequence number comes before that to a", Succeeds, true, duty.Matching)
	heard()
	add(blocks, 5, "tells-sequence-ahead", "the meter wants a block that it cannot want yet, after a", Succeeds, false, duty.Sequence)
	all[len(all)-1].Name = "sequence-ahead"
	add(blocks, 3, "garbled", "a gateway changes a byte of the image, in a", Succeeds, true, duty.Again, duty.WholeImage)
	all[len(all)-1].Name, all[len(all)-1].Harms[0].garble = "garbled-block", imageByte
	add(blocks, 4, "misread", "the meter takes it for the block behind it, and says that this one is missing, at a", Succeeds, true, duty.Sequence)
	all[len(all)-1].Name, all[len(all)-1].Harms[0].garble = "block-missing", sequenceByte
	add(blocks, 5, "reply-busy", "the meter answers busy twelve times in a row to a", Succeeds, true, duty.Busy)
	all[len(all)-1].Name, all[len(all)-1].Harms[0].Times, all[len(all)-1].Extra = "busy-again-and-again", tries()+1, 14*time.Second
	for _, at := range []request{enters, verifies, restarts} {
		add(at, 1, "reply-busy", "the meter answers busy to the first", Succeeds, false, duty.Busy)
	}
	for _, at := range []request{clears, verifies} {
		for _, status := range []ion.Status{ion.StatusNotCleared, ion.StatusRefused} {
			name := strings.ReplaceAll(status.String(), " ", "-")
			add(at, 1, "reply-status status "+name, "the answer is "+status.String()+" to", Succeeds, false, duty.Again, duty.OwnClear)
			all[len(all)-1].Name = requestNames[at] + "-answered-" + name
		}
	}
	for _, name := range []string{"reply-lost", "damaged", "reply-busy"} {
		add(polls, 2, name, "an answer is not as it should be ("+name+") to a", Succeeds, true, duty.Same, duty.Busy)
		s := &all[len(all)-1]
		s.World, s.Pace, s.Extra = unhurried(), scaled, 4*time.Second
		s.World.Meters[0].Speed.EraseTime = 500 * time.Millisecond
	}
	add(blocks, 4, "noisy-preamble", "noise stands in the place of the preamble of the answer to a", Succeeds, true, duty.Stream)
	heard()
	for _, at := range []request{reads, enters, clears, verifies, restarts, writes, compares} {
		add(at, 1, "meter-silent", "the meter freezes at the answer to", Recovers, false, duty.Bounded, duty.Next, duty.Kept)
		s := &all[len(all)-1]
		s.Name, s.Waits, s.Extra = "silent-"+requestNames[at], tries(), restartPatience
		s.Alone = at == enters // a program need not know that its settings are in the meter still
	}
	add(enters, 1, "cable-pull", "the cable is pulled for good, so that nobody sees the meter in its loader, at the answer to", Recovers, false, duty.Kept, duty.InForce)
	gone := &all[len(all)-1]
	gone.Name, gone.Waits, gone.Extra = "cable-out-enter", tries(), restartPatience
	add(writes, 0, "unheard", "the meter hears no", Recovers, false, duty.Bounded, duty.Success, duty.Kept)
	all[len(all)-1].Name, all[len(all)-1].Waits = "writes-in-vain", tries()
	add(reads, 1, "reply-lost", "the answers are lost to everything that is asked from the first read on, and then come again:", Either, false, duty.Keepable, duty.Bounded)
	all[len(all)-1].Name, all[len(all)-1].Harms[0].Times, all[len(all)-1].Waits = "reads-in-vain", tries()+1, tries()
	add(blocks, 1, "other-ack", "the first ACK is for another frame, of a", Succeeds, true, duty.Ack)
	add(blocks, 1, "others-ack", "the first ACK is of another meter, and that of the meter is lost, of a", Succeeds, true, duty.Ack, duty.Alone)
	for _, at := range []request{reads, blocks, compares} {
		add(at, 1, "doubled", "every frame comes twice of the answer to", Succeeds, true, duty.Matching, duty.Ack)
		all[len(all)-1].World = dressed(2)
		heard()
		add(at, 1, "wants-no-ack", "a frame of another unit that wants an ACK comes before the answer to", Succeeds, true, duty.Alone)
	}
	add(identifies, 0, "tells-another-base", "the meter tells another base than the file's load address, at every", Refuses, false, duty.Fits, duty.AsItWas)
	all[len(all)-1].Name = "other-base"
	add(confirms, 0, "tells-another-revision", "the meter tells another revision than the file's, at every identify after the restart:", Fails, false, duty.Success)
	all[len(all)-1].Name, all[len(all)-1].World = "never-the-revision", worldOf(2)
	add(identifies, 0, "tells-small-blocks", "the meter tells that its blocks are small, at every", Either, true, duty.WholeImage)
	all[len(all)-1].Name, all[len(all)-1].World = "small-blocks", sized((smallBlocks-1)*smallBlock+1)
	add(identifies, 0, "tells-no-room", "the meter tells that it has less room than the image needs, at every", Refuses, false, duty.Fits, duty.AsItWas)
	all[len(all)-1].Name = "no-room"
	add(verifies, 0, "tells-verify-failed", "the meter says that the image is bad, at every", Recovers, false, duty.Again, duty.Bounded)
	all[len(all)-1].Name, all[len(all)-1].World = "never-verified", worldOf(2)
	add(identifies, 1, "doubled", "somebody has put a meter into its loader that nobody has ever set up, and every frame comes twice of the answer to", Succeeds, true, duty.Loader)
	all[len(all)-1].Name, all[len(all)-1].InLoader, all[len(all)-1].World = "found-in-loader", true, untouched()
	add(writes, 0, "garbled", "an answer without a value comes before that to every comparison, and a gateway changes a value at every", Recovers, false, duty.Values, duty.Success, duty.Matching)
	all[len(all)-1].Name, all[len(all)-1].Alone = "compared-with-nothing", true
	all[len(all)-1].Harms = append(all[len(all)-1].Harms, harm(compares, 0, "fewer-values", response))
	for _, name := range []string{"reply-lost", "ip-reset"} {
		add(enters, 1, name, "somebody has put a meter into its loader that nobody has ever set up, and the answer does not come ("+name+") to", Succeeds, true, duty.Loader, duty.Same)
		s := &all[len(all)-1]
		s.Name, s.InLoader, s.World = "found-in-loader-"+name, true, untouched()
	}
	add(writes, 1, "garbled", "a gateway changes a value that the program writes, at", Recovers, false, duty.Values, duty.Success)
	all[len(all)-1].Name, all[len(all)-1].Alone = "garbled-write", true // the meter takes it for what somebody wanted
	add(writes, 0, "garbled", "a gateway changes a value at every", Recovers, false, duty.Values, duty.Success)
	all[len(all)-1].Name, all[len(all)-1].Alone = "garbled-writes", true
	for _, key := range []string{"owner", "kwh-import", "tz-offset", "phase-ic", "nominal-frequency", "ratio-ia"} {
		add(writes, 0, "garbled", "a gateway changes one value ("+key+"), whenever it comes at a", Recovers, false, duty.Values, duty.Success)
		s := &all[len(all)-1]
		s.Name, s.World, s.Alone, s.Harms[0].garble = "garbled-"+key, worldOf(2), true, valueOf(handleOf(key))
		if key == "tz-offset" || key == "phase-ic" { // one that compares positive numbers alone
			s.World = bound(world.Lowest)
		}
	}
	add(reads, 1, "exception", "the meter tells none of its settings and says why, at the first", Either, true, duty.Values, duty.AsItWas)
	add(reads, 1, "exception-within", "an exception stands in the place of a setting, in the first answer to", Either, true, duty.Values, duty.AsItWas)
	all[len(all)-1].World = worldOf(imageBlocks) // an empty text has no room for one
	add(reads, 1, "fewer-values", "an answer without a value comes before that to", Either, true, duty.Matching)
	add(reads, 1, "more-values", "an answer with more values than were asked for comes before that to", Either, true, duty.Matching)
	add(compares, 1, "forgets", "what was written is not in the meter at the", Recovers, false, duty.Values, duty.Success)
	all[len(all)-1].Name = "written-in-vain"
	add(compares, 1, "forgets", "what was written is not in the meter, and the program is killed, at the", Recovers, false, duty.Kept, duty.InForce)
	s := &all[len(all)-1]
	s.Name, s.Harms = "written-in-vain-and-killed", append(s.Harms, harm(compares, 1, "kill", response))
	add(verifies, 1, "tells-another-crc", "the answer is ok and has another CRC-32 than the image, to", Succeeds, false, duty.Record, duty.Again)
	all[len(all)-1].Name = "verified-otherwise"
	for _, what := range [][2]string{{"nagged", "ACKs and answers to something else come"}, {"nagged-by-others", "frames of another meter come"}, {"nagged-by-noise", "bytes of no frame come"}} {
		add(blocks, 6, what[0], "the meter freezes, and "+what[1]+" without end, at a", Recovers, false, duty.NoNewTime, duty.Bounded)
		all[len(all)-1].Name, all[len(all)-1].Waits = what[0], tries()
	}
	add(verifies, 1, "nagged", "the meter freezes, and answers to something else come without end, when no ACK is waited for, at", Recovers, false, duty.NoNewTime, duty.Bounded)
	silenced := &all[len(all)-1]
	silenced.Name, silenced.Waits, silenced.Extra = "nagged-verify", tries(), restartPatience
	add(verifies, 1, "nagged-by-beginnings", "the meter freezes, and the first frame of an answer of two comes without end, at", Recovers, false, duty.NoNewTime, duty.Bounded)
	silenced = &all[len(all)-1]
	silenced.Name, silenced.Waits, silenced.Extra = "nagged-by-beginnings", 2*tries(), restartPatience // it may give new time once
	for _, at := range []request{identifies, reads, enters, clears, blocks, verifies, restarts, compares} {
		add(at, 1, "cut-short", "the answer ends in its middle, and nothing comes behind it, to", Succeeds, true, duty.Stream, duty.Bounded)
		if at != enters && at != restarts && at != verifies { // which a program may ask about otherwise
			heard()
			all[len(all)-1].Missing = 1
		}
	}
	add(enters, 1, "abort", "somebody presses Ctrl-C while the meter takes its time to start its loader, after", Recovers, false, duty.AbortButton, duty.AsItWas)
	s = &all[len(all)-1]
	s.Name, s.World, s.Pace = "abort-slow-loader", slowLoader(response), wall
	s.Extra = s.World.Meters[0].Speed.LoaderTime + 10*time.Second
	add(enters, 1, "abort", "the program is sent SIGTERM at the answer to", Recovers, false, duty.AbortButton, duty.AsItWas)
	s = &all[len(all)-1]
	s.Name, s.Signal = "terminated-enter-answer", syscall.SIGTERM
	add(enters, 1, "application-back", "somebody has put the meter into its loader, and it is switched off and on after identify, so that its application answers", Either, false, duty.Loader, duty.Values)
	s = &all[len(all)-1]
	s.Name, s.InLoader = "application-back", true
	add(confirms, 0, "tells-another-serial", "after the restart another meter answers, at every", Fails, false, duty.Device, duty.Values)
	all[len(all)-1].Name = "another-meter-restarted"
	add(confirms, 0, "tells-another-serial", "the connection breaks at the restart, and leads to another meter then, at every", Fails, false, duty.Device, duty.Reconnect)
	s = &all[len(all)-1]
	s.Name, s.Harms = "another-meter-reconnected", append([]Harm{harm(restarts, 1, "ip-reset", response)}, s.Harms...)
	add(assures, 0, "tells-another-serial", "the connection breaks while settings are written, and leads to another meter then, at every", Recovers, false, duty.Device, duty.Reconnect)
	s = &all[len(all)-1]
	s.Name, s.Alone, s.Harms = "another-meter-at-the-settings", true, append([]Harm{harm(writes, 2, "ip-reset", response)}, s.Harms...)
	add(assures, 0, "tells-another-serial", "the connection breaks when settings begin to be written, and leads to another meter then, at every", Recovers, false, duty.Device, duty.Reconnect)
	s = &all[len(all)-1]
	s.Name, s.Alone, s.Harms = "another-meter-at-the-first-setting", true, append([]Harm{harm(writes, 1, "ip-reset", response)}, s.Harms...)
	add(arrives, 0, "tells-another-serial", "the connection breaks at the answer to enter, and leads to another meter then, at every", Fails, false, duty.Device, duty.Reconnect)
	s = &all[len(all)-1]
	s.Name, s.Harms = "another-meter-entered", append([]Harm{harm(enters, 1, "ip-reset", response)}, s.Harms...)
	add(arrives, 0, "tells-another-serial", "the cable leads to another meter once the loader has started, at every", Fails, false, duty.Device)
	all[len(all)-1].Name = "another-meter-in-its-loader"
	add(returns, 0, "tells-another-serial", "the connection breaks when the flash begins to be cleared, and leads to another meter then, at every", Fails, false, duty.Device, duty.Reconnect)
	s = &all[len(all)-1]
	s.Name, s.Harms = "another-meter-at-the-clear", append([]Harm{harm(clears, 1, "ip-reset", response)}, s.Harms...)
	for _, at := range []request{enters, verifies, restarts} {
		add(at, 1, "tells-busy", "the meter is busy, as often as it is asked, from the first", Recovers, false, duty.Bounded, duty.Busy)
		s = &all[len(all)-1]
		s.Name, s.Extra, s.Longest, s.Harms[0].Endless = "busy-for-ever-"+requestNames[at], 2*time.Minute, mostAsking, &busyForEver
	}
	add(identifies, 1, "tells-busy", "the meter is busy, as often as it is asked, from the first", Either, false, duty.Bounded, duty.Busy, duty.AsItWas)
	s = &all[len(all)-1]
	s.Name, s.Extra, s.Longest, s.Harms[0].Endless = "busy-for-ever-identify", 2*time.Minute, mostAsking, &busyForEver
	add(identifies, 1, "slow", "everything that the meter sends takes more than half of the time for which it is waited, from the first", Succeeds, true, duty.Patience, duty.Same, duty.Bounded)
	s = &all[len(all)-1]
	s.Name, s.World, s.Waits = "slow-answers", bound(world.Highest), 30 // so that answers have several frames
	s.World.Firmware = sized(700).Firmware
	for _, at := range []request{identifies, reads, enters, clears, blocks, verifies, restarts, writes, compares} {
		add(at, 1, "padded", "two bytes stand behind the packet in the answer to", Succeeds, true, duty.Stream, duty.Matching)
		heard()
	}
	add(confirms, 1, "tells-another-revision", "the meter tells another revision than the file's, once, at the first identify after the restart:", Recovers, false, duty.Kept, duty.InForce, duty.Again)
	all[len(all)-1].Name, all[len(all)-1].World = "another-revision-once", worldOf(2)
	add(confirms, 1, "tells-another-revision", "behind the clear an application of another revision is back, which the meter tells twice, from the first identify after the restart:", Recovers, false, duty.Kept, duty.InForce, duty.Again)
	s = &all[len(all)-1]
	s.Name, s.World, s.Harms = "another-application-back", worldOf(2), append(s.Harms, harm(confirms, 2, "tells-another-revision", response))
	add(restarts, 1, "reply-lost", "the answer is lost, and the meter boots for longer than it is asked again, at", Succeeds, true, duty.Identify, duty.Failure, duty.Patience)
	s = &all[len(all)-1]
	s.Name, s.World, s.Pace = "unanswered-restart", worldOf(3), wall
	s.World.Meters[0].Speed = world.Speed{EraseTime: time.Millisecond, BootTime: time.Second, FirstBootTime: min(starting-booting, time.Duration(tries()+4)*response)}
	s.Extra = s.World.Meters[0].Speed.FirstBootTime + 10*time.Second
	for i, nth := range []string{"later", "third", "fourth", "fifth", "sixth"} {
		add(writes, i+2, "kill", "the program is killed in the middle of what it writes, at the answer to a later", Recovers, false, duty.Kept, duty.InForce)
		all[len(all)-1].Name = "kill-" + nth + "-write-answer"
	}
	for _, at := range []request{reads, compares} {
		unchanged := Succeeds
		if at == reads {
			unchanged = Either // whoever hears another unit answer may stop while nothing has changed
		}
		add(at, 1, "damaged-later", "one bit is wrong of the second frame of the answer to", Succeeds, true, duty.Stream, duty.Same)
		add(at, 1, "lost-later", "the second frame is lost of the answer to", Succeeds, true, duty.Same)
		add(at, 1, "other-unit-later", "a frame of another unit comes before the second one of the answer to", unchanged, true, duty.Alone, duty.Matching)
		for i := range 3 { // so that answers have several frames
			all[len(all)-1-i].World = dressed(2)
		}
	}
	add(clears, 1, "misheard", "a gateway makes a question of it, so that nothing is started, and the answer is not cleared to", Succeeds, false, duty.Again, duty.OwnClear)
	s = &all[len(all)-1]
	s.Name, s.Harms[0].garble = "clear-misheard", startByte
	add(clears, 1, "tells-cleared", "the meter says that all is clear and has begun nothing, and then that it is not cleared, behind", Succeeds, false, duty.Again, duty.OwnClear)
	s = &all[len(all)-1]
	s.Name, s.Harms[0].garble = "clear-never-begun", startByte
	add(compares, 1, "abort", "what was written is not in the meter, and somebody presses Ctrl-C, at the", Recovers, false, duty.AbortButton, duty.Values, duty.Success, duty.Kept)
	s = &all[len(all)-1]
	s.Name, s.Harms = "written-in-vain-and-aborted", append(s.Harms, harm(compares, 1, "forgets", response))
	for _, at := range []request{identifies, blocks, compares} {
		add(at, 1, "stub", "a frame that ends in the head of its packet comes before the answer to", Succeeds, false, duty.Matching)
		add(at, 1, "overlong", "a packet that says that it is longer than its frame comes before the answer to", Succeeds, false, duty.Matching)
	}
	add(writes, 0, "garbled", "a gateway changes the name of the template, whenever it comes at a", Recovers, false, duty.Values, duty.Success)
	s = &all[len(all)-1]
	s.Name, s.World, s.Alone, s.Harms[0].garble = "garbled-template", worldOf(2), true, valueOf(ion.HandleTemplate)
	s.World.Meters[0].TemplateName = "Feeder 7"
	add(writes, 0, "garbled", "a gateway makes a small letter of a great one (tag1), whenever it comes at a", Recovers, false, duty.Values, duty.Success)
	s = &all[len(all)-1]
	s.Name, s.World, s.Alone, s.Harms[0].garble, s.Harms[0].mask = "garbled-letter", worldOf(2), true, valueOf(handleOf("tag1")), 'a'^'A'
	s.World.Meters[0].Set = settingsOf("tag1", "Bay 7")
	add(writes, 0, "garbled", "a gateway makes a reading of energy (kwh-export) half as much again, whenever it comes at a", Recovers, false, duty.Values, duty.Success)
	s = &all[len(all)-1]
	s.Name, s.World, s.Alone, s.Harms[0].garble, s.Harms[0].mask = "garbled-reading", worldOf(2), true, valueOf(handleOf("kwh-export")), halfMore
	s.World.Meters[0].Set = settingsOf("kwh-export", "1024")
	add(blocks, 1, "tells-not-cleared", "the meter says that it was not cleared, and somebody presses Ctrl-C when it is cleared once more, at", Recovers, false, duty.AbortButton, duty.Next)
	s = &all[len(all)-1]
	s.Name, s.World, s.Pace, s.Harms = "aborted-at-the-second-clear", unhurried(), scaled, append(s.Harms, harm(clears, 2, "abort", response))
	return all
}

// halfMore is the bit in the second byte of a float that makes a power of four half as much again.
const halfMore = 0x40

// slowLoader is a meter that starts its loader for longer than most restarts are asked for again.
func slowLoader(response time.Duration) world.World {
	const least, most = 12 * time.Second, 38 * time.Second
	w := worldOf(3)
	w.Meters[0].Speed = world.Speed{EraseTime: time.Millisecond, LoaderTime: max(least, min(most, time.Duration(tries()+1)*response)), BootTime: time.Second, FirstBootTime: time.Second}
	return w
}

func phaseOf(at request) Phase {
	switch at {
	case identifies, reads:
		return Identify
	case enters, arrives:
		return Enter
	case clears, polls:
		return Erase
	case blocks:
		return Download
	case verifies:
		return Verify
	case returns:
		return Download
	}
	return Restart
}
