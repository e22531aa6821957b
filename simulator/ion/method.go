package ion

import "errors"

// Method is what a command does with its handle. It is one byte, or FF0000 hex plus the two
// bytes that follow an FF on the wire.
type Method uint32

// The methods, as the public client names them.
const (
	MethodClass               Method = 0x01
	MethodName                Method = 0x02
	MethodLabel               Method = 0x03
	MethodRegisterTime        Method = 0x14 // when the register got its value
	MethodRegisterValue       Method = 0x15 // read the register
	MethodWriteRegister       Method = 0x16 // takes the value to write
	MethodArrayDepth          Method = 0x23
	MethodRollover            Method = 0x25
	MethodLogPosition         Method = 0x28
	MethodAlarms              Method = 0x2D
	MethodModuleSetupCounter  Method = 0x50
	MethodManagerSetupCounter Method = 0x64
	MethodReadValue           Method = 0x95 // takes the range of a log
	MethodWriteValue          Method = 0x96 // takes the value to write
	MethodWriteLabel          Method = 0xFF0080
	MethodSecurityLevel       Method = 0xFF0081
	MethodAllSecurityLevels   Method = 0xFF0082
	MethodEnumerations        Method = 0xFF0208
	MethodBounds              Method = 0xFF021C
	MethodInputHandles        Method = 0xFF03E8
	MethodWriteInputHandles   Method = 0xFF03E9
	MethodInputClasses        Method = 0xFF03EA
	MethodOutputHandles       Method = 0xFF03EB
	MethodSetupHandles        Method = 0xFF03EC
	MethodModuleState         Method = 0xFF0406
	MethodWriteModuleState    Method = 0xFF0407
	MethodCreateModule        Method = 0xFF05DC
	MethodDestroyModule       Method = 0xFF05DD
	MethodManagedClass        Method = 0xFF05DE
	MethodCollectiveState     Method = 0xFF05E1

	longMethod Method = 0xFF0000
)

const methodPrefix = 0xFF // a two-byte method follows

// ErrMethod says that a method is not known, and so neither what it takes.
var ErrMethod = errors.New("unknown method")

// Argument is what a command carries behind its method.
type Argument uint8

// What there can be.
const (
	TakesNothing Argument = iota
	TakesValue            // one value of any kind
	TakesRange            // of a log. It may be left out: method 95 reads other registers as well
)

// takes returns what the method takes; known is false for a method without a meaning here.
//
// Assumption: only method 95 with a range, and methods that take nothing, have been observed on
// a line. What is written is one value, a label one text, and several handles one array.
func (m Method) takes() (a Argument, known bool) {
	switch m {
	case MethodReadValue:
		return TakesRange, true
	case MethodWriteRegister, MethodWriteValue, MethodWriteLabel, MethodWriteInputHandles, MethodWriteModuleState,
		MethodCreateModule, MethodDestroyModule:
		return TakesValue, true
	case MethodClass, MethodName, MethodLabel, MethodRegisterTime, MethodRegisterValue, MethodArrayDepth, MethodRollover,
		MethodLogPosition, MethodAlarms, MethodModuleSetupCounter, MethodManagerSetupCounter, MethodSecurityLevel,
		MethodAllSecurityLevels, MethodEnumerations, MethodBounds, MethodInputHandles, MethodInputClasses,
		MethodOutputHandles, MethodSetupHandles, MethodModuleState, MethodManagedClass, MethodCollectiveState:
		return TakesNothing, true
	}
	return TakesNothing, false
}

// stands reports whether an argument stands at the beginning of b.
//
// Assumption: a range that is left out can be told from one that is there, since no handle of
// the family begins with 34 or F, and none with 744 or 746.
func (a Argument) stands(b []byte) bool {
	switch {
	case a != TakesRange:
		return a == TakesValue
	case len(b) == 0:
		return false
	case b[0] == classFloat|4 || b[0] >= classOther:
		return true
	case b[0] != classStructure|nibbleRange || len(b) < 2:
		return false
	}
	return b[1]&0xF0 == classUnsigned || b[1]&0xF0 == classSigned
}
