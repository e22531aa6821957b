package bench

import "testing"

func TestAPaceIsWrittenAsItIsRead(t *testing.T) {
	for text, want := range map[string]int{"baud": 1, "off": Unpaced, "1": 1, "100": 100, "100x": 100, "0100": 100, "10000": 10000} {
		pace, err := ParsePace(text)
		if err != nil || pace != want {
			t.Errorf("%s is %d, %v", text, pace, err)
		}
		if again, err := ParsePace(FormatPace(pace)); err != nil || again != pace {
			t.Errorf("%s is written as %s, which is %d, %v", text, FormatPace(pace), again, err)
		}
	}
	for _, text := range []string{"", "fast", "0", "-5", "-1", "10001", "1.5", "x"} {
		if pace, err := ParsePace(text); err == nil {
			t.Errorf("%q is the pace %d", text, pace)
		}
	}
}
