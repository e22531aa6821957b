package page

import (
	"math"
	"testing"

	"ionbench/scenarios/trial"
)

type vector [3]float64
type matrix [3]vector

func (m matrix) times(v vector) (w vector) {
	for i, line := range m {
		w[i] = line[0]*v[0] + line[1]*v[1] + line[2]*v[2]
	}
	return w
}

// linear converts a colour to linear light.
func linear(hex string) vector {
	c := rgb(hex)
	var v vector
	for i, b := range []uint8{c.R, c.G, c.B} {
		x := float64(b) / 255
		if x <= 0.04045 {
			v[i] = x / 12.92
		} else {
			v[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return v
}

// contrast is the ratio of WCAG 2.
func contrast(a, b string) float64 {
	luminance := func(hex string) float64 {
		v := linear(hex)
		return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2]
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTextOnEveryColourCanBeRead(t *testing.T) {
	tones := append(classTones[:], unknownTone, missingTone)
	for _, s := range costSteps {
		tones = append(tones, s.tone)
	}
	for _, c := range tones {
		if light, dark := contrast(c.light, c.lightInk), contrast(c.dark, c.darkInk); light < 4.5 || dark < 4.5 {
			t.Errorf("%+v: contrast %.1f and %.1f, want 4.5", c, light, dark)
		}
	}
	for _, ink := range []string{inkColour, quietColour} {
		for _, ground := range []string{white, stepColour, otherColour} {
			if c := contrast(ink, ground); c < 4.5 {
				t.Errorf("%s on %s: contrast %.1f, want 4.5", ink, ground, c)
			}
		}
	}
}

// sights are what people see: all colours, and without one sort of cones (Machado, Oliveira
// and Fernandes 2009, severity 1).
var sights = map[string]matrix{
	"all colours":  {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// perceived converts a colour to Oklab, where distances match what people see.
func perceived(hex string, sight matrix) vector {
	light := sight.times(linear(hex))
	for i := range light {
		light[i] = max(light[i], 0)
	}
	cones := matrix{{0.4122214708, 0.5363325363, 0.0514459929}, {0.2119034982, 0.6806995451, 0.1073969566}, {0.0883024619, 0.2817188376, 0.6299787005}}.times(light)
	for i := range cones {
		cones[i] = math.Cbrt(cones[i])
	}
	return matrix{{0.2104542553, 0.7936177850, -0.0040720468}, {1.9779984951, -2.4285922050, 0.4505937099}, {0.0259040371, 0.7827717662, -0.8086757660}}.times(cones)
}

func distance(a, b vector) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

func TestClassesCanBeToldApartByColourBlindPeople(t *testing.T) {
	const apart = 0.1 // in Oklab; five times the smallest difference that people notice
	tones := append(classTones[:], unknownTone)
	for name, sight := range sights {
		for i, x := range tones {
			for j, y := range tones[:i] {
				light := distance(perceived(x.light, sight), perceived(y.light, sight))
				dark := distance(perceived(x.dark, sight), perceived(y.dark, sight))
				if light < apart || dark < apart {
					t.Errorf("%s: classes %d and %d are %.3f apart on light and %.3f on dark ground", name, j, i, light, dark)
				}
			}
		}
	}
}

func TestCostsGoFromTheGroundToItsOpposite(t *testing.T) {
	for i := 1; i < len(costSteps); i++ {
		before, here := costSteps[i-1].tone, costSteps[i].tone
		for name, sight := range sights {
			if perceived(here.light, sight)[0] >= perceived(before.light, sight)[0] || perceived(here.dark, sight)[0] <= perceived(before.dark, sight)[0] {
				t.Errorf("%s: step %d is not further from the ground than the one before", name, i)
			}
		}
	}
}

func TestACostBelongsToTheFirstStepThatReachesIt(t *testing.T) {
	for ms, want := range map[int64]string{-5000: "none", 0: "none", 1: "1 s", 1000: "1 s", 1001: "3 s", 3_600_000: "1 h", 3_600_001: "more", 1 << 62: "more"} {
		if got := costSteps[costStepOf(ms)].label; got != want {
			t.Errorf("%d ms: %s, want %s", ms, got, want)
		}
	}
}

func TestEveryClassHasAColourAndAMeaning(t *testing.T) {
	for c := range trial.ClassCount {
		if classTones[c] == (tone{}) || classMeanings[c] == "" {
			t.Errorf("%v has none", c)
		}
	}
}
