package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ionbench/client/upg"
	"ionbench/fixtures/firmware"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// guises are the meters and files of scenarios that are not about them. Each scenario takes the
// next one, so that everything is tried in several worlds at no cost.
var guises = []func(*world.World){
	func(*world.World) {},
	func(w *world.World) {
		m := &w.Meters[0]
		m.UnitID, m.Password, m.SetUp, m.SerialNumber = 1, "010", world.Lowest, "A"
		w.Firmware[0].Bytes = 11*ion.BlockBytes + 1
	},
	func(w *world.World) {
		m := &w.Meters[0]
		m.UnitID, m.Password, m.SetUp, m.SerialNumber = ion.MaxUnitID, "99999999", world.Highest, "PC-0209A001-1234"
		w.Firmware[0].Bytes = 12 * ion.BlockBytes
	},
	func(w *world.World) {
		m := &w.Meters[0]
		m.UnitID, m.Password, m.Model = 256, "0x7E5", meter.ION7330 // a word that some take for a number
		// The head of a text has three forms, which change at these lengths.
		m.TemplateName = strings.Repeat("t", 12)
		m.Set = settingsOf("owner", strings.Repeat("o", 11), "tag1", strings.Repeat("1", 12), "tag2", strings.Repeat("2", 13))
		w.Firmware[0].Bytes = 11*ion.BlockBytes + 237
	},
	func(w *world.World) {
		m := &w.Meters[0]
		m.UnitID, m.Password = 4660, "12345678"
		m.Set = settingsOf("pt-primary", "123456.789", "ct-secondary", "1.1", "tz-offset", "-12600", "dst-offset", "-1800", "owner", `a "b" 'c'; d=e, \\ # %`, "tag1", "", "kwh-import", "0", "kwh-export", "16777217")
		w.Firmware[0].Bytes, w.Firmware[0].Dated = 11*ion.BlockBytes+239, time.Date(2040, time.February, 29, 23, 59, 58, 0, time.UTC)
	},
	func(w *world.World) {
		m := &w.Meters[0]
		m.UnitID, m.Password, m.Model = 361, "7a$~wZ", meter.ION7300
		w.Firmware[0].Bytes = 12*ion.BlockBytes - 1
	},
	func(w *world.World) {
		m := &w.Meters[0]
		m.UnitID, m.Password, m.SerialNumber = 2570, "4294967", "PC#1_b.7"
		w.Firmware[0].Bytes, w.Firmware[0].Revision = 11*ion.BlockBytes+3712, "7350V999"
	},
}

// settingsOf returns settings by key and value, one after the other.
func settingsOf(pairs ...string) []world.Write {
	var list []world.Write
	for i := 0; i < len(pairs); i += 2 {
		table, at := ion.SettingTable(), settingAt(pairs[i])
		v, err := table[at].Parse(pairs[i+1])
		if err != nil {
			panic(fmt.Sprintf("judge: %s: %v", pairs[i], err))
		}
		list = append(list, world.Write{Setting: at, Value: v})
	}
	return list
}

// settingAt is where the table of settings has a key.
func settingAt(key string) int {
	table := ion.SettingTable()
	at := slices.IndexFunc(table[:], func(s ion.Setting) bool { return s.Key == key })
	if at < 0 {
		panic(fmt.Sprintf("judge: there is no setting %q", key)) // the name is in this source
	}
	return at
}

func handleOf(key string) ion.Handle { return ion.SettingTable()[settingAt(key)].Handle }

// fitted is the scenario for a program that can be told only some of what a meter needs: what the
// command has no placeholder for is as the factory or the article has it.
func (s Scenario) fitted(t *Target) Scenario {
	w := &s.World
	w.Meters = slices.Clone(w.Meters)
	for i := range w.Meters {
		if !t.Upgrade.uses(passwordOf) {
			w.Meters[i].Password = ""
		}
		if !t.Upgrade.uses(unitOf) && i == 0 {
			w.Meters[i].UnitID = 0
		}
	}
	return s
}

// blank is a meter whose texts are blanks, or begin or end with some. A template file cannot say so.
func blank() world.World {
	w := worldOf(2)
	w.Meters[0].Set = settingsOf("owner", "o", "tag1", "t", "tag2", "t")
	for i, text := range []string{" ", "  first", "last  "} {
		w.Meters[0].Set[i].Value = ion.TextValue(text)
	}
	return w
}

// words is a meter whose texts mean something else where files, shells and programs are written.
func words() world.World {
	w := worldOf(2)
	w.Meters[0].TemplateName = "null"
	w.Meters[0].Set = settingsOf("owner", "o", "tag1", "t", "tag2", "t")
	for i, text := range []string{"00120", "#;[x]=$HOME/*", `\n"\u0041'%s%n&lt;`} {
		w.Meters[0].Set[i].Value = ion.TextValue(text)
	}
	return w
}

// flat is a meter whose new image is for the most part not different from a cleared flash, or from itself.
func flat() world.World {
	const blocks, tail = 7, 333
	w := worldOf(blocks)
	image := firmware.Image(1, (blocks-1)*ion.BlockBytes+tail)
	block := func(k int) []byte { return image[k*ion.BlockBytes : (k+1)*ion.BlockBytes] }
	for i := range block(1) {
		block(1)[i], block(2)[i] = 0xFF, 0
	}
	copy(block(4), block(3))
	for i := len(image) - tail - 100; i < len(image); i++ {
		image[i] = 0xFF
	}
	f, err := upg.New(uint16(meter.ION7350), "7350V302", time.Date(2009, time.January, 2, 3, 4, 5, 0, time.UTC), image)
	if err != nil {
		panic(err) // it is made here
	}
	w.Firmware[0] = world.Firmware{Own: f, Revision: f.Revision}
	return w
}

// digits is a meter whose numbers need all the digits that they have room for, and some of them an
// exponent.
func digits() world.World {
	w := worldOf(2)
	w.Meters[0].Set = settingsOf(
		"pt-primary", "123456.789", "pt-secondary", "1.0000001", "ct-primary", "98765.43", "ct-secondary", "5.000001", "volts-mode", "4",
		"tz-offset", "-34215", "dst-start", "3735928559", "dst-end", "16909060", "dst-offset", "-6543", "timesync-type", "1",
		"v-nominal", "1e-38", "i-nominal", "1.1754944e-38", "i4-nominal", "0.000012345678", "i20-nominal", "1.4e-45", "nominal-frequency", "50",
		"kwh-import", "16777217", "kwh-export", "-0.0078125", "kvarh-import", "-98765432", "kvarh-export", "0.1", "kvah-total", "-123456.7",
		"ratio-ia", "1.0000001", "ratio-ib", "0.9999999", "ratio-ic", "1.2345678", "phase-ia", "-1e-30", "phase-ib", "-599.99994", "phase-ic", "0.33333334",
	)
	return w
}
