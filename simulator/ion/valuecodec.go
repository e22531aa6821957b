package ion

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// High nibbles of the first byte of a value.
const (
	classChar           = 0x00
	classFloat          = 0x30
	classSigned         = 0x40
	classTime           = 0x50
	classUnsigned       = 0x60
	classStructure      = 0x70
	classStructureArray = 0x80
	classOther          = 0xF0
)

// First bytes of class F.
const (
	byteFalse          = 0xF1
	byteTrue           = 0xF2
	byteStructureEnd   = 0xF3
	byteArrayEnd       = 0xF9
	byteText           = 0xFA
	byteBoolArray      = 0xFB
	byteFloatArray     = 0xFC
	byteSignedArray    = 0xFD
	byteUnsignedArray  = 0xFE
	nibbleLogRecord    = 0x0
	nibbleEvent        = 0x2
	nibbleRange        = 0x4
	nibbleException    = 0x7
	sizeNextByte       = 0xD
	sizeNextFourBytes  = 0xE
	sizeNone           = 0xF
	largestDirectSize  = 0xC
	largestDirectCount = 0xD

	exceptionParts = 3
	rangeParts     = 2

	// maxDepth bounds values inside values. The deepest ones observed are three: a text in an
	// event in a record of an array.
	maxDepth = 8
)

// ErrValue says that bytes are not an ION value.
var ErrValue = errors.New("not an ION value")

// AppendValue appends v in its shortest form. It panics on a value that no constructor or
// parser makes: an unknown kind, or an integer of more than 8 bytes.
func AppendValue(dst []byte, v Value) []byte {
	switch v.Kind {
	case KindChar:
		return append(dst, classChar|1, byte(v.Uint))
	case KindFloat:
		return binary.BigEndian.AppendUint32(append(dst, classFloat|4), math.Float32bits(v.Float))
	case KindSigned:
		dst = append(dst, classSigned|integerSize(int(v.Size)))
		return appendInteger(dst, uint64(v.Int), v.Size)
	case KindUnsigned:
		dst = append(dst, classUnsigned|integerSize(int(v.Size)))
		return appendInteger(dst, v.Uint, v.Size)
	case KindTime:
		return binary.BigEndian.AppendUint64(append(dst, classTime|8), v.Uint)
	case KindBool:
		if v.Uint != 0 {
			return append(dst, byteTrue)
		}
		return append(dst, byteFalse)
	case KindText:
		dst = appendArrayHeader(append(dst, byteText), len(v.Text)+1, len(v.Text)+1)
		dst = append(dst, v.Text...)
		return append(dst, 0)
	case KindUnsignedArray, KindBoolArray, KindFloatArray, KindSignedArray:
		return appendArray(dst, v)
	case KindException, KindEvent, KindLogRecord, KindRange, KindStructure:
		dst = append(dst, classStructure|structureNibble(v))
		return appendItems(dst, v.Items)
	case KindStructureArray:
		dst = append(dst, classStructureArray|v.Size&0x0F)
		for _, record := range v.Items {
			dst = appendItems(dst, record.Items)
		}
		return append(dst, byteArrayEnd)
	default:
		panic(fmt.Sprintf("ion: a value of %s", v.Kind))
	}
}

func appendItems(dst []byte, items []Value) []byte {
	for _, item := range items {
		dst = AppendValue(dst, item)
	}
	return append(dst, byteStructureEnd)
}

func appendInteger(dst []byte, n uint64, size uint8) []byte {
	for shift := 8 * int(size); shift > 0; {
		shift -= 8
		dst = append(dst, byte(n>>shift))
	}
	return dst
}

// arrayTypes maps the kinds of arrays to their first bytes.
var arrayTypes = [...]struct {
	kind  Kind
	first byte
}{{KindBoolArray, byteBoolArray}, {KindFloatArray, byteFloatArray}, {KindSignedArray, byteSignedArray}, {KindUnsignedArray, byteUnsignedArray}}

func appendArray(dst []byte, v Value) []byte {
	for _, t := range arrayTypes {
		if t.kind == v.Kind {
			dst = append(dst, t.first)
		}
	}
	size := integerSize(int(v.Size))
	dst = appendArrayHeader(dst, len(v.Items), len(v.Items)*int(size))
	for _, item := range v.Items {
		n := item.Uint
		switch v.Kind {
		case KindSignedArray:
			n = uint64(item.Int)
		case KindFloatArray:
			n = uint64(math.Float32bits(item.Float))
		default:
		}
		dst = appendInteger(dst, n, size)
	}
	return dst
}

// appendArrayHeader appends the two numbers of an array, count and bytes, as nibbles. Each
// takes an odd number of nibbles, so the header ends at a byte border.
func appendArrayHeader(dst []byte, count, size int) []byte {
	var nibbles [18]byte
	list := appendNibbles(nibbles[:0], count, largestDirectCount, largestDirectCount+1)
	list = appendNibbles(list, size, largestDirectSize, sizeNextByte)
	for i := 0; i < len(list); i += 2 {
		dst = append(dst, list[i]<<4|list[i+1])
	}
	return dst
}

// appendNibbles appends n as itself, or as two nibbles after escape, or as eight after F.
func appendNibbles(list []byte, n, direct int, escape byte) []byte {
	digits := 0
	switch {
	case n <= direct:
		return append(list, byte(n))
	case n <= math.MaxUint8:
		list = append(list, escape)
		digits = 2
	default:
		list = append(list, 0xF)
		digits = 8
	}
	for digits > 0 {
		digits--
		list = append(list, byte(n>>(4*digits))&0xF)
	}
	return list
}

// ParseValue reads the value at the beginning of b and returns how many bytes it took. It keeps
// nothing of b. Values nest at most eight deep. Every error is an ErrValue.
func ParseValue(b []byte) (v Value, n int, err error) {
	r := valueReader{b: b}
	v, err = r.value(0)
	if err != nil {
		return Value{}, 0, fmt.Errorf("%w: byte %d: %w", ErrValue, r.at, err)
	}
	return v, r.at, nil
}

var (
	errValueEnds = errors.New("the data ends inside the value")
	errTooDeep   = errors.New("values are nested too deep")
)

// valueReader reads values. After an error, at is where it stopped.
type valueReader struct {
	b  []byte
	at int
}

// take returns the next n bytes. n comes from the wire, so it is compared and never added to.
func (r *valueReader) take(n int) ([]byte, error) {
	if n > len(r.b)-r.at {
		return nil, errValueEnds
	}
	p := r.b[r.at : r.at+n]
	r.at += n
	return p, nil
}

func (r *valueReader) value(depth int) (Value, error) {
	if depth == maxDepth {
		return Value{}, errTooDeep
	}
	head, err := r.take(1)
	if err != nil {
		return Value{}, err
	}
	nibble := head[0] & 0x0F
	switch head[0] & 0xF0 {
	case classChar:
		c, err := r.take(1) // one size byte follows, whatever the nibble says
		if err != nil {
			return Value{}, err
		}
		return Value{Kind: KindChar, Uint: uint64(c[0])}, nil
	case classFloat:
		n, err := r.fixed(nibble, 4, KindFloat)
		return Value{Kind: KindFloat, Float: math.Float32frombits(uint32(n))}, err
	case classTime:
		n, err := r.fixed(nibble, 8, KindTime)
		return Value{Kind: KindTime, Uint: n}, err
	case classSigned:
		n, size, err := r.integer(nibble)
		return Value{Kind: KindSigned, Size: uint8(size), Int: signExtend(n, size)}, err
	case classUnsigned:
		n, size, err := r.integer(nibble)
		return Value{Kind: KindUnsigned, Size: uint8(size), Uint: n}, err
	case classStructure:
		return r.structure(nibble, depth)
	case classStructureArray:
		return r.structureArray(nibble, depth)
	case classOther:
		return r.other(head[0])
	}
	return Value{}, fmt.Errorf("unknown type %02X", head[0])
}

func (r *valueReader) other(head byte) (Value, error) {
	switch head {
	case byteFalse:
		return BoolValue(false), nil
	case byteTrue:
		return BoolValue(true), nil
	case byteText:
		return r.text()
	}
	for _, t := range arrayTypes {
		if t.first == head {
			return r.array(t.kind)
		}
	}
	return Value{}, fmt.Errorf("%02X does not begin a value", head)
}

// size reads the size after a type: in the nibble, in one byte or in four.
func (r *valueReader) size(nibble byte) (int, error) {
	switch nibble {
	case sizeNextByte:
		p, err := r.take(1)
		if err != nil {
			return 0, err
		}
		return int(p[0]), nil
	case sizeNextFourBytes:
		p, err := r.take(4)
		if err != nil {
			return 0, err
		}
		return bounded(binary.BigEndian.Uint32(p)), nil
	case sizeNone:
		return 0, nil
	default:
		return int(nibble), nil
	}
}

// bounded keeps a size from the wire positive where int has 32 bits.
func bounded(n uint32) int { return int(min(n, math.MaxInt32)) }

func (r *valueReader) integer(nibble byte) (n uint64, size int, err error) {
	size, err = r.size(nibble)
	if err != nil {
		return 0, 0, err
	}
	if size > maxInteger {
		return 0, 0, fmt.Errorf("an integer of %d bytes, at most %d are allowed", size, maxInteger)
	}
	p, err := r.take(size)
	if err != nil {
		return 0, 0, err
	}
	return bigEndian(p), size, nil
}

func (r *valueReader) fixed(nibble byte, want int, kind Kind) (uint64, error) {
	n, size, err := r.integer(nibble)
	if err == nil && size != want {
		err = fmt.Errorf("a %s of %d bytes, it must have %d", kind, size, want)
	}
	return n, err
}

func bigEndian(p []byte) uint64 {
	n := uint64(0)
	for _, x := range p {
		n = n<<8 | uint64(x)
	}
	return n
}

// text uses only the size; the count should be the same.
func (r *valueReader) text() (Value, error) {
	_, size, err := r.arrayHeader()
	if err != nil {
		return Value{}, err
	}
	p, err := r.take(size)
	if err != nil {
		return Value{}, err
	}
	if size > 0 && p[size-1] == 0 {
		p = p[:size-1]
	}
	return TextValue(string(p)), nil
}

// array reads numbers of equal size.
// Assumption: only unsigned arrays have been observed. The others have the same layout, floats
// with four bytes and truth values with one.
// four bytes and truth values with one.
func (r *valueReader) array(kind Kind) (Value, error) {
	count, size, err := r.arrayHeader()
	if err != nil {
		return Value{}, err
	}
	p, err := r.take(size)
	if err != nil {
		return Value{}, err
	}
	v := Value{Kind: kind}
	if count == 0 && size == 0 {
		return v, nil
	}
	if count == 0 || size == 0 || size%count != 0 || size/count > maxInteger {
		return Value{}, fmt.Errorf("%s of %d elements in %d bytes", kind, count, size)
	}
	each := size / count
	v.Size = uint8(each)
	v.Items = make([]Value, count) // at most size elements, and that many bytes are there
	for i := range v.Items {
		v.Items[i], err = element(kind, p[i*each:(i+1)*each])
		if err != nil {
			return Value{}, err
		}
	}
	return v, nil
}

func element(kind Kind, p []byte) (Value, error) {
	n := bigEndian(p)
	switch {
	case kind == KindUnsignedArray:
		return UnsignedValue(n, len(p)), nil
	case kind == KindSignedArray:
		return SignedValue(int64(n), len(p)), nil
	case kind == KindFloatArray && len(p) == 4:
		return FloatValue(math.Float32frombits(uint32(n))), nil
	case kind == KindBoolArray && len(p) == 1:
		return BoolValue(n != 0), nil
	}
	return Value{}, fmt.Errorf("%s with elements of %d bytes", kind, len(p))
}

// arrayHeader reads count and size of an array; see appendArrayHeader.
func (r *valueReader) arrayHeader() (count, size int, err error) {
	n := nibbleReader{r: r}
	count = n.number(largestDirectCount + 1)
	size = n.number(sizeNextByte)
	if n.err == nil && size == illegalNibble {
		n.err = errors.New("size nibble E in an array header")
	}
	return count, size, n.err
}

// illegalNibble is returned for a number that begins with a nibble without meaning.
const illegalNibble = -1

type nibbleReader struct {
	r    *valueReader
	half bool // the low nibble of the last byte is next
	err  error
}

func (n *nibbleReader) next() uint32 {
	if n.half {
		n.half = false
		return uint32(n.r.b[n.r.at-1] & 0x0F)
	}
	p, err := n.r.take(1)
	if err != nil {
		n.err = err
		return 0
	}
	n.half = true
	return uint32(p[0] >> 4)
}

// number reads what appendNibbles writes.
func (n *nibbleReader) number(escape uint32) int {
	digits := 0
	switch first := n.next(); {
	case first == escape:
		digits = 2
	case first == 0xF:
		digits = 8
	case first > escape:
		return illegalNibble
	default:
		return int(first)
	}
	number := uint32(0)
	for range digits {
		if n.err != nil {
			return 0
		}
		number = number<<4 | n.next()
	}
	return bounded(number)
}

func (r *valueReader) structure(nibble byte, depth int) (Value, error) {
	items, err := r.items(depth)
	if err != nil {
		return Value{}, err
	}
	return newStructure(nibble, items)
}

// items reads values until the structure ends.
func (r *valueReader) items(depth int) ([]Value, error) {
	var items []Value
	for {
		if r.at < len(r.b) && r.b[r.at] == byteStructureEnd {
			r.at++
			return items, nil
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
}

func (r *valueReader) structureArray(nibble byte, depth int) (Value, error) {
	v := Value{Kind: KindStructureArray, Size: nibble}
	for {
		if r.at < len(r.b) && r.b[r.at] == byteArrayEnd {
			r.at++
			return v, nil
		}
		items, err := r.items(depth + 1)
		if err != nil {
			return Value{}, err
		}
		record, err := newStructure(nibble, items)
		if err != nil {
			return Value{}, err
		}
		v.Items = append(v.Items, record)
	}
}

func newStructure(nibble byte, items []Value) (Value, error) {
	v := Value{Kind: KindStructure, Items: items}
	want := len(items)
	switch nibble {
	case nibbleLogRecord:
		v.Kind = KindLogRecord
	case nibbleEvent:
		v.Kind = KindEvent
	case nibbleRange:
		v.Kind, want = KindRange, rangeParts
	case nibbleException:
		v.Kind, want = KindException, exceptionParts
	default:
		v.Size = nibble
	}
	if len(items) != want {
		return Value{}, fmt.Errorf("%s of %d values, it must have %d", v.Kind, len(items), want)
	}
	return v, nil
}

func structureNibble(v Value) byte {
	switch v.Kind {
	case KindLogRecord:
		return nibbleLogRecord
	case KindEvent:
		return nibbleEvent
	case KindRange:
		return nibbleRange
	case KindException:
		return nibbleException
	default:
		return v.Size & 0x0F
	}
}
