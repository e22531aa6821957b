package world

import (
	"time"

	"ionbench/simulator/ion"
)

// What the article and PROTOCOL.md allow a tool. They are said here a second time, because what
// a tool is judged by must not come from the tool.
const (
	tries    = 11          // of a request: 10 resends (FA212301)
	passes   = 3           // "begin again at most a few times" (section 6)
	refusals = 120         // of a block, in a row, that a tool may put up with
	poll     = time.Second // between two questions (sections 6 and 8)
	clearing = 10 * time.Minute
	// others are the requests around the download: to know the meter, to save, write and compare
	// its settings, to restart it.
	others = 60
	// perCall is how long it takes to call again, and frameOfCall how much longer a frame and its
	// acknowledgement are under way in a call.
	perCall     = 75 * time.Second
	frameOfCall = time.Second
)

// LimitOf is when the tool must have ended in an attempt of a filled world: the attempt's Limit,
// or else what the retry rule gives.
//
// In each of three passes the flash is cleared, and every block is once refused as often as a
// tool may put up with, and once not answered as often as it is sent. To this comes every other
// request, not answered as often as it is sent. How long a block takes follows from the rate of
// the line and the turnaround of both ends, and how long a missing answer takes is the tool's
// time-out. A fault can make an answer late as well as lost, and a person or a power loss may
// take a while: these few hours are more than enough for that.
func (w *World) LimitOf(a *Attempt) time.Duration {
	if a.Limit != 0 {
		return a.Limit
	}
	m, t := w.MeterOf(a), a.Tool
	block := onLine(min(ion.BlockBytes, w.FirmwareOf(a).ImageBytes()), &m, &t)
	small := onLine(ion.MaxFrameData, &m, &t)
	perBlock := refusals*(poll+block) + tries*(block+t.Timeout)
	perPass := clearing + clearing/poll*(small+t.Timeout) + time.Duration(ion.Blocks(w.FirmwareOf(a).ImageBytes()))*perBlock
	return passes*perPass + others*tries*(small+t.Timeout)
}

// onLine is how long a message and its answer take on the line and at its ends.
func onLine(bytes int, m *Meter, t *Tool) time.Duration {
	const (
		bits     = 10 // of a byte: 8N1
		envelope = 64 // bytes of a message around what it carries
		answer   = ion.MaxFrameData
	)
	frames := (bytes+envelope)/ion.MaxFrameData + 1
	if m.Phone != "" {
		return perCall + time.Duration(frames)*frameOfCall + onLine(bytes, &Meter{Baud: m.Baud, Speed: m.Speed}, t)
	}
	onWire := bytes + envelope + answer + 2*frames*ion.FrameOverhead
	return time.Duration(onWire)*bits*time.Second/time.Duration(min(m.Baud, t.Baud)) + time.Duration(frames)*(t.Turnaround+m.RTSDelay) +
		time.Duration((bytes+kib-1)/kib)*m.ProgramTime
}
