package bench

import (
	"testing"

	"ionbench/simulator/ion"
)

// Who asks over a new connection who is there, before it sends its request again, has begun to send it again.
func TestTheQuestionWhoIsThereIsTheNextTryOfWhatTheLastConnectionLeftOpen(t *testing.T) {
	block := ion.Head{Op: ion.OpBlock, MessageID: 7, Sequence: 2}
	who := ion.Head{Op: ion.OpIdentify, MessageID: 8}
	again := ion.Head{Op: ion.OpBlock, MessageID: 9, Sequence: 2}
	ask := func(a *asking, r *ion.Head) {
		a.request(r, false)
		a.waitFor(r)
		a.newBlock(r)
	}
	for _, test := range []struct {
		name    string
		ends    func(a *asking)
		resends uint64
	}{
		{"a connection that was reset", func(a *asking) { a.leave(true) }, 2},
		{"a connection that was closed", func(a *asking) { a.leave(false) }, 2},
		{"a call that was cut off", func(a *asking) { a.cutOff() }, 2},
		{"the same connection", func(*asking) {}, 1},
		{"an answer that had arrived", func(a *asking) { a.sent = 0; a.cutOff() }, 1},
	} {
		var a asking
		ask(&a, &block)
		test.ends(&a)
		ask(&a, &who)
		ask(&a, &who)
		if a.noResponses != test.resends {
			t.Errorf("%s: %d resends, want %d", test.name, a.noResponses, test.resends)
		}
		if ask(&a, &again); a.noResponses != 2 || a.blocksSent != 2 {
			t.Errorf("%s: %d resends with the block's own, %d blocks", test.name, a.noResponses, a.blocksSent)
		}
	}
}
