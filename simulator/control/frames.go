package control

import (
	"encoding/hex"
	"net/http"
	"sync"
	"time"

	"ionbench/simulator/ion/explain"
	"ionbench/simulator/line"
	"ionbench/simulator/story"
	"ionbench/simulator/story/record"
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
	outcome *record.Outcome // nil: it is not known
}

func (f *frames) add(at time.Duration, toMeter bool, bytes string) (number uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	f.kept[f.next%keptFrames] = keptFrame{f.next, at, toMeter, bytes, nil}
	return f.next
}

// settle says of a frame, if it is still kept, what became of it.
func (f *frames) settle(number uint64, o record.Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if k := &f.kept[number%keptFrames]; k.number == number {
		k.outcome = &o
	}
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
func (m *Served) TellFrame(e story.Event, w story.FrameSent) {
	m.await(m.frames.add(e.At, w.Direction == line.ToMeter, w.Bytes), e, w)
}

func (m *Served) getFrames(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, explained(m.frames.all()))
}

// explained says of each frame what is in it, and of the last frame of a message what that is.
func explained(list []keptFrame) Frames {
	answer := Frames{Frames: []Frame{}}
	var ends [2]explain.Follower
	for _, k := range list {
		end, direction := &ends[0], line.FromMeter
		if k.toMeter {
			end, direction = &ends[1], line.ToMeter
		}
		read := end.Add([]byte(k.bytes))
		f := Frame{N: k.number, At: seconds(k.at), Direction: direction.String(), Bytes: hex.EncodeToString([]byte(k.bytes)), Title: read.Title, Ack: read.Ack, Fields: fieldsOf(read.Fields)}
		if read.Whole != nil {
			f.Title = read.Whole.Title
			f.Message = &Message{Bytes: hex.EncodeToString(read.Body), Fields: fieldsOf(read.Whole.Fields)}
		}
		if o := k.outcome; o != nil {
			f.Fate, f.Got = o.Fate.String(), hex.EncodeToString(o.Got)
			if o.Fate != record.Lost {
				f.Arrived = seconds(o.Arrived)
			}
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
