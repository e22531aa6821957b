package ion

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	programStart = 0xF6

	serviceRequest  = 0x000F
	serviceResponse = 0x000E

	programHeaderBytes = 8
	resultHeaderBytes  = 9
)

// ErrProgram says that the body of a packet is not a program.
var ErrProgram = errors.New("not an ION program")

// ErrResult says that the body of a packet is not the result of a program.
var ErrResult = errors.New("not the result of an ION program")

// Command is one method applied to one handle.
type Command struct {
	Handle Handle
	Method Method
	Args   []Value
}

// Program is a request: commands that the meter carries out in order.
type Program struct {
	ID        uint16 // 0
	Frequency byte   // 1
	Priority  byte   // 0
	Commands  []Command
}

// Result is the answer to a program: one value for each command, in order.
type Result struct {
	Status    byte // 0 ok, 1 error executing, 2 timeout, 3 bad program id
	ID        uint16
	Frequency byte
	Priority  byte
	Values    []Value
}

// Read is a program that reads the values of registers.
func Read(handles ...Handle) Program {
	p := Program{Frequency: 1, Commands: make([]Command, len(handles))}
	for i, h := range handles {
		p.Commands[i] = Command{Handle: h, Method: MethodRegisterValue}
	}
	return p
}

// AppendProgram appends p as the body of a packet.
func AppendProgram(dst []byte, p Program) []byte {
	dst = binary.BigEndian.AppendUint16(dst, serviceRequest)
	dst = binary.BigEndian.AppendUint16(dst, p.ID)
	dst = append(dst, p.Frequency, p.Priority, 0, 0)
	data := len(dst)
	dst = append(dst, programStart)
	for _, c := range p.Commands {
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Handle))
		if c.Method < methodPrefix {
			dst = append(dst, byte(c.Method))
		} else {
			dst = append(dst, methodPrefix, byte(c.Method>>8), byte(c.Method))
		}
		for _, v := range c.Args {
			dst = AppendValue(dst, v)
		}
	}
	binary.BigEndian.PutUint16(dst[data-2:], uint16(len(dst)-data))
	return dst
}

// CommandError says which command of a program cannot be read, and why. It is an ErrProgram.
type CommandError struct {
	Number int // of the command, from 1
	At     int // of its first byte in the data, from 0, which is the F6
	Reason error
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("%v: command %d at byte %d: %v", ErrProgram, e.Number, e.At, e.Reason)
}

// Unwrap returns ErrProgram and the reason.
func (e *CommandError) Unwrap() []error { return []error{ErrProgram, e.Reason} }

// ParseProgram reads the body of a request. Every error is an ErrProgram. With a CommandError
// the program has the commands before the one that cannot be read; where the next one begins
// nobody can tell.
func ParseProgram(b []byte) (Program, error) {
	if len(b) < programHeaderBytes {
		return Program{}, fmt.Errorf("%w: %d bytes, at least %d are needed", ErrProgram, len(b), programHeaderBytes)
	}
	if s := binary.BigEndian.Uint16(b); s != serviceRequest {
		return Program{}, fmt.Errorf("%w: service %04X instead of 000F", ErrProgram, s)
	}
	p := Program{ID: binary.BigEndian.Uint16(b[2:]), Frequency: b[4], Priority: b[5]}
	data, err := messageData(b[6:])
	if err != nil {
		return Program{}, fmt.Errorf("%w: %w", ErrProgram, err)
	}
	if len(data) == 0 || data[0] != programStart {
		return Program{}, fmt.Errorf("%w: the data does not begin with F6", ErrProgram)
	}
	for at := 1; at < len(data); {
		c, n, err := parseCommand(data[at:])
		if err != nil {
			return p, &CommandError{Number: len(p.Commands) + 1, At: at, Reason: err}
		}
		p.Commands = append(p.Commands, c)
		at += n
	}
	return p, nil
}

var (
	errCommandEnds = errors.New("the data ends inside the command")
	// errArgument keeps what stands in an array, a text first of all, from being carried out as commands.
	//
	// Assumption: no handle begins with FA to FE, which is where arrays do.
	errArgument = errors.New("an array stands behind a method that takes none")
)

func parseCommand(b []byte) (c Command, n int, err error) {
	if len(b) < 3 {
		return Command{}, 0, errCommandEnds
	}
	if b[0] >= byteText && b[0] <= byteUnsignedArray {
		return Command{}, 0, errArgument
	}
	c = Command{Handle: Handle(binary.BigEndian.Uint16(b)), Method: Method(b[2])}
	n = 3
	if b[2] == methodPrefix {
		if len(b) < 5 {
			return Command{}, 0, errCommandEnds
		}
		c.Method = longMethod | Method(binary.BigEndian.Uint16(b[3:]))
		n = 5
	}
	takes, known := c.Method.takes()
	if !known {
		return Command{}, 0, fmt.Errorf("%w %02X", ErrMethod, uint32(c.Method))
	}
	if !takes.stands(b[n:]) {
		return c, n, nil
	}
	v, size, err := ParseValue(b[n:])
	if err != nil {
		return Command{}, 0, fmt.Errorf("argument of method %02X: %w", uint32(c.Method), err)
	}
	c.Args = []Value{v}
	return c, n + size, nil
}

// AppendResult appends r as the body of a packet.
func AppendResult(dst []byte, r Result) []byte {
	dst = binary.BigEndian.AppendUint16(dst, serviceResponse)
	dst = append(dst, r.Status)
	dst = binary.BigEndian.AppendUint16(dst, r.ID)
	dst = append(dst, r.Frequency, r.Priority, 0, 0)
	data := len(dst)
	for _, v := range r.Values {
		dst = AppendValue(dst, v)
	}
	binary.BigEndian.PutUint16(dst[data-2:], uint16(len(dst)-data))
	return dst
}

// ParseResult reads the body of a reply. A result without values is accepted, since a status
// may come alone. Every error is an ErrResult.
func ParseResult(b []byte) (Result, error) {
	if len(b) < resultHeaderBytes {
		return Result{}, fmt.Errorf("%w: %d bytes, at least %d are needed", ErrResult, len(b), resultHeaderBytes)
	}
	if s := binary.BigEndian.Uint16(b); s != serviceResponse {
		return Result{}, fmt.Errorf("%w: service %04X instead of 000E", ErrResult, s)
	}
	r := Result{Status: b[2], ID: binary.BigEndian.Uint16(b[3:]), Frequency: b[5], Priority: b[6]}
	data, err := messageData(b[7:])
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrResult, err)
	}
	for at := 0; at < len(data); {
		v, n, err := ParseValue(data[at:])
		if err != nil {
			return Result{}, fmt.Errorf("%w: value %d at byte %d: %w", ErrResult, len(r.Values)+1, at, err)
		}
		r.Values = append(r.Values, v)
		at += n
	}
	return r, nil
}

// messageData returns what follows a two-byte length, which must be exactly as long.
func messageData(b []byte) ([]byte, error) {
	length, data := int(binary.BigEndian.Uint16(b)), b[2:]
	if length != len(data) {
		return nil, fmt.Errorf("length field says %d, %d bytes are there", length, len(data))
	}
	if length > MaxMessage {
		return nil, fmt.Errorf("length field says %d, a message has at most %d bytes", length, MaxMessage)
	}
	return data, nil
}
