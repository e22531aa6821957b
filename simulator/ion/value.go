package ion

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of a value.
type Kind uint8

// The kinds, each with the first byte of its values (n: the size in bytes).
const (
	KindChar           Kind = iota + 1 // 0n, one character in Uint
	KindFloat                          // 34
	KindSigned                         // 4n
	KindUnsigned                       // 6n
	KindTime                           // 58: seconds shifted left by 31, in Uint; the low 31 bits are a fraction of a second
	KindBool                           // F1 false, F2 true; 0 or 1 in Uint
	KindText                           // FA, without the NUL at its end
	KindUnsignedArray                  // FE
	KindBoolArray                      // FB
	KindFloatArray                     // FC
	KindSignedArray                    // FD
	KindException                      // 77: code, value, reason
	KindEvent                          // 72: priority, state, cause handle and value, effect handle and value
	KindLogRecord                      // 70: position, time, values
	KindRange                          // 74: start, end
	KindStructure                      // any other 7x; x in Size
	KindStructureArray                 // 8x; Items are structures of the kind 7x, x in Size
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case KindChar:
		return "char"
	case KindFloat:
		return "float"
	case KindSigned:
		return "signed"
	case KindUnsigned:
		return "unsigned"
	case KindTime:
		return "time"
	case KindBool:
		return "bool"
	case KindText:
		return "text"
	case KindUnsignedArray:
		return "unsigned array"
	case KindBoolArray:
		return "bool array"
	case KindFloatArray:
		return "float array"
	case KindSignedArray:
		return "signed array"
	case KindException:
		return "exception"
	case KindEvent:
		return "event"
	case KindLogRecord:
		return "log record"
	case KindRange:
		return "range"
	case KindStructure:
		return "structure"
	case KindStructureArray:
		return "structure array"
	default:
		return fmt.Sprintf("kind %d", uint8(k))
	}
}

// InvalidPassword is in the reason of an exception when the password was wrong.
const InvalidPassword = "Invalid Password"

// Value is one ION value. Its Kind says which field holds it; the others are zero.
type Value struct {
	Kind  Kind
	Size  uint8   // Signed, Unsigned and arrays: bytes of a number, 0 to 8; Structure, StructureArray: the low nibble of the type
	Int   int64   // Signed
	Uint  uint64  // Char, Unsigned, Time, Bool
	Float float32 // Float
	Text  string  // Text
	Items []Value // arrays, structures
}

// TextValue is a text. Keep it below 255 bytes: the public client misreads longer ones.
func TextValue(s string) Value { return Value{Kind: KindText, Text: s} }

// FloatValue is a number as a float32.
func FloatValue(f float32) Value { return Value{Kind: KindFloat, Float: f} }

// UnsignedValue is an unsigned number: the low sizeBytes bytes of n. It panics unless sizeBytes
// is 0 to 8.
func UnsignedValue(n uint64, sizeBytes int) Value {
	return Value{Kind: KindUnsigned, Size: integerSize(sizeBytes), Uint: zeroExtend(n, sizeBytes)}
}

// SignedValue is a signed number: the low sizeBytes bytes of n. It panics unless sizeBytes is 0
// to 8.
func SignedValue(n int64, sizeBytes int) Value {
	return Value{Kind: KindSigned, Size: integerSize(sizeBytes), Int: signExtend(uint64(n), sizeBytes)}
}

// BoolValue is a truth value.
func BoolValue(set bool) Value {
	v := Value{Kind: KindBool}
	if set {
		v.Uint = 1
	}
	return v
}

// fractionBits is how far the seconds of a time are shifted.
const fractionBits = 31

// TimeValue is a time in Unix seconds.
func TimeValue(seconds uint32) Value { return fractionalTimeValue(seconds, 0) }

// fractionalTimeValue is a time in Unix seconds, with a fraction in units of 2^-31 s.
func fractionalTimeValue(seconds, fraction uint32) Value {
	return Value{Kind: KindTime, Uint: uint64(seconds)<<fractionBits | uint64(fraction)&(1<<fractionBits-1)}
}

// Seconds returns the time in Unix seconds, without its fraction; 0 for other kinds.
func (v Value) Seconds() int64 {
	if v.Kind != KindTime {
		return 0
	}
	return int64(v.Uint >> fractionBits)
}

// ExceptionValue is the answer to a command that failed. Of real meters only the text
// InvalidPassword is known, and none of the numbers.
func ExceptionValue(code, value uint8, reason string) Value {
	return Value{Kind: KindException, Items: []Value{
		UnsignedValue(uint64(code), 1), UnsignedValue(uint64(value), 1), TextValue(reason),
	}}
}

// Reason returns the text of an exception; ok is false when v is not one.
func (v Value) Reason() (reason string, ok bool) {
	if v.Kind != KindException || len(v.Items) != exceptionParts {
		return "", false
	}
	return v.Items[2].Text, true
}

// EventValue is an entry of an event log: what caused it and what it did.
func EventValue(priority, state uint8, causeHandle Handle, cause Value, effectHandle Handle, effect Value) Value {
	return Value{Kind: KindEvent, Items: []Value{
		UnsignedValue(uint64(priority), 1), UnsignedValue(uint64(state), 1),
		UnsignedValue(uint64(causeHandle), 2), cause,
		UnsignedValue(uint64(effectHandle), 2), effect,
	}}
}

// LogRecordValue is a record of a log: its position, its time in Unix seconds and its values.
func LogRecordValue(position, seconds uint32, values ...Value) Value {
	items := append([]Value{UnsignedValue(uint64(position), 4), TimeValue(seconds)}, values...)
	return Value{Kind: KindLogRecord, Items: items}
}

// LogValue is an array of log records. It must be the last value of a result, because the
// public client stops reading after it.
func LogValue(records ...Value) Value {
	return Value{Kind: KindStructureArray, Items: records}
}

// RangeValue is the range of log positions that method 95 reads.
func RangeValue(start, end uint32) Value {
	return Value{Kind: KindRange, Items: []Value{UnsignedValue(uint64(start), 4), UnsignedValue(uint64(end), 4)}}
}

// HandlesValue is an array of handles.
func HandlesValue(handles ...Handle) Value {
	v := Value{Kind: KindUnsignedArray, Items: make([]Value, len(handles))}
	if len(handles) > 0 {
		v.Size = 2
	}
	for i, h := range handles {
		v.Items[i] = UnsignedValue(uint64(h), 2)
	}
	return v
}

// Equal reports whether two values are the same, bit by bit: a NaN equals itself.
func (v Value) Equal(w Value) bool {
	if v.Kind != w.Kind || v.Size != w.Size || v.Int != w.Int || v.Uint != w.Uint || v.Text != w.Text ||
		math.Float32bits(v.Float) != math.Float32bits(w.Float) || len(v.Items) != len(w.Items) {
		return false
	}
	for i := range v.Items {
		if !v.Items[i].Equal(w.Items[i]) {
			return false
		}
	}
	return true
}

// String returns the value for people: times in UTC, texts quoted.
func (v Value) String() string {
	switch v.Kind {
	case KindChar:
		return strconv.QuoteRune(rune(v.Uint))
	case KindFloat:
		return strconv.FormatFloat(float64(v.Float), 'g', -1, 32)
	case KindSigned:
		return strconv.FormatInt(v.Int, 10)
	case KindUnsigned:
		return strconv.FormatUint(v.Uint, 10)
	case KindTime:
		fraction := v.Uint & (1<<fractionBits - 1)
		nanoseconds := int64(fraction * 1e9 >> fractionBits)
		return time.Unix(v.Seconds(), nanoseconds).UTC().Format("2006-01-02 15:04:05.999")
	case KindBool:
		return strconv.FormatBool(v.Uint != 0)
	case KindText:
		return strconv.Quote(v.Text)
	case KindUnsignedArray, KindBoolArray, KindFloatArray, KindSignedArray:
		return "[" + joinValues(v.Items) + "]"
	case KindException:
		if reason, ok := v.Reason(); ok {
			return fmt.Sprintf("exception %s (%s): %s", v.Items[0], v.Items[1], reason)
		}
	case KindEvent, KindLogRecord, KindRange, KindStructure, KindStructureArray:
	}
	return v.Kind.String() + " {" + joinValues(v.Items) + "}"
}

func joinValues(items []Value) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.String()
	}
	return strings.Join(texts, ", ")
}

const maxInteger = 8 // bytes of the longest integer

func integerSize(n int) uint8 {
	if n < 0 || n > maxInteger {
		panic(fmt.Sprintf("ion: an integer of %d bytes", n))
	}
	return uint8(n)
}

func zeroExtend(n uint64, size int) uint64 {
	shift := uint(64 - 8*size)
	return n << shift >> shift
}

// signExtend reads the low bytes of n as a signed number. The public client does not extend
// numbers of fewer than four bytes, although real meters send them (its change log of 2009).
func signExtend(n uint64, size int) int64 {
	shift := uint(64 - 8*size)
	return int64(n<<shift) >> shift
}
