package modem

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/machine"
)

// The registers that do something.
const (
	escapeMark  = 2  // the character of +++
	lineEnd     = 3  // of commands and results
	lineFeed    = 4  // behind it
	backspace   = 5  // takes a character of a command back
	toneWait    = 6  // how long it listens for a dial tone, in seconds
	answerWait  = 7  // how long it waits for a carrier, in seconds
	pauseTime   = 8  // of a comma in a number, in seconds
	carrierLoss = 10 // how long a carrier may be away, in tenths of a second
	toneTime    = 11 // of a digit, in milliseconds
	guardTime   = 12 // the silence around +++, in fiftieths of a second
	registers   = 100
)

// profile is what a host sets.
type profile struct {
	echo    bool // E
	quiet   bool // Q: no results
	numeric bool // V0: results as numbers
	level   byte // X: which results there are
	carrier bool // &C1: DCD follows the carrier
	dtr     byte // &D
	chosen  byte // the register of = and ?
	s       [registers]byte
}

// factory is what AT&F sets.
func factory() profile {
	p := profile{echo: true, level: 4, carrier: true, dtr: 2}
	for r, v := range map[int]byte{
		escapeMark: '+', lineEnd: '\r', lineFeed: '\n', backspace: '\b', toneWait: 2, answerWait: 50, pauseTime: 2,
		9: 6, carrierLoss: 14, toneTime: 95, guardTime: 50,
	} {
		p.s[r] = v
	}
	return p
}

func (p *profile) register(r int) byte { return p.s[r] }
func (p *profile) hearsTone() bool     { return p.level == 2 || p.level == 4 }
func (p *profile) hearsBusy() bool     { return p.level >= 3 }

func (p *profile) declare(w *machine.State) {
	w.Bool(p.echo)
	w.Bool(p.quiet)
	w.Bool(p.numeric)
	w.Uint(uint64(p.level))
	w.Bool(p.carrier)
	w.Uint(uint64(p.dtr))
	w.Uint(uint64(p.chosen))
	w.Text(string(p.s[:]))
}

// result is what the modem says of a line of commands, or of a call.
type result struct {
	code int
	text string
}

var (
	ok         = result{0, "OK"}
	noCarrier  = result{3, "NO CARRIER"}
	failed     = result{4, "ERROR"}
	noDialTone = result{6, "NO DIALTONE"}
	busy       = result{7, "BUSY"}
	noAnswer   = result{8, "NO ANSWER"}
	unsaid     = result{-1, ""} // a call says it later
)

// connected is the result of a call that has a carrier. Rates without a code of their own have that
// of a call without one.
func (m *Modem) connected() result {
	if m.active.level == 0 {
		return result{1, "CONNECT"}
	}
	code, known := map[int]int{1200: 5, 2400: 10, 4800: 11, 9600: 12, 19200: 14}[m.config.Rate]
	if !known {
		code = 1
	}
	return result{code, "CONNECT " + strconv.Itoa(m.config.Rate)}
}

// typed is a line of commands that is being typed.
type typed struct {
	line  []byte // behind AT
	begun byte   // 0: nothing, 'A': its first letter, 'T': both
	long  bool   // it is too long
	ended bool   // the last character was the end of one
	last  string // the line before it, for A/
}

// maxLine is how many characters a line may have.
const maxLine = 255

func (t *typed) declare(w *machine.State, spent *typed) {
	w.Bytes(&t.line, spent.line)
	w.Uint(uint64(t.begun))
	w.Bool(t.long)
	w.Bool(t.ended)
	w.Text(t.last)
}

// take takes a character of a line of commands.
func (m *Modem) take(now time.Duration, b byte) {
	if m.active.echo {
		m.said = append(m.said, b)
	}
	t := &m.typed
	switch upper := b &^ 0x20; {
	case t.begun == 'T':
		m.takeLine(now, b)
	case upper == 'A':
		t.begun = 'A'
	case t.begun == 'A' && upper == 'T':
		t.begun, t.line, t.long = 'T', t.line[:0], false
	case t.begun == 'A' && b == '/':
		t.begun = 0
		m.run(now, t.last)
	default:
		t.begun = 0
	}
}

// takeLine takes a character behind AT.
func (m *Modem) takeLine(now time.Duration, b byte) {
	t := &m.typed
	switch {
	case b == m.active.register(lineEnd):
		t.begun, t.ended = 0, true
		if t.long {
			m.answer(failed)
			return
		}
		t.last = string(t.line)
		m.run(now, t.last)
	case b == m.active.register(backspace):
		t.line = t.line[:max(len(t.line), 1)-1]
	case len(t.line) == maxLine:
		t.long = true
	default:
		t.line = append(t.line, b)
	}
}

// run carries a line of commands out, as far as it can be.
func (m *Modem) run(now time.Duration, line string) {
	rest := strings.ToUpper(strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, line))
	said := ok
	for rest != "" && said == ok {
		said, rest = m.one(now, rest)
	}
	if said != unsaid {
		m.answer(said)
	}
}

// one carries out the first command of a line.
func (m *Modem) one(now time.Duration, line string) (r result, rest string) {
	name, rest := line[:1], line[1:]
	switch name {
	case "D":
		return m.commandDial(now, rest), ""
	case "S":
		return m.commandRegister(rest)
	case "=", "?":
		return m.commandChosen(line)
	case "+":
		return m.commandFax(rest)
	case "&", `\`, "%":
		if rest == "" {
			return failed, ""
		}
		name, rest = name+rest[:1], rest[1:]
	}
	n, rest, good := number(rest)
	if !good {
		return failed, ""
	}
	return m.plain(now, name, n), rest
}

// number reads the number behind a command; none is 0.
func number(line string) (n int, rest string, good bool) {
	i := 0
	for i < len(line) && line[i] >= '0' && line[i] <= '9' {
		i++
	}
	if i == 0 {
		return 0, line, true
	}
	n, err := strconv.Atoi(line[:i])
	return n, line[i:], err == nil && n <= 255
}

// plain carries out a command of a name and a number.
func (m *Modem) plain(now time.Duration, name string, n int) result {
	p := &m.active
	switch name {
	case "E":
		return flag(&p.echo, n)
	case "Q":
		return flag(&p.quiet, n)
	case "V":
		if n > 1 {
			return failed
		}
		p.numeric = n == 0
		return ok
	case "X":
		return choice(&p.level, n, 4)
	case "&C":
		return flag(&p.carrier, n)
	case "&D":
		return choice(&p.dtr, n, 3)
	case "A":
		return m.commandAnswer(now)
	case "H":
		m.hangUp(now, "hung up")
		return ok
	case "O":
		return m.commandOnline(now)
	case "Z":
		m.hangUp(now, "reset")
		*p = m.stored
		return ok
	case "&F":
		*p = factory()
		return ok
	case "&W":
		m.stored = *p
		return ok
	case "I", "&V":
		m.inform(name)
		return ok
	}
	return harmless(name)
}

// harmless takes the commands that have no effect here: loudspeakers, protocols, profiles.
func harmless(name string) result {
	const single, ampersand = "BLMNPTYW", "BGHIJKLMNPQRSTUXY"
	letter := name[len(name)-1]
	switch {
	case len(name) == 1 && strings.IndexByte(single, letter) >= 0:
		return ok
	case name[0] == '&' && strings.IndexByte(ampersand, letter) >= 0:
		return ok
	case len(name) == 2 && name[0] != '&' && letter >= 'A' && letter <= 'Z':
		return ok
	}
	return failed
}

func flag(b *bool, n int) result {
	if n > 1 {
		return failed
	}
	*b = n == 1
	return ok
}

func choice(b *byte, n, most int) result {
	if n > most {
		return failed
	}
	*b = byte(n)
	return ok
}

// commandDial begins a call. The rest of the line is the number.
func (m *Modem) commandDial(now time.Duration, rest string) result {
	number := strings.TrimLeft(rest, "TPR")
	if number == "" || len(digits(number)) > maxDigits || strings.Trim(number, "0123456789*#,W@!-().") != "" || m.state != idle {
		return failed
	}
	m.dial(now, number)
	return unsaid
}

// commandAnswer listens for a carrier, which nobody sends: the meter never calls.
func (m *Modem) commandAnswer(now time.Duration) result {
	if m.state != idle {
		return failed
	}
	m.state = calling
	m.call = call{begun: now, vain: true}
	m.call.after(now, waiting, m.wait(answerWait, time.Second))
	return unsaid
}

func (m *Modem) commandOnline(now time.Duration) result {
	if m.state != escaped {
		return noCarrier
	}
	m.state = online
	m.escape = escape{heard: now}
	m.answer(m.connected())
	m.flow(now)
	return unsaid
}

// commandRegister is S with a number, and then perhaps = or ?.
func (m *Modem) commandRegister(rest string) (result, string) {
	r, rest, good := number(rest)
	if !good || r >= registers {
		return failed, ""
	}
	m.active.chosen = byte(r)
	return ok, rest
}

// commandChosen sets the register that was named last, or tells it.
func (m *Modem) commandChosen(line string) (result, string) {
	v := &m.active.s[m.active.chosen]
	if line[0] == '?' {
		m.say(fmt.Sprintf("%03d", *v))
		return ok, line[1:]
	}
	n, rest, good := number(line[1:])
	if !good {
		return failed, ""
	}
	*v = byte(n)
	return ok, rest
}

// commandFax takes what programs send to make sure that a modem is none that would send a fax.
func (m *Modem) commandFax(rest string) (result, string) {
	for _, asks := range []string{"FCLASS=0", "FCLASS?"} {
		if after, is := strings.CutPrefix(rest, asks); is {
			if asks == "FCLASS?" {
				m.say("0")
			}
			return ok, after
		}
	}
	return failed, ""
}

// inform says what the modem is, or how it is set.
func (m *Modem) inform(name string) {
	if name == "I" {
		m.say("ionbench virtual modem " + strconv.Itoa(m.config.Rate))
		return
	}
	p, bit := &m.active, map[bool]int{true: 1}
	m.say(fmt.Sprintf("E%d Q%d V%d X%d &C%d &D%d", bit[p.echo], bit[p.quiet], 1-bit[p.numeric], p.level, bit[p.carrier], p.dtr))
	var list []string
	for r := range guardTime + 1 {
		list = append(list, fmt.Sprintf("S%02d:%03d", r, p.s[r]))
	}
	m.say(strings.Join(list, " "))
}

// say writes a line of information.
func (m *Modem) say(text string) {
	end := []byte{m.active.register(lineEnd), m.active.register(lineFeed)}
	if !m.active.numeric {
		m.said = append(m.said, end...)
	}
	m.said = append(append(m.said, text...), end...)
}

// answer writes a result, unless the host wants none.
func (m *Modem) answer(r result) {
	switch p := &m.active; {
	case p.quiet:
	case p.numeric:
		m.said = append(strconv.AppendInt(m.said, int64(r.code), 10), p.register(lineEnd))
	default:
		m.say(r.text)
	}
}
