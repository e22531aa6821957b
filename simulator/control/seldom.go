package control

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"ionbench/simulator/ion"
)

// seldom is what of a meter changes seldom and is long, as the text of its answer: to make 500 entries of
// an event log and thirty settings anew for each question cost the meter's process more than all else of it.
// What it gives is never changed, so that it is sent without a copy. The station's owner uses it.
type seldom struct {
	values  [ion.SettingCount]ion.Value
	members [ion.SettingCount][]byte // of the settings' object; nil before the first look
	object  []byte                   // of all of them

	log     []logged
	entries [][]byte // of the event log, as log has them
	array   []byte   // of all of them; nil before the first look
	read    []logged // room for the next look
}

// logged is an entry of an event log.
type logged struct {
	at   time.Time
	text string
}

// settings is the object of the settings.
func (s *seldom) settings(now *ion.Settings) []byte {
	changed := false
	for i, setting := range ion.SettingTable() {
		if s.members[i] == nil || !s.values[i].Equal(now.Values[i]) {
			s.values[i], s.members[i] = now.Values[i], fmt.Appendf(nil, "%s:%s", textOf(setting.Key), textOf(setting.Format(now.Values[i])))
			changed = true
		}
	}
	if changed {
		s.object = list('{', s.members[:], '}')
	}
	return s.object
}

// eventLog is the array of the event log, oldest entry first. Entries come at its end and leave at its beginning.
func (s *seldom) eventLog(now []logged) []byte {
	if s.array != nil && slices.Equal(s.log, now) {
		return s.array
	}
	same := 0
	if len(now) > 0 {
		left := max(0, slices.Index(s.log, now[0]))
		s.log, s.entries = s.log[left:], s.entries[left:]
	}
	for same < min(len(s.log), len(now)) && s.log[same] == now[same] {
		same++
	}
	s.log, s.entries = s.log[:same], s.entries[:same]
	for _, e := range now[same:] {
		s.log, s.entries = append(s.log, e), append(s.entries, textOf(LogEntry{At: e.at.Format(time.RFC3339), Text: e.text}))
	}
	s.array = list('[', s.entries, ']')
	return s.array
}

// list joins the members of an object or an array.
func list(open byte, members [][]byte, end byte) []byte {
	size := len(members) + 2
	for _, m := range members {
		size += len(m)
	}
	text := append(make([]byte, 0, size), open)
	for i, m := range members {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, m...)
	}
	return append(text, end)
}

func textOf(value any) []byte {
	b, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("an answer with %v: %v", value, err)) // cannot happen: numbers and text
	}
	return b
}
