package judge

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/duty"
)

// sentence is one of PROTOCOL.md that obliges somebody, or sounds as if it did.
type sentence struct {
	begins string
	about  []duty.ID
	tried  []string // scenarios of the suite full in which a program that does not do so fails
	// why no scenario shows it, or whom it obliges that is no program; empty if one does.
	why string
}

// These are the reasons of sentences that oblige no program.
const (
	aboutMeter  = "it says what the meter does"
	aboutSource = "it says where a fact comes from"
	aboutChoice = "it says what a program may do"
	aboutMore   = "it tells more than a program needs"
)

var sentences = []sentence{
	// 1. The line
	{"RS-485, half duplex, one master.", nil, nil, aboutMeter},
	{"The port may lead to another meter by then", duties(duty.Reconnect, duty.Device), []string{"another-meter-entered", "another-meter-at-the-clear", "another-meter-at-the-settings"}, ""},
	{"For the image's sake a block needs no such identify", nil, nil, aboutChoice},
	{"A PTY, and many a serial port, lets two programs in", duties(duty.Turns), []string{"second-run"}, ""},
	{"A TCP port lets one in", duties(duty.Turns), []string{"second-run-at-a-break"}, ""},
	{"One request at a time: nobody may talk", duties(duty.OneRequest), []string{"undisturbed"}, ""},
	{"The meter never speaks unasked", nil, nil, aboutMeter},
	{"Everything that must be repeated", duties(duty.Same), []string{"answer-lost", "unheard-read", "unheard-write"}, ""},
	{"So two meters of one unit ID", nil, nil, aboutMeter},
	// 2. Link frames
	{"Discard in silence", duties(duty.Stream, duty.Alone), []string{"damaged-read-answer", "other-unit-block-answer", "other-destination-block-answer"}, ""},
	{"To find frames in a stream", duties(duty.Stream), []string{"noisy-preamble-block-answer", "lying-length-block-answer"}, ""},
	{"If the CRC is wrong, or bytes stop coming", duties(duty.Stream), []string{"lying-length-identify-answer", "cut-frame-block-answer"}, ""},
	{"A frame whose bytes are arriving", nil, nil, aboutChoice},
	// 3. Messages and acknowledgements
	{"A message is cut into pieces", duties(duty.WholeImage), []string{"undisturbed", "one-frame"}, ""},
	{"No ACK, or no next frame of a reply", duties(duty.Same, duty.Stream), []string{"cut-short-read-answer", "frame-lost-download", "slow-answers"}, ""},
	{"Take no ACK for a frame but one", duties(duty.Ack), []string{"other-ack-block-answer", "others-ack-block-answer"}, ""},
	// 4. Packets and passwords
	{"A credential of two bytes", nil, nil, aboutSource},
	{"Meters leave the factory", nil, nil, aboutMeter},
	{"The meter only echoes the id", nil, nil, "it is advice, and the answer to a run that was killed does not outlive its connection here"},
	{"A reply with another id", duties(duty.Matching), []string{"other-id-block-answer", "other-id-read-answer"}, ""},
	{"Compare address and type too.", duties(duty.Matching, duty.Alone), []string{"other-type-block-answer", "other-source-block-answer", "other-addressee-block-answer"}, ""},
	{"It has no reply, and only the application", nil, nil, aboutMeter},
	// 5. Programs
	{"Only the text `Invalid Password`", nil, nil, aboutSource},
	{"A method that the meter does not know", nil, nil, aboutMeter},
	// 6. The download service
	{"Busy, and a block that is sent again because it was refused, are bounded", duties(duty.Bounded, duty.Busy, duty.Again),
		[]string{"busy-for-ever", "busy-for-ever-identify", "busy-for-ever-enter", "busy-for-ever-verify", "never-taken", "not-allowed-for-ever"}, ""},
	{"\"Stop\" before anything was erased", duties(duty.Again), []string{"out-of-range"}, ""},
	{"Begin again at most a few times.", duties(duty.Bounded), []string{"never-verified", "not-cleared-for-ever"}, ""},
	{"After refused identify first", duties(duty.Again), []string{"clear-answered-refused", "verify-answered-refused"}, ""},
	{"If its serial number is another one, stop.", duties(duty.Device), []string{"another-meter-again", "another-meter-at-the-clear"}, ""},
	{"If the application of this meter is back, another tool", duties(duty.Loader), []string{"application-back"}, ""},
	{"So nothing that was kept before is given up", duties(duty.InForce), []string{"another-application-back", "killed-restarting-and-changed"}, ""},
	{"A reply with another sequence number", duties(duty.Matching), []string{"other-sequence-block-answer"}, ""},
	{"The loader does not compare the address", nil, nil, aboutMeter},
	{"Leave the loader.", nil, nil, aboutMeter},
	// 7. States
	{"Ours, but that a failed upgrade leaves", nil, nil, aboutSource},
	{"A restart leaves a power-up in the event log", nil, nil, aboutMeter},
	{"In states 1 to 3 programs are not answered", nil, nil, aboutMeter},
	{"What it asked for may have been done", nil, nil, aboutMeter},
	// 8. An upgrade
	{"**Identify.** Stop, in every state", duties(duty.Device, duty.Fits), []string{"wrong-serial", "wrong-product", "no-room", "other-base", "wrong-serial-in-loader", "wrong-product-in-loader"}, ""},
	{"An older revision than the one that runs", duties(duty.Fits), []string{"older-revision"}, ""},
	{"In state 0 go on; in states 1 to 3", duties(duty.Loader), []string{"killed", "found-in-loader", "found-erasing"}, ""},
	{"Read them with the credential", duties(duty.Password), []string{"wrong-password", "password-case"}, ""},
	{"After an answer from the application identify", duties(duty.Device), []string{"another-meter-in-its-loader"}, ""},
	{"**Compare** the revision", duties(duty.Device, duty.Success), []string{"never-the-revision", "another-meter-restarted"}, ""},
	{"A second run for the same meter waits or stops", duties(duty.Turns), []string{"second-run", "second-run-killed"}, ""},
	// 9. Timing
	{"A served meter can be made faster", nil, nil, aboutMeter},
	// 10. Settings
	{"Each is read with method 15", duties(duty.Values), []string{"undisturbed", "lowest", "highest", "digits", "blanks"}, ""},
	{"Every model has all of them", duties(duty.Values), []string{"exception-read-answer", "exception-within-read-answer"}, ""},
	{"All but the last are u32", nil, nil, aboutMeter},
	{"One that is in 7F01", duties(duty.InForce), []string{"killed-restarting", "killed-restarting-and-changed"}, ""},
	{"If the count of its group", nil, nil, aboutMore},
	{"An energy reading in 7F01", nil, nil, aboutMeter},
	{"Nobody but the user should be able to read it.", duties(duty.Private), nil, ""},
	{"From the first clear on the file is in force", duties(duty.Kept, duty.Gone), []string{"killed-erasing", "written-in-vain-and-killed", "killed-and-changed"}, ""},
	{"A run that ends before its first clear", duties(duty.Gone, duty.InForce), []string{"kept-in-vain", "refused-then-changed"}, ""},
	{"One that cannot see that", duties(duty.Kept), []string{"cable-out-enter"}, ""},
	{"So where the file was never in force", duties(duty.InForce), []string{"kept-in-vain", "kept-and-copied"}, ""},
	{"Give each meter a file of its own", duties(duty.InForce, duty.Turns), []string{"another-meter-between", "two-meters-at-once-killed"}, ""},
	{"A serial number may have any printable", duties(duty.Kept), []string{"serial-no-file-name"}, ""},
	{"A file that cannot be read, is not whole", duties(duty.Keepable), []string{"kept-and-torn", "kept-and-shut", "kept-and-sealed", "kept-and-emptied", "kept-and-flipped"}, ""},
	{"Where the file cannot be written, stop", duties(duty.Keepable), []string{"cannot-keep-and-killed", "no-room-and-later", "no-room-and-killed"}, ""},
	// 12. The log
	{"Text, one fact a line, each line flushed", duties(duty.Kept, duty.Next), []string{"killed"}, ""},
	{"Questions that nobody answers", nil, nil, aboutChoice},
	{"A run that refuses its file", nil, nil, aboutChoice},
}

// obliges are the words of sentences that oblige somebody.
var obliges = regexp.MustCompile(`(?i)\b(must|never|only|at least|within|at most|stops?|bounded|nobody|exactly|throw|discard|lock|identify(?:,| and| first)|leaves?|removes|compare[sd]?)\b`)

// obliging are the sentences of the page that do, without its bytes, tables and list of duties.
func obliging(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../../simulator/ion/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	text = text[strings.Index(text, "\n## 1. "):strings.Index(text, "\n## 13. ")]
	text = regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text, "\n\n")
	text = regexp.MustCompile(`(?m)^\|.*$`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`(?m)^(- |\d+\. )`).ReplaceAllString(text, "\n\n")
	end := regexp.MustCompile("([.:?]) ([A-Z`*\"])")
	var found []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		paragraph = end.ReplaceAllString(strings.Join(strings.Fields(paragraph), " "), "$1\n$2")
		for s := range strings.SplitSeq(paragraph, "\n") {
			if !strings.HasPrefix(s, "#") && obliges.MatchString(s) {
				found = append(found, s)
			}
		}
	}
	return found
}

func TestEverySentenceOfThePageThatObligesIsTriedOrItIsSaidWhyNot(t *testing.T) {
	exercises := map[string][]duty.ID{}
	for _, s := range mustSuite(t, "full").Scenarios {
		exercises[s.Name] = append(slices.Clone(s.Duties), everywhere...)
	}
	used := map[string]bool{}
	for _, text := range obliging(t) {
		at := slices.IndexFunc(sentences, func(s sentence) bool { return strings.HasPrefix(text, s.begins) })
		if at < 0 {
			t.Errorf("no scenario, and no reason, is named for: %s", text)
			continue
		}
		used[sentences[at].begins] = true
	}
	for _, s := range sentences {
		if !used[s.begins] {
			t.Errorf("the page does not oblige so any more: %s", s.begins)
		}
		lookedAt := slices.Contains(s.about, duty.Private) // wherever a program has kept settings
		if tried := len(s.tried) > 0 || lookedAt; tried == (s.why != "") || tried != (len(s.about) > 0) {
			t.Errorf("%s: %d duties, scenarios %q, %s", s.begins, len(s.about), s.tried, s.why)
		}
		for _, name := range s.tried {
			if !slices.ContainsFunc(s.about, func(id duty.ID) bool { return slices.Contains(exercises[name], id) }) {
				t.Errorf("%s: scenario %s is not there, or about none of %s", s.begins, name, dutyNames(s.about))
			}
		}
	}
}
