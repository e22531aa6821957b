package reproduce

import (
	"testing"

	"ionbench/client"
	"ionbench/client/upgradelog"
)

// What a line "Device refused" says of block, sector, status and times is tried before
// anything else; a line in other words leaves every status.
func TestTheWordsOfARefusalSayWhatIsTriedFirst(t *testing.T) {
	p := &played{marks: []mark{
		{step: client.StepClearFlash, replies: 4},
		{step: client.StepDownload, block: 1, pass: 1, replies: 9},
		{step: client.StepDownload, block: 2, pass: 1, replies: 11},
		{step: client.StepVerify, replies: 13},
	}}
	for text, want := range map[string]string{
		"the meter's flash failed: sector 5 cannot be erased":                                                       "erase-fails at start address 0x050000",
		"the download had to begin anew too often: 3 times: the meter's flash failed: sector 5 cannot be erased":    "erase-fails at start address 0x050000",
		"the meter gave an answer that makes no sense: block 2: busy, 120 times":                                    "reply-busy at reply 12..141",
		"the meter gave an answer that makes no sense: block 2: verify failed, 120 times":                           "reply-status at reply 12..141 status verify-failed",
		"the download had to begin anew too often: 3 times: the meter's flash failed: block 2 cannot be programmed": "reply-status at block 2 status program-failed",
		"the meter gave an answer that makes no sense: the loader wants block 1 after block 2":                      "reply-status at block 2 status bad-sequence",
		"the meter does not hold the image that was sent: CRC-32 0000beef, sent ffffffff":                           "reply-status at reply 5 status verify-failed",
		"wrong product":              "reply-status at reply 5 status wrong-product",
		"says a tool of other words": "reply-status at reply 5 status ok",
	} {
		x := proposals{of: p, want: []upgradelog.Entry{{Line: upgradelog.Line{Kind: upgradelog.Refused, Text: text}}}}
		x.refused(text)
		if x.next[0].plan.String() != want {
			t.Errorf("%q: %v is tried first, want %s", text, x.next[0].plan, want)
		}
	}
}
