// Package duty is the table of duties: every sentence of PROTOCOL.md that obliges an upgrader, by
// number. Section 13 of that page is printed from it, the scenarios of package judge say which
// duties they exercise, and a report says of each whether it was kept.
package duty

import (
	"fmt"
	"slices"
)

// ID is the number of a duty, such as D7. It never changes its meaning.
type ID uint8

// String is the number as the page has it.
func (id ID) String() string { return fmt.Sprintf("D%d", uint8(id)) }

// Parse reads a number, as String writes it.
func Parse(number string) (ID, error) {
	for _, d := range table {
		if d.ID.String() == number {
			return d.ID, nil
		}
	}
	return 0, fmt.Errorf("there is no duty %q", number)
}

// The duties, in the order of the page.
const (
	File ID = iota + 1
	Fits
	Device
	Password
	AsItWas
	Keepable
	Same
	Bounded
	Matching
	NoNewTime
	LateAnswer
	Ack
	Stream
	Reconnect
	Busy
	Alone
	WholeImage
	Record
	Loader
	Sequence
	Again
	Identify
	OwnClear
	Patience
	Next
	Values
	Kept
	InForce
	Gone
	Private
	Success
	Failure
	LogLines
	LogStamps
	Status
	Secret
	AbortButton
	Surroundings
	Turns
	Clock
	Redial
	OneRequest
	Unheard
	count
)

// Group is the part of an upgrader's work that a duty belongs to.
type Group string

// The groups.
const (
	Refusing   Group = "Before anything is erased, refuse"
	Talking    Group = "Talking"
	Sending    Group = "Sending the image"
	Recovering Group = "Recovering"
	Settings   Group = "Settings"
	Telling    Group = "Telling"
	Living     Group = "Living with a computer"
	Calling    Group = "By telephone"
	Sharing    Group = "On a line of two wires"
)

// Duty is one of them.
type Duty struct {
	ID      ID
	Group   Group
	Section string // of PROTOCOL.md, where it is explained
	Text    string // the sentence of the page
	// Advice: its breach alone harms nobody, so it is a warning.
	Advice bool
}

// Table returns all duties in the order of the page.
func Table() []Duty { return slices.Clone(table[:]) }

// Of returns a duty.
func Of(id ID) Duty { return table[id-1] }

var table = [count - 1]Duty{
	{File, Refusing, "11", "a file that is damaged, cut, empty or of another kind;", false},
	{Fits, Refusing, "8", "a file for another product or load address, or an image that does not fit;", false},
	{Device, Refusing, "8", "a meter of another unit, product or serial number than expected; one that only begins alike, or has other letters small and great, is another;", false},
	{Password, Refusing, "5", "a wrong password: by a read with credential, and by the answer to enter;", false},
	{AsItWas, Refusing, "8", "and leave the meter as it was, also when somebody aborts: after enter and before clear, a restart does that, as soon as the loader hears it;", false},
	{Keepable, Refusing, "10", "and stop if settings that were promised cannot be kept, or those kept cannot be read, or are not as they were written.", false},

	{Same, Talking, "4", "Resend with the same message id and the same bytes. Every operation bears it.", false},
	{Bounded, Talking, "9", "A bounded number of times; then end, and say that the same command recovers the meter.", false},
	{Matching, Talking, "4", "Take as an answer only a reply with the id, type, operation and addresses of the message sent last, for a block with its sequence number, and for a program with as many values as it had commands.", false},
	{NoNewTime, Talking, "3", "Throw away everything else, and go on waiting without starting the timeout anew.", false},
	{LateAnswer, Talking, "4", "A reply that arrives after its request was sent again answers that request. It is no answer to the next one.", false},
	{Ack, Talking, "3", "An ACK counts only with the transaction of the frame that waits for it.", false},
	{Stream, Talking, "2", "Find the next frame behind noise, cut frames, echoes and lying lengths, however slowly and in whatever pieces the bytes come.", false},
	{Reconnect, Talking, "1", "A connection that breaks is a missing answer: open it again. One that breaks again, or cannot be opened, is tried again no faster than answers are waited for. It may lead to another meter: identify before an enter, a clear or a setting goes over the new one.", false},
	{Busy, Talking, "6", "A busy answer is an answer, and counts among no missing ones: ask again after a while, and not without end.", false},
	{Alone, Talking, "2", "Talk to the meter of your unit alone; what others on the line say is nothing.", false},

	{WholeImage, Sending, "8", "Every byte of the image, whatever its size, in blocks of the size that identify told, each at its address, the last one as long as what is left.", false},
	{Record, Sending, "6", "Verify with length, CRC-32, product, build time and revision of the file.", false},

	{Loader, Recovering, "8", "A meter in states 1 to 3 is upgraded as any other, without settings to read. If the reply to enter says that it was in none of them, its application is back: its settings are saved first.", false},
	{Sequence, Recovering, "6", "Bad sequence: go on with the block expected, if it is one that was sent before or the one after it; else begin again at enter.", false},
	{Again, Recovering, "6", "Not cleared, program failed, erase failed, or a wrong CRC-32 of the image: begin again at enter. Refused: identify, see that it is the same meter, save settings that nobody has kept if its application is back, and begin again at enter. A bounded number of times.", false},
	{Identify, Recovering, "8", "An enter or a restart without an answer may have been carried out: identify tells. A restart that reaches the application is refused.", false},
	{OwnClear, Recovering, "6", "Every clear has a message id of its own, and an enter before it.", false},
	{Patience, Recovering, "9", "Wait as long as the meter may take to erase, to restart and to boot.", false},
	{Next, Recovering, "8", "An upgrader that crashes leaves a meter that the next run finishes.", false},

	{Values, Settings, "10", "Save every setting and the name of the template, and write back exactly what was read.", false},
	{Kept, Settings, "10", "Keep them in a file from before enter until they are back, so that a crash does not lose them, not even one in the middle of writing them again.", false},
	{InForce, Settings, "10", "A run that finds the settings of its meter in force uses them, and not those of another meter.", false},
	{Gone, Settings, "10", "Kept settings go once they are back in the meter: they never replace what somebody sets later.", false},
	{Private, Settings, "10", "Nobody but the user can read the kept settings.", true},

	{Success, Telling, "8", "Success is what identify says after the restart, nothing earlier; and it is told only if the settings that were promised are back.", false},
	{Failure, Telling, "8", "Failure is told only if it is one: where the last answer is missing, ask the meter.", false},
	{LogLines, Telling, "12", "The log says what happened, line by line; what earlier runs wrote stays.", false},
	{LogStamps, Telling, "12", "Its words are the same in every country, those of its dates too.", true},
	{Status, Telling, "8", "The exit status is 0 for success and nothing else, and the log's last word agrees with it.", false},
	{Secret, Telling, "12", "The password is not told.", false},

	{AbortButton, Living, "8", "SIGINT ends the run soon, with failure; SIGTERM does the same.", false},
	{Surroundings, Living, "8", "Output that nobody reads, a full disk under the log, a missing HOME and another locale or time zone do not end an upgrade, least of all one that has cleared the flash; nor does a log that cannot be opened. Whoever ends there has changed nothing yet, and says why.", false},
	{Turns, Living, "8", "A second run at the same time harms neither the meter nor the first, also while the first has no connection.", false},
	{Clock, Living, "4", "The meter's clock goes on by itself. Whoever sets it sets it right, to UTC.", false},

	{Redial, Calling, "1", "A lost carrier is a connection that broke: dial the same number again. Where it leads to no meter, that is told, and nothing was changed. Whoever ends hangs up.", false},

	{OneRequest, Sharing, "1", "One request at a time: the next one goes out once it is answered, or was waited for in vain.", false},
	{Unheard, Sharing, "10", "A setting whose answer is missing is not simply sent again: a second meter of the unit ID may have come on. Identify, and read whether it is there.", true},
}
