package reproduce

import (
	"fmt"
	"strconv"
	"strings"

	"ionbench/client/upgradelog"
)

// Fact is one thing that a log says about its run.
type Fact struct{ Name, Text string }

// Facts returns what the log says about the run: the tool, the meter, how it began and where it
// failed. Of lines of two tools it is only when one of them began.
func (r *LoggedRun) Facts() []Fact {
	var facts []Fact
	add := func(name string, parts ...string) {
		var said []string
		for _, p := range parts {
			if p != "" {
				said = append(said, p)
			}
		}
		if len(said) > 0 {
			facts = append(facts, Fact{name, strings.Join(said, ", ")})
		}
	}
	if r.Mixed { // whose the other lines are nobody knows
		add("begun", r.words(upgradelog.UpgradeStarted, "Upgrade started at ", ""))
		return facts
	}
	add("tool", r.words(upgradelog.SoftwareVersion, "Software Version (Build): ", ""))
	add("firmware", r.words(upgradelog.FirmwareVersion, "Firmware Version = ", ""), r.words(upgradelog.FirmwareDated, "Firmware dated", "dated"))
	add("meter", r.words(upgradelog.DeviceName, "Device Name = ", ""), r.words(upgradelog.DeviceSerialNumber, "Device Serial Number = ", ""),
		r.words(upgradelog.DeviceUnitID, "Device Unit ID =", "unit"), r.words(upgradelog.DeviceBaudRate, "Device BaudRate =", "baud rate"))
	add("begun", r.words(upgradelog.UpgradeStarted, "Upgrade started at ", ""),
		r.words(upgradelog.AlreadyInDownloadState, "Device already", "already"), r.words(upgradelog.EnteredDownloadState, "Device entered", "entered"))
	add("ended", r.howEnded())
	add("resends", r.resends())
	add("lowest", r.lowest())
	return facts
}

// words returns the words of a line, with another beginning.
func (r *LoggedRun) words(k upgradelog.Kind, before, instead string) string {
	l, ok := r.find(k)
	if !ok {
		return ""
	}
	if line, is := r.odd[k]; is {
		_, value, _ := oddValue(line)
		return strings.TrimSpace(instead + " " + strconv.Quote(value))
	}
	return instead + strings.TrimPrefix(l.String(), before)
}

func (r *LoggedRun) howEnded() string {
	begun, _ := r.Begun()
	at, ok := r.Ended()
	switch {
	case !ok && len(r.Entries) > 0:
		return fmt.Sprintf("it did not: the log is cut behind %q", r.Entries[len(r.Entries)-1].String())
	case !ok:
		return ""
	}
	last := r.Entries[len(r.Entries)-1].String()
	if percent, ok := r.lastOf(upgradelog.Completed); ok {
		last += fmt.Sprintf(", behind %v", percent)
	}
	if begun.IsZero() {
		return last
	}
	return fmt.Sprintf("%s, after %v", last, at.Sub(begun))
}

func (r *LoggedRun) lastOf(k upgradelog.Kind) (last upgradelog.Line, ok bool) {
	for _, e := range r.Entries {
		if e.Kind == k {
			last, ok = e.Line, true
		}
	}
	return last, ok
}

// resends says how many blocks were sent again, and when.
func (r *LoggedRun) resends() string {
	var places []string
	n := 0
	for _, e := range r.Entries {
		if e.Kind != upgradelog.Resending {
			continue
		}
		n++
		if e.Number == 1 {
			places = append(places, fmt.Sprint(e.Total))
		}
	}
	const most = 10
	if n == 0 {
		return ""
	}
	if len(places) > most {
		places = append(places[:most], "...")
	}
	if len(places) == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d, first when %s blocks were sent", n, strings.Join(places, ", "))
}

// lowest is the lowest efficiency.
func (r *LoggedRun) lowest() string {
	lowest := 1000
	for _, e := range r.Entries {
		if e.Kind == upgradelog.Efficiency {
			lowest = min(lowest, e.Number)
		}
	}
	if lowest == 1000 {
		return ""
	}
	return upgradelog.Line{Kind: upgradelog.Efficiency, Number: lowest}.String()
}
