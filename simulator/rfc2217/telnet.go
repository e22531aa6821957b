// Package rfc2217 is the Telnet COM Port Control Option (RFC 2217, October 1997) on Telnet (RFC 854,
// 855, 856): a serial port over TCP, with its rate, its modem lines and breaks. Server puts a port
// on a connection, Client opens one; both stand on the same codec, so bytes of others judge it: the
// examples of the RFCs, and in tests pyserial and ser2net.
//
// A peer is told in time what is wrong with it: whatever is waited for has a limit, a
// subnegotiation that never ends is dropped as it comes, and what one peer makes the other keep is
// bounded.
package rfc2217

// Bytes of Telnet (RFC 854, "TELNET COMMAND STRUCTURE").
const (
	se   = 240
	sb   = 250
	will = 251
	wont = 252
	do   = 253
	dont = 254
	iac  = 255
)

// Options of Telnet.
const (
	binary  = 0  // RFC 856
	goAhead = 3  // suppress go ahead, RFC 858
	comPort = 44 // RFC 2217, section 2
)

// maxSub bounds what is kept of a subnegotiation, in bytes. The longest that makes sense is a
// signature; what is longer loses its end.
const maxSub = 256

// command is what is not data: a negotiation of an option, or a subnegotiation of one.
type command struct {
	verb   byte // will, wont, do, dont or sb
	option byte
	data   []byte // of a subnegotiation; valid until the next call of the decoder
}

// decoder takes commands out of a stream. It may be cut anywhere.
type decoder struct {
	state decoding
	verb  byte
	sub   []byte
}

type decoding uint8

const (
	inData   decoding = iota
	inIAC             // after IAC
	inVerb            // after IAC WILL and the like
	inSub             // in a subnegotiation
	inSubIAC          // in one, after IAC
)

// decode appends the data in p to dst, and calls on with each command, in their order.
func (d *decoder) decode(dst, p []byte, on func(command)) []byte {
	for _, b := range p {
		switch d.state {
		case inData:
			if b == iac {
				d.state = inIAC
			} else {
				dst = append(dst, b)
			}
		case inIAC:
			dst = d.afterIAC(dst, b)
		case inVerb:
			d.state = inData
			on(command{verb: d.verb, option: b})
		case inSub:
			if b == iac {
				d.state = inSubIAC
			} else {
				d.keep(b)
			}
		case inSubIAC:
			d.inSubAfterIAC(b, on)
		}
	}
	return dst
}

func (d *decoder) afterIAC(dst []byte, b byte) []byte {
	d.state = inData
	switch b {
	case iac:
		dst = append(dst, iac)
	case will, wont, do, dont:
		d.verb, d.state = b, inVerb
	case sb:
		d.sub, d.state = d.sub[:0], inSub
	}
	return dst // NOP, break, are you there and their like mean nothing for a serial port
}

func (d *decoder) inSubAfterIAC(b byte, on func(command)) {
	switch b {
	case iac:
		d.keep(iac)
		d.state = inSub
	case se:
		d.state = inData
		if len(d.sub) > 0 {
			on(command{verb: sb, option: d.sub[0], data: d.sub[1:]})
		}
	default: // IAC that is not doubled: the subnegotiation was cut off, and this is another command
		d.afterIAC(nil, b)
	}
}

func (d *decoder) keep(b byte) {
	if len(d.sub) < maxSub {
		d.sub = append(d.sub, b)
	}
}

// appendData appends data as it goes over the connection.
func appendData(dst, p []byte) []byte {
	for _, b := range p {
		if b == iac {
			dst = append(dst, iac)
		}
		dst = append(dst, b)
	}
	return dst
}

// appendSub appends a subnegotiation of the COM port option.
func appendSub(dst []byte, command byte, data ...byte) []byte {
	dst = append(dst, iac, sb, comPort)
	dst = appendData(dst, append([]byte{command}, data...))
	return append(dst, iac, se)
}

// standing is how far an option is agreed on, for one of its two sides (RFC 1143 without its
// queues: nothing is asked for and taken back).
type standing uint8

const (
	off standing = iota
	asked
	on
	refused
)

// options are those of a connection, on our side and on the peer's.
type options struct {
	ours, theirs [256]standing
	answers      int // that were given
}

// maxAnswers bounds the answers to what a peer asks for in a connection; sane ones ask for a few dozen options.
const maxAnswers = 1000

// known reports that we have an option, and let the peer have it.
func known(option byte) bool { return option == binary || option == goAhead || option == comPort }

// ask appends requests for options: that we may have them, and that the peer shall.
func (o *options) ask(dst []byte, ours, theirs []byte) []byte {
	for _, option := range ours {
		o.ours[option] = asked
		dst = append(dst, iac, will, option)
	}
	for _, option := range theirs {
		o.theirs[option] = asked
		dst = append(dst, iac, do, option)
	}
	return dst
}

// take takes a negotiation, and appends the answer if it wants one. What is so already is never
// answered, or two peers would go on for ever; nor is one that asks without end.
func (o *options) take(dst []byte, c command) []byte {
	more := o.settle(dst, c)
	if len(more) == len(dst) {
		return dst
	}
	if o.answers++; o.answers > maxAnswers {
		return dst
	}
	return more
}

func (o *options) settle(dst []byte, c command) []byte {
	side, yes, no := &o.theirs[c.option], byte(do), byte(dont)
	if c.verb == do || c.verb == dont {
		side, yes, no = &o.ours[c.option], will, wont
	}
	wanted := c.verb == do || c.verb == will
	switch was := *side; {
	case wanted && was == asked:
		*side = on
	case wanted && was == on:
	case wanted && known(c.option):
		*side = on
		dst = append(dst, iac, yes, c.option)
	case wanted:
		dst = append(dst, iac, no, c.option)
	case was == asked:
		*side = refused
	case was == on:
		*side = refused
		dst = append(dst, iac, no, c.option)
	}
	return dst
}
