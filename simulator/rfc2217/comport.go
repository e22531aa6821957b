package rfc2217

import bits "encoding/binary"

// Commands of the option (RFC 2217, section 3). Those of a client; the server's answers are fromServer
// more.
const (
	signature         = 0
	setBaud           = 1
	setDataSize       = 2
	setParity         = 3
	setStopSize       = 4
	setControl        = 5
	notifyLineState   = 6
	notifyModemState  = 7
	suspendFlow       = 8
	resumeFlow        = 9
	setLineStateMask  = 10
	setModemStateMask = 11
	purgeData         = 12

	fromServer = 100
)

// Values of parity and of stop bits.
const (
	parityNone = 1
	stopOne    = 1
	eightBits  = 8
)

// Values of SET-CONTROL.
const (
	askFlow    = 0
	flowNone   = 1
	askBreak   = 4
	breakOn    = 5
	breakOff   = 6
	askDTR     = 7
	dtrOn      = 8
	dtrOff     = 9
	askRTS     = 10
	rtsOn      = 11
	rtsOff     = 12
	askInFlow  = 13
	inFlowNone = 14
	lastFlow   = 19 // 17 to 19 are flow control by DCD, DTR and DSR
)

// ModemState is the state of a port's modem lines, as NOTIFY-MODEMSTATE has it.
type ModemState byte

// The lines, and that they have changed since they were last told.
const (
	DCD ModemState = 128
	RI  ModemState = 64
	DSR ModemState = 32
	CTS ModemState = 16

	lines = DCD | RI | DSR | CTS
)

// StateOf is the state of a port that is ready (DSR, CTS), and at which there is a carrier (DCD).
func StateOf(carrier, ready bool) (m ModemState) {
	if carrier {
		m |= DCD
	}
	if ready {
		m |= DSR | CTS
	}
	return m
}

// changed adds which lines differ from before. Of RI only its end is told.
func (m ModemState) changed(before ModemState) ModemState {
	m &= lines
	delta := (m ^ before&lines) >> 4
	if m&RI != 0 {
		delta &^= RI >> 4
	}
	return m | delta
}

// Lines are the lines that a host sets at its end.
type Lines struct{ DTR, RTS, Break bool }

// Purge values of PURGE-DATA.
const (
	purgeReceived = 1
	purgeSent     = 2
	purgeBoth     = 3
)

func baudBytes(baud int) []byte { return bits.BigEndian.AppendUint32(nil, uint32(baud)) }

// baudOf reads the rate of SET-BAUDRATE; ok is false if there is none.
func baudOf(data []byte) (baud int, ok bool) {
	if len(data) < 4 {
		return 0, false
	}
	v := bits.BigEndian.Uint32(data)
	return int(v), v < 1<<31
}
