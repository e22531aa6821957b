//go:build unix

package judge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/fixtures/foreign"
	"ionbench/scenarios/duty"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
)

// careless are the upgrader in Python as other authors might have written it: a piece of its text
// is replaced, and a scenario shows what that does.
var careless = []struct {
	name, text, instead string
	scenario, reason    string
}{
	{"the flash is called clear before it is",
		"        status, _, sector = self.request(CLEAR", "        self.log(\"Flash memory cleared\")\n        status, _, sector = self.request(CLEAR",
		"killed-erasing", "in recovery 1: I6: the log says 2 times that the flash is cleared"},
	{"settings that nobody has kept are called restored",
		"return self.log(\"Note: no settings were kept; those of the meter are the factory's now\")", "return self.log(\"Settings restored: PT/CT\")",
		"found-in-loader", "I6: the log says that settings are restored"},
	{"a block has one line of percent",
		"            while told + 10 <= ", "            if told + 10 <= ",
		"one-byte", "I6: the upgrade ended with success, and the last percentage"},
	{"the lock of a run that was killed stays",
		"os.O_RDWR | os.O_CREAT, 0o600", "os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600",
		"killed", "in recovery 1: "},
	{"what stands behind a revision is not looked at",
		" and not any(self.field[8:])", "",
		"revision-with-a-tail", "I8: "},
	{"the first byte of a mark is thrown away with the noise before it",
		"    if len(held) > 4096:\n", "    if b\"\\x14\\xAC\" not in held:\n        del held[:]\n    if len(held) > 4096:\n",
		"cut-in-the-mark", "expected: "},
	{"the addressee of a packet is not looked at",
		"(prefix, unit, to) == (0x9501, self.unit, 0x95640001)", "(prefix, unit) == (0x9501, self.unit)",
		"other-addressee-compare-answer", "expected: "},
	{"a block that is refused is sent again without end",
		"REPAIRS = 4, 20", "REPAIRS = 4, 10**9",
		"never-taken", "conduct: what it sent was answered"},
	{"every ACK gives it more time",
		"if control & 0x40:\n", "if control & 0x40:\n                deadline = now + wait\n",
		"nagged", "I5: "},
	{"every frame of another meter gives it more time",
		"or not control & 0x80:\n", "or not control & 0x80:\n                deadline = now + wait\n",
		"nagged-by-others", "I5: "},
	{"every byte gives it more time",
		"if data else heard\n", "if data else heard\n                deadline = heard + wait if data else deadline\n",
		"nagged-by-noise", "I5: "},
	{"every answer to something else gives it more time",
		"                answer = read(self.reply)\n", "                answer = read(self.reply)\n                deadline = now + wait\n",
		"nagged-verify", "I5: "},
	{"the serial number of a meter in its loader is not looked at",
		"(serial in (None, who.serial),", "(who.state or serial in (None, who.serial),",
		"wrong-serial-in-loader", "I8: "},
	{"settings that find no room are not kept",
		"        self.kept.save()  #", "        with contextlib.suppress(Exception):\n            self.kept.save()  #",
		"no-room-and-killed", "in recovery 1: I"},
	{"a write is tried once",
		"value_of, missing=self.retrying,", "value_of, missing=self.retrying, tries=1 if value else TRIES,",
		"unheard-write", "expected: "},
	{"the kept settings go before they are compared",
		"        lost = []\n", "        lost = []\n        self.kept.drop()\n",
		"written-in-vain-and-killed", "in recovery 1: I2: "},
	{"settings that are not back are a warning",
		"raise Failure(f\"the new firmware runs, but settings", "self.log(f\"Note: the new firmware runs, but settings",
		"garbled-writes", "I2: "},
	{"a block that was not programmed is sent again",
		"status not in (OK, BAD_SEQUENCE,", "status not in (OK, BAD_SEQUENCE, 5,",
		"program-failed", "conduct: "},
	{"the CRC is checked of blocks alone",
		"crc16(body[:-2]) == struct.unpack(\"<H\", body[-2:])[0]:", "(len(body) != 35 or crc16(body[:-2]) == struct.unpack(\"<H\", body[-2:])[0]):",
		"damaged-clear-answer", "conduct: "},
	{"a port that cannot be opened is the end",
		"with contextlib.suppress(OSError, termios.error):\n                return", "if True:\n                return",
		"port-vanishes-download", "expected: "},
	{"kept settings that cannot be read are left out",
		"                raise Failure(f\"{path} does not hold the settings of a meter; move it away\") from e", "                self.serial = self.values = None",
		"kept-and-torn", "in recovery 1: I2: "},
	{"kept settings that cannot be opened are left out",
		"            except (ValueError, KeyError, TypeError) as e:\n                raise", "            except OSError:\n                self.serial = self.values = None\n            except (ValueError, KeyError, TypeError) as e:\n                raise",
		"kept-and-shut", "in recovery 1: "},
	{"a meter that erases already is somebody else's",
		"        self.serial = who.serial\n", "        if who.state == ERASING:\n            raise Failure(\"it erases\")\n        self.serial = who.serial\n",
		"found-erasing", "in recovery 1: "},
	{"numbers are kept with six places",
		"        return value\n", "        return struct.pack(\">Bf\", 0x34, round(*struct.unpack(\">xf\", value), 6)) if value[0] == 0x34 else value\n",
		"digits", "I2: "},
	{"a small number is kept as a decimal",
		"v.hex() for h, v", "(v if v[0] != 0x34 else struct.pack(\">Bf\", 0x34, float(\"%.7f\" % struct.unpack(\">xf\", v)))).hex() for h, v",
		"digits-kept", "in recovery 1: I2: "},
	{"a setting is not kept",
		"for h, v in zip(SETTINGS, self.values)}])", "for h, v in zip(SETTINGS, self.values) if h != 0x7BB8}])",
		"digits-kept", "in recovery 1: "},
	{"texts are not compared",
		"if not done or back != value and not counted:", "if not done or back != value and not counted and value[0] != 0xFA:",
		"garbled-owner", "I2: "},
	{"an energy reading may be any",
		"counted = handle in ENERGY and", "counted = handle in ENERGY or",
		"garbled-kwh-import", "I2: "},
	{"it begins again without a look at who is there",
		"self.identify() if n else who", "who",
		"not-allowed", "conduct: it was refused"},
	{"a word for a password that looks like a number is one",
		"def credential_of(password):\n", "def credential_of(password):\n    if password[:2] == \"0x\":\n        password = str(int(password, 16))\n",
		"in-words", "expected: "},
	{"with every new connection the tries begin again",
		"answer = self.port.reopen(time.monotonic() + wait)  # which is none", "self.port.reopen(time.monotonic() + wait)\n                answer = self.ask(kind, body, read, secret, tries, wait, missing, look)",
		"gateway-gone", "I5: "},
	{"a word for a password is to the left",
		".rjust(6, b\"\\0\")", ".ljust(6, b\"\\0\")",
		"in-words", "expected: "},
	{"half of a CRC is compared",
		"crc16(body[:-2]) == struct.unpack(\"<H\", body[-2:])[0]:", "crc16(body[:-2]) & 0xFF == body[-2]:",
		"damaged-clear-answer", "conduct: "},
	{"the first bytes of a file are not looked at",
		"len(head) < 80 or head[:8] != b\"\\x89UPG\\r\\n\\x1a\\n\"", "len(head) < 80",
		"other-magic", "I8: "},
	{"a block that is wanted next is sent next, whichever it is",
		" or not 0 < expected <= sequence + 1:", ":",
		"sequence-ahead", "conduct: block "},
	{"the sequence number in an answer is not looked at",
		"same=lambda fields, k=sequence: fields[1] == k", "same=lambda fields, k=sequence: True",
		"other-sequence-block-answer", "expected: "},
	{"the operation in an answer is not looked at",
		"== struct.calcsize(REPLIES[op]) and reply[0] == op", "== struct.calcsize(REPLIES[op])",
		"other-op-block-answer", "expected: "},
	{"settings that cannot be kept are not",
		"        if self.path and self.values is not None:\n", "        if self.path and self.values is not None and os.path.isdir(os.path.dirname(self.path)):\n",
		"cannot-keep-and-killed", "in recovery 1: I"},
	{"it is completed before its settings are back",
		"        lost = []\n", "        lost = []\n        self.log.stamped(\"Upgrade completed\")\n",
		"kill-later-write-answer", "I6: "},
	{"empty texts are not kept",
		"for h, v in zip(SETTINGS, self.values)}])", "for h, v in zip(SETTINGS, self.values) if v[:2] != b\"\\xFA\\x11\"}])",
		"lowest-kept", "in recovery 1: "},
	{"a restart is sent without a look whether the loader is there",
		"if self.entered and (who := self.await_state(APPLICATION, LOADER)).serial == self.serial and who.state == LOADER:", "if self.entered:",
		"abort-slow-loader", "conduct: it was aborted"},
	{"what the reply to enter says of the state before is not looked at",
		"if not already and self.kept.values is None and not self.cleared:", "if False:",
		"application-back", "I2: "},
	{"what an earlier run has kept goes when this one has changed nothing",
		"            if not self.kept.found:\n", "            if True:\n",
		"killed-then-nobody", "in recovery 2: I"},
	{"what an earlier run has kept goes when this one is aborted",
		"            if not self.kept.found:\n", "            if True:\n",
		"killed-then-aborted", "in recovery 2: I"},
	{"what an earlier run has kept goes when this one is aborted behind enter",
		"            if not self.kept.found:\n", "            if True:\n",
		"killed-restarting-then-aborted", "in recovery 2: I"},
	{"what was reset is told by the bits in their reverse order",
		"(29 if i == 0 else i - 1) & 1", "(29 - i) & 1",
		"killed-restarting-and-changed", "in recovery 1: I2: "},
	{"an exception is kept as a value",
		"        if value[0] == 0x77:\n", "        if b\"Invalid\" in value:\n",
		"exception-within-read-answer", "expected: "},
	{"negative numbers are not compared",
		"if not done or back != value and not counted:", "if not done or back != value and not counted and value[:2] != b\"\\x44\\xFF\":",
		"garbled-tz-offset", "I2: "},
	{"a meter in its loader is not upgraded without settings",
		"        self.serial = who.serial\n", "        self.serial = who.serial\n        if who.state == LOADER and self.kept.values is None:\n            raise Failure(\"there are no settings\")\n",
		"found-in-loader", "expected: "},
	{"a frame that has begun is waited for without end",
		"                if now >= deadline:\n", "                deadline = now + wait if self.held else deadline\n                if now >= deadline:\n",
		"cut-short-block-answer", "I5: "},
	{"a frame that was cut is joined with the next one",
		wholePartOfFrames, strings.NewReplacer(" and not silent", "", "at = held.find(b\"\\x14\\xAC\", at + 1)", "del held[:end]\n        at = held.find(b\"\\x14\\xAC\")").Replace(wholePartOfFrames),
		"cut-short-block-answer", "expected: every answer but one"},
	{"serial numbers are compared without regard to case",
		"(serial in (None, who.serial),", "(serial is None or serial.upper() == who.serial.upper(),",
		"serial-case", "I8: "},
	{"busy answers are counted as missing ones are",
		"PATIENCE = 600 ", "PATIENCE = 50 ",
		"busy-again-and-again", "expected: "},
	{"kept settings are written over in place",
		keptWhole, strings.ReplaceAll(keptWhole, ` + ".new"`, ""),
		"no-room-to-keep-again", "in recovery 2: "},
	{"a log that cannot be written ends it once the flash is cleared",
		"            with contextlib.suppress(OSError):  # a full", "            with contextlib.suppress(*[OSError] * (\"Flash\" not in line)):  # a full",
		"log-full", "expected: "},
	{"it ends for its log and does not say so",
		"    print(f\"upgrade.py: {problem};\",", "    args.log or print(f\"upgrade.py: {problem};\",",
		"log-nowhere", "conduct: its log cannot be written"},
	{"whoever answers after the restart is taken for the same meter",
		"((serial == self.serial, f\"it is", "((True, f\"it is",
		"another-meter-restarted", "conduct: identify had told another serial number"},
	{"whoever answers behind a new connection is taken for the same meter",
		"((serial == self.serial, f\"it is", "((True, f\"it is",
		"another-meter-reconnected", "conduct: identify had told another serial number"},
	{"a setting goes over a new connection to whoever is there",
		"missing=self.retrying, look=self.same, wary=method == 0x16)", "missing=self.retrying)",
		"another-meter-at-the-first-setting", "conduct: its connection broke and led to another meter"},
	{"the meter that is in its loader is cleared, whichever it is",
		"self.same(who := self.await_state(LOADER, ERASING, RECEIVING))", "who = self.await_state(LOADER, ERASING, RECEIVING)",
		"another-meter-in-its-loader", "conduct: identify had told another serial number"},
	{"an enter goes over a new connection to whoever is there",
		"len(f.image)), look=self.same)", "len(f.image)))",
		"another-meter-entered", "conduct: its connection broke and led to another meter then, and it told"},
	{"a clear goes over a new connection to whoever is there",
		"again=b\"\\0\", look=self.same)", "again=b\"\\0\")",
		"another-meter-at-the-clear", "conduct: its connection broke and led to another meter then, and it began to erase"},
	{"the first frame of an answer gives it more time as often as it comes",
		"not (number & 0x40 and extended) and extended < 31", "extended < 10**9",
		"nagged-by-beginnings", "I5: "},
	{"an ACK of another meter is one",
		"            if source != self.unit or destination", "            if source != self.unit and not control & 0x40 or destination",
		"others-ack-block-answer", "conduct: it went on with frame"},
	{"a meter that is busy is asked again at once",
		"            time.sleep(min(1, 0.05 * 2 ** n))\n        raise", "        raise",
		"found-erasing", "in recovery 1: conduct: it was answered busy"},
	{"a meter that is busy is asked without end",
		"for n in range(PATIENCE if again else PATIENCE // 5):", "for n in [-1] * 10**6:",
		"busy-for-ever-enter", "conduct: what it sent was answered, and not with ok"},
	{"a block that is taken and wanted again is sent without end",
		"REPAIRS = 4, 20", "REPAIRS = 4, 10**9",
		"wanted-for-ever", "conduct: what it sent was answered, with ok and"},
	{"a block that is not allowed is sent without end",
		"if status not in (OK, BAD_SEQUENCE, VERIFY_FAILED) or repairs > REPAIRS or", "if status != REFUSED and (status not in (OK, BAD_SEQUENCE, VERIFY_FAILED) or repairs > REPAIRS) or",
		"not-allowed-for-ever", "conduct: what it sent was answered, and not with ok"},
	{"a flash that is not cleared is cleared and sent without end",
		"REPAIRS = 4, 20", "REPAIRS = 10**6, 20",
		"not-cleared-for-ever", "conduct: what it sent was answered, and not with ok"},
	{"an enter in a recovery is sent once",
		"len(f.image)), look=self.same)", "len(f.image)), look=self.same, tries=1 if self.kept.found else TRIES)",
		"recovered-answer-lost-enter-answer", "in recovery 1: I4: "},
	{"an enter to a meter that is in its loader is sent once",
		"len(f.image)), look=self.same)", "len(f.image)), look=self.same, tries=TRIES if self.kept.values else 1)",
		"found-in-loader-reply-lost", "expected: "},
	{"settings that were kept are written once over a connection that breaks",
		"value_of, missing=self.retrying,", "value_of, missing=self.retrying, tries=1 if value and self.kept.found else TRIES,",
		"recovered-ip-reset-write-answer", "in recovery 1: I4: "},
	{"kept settings that cannot be opened are none",
		"bool(path and os.path.exists(path))", "bool(path and os.path.isfile(path))",
		"kept-and-sealed", "in recovery 1: I2: "},
	{"an empty file of kept settings is none",
		"bool(path and os.path.exists(path))", "bool(path and os.path.exists(path) and os.path.getsize(path))",
		"kept-and-emptied", "in recovery 1: I2: "},
	{"kept settings are found by the serial number in small letters",
		keptFound, strings.NewReplacer("        self.path, self.serial, self.values", "        path = path and os.path.join(os.path.dirname(path), os.path.basename(path).lower())\n        self.path, self.serial, self.values", "self.serial, values =", "_, values =").Replace(keptFound),
		"another-meter-in-other-letters", "in recovery 2: I2: "},
	{"a run that is refused removes the lock of the first",
		lockTaken, "        try:\n    " + lockTaken + "        except OSError:\n            os.remove(os.path.join(tempfile.gettempdir(), f\"upgrade-{name}.lock\"))\n            raise\n",
		"third-run-at-a-break", "conduct: a run was stopped"},
	{"settings are called restored before they are written",
		"        lost = []\n", "        lost = []\n        self.log(\"Settings restored: PT/CT\")\n",
		"written-in-vain-and-killed", "I6: the log says that settings are restored, and "},
	{"settings that are not written are called restored in the end, too",
		"        if lost:\n", "        self.log(\"Settings restored: PT/CT, Clock, Nameplate, Energy Readings, ITC\")\n        if lost:\n",
		"garbled-writes", "I6: the log says that settings are restored, and "},
	{"completed is logged before the settings are back, and once more in the end",
		"        lost = []\n", "        lost = []\n        self.log.stamped(\"Upgrade completed\")\n",
		"undisturbed", "I6: line "},
	{"a success has no last line in the log",
		"        log.stamped(\"Upgrade completed\")\n", "",
		"undisturbed", "I6: the program ended with success, and its log"},
	{"what is sent again is not logged",
		"            self.log(f\"No response... {'resending' if n < TRIES else 'aborting'} ({n} of {self.link.sent - before})\")\n", "            return\n",
		"answers-lost", "I6: 2 times a block was sent again"},
	{"settings are compared as far as values came",
		settingsCompared, strings.NewReplacer("self.read(handle)", "self.link.ask(PROGRAM, struct.pack(\">HHBBHBHB\", 15, 0, 1, 0, 4, 0xF6, handle, 0x15), lambda reply: reply[9:])",
			"back != value and not counted", "any(a != b for a, b in zip(back, value))", "len(back) == 5 and", "0 and").Replace(settingsCompared),
		"compared-with-nothing", "I2: "},
	{"an answer may have more values than were asked for",
		"[0] == size == len(reply) - 9", "[0] == len(reply) - 9",
		"more-values-read-answer", "expected: "},
	{"what was kept for an aborted run stays, and is in force",
		both("            if not self.kept.found:\n                self.kept.drop()\n", `int.from_bytes(told[1:5], "big") if told[0] == 0x64 else -1`), both("            pass\n", "-1"),
		"aborted-then-changed", "in recovery 1: I2: "},
	{"the factory's settings are kept, and are in force",
		both("            return self.log(\"Note: no settings were kept", `int.from_bytes(told[1:5], "big") if told[0] == 0x64 else -1`), both("            self.keep()\n            return self.log(\"Note: no settings were kept", "-1"),
		"found-in-loader-and-set-up", "in recovery 1: I2: "},
	{"what was kept goes when a password is refused",
		"            raise (StartOver if self.cleared else Failure)", "            self.kept.drop()\n            raise (StartOver if self.cleared else Failure)",
		"killed-then-wrong-password", "in recovery 2: I"},
	{"a text of digits is kept as a number",
		`bytes.fromhex(values[f"{h:04X}"]) for`, `(lambda v, n: b"\xFA" + bytes([17 * (len(n) + 1)]) + n + b"\0" if v[0] == 0xFA and v[2:-1].isdigit() else v)(v := bytes.fromhex(values[f"{h:04X}"]), v[2:-1].lstrip(b"0")) for`,
		"words-kept", "in recovery 1: I2: "},
	{"a block that is as a cleared flash is not sent",
		"            head = struct.pack(\">IIHI\", sequence", "            if data == b\"\\xFF\" * len(data):\n                sequence += 1\n                continue\n            head = struct.pack(\">IIHI\", sequence",
		"flat-image", "conduct: block "},
	{"nothing keeps a second run out while there is no connection",
		"        fcntl.flock(lock,", "        0 and fcntl.flock(lock,",
		"second-run-at-a-break", "conduct: a run was stopped"},
	{"the lock goes with the first connection",
		both("                self.held, self.reopened = bytearray(), True\n", "        fcntl.flock(lock,"),
		both("                self.held, self.reopened = bytearray(), True\n                fcntl.flock(LOCK, fcntl.LOCK_UN)\n", "        globals()[\"LOCK\"] = lock\n        fcntl.flock(lock,"),
		"second-run-at-a-later-break", "conduct: a run was stopped"},
	{"it says more than a pipe holds that nobody reads",
		"            while told + 10 <= ", "            print(\".\" * 9999, flush=True)\n            while told + 10 <= ",
		"output-unread", "I5: "},
	{"kept settings have the serial number for a name, as it is",
		"Kept(args.keep_settings)", "Kept(args.keep_settings + \"-\" + args.serial)",
		"serial-no-file-name", "in recovery 1: I4: "},
	{"what is aborted behind the restart is called a success",
		"        problem = str(e) or", "        if args.log and \"Device restarted\" in open(args.log).read():\n            return 0\n        problem = str(e) or",
		"written-in-vain-and-aborted", "I2: "},
	{"a flash that is not cleared is asked about until it is",
		"            if fields[0] != BUSY:\n", "            if fields[0] != BUSY and (op, fields[0]) != (CLEAR, 3):\n",
		"clear-misheard", "I5: "},
	{"a block that finds the flash not cleared is the end",
		"                raise StartOver(f\"block {", "                raise (Failure if status == 3 else StartOver)(f\"block {",
		"clear-never-begun", "expected: "},
	{"an older revision is not sent",
		"(0 < who.block <= 7424,", "(f.revision >= who.revision, \"it is older\"), (0 < who.block <= 7424,",
		"older-revision", "expected: "},
	{"what is busy is called missing",
		"            body = again or body\n", "            body = again or body\n            op == BLOCK and self.log(\"No response... resending (1 of 1)\")\n",
		"busy-often", "I6: the log says 4 times that the answer to a block was missing"},
	{"every frame has the whole head of a packet",
		"packet[:13].ljust(13, b\"\\0\")", "packet[:13]",
		"stub-block-answer", "expected: "},
	{"a packet is as long as it says",
		"good = (15 <= length <= len(packet) and", "good = (15 <= length and packet[length - 1] >= 0 and",
		"overlong-block-answer", "expected: "},
	{"the name of the template is not compared",
		"if not done or back != value and not counted:", "if not done or back != value and not counted and handle != 0x137D:",
		"garbled-template", "I2: "},
	{"a reading that is more than was written has counted on, however much it is",
		"0 <= struct.unpack(\">xf\", back)[0] - struct.unpack(\">xf\", value)[0] < COUNTED", "struct.unpack(\">xf\", back) >= struct.unpack(\">xf\", value)",
		"garbled-reading", "I2: "},
	{"small letters are great ones",
		"if not done or back != value and not counted:", "if not done or back.lower() != value.lower() and not counted:",
		"garbled-letter", "I2: "},
	{"who begins again cannot be aborted",
		"                self.log(f\"Note: {e}\")\n", "                self.log(f\"Note: {e}\")\n                __import__(\"signal\").signal(2, __import__(\"signal\").SIG_IGN)\n",
		"aborted-at-the-second-clear", "conduct: it was sent"},
	{"a second run is kept out by the name of its file",
		"        name = f\"{args.tcp or os.path.realpath(args.port)}-{args.unit_id}\"", "        name = f\"{args.image}\"",
		"second-run-at-a-break", "conduct: a run was stopped"},
}

// wholePartOfFrames is how upgrade.py takes a frame, or goes on behind its beginning.
const wholePartOfFrames = `            if len(held) < end and not silent:
                return None
            body = bytes(held[at + 2:end])
            if len(held) >= end and crc16(body[:-2]) == struct.unpack("<H", body[-2:])[0]:
                del held[:end]
                return struct.unpack("<BBHHBB", body[:8]) + (body[8:-2],)
        at = held.find(b"\x14\xAC", at + 1)
`

// both are two pieces of a text, for an author who was careless twice.
func both(one, other string) string { return one + between + other }

const between = "\x00"

// settingsCompared is how upgrade.py writes a setting back and looks whether it is there.
const settingsCompared = `            done, back = self.program(handle, 0x16, value) == b"\xF2", self.read(handle)
            counted = handle in ENERGY and len(back) == 5 and 0 <= struct.unpack(">xf", back)[0] - struct.unpack(">xf", value)[0] < COUNTED
            if not done or back != value and not counted:
`

// lockTaken is how upgrade.py locks its meter.
const lockTaken = "        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a second run fails: nothing was sent\n"

// keptFound is how upgrade.py takes what it has kept.
const keptFound = `        self.path, self.serial, self.values, self.found = path, None, None, bool(path and os.path.exists(path))
        if self.found:
            try:
                with open(path, encoding="ascii") as f:
                    crc, _, text = f.read().partition(" ")
                self.serial, values = json.loads(text) if int(crc, 16) == zlib.crc32(text.encode()) else ()
`

// keptWhole is how upgrade.py writes what it keeps: beside the file, and then in its place.
const keptWhole = `            with open(self.path + ".new", "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
                text = json.dumps([self.serial, {f"{h:04X}": v.hex() for h, v in zip(SETTINGS, self.values)}])
                f.write(f"{zlib.crc32(text.encode()):08X} {text}")
                f.flush()
                os.fsync(f.fileno())
            os.replace(self.path + ".new", self.path)
`

// python is the command for an upgrader in Python.
func python(t testing.TB, path string) Command {
	t.Helper()
	interpreter := foreign.Plain(t, "upgraders in Python")
	response := pythonResponse * time.Duration(timesOf(t))
	c, err := ParseCommand(strings.Join(interpreter, " ")+" "+path+" --tcp {tcp} --unit-id {unit-id} --password {password} --serial {serial} --image {image} --timeout "+fmt.Sprint(response.Seconds())+" --log {log} --keep-settings {dir}/{serial}", false)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pythonResponse is how long the upgrader in Python waits for an answer here.
const pythonResponse = 300 * time.Millisecond

const inPython = "../../fixtures/upgraders/upgrade.py"

// judgedInPython plays a scenario with the upgrader in Python, with a piece of its text replaced.
func judgedInPython(t testing.TB, text, instead, scenario string, limit time.Duration) *Result {
	t.Helper()
	source, err := os.ReadFile(inPython)
	if err != nil {
		t.Skip(err)
	}
	other := strings.Split(instead, between)
	for i, piece := range strings.Split(text, between) {
		if n := strings.Count(string(source), piece); n != 1 {
			t.Fatalf("%q is there %d times", piece, n)
		}
		source = []byte(strings.Replace(string(source), piece, other[i], 1))
	}
	path := filepath.Join(t.TempDir(), "careless.py")
	if err := os.WriteFile(path, source, fileMode); err != nil {
		t.Fatal(err)
	}
	times := time.Duration(timesOf(t))
	response := times * pythonResponse
	suite, err := NewSuite("full", response)
	if err == nil {
		suite, err = suite.Only([]string{scenario})
	}
	if err != nil {
		t.Fatal(err)
	}
	soonEndless(suite)
	command := python(t, path)
	if scenario == "serial-no-file-name" { // the program, and not the command, is to choose a name
		for i, word := range command.words {
			command.words[i] = strings.Replace(word, "{dir}/{"+serialOf+"}", "{dir}/kept", 1)
		}
	}
	r, err := Run(t.Context(), suite, Target{Upgrade: command, Transport: rig.TCP, KeepsSettings: true}, Options{Response: response, Limit: times * limit, late: &lateness{}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Results[0]
}

func TestWhatAuthorsGetWrongIsFoundForItsReason(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes real time")
	}
	for _, c := range careless {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			timely(t, func(t *trying) {
				limit := 2 * testLimit // some meters take their time
				if c.reason == "I5: " {
					limit = 6 * time.Second
				}
				r := judgedInPython(t, c.text, c.instead, c.scenario, limit)
				if !slices.ContainsFunc(r.Broken, func(v verdict.Violation) bool { return strings.HasPrefix(v.String(), c.reason) }) {
					t.Errorf("it should break %q: %s\n%s", c.reason, r.Skipped, VerdictText(r))
				}
			})
		})
	}
}

// What the meter runs in the end is looked at in any case, so this harms nobody.
func TestAVerifyThatIsTakenForGoodAndWasNotIsAdvice(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		r := judgedInPython(t, "status == OK and crc != f.crc", "False", "verified-otherwise", testLimit)
		conduct := slices.ContainsFunc(r.Broken, func(v verdict.Violation) bool { return v.Rule == verdict.Conduct })
		if conduct || r.advice(duty.Again) == "" {
			t.Error(VerdictText(r))
		}
	})
}

// Files change by themselves more seldom than programs are wrong, and who wrote a program before the page asked for
// a checksum has none.
func TestKeptSettingsThatAreNotComparedWithTheirChecksumAreAdvice(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		r := judgedInPython(t, " if int(crc, 16) == zlib.crc32(text.encode()) else ()", "", "kept-and-flipped", 2*testLimit)
		if !r.Passed() || r.advice(duty.Keepable) == "" {
			t.Error(VerdictText(r))
		}
	})
}

func TestWordsOfALogThatHarmNobodyAreAdvice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what, text, instead, scenario string
		about                         duty.ID
	}{
		{"days in German", "at %A, %B", "at Samstag, %B", "abroad", duty.LogStamps},
		{"an efficiency before its ten", "{told}% completed\\nComm efficiency = {100 * answered / (self.link.sent - before):.1f}%",
			"Comm efficiency = {100 * answered / (self.link.sent - before):.1f}%\\n{told}% completed", "undisturbed", duty.LogLines},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			timely(t, func(t *trying) {
				r := judgedInPython(t, test.text, test.instead, test.scenario, 2*testLimit)
				if !r.Passed() || r.advice(test.about) == "" {
					t.Error(VerdictText(r))
				}
			})
		})
	}
}

// A serial port that nobody has opened yet echoes, and changes some of the bytes.
func TestAProgramThatDoesNotPutItsPortIntoRawModeFails(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		source, err := os.ReadFile(inPython)
		if err != nil {
			t.Skip(err)
		}
		const raw = "        tty.setraw(self.fd, termios.TCSANOW)\n"
		if !strings.Contains(string(source), raw) {
			t.Fatalf("%q is not in it", raw)
		}
		for _, test := range []struct {
			source  string
			verdict string
		}{{string(source), "pass"}, {strings.Replace(string(source), raw, "", 1), "no"}} {
			path := filepath.Join(t.TempDir(), "port.py")
			if err := os.WriteFile(path, []byte(test.source), fileMode); err != nil {
				t.Fatal(err)
			}
			response := t.within(pythonResponse)
			suite, err := NewSuite("full", response)
			if err == nil {
				suite, err = suite.Only([]string{"undisturbed"})
			}
			if err != nil {
				t.Fatal(err)
			}
			command := python(t, path)
			for i, word := range command.words {
				command.words[i] = strings.NewReplacer("--tcp", "--port", "{"+tcpOf+"}", "{"+portOf+"}").Replace(word)
			}
			r, err := Run(t.Context(), suite, Target{Upgrade: command, Transport: rig.PTY, KeepsSettings: true}, Options{Response: response, Limit: t.within(4 * testLimit), late: &lateness{}})
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Results[0].Verdict(); got != test.verdict {
				t.Errorf("%s, want %s:\n%s", got, test.verdict, explain(r))
			}
		}
	})
}
