package ion

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// MessageType says what the body of a packet is.
type MessageType byte

// The message types. 00 and 11 are the public client's.
//
// Assumption: TypeDownload and its service are this project's own. How the real meter is
// downloaded to is not public.
const (
	TypeProgram  MessageType = 0x00
	TypeTimeSync MessageType = 0x11 // body: Unix seconds, big-endian u32; never answered
	TypeDownload MessageType = 0x44
)

// Service is the only service of a packet that is known.
const Service = 1

const (
	packetHeaderBytes = 15

	descriptorRequest     = 0x01
	descriptorSecretMask  = 0x06
	descriptorShortSecret = 0x02 // two-byte credential
	descriptorSecret      = 0x04 // eight-byte credential
	descriptorTimeSet     = 0x08
)

// ErrPacket says that a message is not an ION packet.
var ErrPacket = errors.New("not an ION packet")

// Address is a packet address: a prefix whose meaning is not known, and a number.
type Address struct{ Prefix, Unit uint16 }

// ClientAddress is the address that the public client always gives as its own: 9564 0001.
func ClientAddress() Address { return Address{Prefix: 0x9564, Unit: 1} }

// MeterAddress is the address of a meter: 9501 and its unit.
func MeterAddress(unit uint16) Address { return Address{Prefix: 0x9501, Unit: unit} }

// Packet is the outer layer of a message.
type Packet struct {
	MessageID     uint16 // the client counts it up from message to message and keeps it on a resend; the reply has the same
	Request       bool
	TimeSet       bool // set for a time sync, which is not marked as a request
	HasCredential bool
	// ShortCredential says that the credential has two bytes. Only its size is known.
	// Assumption: they are a numeric password, of no user.
	ShortCredential bool
	Source          Address
	Destination     Address
	Credential      Credential
	Service         byte // 0 is sent as the one that is known
	Type            MessageType
	Body            []byte
}

// AppendPacketHeader appends the header of p for a body of bodyBytes, which the caller appends
// next. It does not use p.Body.
func AppendPacketHeader(dst []byte, p Packet, bodyBytes int) []byte {
	length := packetHeaderBytes + bodyBytes
	descriptor := byte(0)
	if p.Request {
		descriptor |= descriptorRequest
	}
	if p.TimeSet {
		descriptor |= descriptorTimeSet
	}
	if p.HasCredential {
		descriptor |= secretBits(p.ShortCredential)
		length += secretBytes(p.ShortCredential)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(length))
	dst = binary.BigEndian.AppendUint16(dst, p.MessageID)
	dst = append(dst, descriptor)
	dst = appendAddress(dst, p.Source)
	dst = appendAddress(dst, p.Destination)
	switch {
	case p.HasCredential && p.ShortCredential:
		dst = append(dst, p.Credential.Secret[4:]...)
	case p.HasCredential:
		dst = appendCredential(dst, p.Credential)
	}
	service := p.Service
	if service == 0 {
		service = Service
	}
	return append(dst, service, byte(p.Type))
}

// AppendPacket appends p with its body.
func AppendPacket(dst []byte, p Packet) []byte {
	return append(AppendPacketHeader(dst, p, len(p.Body)), p.Body...)
}

// ParsePacket reads the packet at the beginning of b. Its length field must fit b and its own
// header. Bytes after the packet are ignored (vector tol_trailing_in_frame). Body aliases b.
// Every error is an ErrPacket.
func ParsePacket(b []byte) (Packet, error) {
	if len(b) < packetHeaderBytes {
		return Packet{}, fmt.Errorf("%w: %d bytes, at least %d are needed", ErrPacket, len(b), packetHeaderBytes)
	}
	length := int(binary.BigEndian.Uint16(b))
	if length > len(b) {
		return Packet{}, fmt.Errorf("%w: length field says %d, only %d bytes are there", ErrPacket, length, len(b))
	}
	descriptor := b[4]
	p := Packet{
		MessageID:   binary.BigEndian.Uint16(b[2:]),
		Request:     descriptor&descriptorRequest != 0,
		TimeSet:     descriptor&descriptorTimeSet != 0,
		Source:      addressAt(b[5:]),
		Destination: addressAt(b[9:]),
	}
	at := 13
	switch descriptor & descriptorSecretMask {
	case 0:
	case descriptorSecret:
		p.HasCredential = true
	case descriptorShortSecret:
		p.HasCredential, p.ShortCredential = true, true
	default:
		return Packet{}, fmt.Errorf("%w: descriptor %02X announces a credential of unknown size", ErrPacket, descriptor)
	}
	if p.HasCredential {
		size := secretBytes(p.ShortCredential)
		if length < packetHeaderBytes+size {
			return Packet{}, fmt.Errorf("%w: length field says %d, too short for the credential", ErrPacket, length)
		}
		p.Credential = parseCredential(b[at : at+size])
		at += size
	}
	if length < at+2 {
		return Packet{}, fmt.Errorf("%w: length field says %d, shorter than the header", ErrPacket, length)
	}
	p.Service, p.Type = b[at], MessageType(b[at+1])
	p.Body = b[at+2 : length : length]
	return p, nil
}

func secretBits(short bool) byte {
	if short {
		return descriptorShortSecret
	}
	return descriptorSecret
}

func secretBytes(short bool) int {
	if short {
		return shortCredentialBytes
	}
	return credentialBytes
}

func appendAddress(dst []byte, a Address) []byte {
	dst = binary.BigEndian.AppendUint16(dst, a.Prefix)
	return binary.BigEndian.AppendUint16(dst, a.Unit)
}

func addressAt(b []byte) Address {
	return Address{Prefix: binary.BigEndian.Uint16(b), Unit: binary.BigEndian.Uint16(b[2:])}
}
