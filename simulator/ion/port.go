package ion

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Unit ids that a meter can have. 0 is reserved and FFFF is Broadcast.
// Source: the notes of a public ION client on its frames; manual of the Siemens 9810, page 90.
const (
	MinUnitID = 1
	MaxUnitID = 9999
)

// MaxStations is how many stations an RS-485 line carries beside the PC: 32 unit loads, of which
// the PC is one (TIA-485-A).
const MaxStations = 31

// CheckUnitID returns an error, which says what unit ids there are, if id is not one.
func CheckUnitID(id int) error {
	if id < MinUnitID || id > MaxUnitID {
		return fmt.Errorf("unit id %d: use %d to %d", id, MinUnitID, MaxUnitID)
	}
	return nil
}

// BaudRates are the rates of the family's RS-485 ports, in bits a second. They and the default
// are documented for the sibling: "up to 19,200 bps" (9300 series user's guide, page 148).
//
// Assumption: the list; 300 is the lowest that ION meters are known with.
func BaudRates() []int { return []int{300, 600, 1200, 2400, 4800, 9600, 19200} }

// DefaultBaudRate is the rate of a new port, and that of the article.
const DefaultBaudRate = 9600

// CheckBaudRate returns an error, which says what rates there are, if rate is not one.
func CheckBaudRate(rate int) error {
	rates := BaudRates()
	if slices.Contains(rates, rate) {
		return nil
	}
	words := make([]string, len(rates))
	for i, r := range rates {
		words[i] = strconv.Itoa(r)
	}
	last := len(words) - 1
	return fmt.Errorf("baud rate %d: use %s or %s", rate, strings.Join(words[:last], ", "), words[last])
}
