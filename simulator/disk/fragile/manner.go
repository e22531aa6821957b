package fragile

import "fmt"

// Manner is what happens at an operation.
type Manner uint8

// The manners. Those from Stops on stop the machine in the middle of the operation; they differ
// in what of the bytes and names that were not synced is there afterwards.
const (
	Sound      Manner = iota
	Fails             // it has no effect and returns an error
	Torn              // half of it is written, or a name is changed, and it returns an error
	Full              // from now on there is no room: half of it is written, and nothing new can be made
	Stops             // all is kept: a process that is killed, too
	LosesAll          // bytes and names are lost
	LosesData         // bytes are lost, names are kept: files that are empty
	LosesNames        // names are lost, bytes are kept
	LosesSome         // the names from one on are lost, and of the bytes some writes
	mannerCount
)

// Manners returns all manners but Sound.
func Manners() []Manner {
	list := make([]Manner, 0, mannerCount)
	for m := Fails; m < mannerCount; m++ {
		list = append(list, m)
	}
	return list
}

// String returns the manner in words.
func (m Manner) String() string {
	return [mannerCount]string{"is sound", "fails", "is torn", "finds the disk full", "stops the machine", "stops the machine, and all is lost that was not synced",
		"stops the machine, and bytes are lost", "stops the machine, and names are lost", "stops the machine, and some is lost"}[m]
}

func (m Manner) stops() bool { return m >= Stops }

// Point is an operation of a run, counted from 1, and what happens at it.
type Point struct {
	At int
	Do Manner
}

// String says what happens where.
func (p Point) String() string { return fmt.Sprintf("operation %d %v", p.At, p.Do) }
