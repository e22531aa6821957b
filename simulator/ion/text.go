package ion

import (
	"fmt"
	"strconv"
	"strings"
)

// ParsePassword reads a meter password as a person writes it: a number of up to eight digits,
// such as the factory-set "0", or a text of up to six characters that are not all digits. user
// is the user id that belongs to it.
func ParsePassword(text string, user byte) (Credential, error) {
	if strings.Trim(text, "0123456789") != "" {
		return textCredential(user, text)
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || len(text) > maxDigits {
		return Credential{}, fmt.Errorf("password of %d digits: a numeric password has one to eight", len(text))
	}
	return NumericCredential(user, uint32(n)), nil
}

// maxDigits is the most digits of a numeric password.
const maxDigits = 8

// Opens reports whether c carries the same password as want, whoever the user is.
func (c Credential) Opens(want Credential) bool {
	return c.Strange == 0 && c.Text == want.Text && c.Secret == want.Secret
}

// FixedText returns the text of a field that is padded with NUL bytes.
func FixedText(field []byte) string {
	n := 0
	for n < len(field) && field[n] != 0 {
		n++
	}
	return string(field[:n])
}

// PadText makes a text field of s: at most 16 bytes of it, then NUL.
func PadText(s string) (field [FieldText]byte) {
	copy(field[:], s)
	return field
}
