package ion

// Handle names a register, module or log of a meter.
type Handle uint16

// The handles that the family shares, as the public client names them.
const (
	HandleFeatureManager         Handle = 0x0002
	HandleFactory                Handle = 0x0003 // Factory module 1
	HandlePowerMeter             Handle = 0x0100 // the one-second power meter
	HandleEventLogController     Handle = 0x0B80
	HandleEventLog               Handle = 0x1000
	HandleDeviceType             Handle = 0x1300
	HandleCompliance             Handle = 0x1301
	HandleOptions                Handle = 0x1302
	HandleRevision               Handle = 0x1303 // 7350V283
	HandleSerial                 Handle = 0x1304 // PC-0209A001-11
	HandleOwner                  Handle = 0x1345
	HandleTag1                   Handle = 0x1346
	HandleTag2                   Handle = 0x1347
	HandleTemplate               Handle = 0x137D
	HandleFactoryDefaultTemplate Handle = 0x137E
	HandleClock                  Handle = 0x1580 // Clock module 1
	HandleVa                     Handle = 0x5800 // V, line to neutral
	HandleVb                     Handle = 0x5801
	HandleVc                     Handle = 0x5802
	HandleVlnAverage             Handle = 0x5803
	HandleVab                    Handle = 0x5804 // V, line to line
	HandleVbc                    Handle = 0x5805
	HandleVca                    Handle = 0x5806
	HandleVllAverage             Handle = 0x5807
	HandleIa                     Handle = 0x5808 // A
	HandleIb                     Handle = 0x5809
	HandleIc                     Handle = 0x580A
	HandleIAverage               Handle = 0x580B
	HandleKWa                    Handle = 0x580C // kW
	HandleKWb                    Handle = 0x580D
	HandleKWc                    Handle = 0x580E
	HandleKWTotal                Handle = 0x580F
	HandleKVARa                  Handle = 0x5810 // kvar; the other phases follow
	HandleUniversalTime          Handle = 0x5B7C // Unix seconds, an integer
	HandleEventLogDepth          Handle = 0x71E6
	HandleAlarmPriority          Handle = 0x71E7
	HandleVNominal               Handle = 0x71EB
	HandleINominal               Handle = 0x71EC
	HandleI4Nominal              Handle = 0x71ED
	HandleI20Nominal             Handle = 0x71EE
	HandleDSTStart               Handle = 0x722F
	HandleDSTOffset              Handle = 0x7231 // s
	HandleEventCutoff            Handle = 0x7305
	HandleNominalFrequency       Handle = 0x798B // enumeration
	HandleFrequencyNumber        Handle = 0x426F // the nominal frequency once more, as a number
	HandleTimeSyncType           Handle = 0x7BB8
)

// Handles of a place in the family's blocks. Where a block is, the public client tells; which place has what
// follows from the pattern, or is this project's own: package tree says of each which.
const (
	HandleVUnbalance  Handle = 0x5824 // %
	HandleIUnbalance  Handle = 0x5825
	HandleFrequency   Handle = 0x5826 // Hz
	HandleIntegrated  Handle = 0x58B0 // of the first integrator; the others follow, and likewise below
	HandleLeast       Handle = 0x58C0 // of the first minimum
	HandleMost        Handle = 0x58E0 // of the first maximum
	HandleDemand      Handle = 0x5900 // of the first sliding window: kW, kVAR, kVA
	HandlePTPrimary   Handle = 0x7000 // V
	HandlePTSecondary Handle = 0x7001
	HandleCTPrimary   Handle = 0x7002 // A
	HandleCTSecondary Handle = 0x7003
	HandlePeriod      Handle = 0x71BC // s, of the first periodic timer, which has the Revenue Log recorded
	HandleTZOffset    Handle = 0x722E // s
	HandleDSTEnd      Handle = 0x7230 // s since the year began
	HandleRatioIa     Handle = 0x7600 // of the instrument transformers' corrections: ratios, then phases
	HandleVoltsMode   Handle = 0x7800 // enumeration
	HandleRecordMode  Handle = 0x7918 // of the first data recorder
	HandleTimerSync   Handle = 0x7958 // of the first periodic timer
)

// Registers that tell what became of the settings and which image runs.
//
// Assumption: all of them. A program may do without.
const (
	HandleImageCRC Handle = 0x7F00 // CRC-32 of the image that runs
	HandleReset    Handle = 0x7F01 // Marks.Reset
	HandleChanges  Handle = 0x7F10 // Marks.Changes of the first kind; the others follow
	// HandleCounted is the first energy reading once more; the others follow. A write sets the
	// reading and leaves the marks alone: it is what the meter counted, and nobody's wish.
	HandleCounted Handle = 0x7F20
)
