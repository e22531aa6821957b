package scenarios_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// articleRun is the run of the article's log, or a variant of it: the meter was left in
// download state by an earlier try, and at 3:57:48 PM the upgrade is started with tool 2.1.
func articleRun(s *plot, imageBlocks int, plan string) *rig.Outcome {
	GinkgoHelper()
	a := s.upgrade(blocks(imageBlocks), "abort at block 1")
	a.Release, a.Unticked = client.Release21(), ion.AllGroups
	s.try(a)
	s.Wait(beforeArticle - s.Now())
	a.Plan = planned(plan)
	return s.try(a)
}

// beforeArticle is when the earlier try was begun.
const beforeArticle = 2 * time.Minute

func articleMeter(baud int) world.Meter {
	return world.Meter{Baud: baud, Clock: world.ArticleStart().Add(-beforeArticle)}
}

// logOf is a log like the article's, of figures that somebody computed.
func logOf(baud, percent, cutAt int, end string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `Upgrade started at Thursday, March 06, 2008 3:57:48 PM
Software Version (Build): Version 2.1 (Build 676)
Firmware Version = 7350V283
Firmware dated Wed Aug 22 13:24:58 2007
Device Name = ion7350
Device Serial Number = PC-0209A001-11
Device Unit ID = 105
Device BaudRate = %d
Device already in download state
Flash memory cleared
Proceeding with firmware download
`, baud)
	for p := 10; p <= percent; p += 10 {
		fmt.Fprintf(&b, "%d%% completed\nComm efficiency = 100.0%%\n", p)
	}
	for i := 1; i <= 10; i++ {
		fmt.Fprintf(&b, "No response... resending (%d of %d)\n", i, cutAt+i-1)
	}
	fmt.Fprintf(&b, "No response... aborting (11 of %d)\nUpgrade failed at Thursday, March 06, 2008 %s\n", cutAt+10, end)
	return b.String()
}

var _ = Describe("Article 1, “Excerpt from the ION Setup Upgrade.log file”", row("K3", faultCable), func() {
	It("comes out of the model byte for byte: “Upgrade failed at Thursday, March 06, 2008 5:07:48 PM”", func() {
		s := tell(articleMeter(9600))
		s.caseNamed("upgrade-failed")
		o := articleRun(s, 460, "cable-pull at block 439")
		Expect(string(o.Log)).To(Equal(string(logs.UpgradeFailed())))
		Expect(o.Claim).To(MatchError(client.ErrNoResponse))
	})

	// All by hand, in milliseconds. A byte takes 10 bits, a byte of flash 7 µs; the meter
	// waits 10 before it talks, the PC 2.6.
	//
	//	bytes on the wire       request  answer  both
	//	identify                     38      82   120
	//	enter download state         44      32    76
	//	clear, and asking            39      35    74
	//	block: 31 frames with ACK   252      14   266
	//	block: last frame            98      39   137
	//
	// At 9600 baud a byte takes 1.0416667.
	//
	//	identify                 120 × 1.0416667 + 10           =    135.000
	//	enter              2.6 +  76 × 1.0416667 + 10           =     91.767
	//	identify           2.6 + 120 × 1.0416667 + 10           =    137.600
	//	clear arrives      2.6 +  39 × 1.0416667                =     43.225, at    407.592
	//	it is answered           10 + 35 × 1.0416667            =     46.458, at    454.050
	//	62 sectors of 1 s are erased                              at  62407.592
	//	asking again     1000 +  74 × 1.0416667 + 10            =   1087.083 each; the k-th arrives at
	//	                 454.050 + 1000 + 40.625 + (k-1) × 1087.083, so the 58th is the first that
	//	                 finds the flash cleared, answered        at  63504.883
	//	block 1 starts     2.6 later                              at  63507.483
	//	a block:  31 × (266 × 1.0416667 + 10 + 2.6)             =   8980.183
	//	        + 137 × 1.0416667 + 7424 × 0.007 + 10 + 2.6     =    207.276
	//	                                                            9187.460
	//	eleven times the first frame and 10 s of silence:
	//	        11 × (252 × 1.0416667 + 10000)                  = 112887.5
	//
	// The article: 63507.483 + 438 × 9187.460 + 112887.5 = 4200502, 1 h 10 min 0.5 s.
	DescribeTable("is no constant: another run has the log that its arithmetic gives",
		func(baud, imageBlocks int, plan string, want string) {
			s := tell(articleMeter(baud))
			o := articleRun(s, imageBlocks, plan)
			Expect(string(o.Log)).To(Equal(want))
			Expect(want).NotTo(Equal(string(logs.UpgradeFailed())))
		},
		// At 19200 baud a byte takes 0.5208333.
		//
		//	identify                 120 × 0.5208333 + 10           =     72.500
		//	enter              2.6 +  76 × 0.5208333 + 10           =     52.183
		//	identify           2.6 + 120 × 0.5208333 + 10           =     75.100
		//	clear arrives      2.6 +  39 × 0.5208333                =     22.913, at    222.696
		//	it is answered           10 + 35 × 0.5208333            =     28.229, at    250.925
		//	62 sectors of 1 s are erased                              at  62222.696
		//	asking again     1000 +  74 × 0.5208333 + 10            =   1048.542 each; the k-th arrives at
		//	                 250.925 + 1000 + 20.313 + (k-1) × 1048.542, so the 60th is the first,
		//	                 answered                                 at  63163.425
		//	block 1 starts     2.6 later                              at  63166.025
		//	a block:  31 × (266 × 0.5208333 + 10 + 2.6)             =   4685.392
		//	        + 137 × 0.5208333 + 51.968 + 12.6               =    135.922
		//	                                                            4821.314
		//	silence: 11 × (252 × 0.5208333 + 10000)                 = 111443.75
		//	end: 63166.025 + 438 × 4821.314 + 111443.75 = 2286345, 38 min 6.3 s after 3:57:48 PM
		Entry("another baud rate", 19200, 460, "cable-pull at block 439", logOf(19200, 90, 439, "4:35:54 PM")),
		// 230 blocks; 95 % are 218.5, so block 220 is the first that starts with so many
		// answered, which are 219: 63507.483 + 219 × 9187.460 + 112887.5 = 2188449,
		// 36 min 28.4 s
		Entry("another image size, cut at the article's percentage", 9600, 230, "cable-pull at 95%", logOf(9600, 90, 220, "4:34:16 PM")),
		// 438 of 500 blocks are 87.6 %: the tenth line pair is missing, the time is the same
		Entry("another image size, cut at the article's block", 9600, 500, "cable-pull at block 439", logOf(9600, 80, 439, "5:07:48 PM")),
		// 300 of 460 blocks are 65.2 %: 63507.483 + 300 × 9187.460 + 112887.5 = 2932633,
		// 48 min 52.6 s
		Entry("another cut", 9600, 460, "cable-pull at block 301", logOf(9600, 60, 301, "4:46:40 PM")),
	)
})
