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
// The station's owner uses it.
type seldom struct {
	values  [ion.SettingCount]ion.Value
	members [ion.SettingCount][]byte // of the settings' object; nil before the first look
	log     []logged
	entries [][]byte // of the event log, as log has them
}

// logged is an entry of an event log.
type logged struct {
	at   time.Time
	text string
}

// settings is the object of the settings.
func (s *seldom) settings(now *ion.Settings) []byte {
	table := ion.SettingTable()
	for i, setting := range table {
		if s.members[i] == nil || !s.values[i].Equal(now.Values[i]) {
			s.values[i], s.members[i] = now.Values[i], fmt.Appendf(nil, "%s:%s", textOf(setting.Key), textOf(setting.Format(now.Values[i])))
		}
	}
	return list('{', s.members[:], '}')
}

// eventLog is the array of the event log, oldest entry first. Entries come at its end and leave at its beginning.
func (s *seldom) eventLog(now []logged) []byte {
	if len(now) == 0 {
		s.log, s.entries = nil, nil
		return list('[', nil, ']')
	}
	if left := slices.Index(s.log, now[0]); left > 0 {
		s.log, s.entries = s.log[left:], s.entries[left:]
	}
	same := 0
	for same < min(len(s.log), len(now)) && s.log[same] == now[same] {
		same++
	}
	s.log, s.entries = s.log[:same], s.entries[:same]
	for _, e := range now[same:] {
		s.log, s.entries = append(s.log, e), append(s.entries, textOf(LogEntry{At: e.at.Format(time.RFC3339), Text: e.text}))
	}
	return list('[', s.entries, ']')
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
