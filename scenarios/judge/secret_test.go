package judge

import "testing"

func TestAPasswordIsToldInClearAndInTheBytesThatAreSent(t *testing.T) {
	for _, test := range []struct {
		text, password string
		want           bool
	}{
		{"using 12345678", "12345678", true},
		{"credential 0000000000bc614e", "12345678", true},
		{"sent 00 00 00 00 00 BC 61 4E 01 44", "12345678", true},
		{"credential 8000616263642121", "abcd!!", true},
		{"12% completed", "12345678", false},
		{"unit 4E20", "20000", false}, // two bytes may be anything
		{"CRC BC614F", "12345678", false},
	} {
		if got := tells([]byte(test.text), test.password); got != test.want {
			t.Errorf("%q tells %q: %v", test.text, test.password, got)
		}
	}
}
