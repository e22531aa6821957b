package rfc2217

// serverEnd is the protocol of a server, without a connection: bytes go in, data and answers come out.
type serverEnd struct {
	decoder
	options
	signature string

	baud      int
	flow      byte // as SET-CONTROL has it
	inFlow    byte
	dtr, rts  bool
	breaking  bool
	suspended bool // the client takes no data for the moment
	mask      ModemState
	modem     ModemState
	purge     bool // the client wants no data that waits for it

	changes      []change // of the lines, since they were last taken
	passesBreaks bool     // a break is passed on by others, and no byte stands for it
}

// change is one of the lines, with its place among the data.
type change struct {
	behind int // bytes of data
	to     Lines
}

func newServerEnd(baud int, signature string, modem ModemState) *serverEnd {
	return &serverEnd{
		baud: baud, signature: signature, flow: flowNone, inFlow: inFlowNone, dtr: true, rts: true,
		mask: 0xFF, modem: modem, // RFC 2217, section 3: the initial mask lets all be told
	}
}

// greet appends what a server says first.
func (e *serverEnd) greet(dst []byte) []byte {
	return e.ask(dst, []byte{binary, goAhead}, []byte{binary, goAhead, comPort})
}

// lines are those that the client has set.
func (e *serverEnd) lines() Lines { return Lines{DTR: e.dtr, RTS: e.rts, Break: e.breaking} }

// breakByte is what a receiver without break detection reads when a break begins, and when it ends.
const breakByte = 0

// take takes bytes of the client. It appends what is for the port to data, and answers to out.
func (e *serverEnd) take(data, out, p []byte) (more, answers []byte) {
	for len(p) > 0 {
		n := 1 // a byte at a time, for a change has its place among the data
		for n < len(p) && p[n-1] != iac && e.state == inData {
			n++
		}
		broke, known := e.breaking, len(e.changes)
		data = e.decode(data, p[:n], func(c command) { out = e.command(out, c) })
		for i := range e.changes[known:] {
			e.changes[known+i].behind = len(data)
		}
		if e.breaking != broke && !e.passesBreaks {
			data = append(data, breakByte)
		}
		p = p[n:]
	}
	return data, out
}

func (e *serverEnd) command(out []byte, c command) []byte {
	if c.verb != sb {
		was := e.agreed()
		if out = e.options.take(out, c); e.agreed() && !was {
			out = e.tellModem(out, e.modem&e.mask)
		}
		return out
	}
	if c.option != comPort || len(c.data) == 0 || !e.agreed() {
		return out
	}
	return e.obey(out, c.data[0], c.data[1:])
}

// agreed reports that the client speaks the option.
func (e *serverEnd) agreed() bool { return e.theirs[comPort] == on || e.ours[comPort] == on }

// obey carries out a command of the option, and appends the answer: the value that is now in effect.
func (e *serverEnd) obey(out []byte, command byte, value []byte) []byte {
	answer := func(data ...byte) []byte { return appendSub(out, command+fromServer, data...) }
	switch command {
	case signature:
		if len(value) > 0 {
			return out // the client's own
		}
		return answer([]byte(e.signature)...)
	case setBaud:
		if baud, ok := baudOf(value); ok && baud > 0 {
			e.baud = baud
		}
		return answer(baudBytes(e.baud)...)
	// The meter's port is 8N1, whatever a client would like: the answer says so.
	case setDataSize:
		return answer(eightBits)
	case setParity:
		return answer(parityNone)
	case setStopSize:
		return answer(stopOne)
	case suspendFlow:
		e.suspended = true
	case resumeFlow:
		e.suspended = false
	case setLineStateMask:
		return answer(value[:min(1, len(value))]...)
	case setModemStateMask:
		if len(value) > 0 {
			e.mask = ModemState(value[0])
		}
		return answer(byte(e.mask))
	case purgeData:
		if len(value) > 0 && value[0]&purgeReceived != 0 {
			e.purge = true
		}
		return answer(value[:min(1, len(value))]...)
	case setControl:
		if len(value) > 0 {
			return answer(e.control(value[0]))
		}
	}
	return out
}

// control carries out SET-CONTROL, and returns the state that is in effect.
func (e *serverEnd) control(value byte) byte {
	was := e.lines()
	defer func() {
		if is := e.lines(); is != was && e.passesBreaks {
			e.changes = append(e.changes, change{to: is})
		}
	}()
	switch {
	case value == breakOn:
		e.breaking = true
	case value == breakOff:
		e.breaking = false
	case value == dtrOn || value == dtrOff:
		e.dtr = value == dtrOn
	case value == rtsOn || value == rtsOff:
		e.rts = value == rtsOn
	case value >= flowNone && value < askBreak || value > 16 && value <= lastFlow:
		e.flow = flowNone // RS-485 has two wires, and no flow control
	case value >= inFlowNone && value <= 16:
		e.inFlow = inFlowNone
	}
	switch {
	case value >= askBreak && value <= breakOff:
		return either(e.breaking, breakOn, breakOff)
	case value >= askDTR && value <= dtrOff:
		return either(e.dtr, dtrOn, dtrOff)
	case value >= askRTS && value <= rtsOff:
		return either(e.rts, rtsOn, rtsOff)
	case value >= askInFlow && value <= 16:
		return e.inFlow
	}
	return e.flow
}

func either(is bool, yes, no byte) byte {
	if is {
		return yes
	}
	return no
}

// setModem notes how the port's lines are, and appends what the client wants to know of it.
func (e *serverEnd) setModem(out []byte, m ModemState) []byte {
	before := e.modem
	e.modem = m & lines
	changes := e.modem ^ before
	if !e.agreed() || (changes|changes>>4)&e.mask == 0 {
		return out
	}
	return e.tellModem(out, e.modem.changed(before)&e.mask)
}

func (e *serverEnd) tellModem(out []byte, m ModemState) []byte {
	return appendSub(out, notifyModemState+fromServer, byte(m))
}
