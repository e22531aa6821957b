package fault

import (
	"errors"
	"strings"
	"testing"
)

// beyond are values next to a bound, outside.
func beyond(i Input) []string {
	switch i.Sort {
	case Whole:
		if i.Least == "0" {
			return []string{"-1"}
		}
		return []string{"0", i.Most + "0"}
	case Probability:
		return []string{"0", "1.1"}
	case Time:
		return []string{"0s", "10001h"}
	case Bits:
		return []string{"0x00", "0x100"}
	case FlashAddress:
		return []string{"0", "0x"}
	case Word:
		return []string{"no-such-word"}
	}
	return nil
}

func TestWhatIsSaidOfAnInputHolds(t *testing.T) {
	for _, k := range Kinds() {
		for _, p := range k.Takes {
			example := mustParse(t, k.Example)
			for _, text := range append([]string{p.Input.Least, p.Input.Most, p.Example}, p.Input.Words...) {
				if text == "" || p.Input.Sort == Flag {
					continue
				}
				if _, err := example.Parameters.With(p.Name, text); err != nil {
					t.Errorf("%v: %s %s is said to be possible: %v", k.Kind, p.Name, text, err)
				}
			}
			for _, text := range beyond(p.Input) {
				if _, err := example.Parameters.With(p.Name, text); err == nil {
					t.Errorf("%v: %s %s is beyond what is said, and possible", k.Kind, p.Name, text)
				}
			}
			if p.Input.Sort == 0 {
				t.Errorf("%v: nobody says what %s can be", k.Kind, p.Name)
			}
		}
	}
	for _, m := range Moments() {
		for _, text := range []string{m.Number.Least, m.Number.Most} {
			if text == "" {
				continue
			}
			if _, err := units[m.Unit].number(text); err != nil {
				t.Errorf("%s %s is said to be possible: %v", m.Name, text, err)
			}
		}
	}
}

// said puts a fault together as somebody does who has nothing but the descriptions.
func said(k Description, m Moment) string {
	words := []string{k.Kind.String(), "at"}
	if !m.Bare {
		words = append(words, m.Name)
	}
	switch {
	case m.States != nil:
		words = append(words, m.States[0])
	case m.Number.Sort != 0:
		words = append(words, m.Number.Most)
	}
	if m.MustSide {
		words = append(words, "to-meter")
	}
	if k.Clocked {
		words = append(words, "for", k.Lasting.String())
	}
	for _, p := range k.Takes {
		if p.Must || p.Located && m.Unit != AtFlashOp {
			words = append(words, p.Name, p.Example)
		}
	}
	return strings.Join(words, " ")
}

func TestDescriptionsAreEnoughToSayEveryFaultAtEveryMoment(t *testing.T) {
	all := Moments()
	for _, k := range Kinds() {
		for _, u := range k.Units {
			text := said(k, all[u])
			if _, err := Parse(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

func TestAnErrorNamesThePartOfTheFaultThatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"noize for 1s":                            "kind",
		"noise for 1s":                            "rate",
		"noise rate 2":                            "rate",
		"noise rate 0x1p-4":                       "rate",
		"noise rate":                              "rate",
		"noise rate 1e-3 for ever":                "for",
		"noise rate 1e-3 rate 1e-4":               "rate",
		"noise sometimes":                         "",
		"reply-lost to-meter":                     "direction",
		"cable-pull at block 0":                   "at",
		"cable-pull at flash-op 3 torn":           "at",
		"cable-pull every 0 blocks":               "every",
		"cable-pull at block 3 every 10 bytes":    "every",
		"suspend at block 3":                      "for",
		"reply-lost for 3s":                       "for",
		"babble by 1ms":                           "by",
		"power-loss bytes 300":                    "bytes",
		"power-loss bytes 3":                      "bytes",
		"stuck-bit at block 3":                    "address",
		"stuck-bit address 0":                     "address",
		"byte-drop from-meter at byte 3 to-meter": "direction",
	} {
		_, err := Parse(text)
		var wrong *ParseError
		if !errors.As(err, &wrong) || wrong.Clause != want {
			t.Errorf("%q: %v, of %q, want %q", text, err, wrong.Clause, want)
		}
	}
}
