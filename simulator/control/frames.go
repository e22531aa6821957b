package control

import (
	"encoding/hex"
	"net/http"
	"sync"
	"time"

	"ionbench/simulator/ion/explain"
)

// keptFrames is how many frames are kept: those of a block with their ACKs, and some more.
const keptFrames = 96

// frames keeps the last frames on the line. Its add never waits for those who read.
type frames struct {
	mu   sync.Mutex
	next uint64 // number of the next frame, from 1
	kept [keptFrames]keptFrame
}

type keptFrame struct {
	number  uint64 // 0: none
	at      time.Duration
	toMeter bool
	bytes   string
}

func (f *frames) add(at time.Duration, toMeter bool, bytes string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	f.kept[f.next%keptFrames] = keptFrame{f.next, at, toMeter, bytes}
}

// all returns the frames that are kept, oldest first.
func (f *frames) all() (list []keptFrame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := f.next - min(f.next, keptFrames) + 1; n <= f.next; n++ {
		list = append(list, f.kept[n%keptFrames])
	}
	return list
}

// TellFrame keeps a frame on the line for those who look.
func (m *Served) TellFrame(at time.Duration, toMeter bool, bytes string) {
	m.frames.add(at, toMeter, bytes)
}

func (m *Served) getFrames(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, explained(m.frames.all()))
}

// explained says of each frame what is in it, and of the last frame of a message what that is.
func explained(list []keptFrame) Frames {
	answer := Frames{Frames: []Frame{}}
	var ends [2]explain.Follower
	for _, k := range list {
		end, direction := &ends[0], "from-meter"
		if k.toMeter {
			end, direction = &ends[1], "to-meter"
		}
		read := end.Add([]byte(k.bytes))
		f := Frame{N: k.number, At: seconds(k.at), Direction: direction, Bytes: hex.EncodeToString([]byte(k.bytes)), Title: read.Title, Ack: read.Ack, Fields: fieldsOf(read.Fields)}
		if read.Whole != nil {
			f.Title = read.Whole.Title
			f.Message = &Message{Bytes: hex.EncodeToString(read.Body), Fields: fieldsOf(read.Whole.Fields)}
		}
		answer.Frames = append(answer.Frames, f)
	}
	return answer
}

func fieldsOf(list []explain.Field) []Field {
	fields := make([]Field, 0, len(list))
	for _, f := range list {
		fields = append(fields, Field{Name: f.Name, From: f.From, To: f.To, Value: f.Value, Wrong: f.Wrong})
	}
	return fields
}
