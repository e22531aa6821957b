package control

import (
	"testing"
	"time"

	"ionbench/simulator/tree"
)

// BenchmarkALookAtAMeter is what an answer to GET /v1/meter costs beside HTTP, when the event log is full. Remade is the
// same without what is kept from look to look.
func BenchmarkALookAtAMeter(b *testing.B) {
	station := newStation(b)
	settings := station.Meter().Settings(0)
	var log []logged
	for i := range tree.EventLogDepth {
		log = append(log, logged{time.Unix(int64(i), 0), "Device power-up"})
	}
	m := &Served{subject: Subject{Station: station}}
	look := func(s *seldom) { _ = looked{m.look(0).present, s.settings(&settings), s.eventLog(log)}.parts() }
	var kept seldom
	look(&kept)
	var quick, slow time.Duration
	for b.Loop() {
		begun := time.Now()
		look(&kept)
		quick += time.Since(begun)
		begun = time.Now()
		look(new(seldom))
		slow += time.Since(begun)
	}
	b.ReportMetric(float64(slow)/float64(quick), "remade/kept")
}
