package serving

import (
	"encoding/json"
	"testing"
)

func TestValuesAreWrittenAsTheEncoderOfTheLibraryWritesThem(t *testing.T) {
	values := []any{true, false, uint64(0), uint64(1<<64 - 1), -7, 1.5, []string{"a"}, "", "plain ~ text", "a \"quote\"", `back\slash`, "<tag> & more", "tab\t", "line\nend", "grün", "\xff", "\u2028", "\x7f"}
	for c := range rune(256) {
		values = append(values, string(c), string([]byte{byte(c)}))
	}
	for _, v := range values {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendJSON(nil, v); string(got) != string(want) {
			t.Errorf("%#v is written %s, and should be %s", v, got, want)
		}
	}
}
