package ion

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	credentialBytes      = 8
	shortCredentialBytes = 2
	secretText           = 0x80 // kind byte of a text password; 00 is numeric
)

// ErrCredential says that a password cannot be sent or read.
var ErrCredential = errors.New("not a password that ION can carry")

// Credential is the user and password that a packet can carry, in clear (CVE-2022-46680).
type Credential struct {
	Text   bool
	User   byte
	Secret [6]byte // numeric: 00 00 and a big-endian number; text: right-aligned, NUL on the left
	// Strange is a kind byte that is neither that of a number nor of a text; 0 for none. Such a
	// credential opens nothing, so that its sender is told that the password is wrong.
	//
	// Assumption: that a meter tells so, and does not keep silent.
	Strange byte
}

// NumericCredential is a password that is a number, as the meters of this family use it
// (0 to 99999999).
func NumericCredential(user byte, password uint32) Credential {
	c := Credential{User: user}
	binary.BigEndian.PutUint32(c.Secret[2:], password)
	return c
}

// textCredential is a password of up to six ASCII characters. Longer or other text gives
// ErrCredential.
func textCredential(user byte, text string) (Credential, error) {
	c := Credential{Text: true, User: user}
	if len(text) > len(c.Secret) {
		return Credential{}, fmt.Errorf("%w: %d characters, at most %d are allowed", ErrCredential, len(text), len(c.Secret))
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return Credential{}, fmt.Errorf("%w: character %d is not printable ASCII", ErrCredential, i+1)
		}
	}
	copy(c.Secret[len(c.Secret)-len(text):], text)
	return c, nil
}

func appendCredential(dst []byte, c Credential) []byte {
	kind := byte(0)
	if c.Text {
		kind = secretText
	}
	if c.Strange != 0 {
		kind = c.Strange
	}
	dst = append(dst, kind, c.User)
	return append(dst, c.Secret[:]...)
}

// parseCredential reads eight bytes or two.
func parseCredential(b []byte) Credential {
	if len(b) == shortCredentialBytes {
		return NumericCredential(0, uint32(binary.BigEndian.Uint16(b)))
	}
	c := Credential{Text: b[0] == secretText, User: b[1]}
	if b[0] != 0 && !c.Text {
		c.Strange = b[0]
	}
	copy(c.Secret[:], b[2:credentialBytes])
	return c
}
