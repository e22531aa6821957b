package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
	"ionbench/simulator/xmodem"
)

// options holds the command line, checked as far as possible without opening a file.
type options struct {
	serving.Options
	meter      world.Meter
	firmware   string // file of the first firmware; empty: a generated image
	deviceName string
	owner      string
	modem      bool   // the meter is at the other end of a telephone line
	phone      string // its number there; empty: the usual one
	rings      int    // after which its modem answers
	call       modem.Timing
	loader     string // how hosts speak to the loader
	tag1, tag2 string
	words      meter.Dialect // of the event log

	port string // serial port of this computer; empty for none
	real realPort

	site       string // file that says what is served, instead of the flags; empty for none
	helpFaults bool
	helpSite   bool
	given      func(flag string) bool // whether the flag is on the command line
}

// factoryImageBytes is the size of the generated firmware that a meter has if no file is
// given. The size is arbitrary.
const factoryImageBytes = 256 << 10

// longestOfACall bounds what a call takes for each of its parts.
const longestOfACall = 5 * time.Minute

// newOptions returns the defaults: the article's meter, with the settings of the factory.
func newOptions() *options {
	m := world.Meter{ImageBytes: factoryImageBytes, SetUp: world.Untouched}.Filled()
	m.Revision = "" // the model's
	return &options{Options: serving.Options{Pace: 1, Language: "ionsim --help-faults"}, meter: m, rings: modem.DefaultRings, call: modem.DefaultTiming(), loader: byION, given: func(string) bool { return false }}
}

// identity returns the meter that the flags ask for.
func (o *options) identity() serving.Identity {
	return serving.Identity{Model: o.meter.Model, SerialNumber: o.meter.SerialNumber, UnitID: o.meter.UnitID}
}

func (o *options) flags() []cli.Flags {
	which := cli.View(world.MeterFields(), &o.meter, "model", "serial-number", "unit-id", "revision")
	which[3] = which[3].Unless("the model's V283")
	has := cli.View(world.MeterFields(), &o.meter, "image-bytes", "password", "settings")
	ofACall := fields.TimeBetween(0, longestOfACall)
	line := cli.View(world.MeterFields(), &o.meter, "baud")
	line[0].Help += "; --pace makes the line faster than that. A client that sets another rate on the PTY hears garbage, and so does the meter"
	served := o.Flags()
	served.Kept[0].Help = "the meter's flash and memory, kept before it confirms anything: however ionsim ends, the next start with FILE goes on from there. A FILE that is there already wins over --firmware, --revision, --image-bytes, --settings, --owner, --tag1 and --tag2, and over --model, --serial-number and --unit-id where these are not given; where they are given and differ, it is refused. The password is not kept"
	return []cli.Flags{
		{Title: "The meter", List: slices.Concat(which, []cli.Flag{
			cli.Text(&o.firmware, "firmware", "FILE.upg", "what runs at first").Unless("a generated image").With(cli.Files("*.upg")),
		}, has, []cli.Flag{
			cli.Text(&o.owner, "owner", "TEXT", "its nameplate, up to 80 characters").MayBeEmpty(),
			cli.Text(&o.tag1, "tag1", "TEXT", "likewise").MayBeEmpty(),
			cli.Text(&o.tag2, "tag2", "TEXT", "likewise").MayBeEmpty(),
			cli.OneOf(&o.words, "event-words", meter.Dialects(), `what its event log says over ION: "driver", the words by which a head-end's driver tells events apart (Power Up), or "manual", those of the family's manual (Device power-up)`),
			cli.OneOf(&o.loader, "loader", []string{byION, byXMODEM}, "how hosts speak to the loader: by the download service, or by XMODEM and YMODEM behind a short prompt, for sx and sb. Say the line: loader PASSWORD, and send a .UPG file. Both are assumptions: the real loader's way is not public"),
			cli.Text(&o.deviceName, "device-name", "TEXT", `what the site calls it; only told in the event "ready", for the protocol does not carry it`).Unless("ion and the model"),
		})},
		{Title: "Many meters", List: []cli.Flag{
			cli.Text(&o.site, "site", "FILE", "serve the lines, ports and meters of a file instead of one meter, with --pace, --http and --json alone").With(cli.Files("*.site")),
			cli.Switch(&o.helpSite, "help-site", "tell all that such a file can say, and end"),
		}},
		{Title: "Where to reach it", List: slices.Concat(served.Reach, []cli.Flag{
			cli.Text(&o.port, "port", "PATH", "at a serial port of this computer, such as /dev/serial/by-id/…: what is at the other end of its cable reaches the meter, as a tool on another PC over a null-modem or RS-485 cable. A port that is pulled out and put back is opened again").With(cli.Files("*")),
			o.real.flag(),
		}, line, []cli.Flag{
			cli.Switch(&o.modem, "modem", "a Hayes modem is there, and the meter, a 7330 or 7350 with its internal modem, at the other end of a telephone line: dial it. With --pace off the call takes no time, but the silence around +++ does"),
			cli.Text(&o.phone, "phone", "NUMBER", "the meter's telephone number; with --modem").Unless(modem.DefaultNumber),
			cli.Number(&o.rings, "rings", 1, 20, "after how many rings the meter's modem answers; with --modem"),
			cli.Of(&o.call.Train, "training", "how long the modems train until they have agreed; with --modem", ofACall),
			cli.Of(&o.call.Latency, "latency", "how long a byte is under way in a call, one way; with --modem", ofACall),
			cli.Of(&o.call.Pause, "pauses", fmt.Sprintf("for how long the modems stop every %d bytes, as those do that correct errors (MNP); with --modem", o.call.PauseBytes), ofACall),
		})},
		{Title: "How fast", List: served.Pace},
		{Title: "What goes wrong", List: append(served.Faults,
			cli.Switch(&o.helpFaults, "help-faults", "tell the whole language of faults, and end"),
		)},
		{Title: "What is kept", List: served.Kept},
		{Title: "For programs", List: served.Events},
	}
}

// The encodings of the loader's messages.
const (
	byION    = "ion"
	byXMODEM = "xmodem"
)

// encoding is how hosts speak to the loader of a meter; nil for ION.
func (o *options) encoding(model meter.Model) meter.Encoding {
	if o.loader != byXMODEM {
		return nil
	}
	return xmodem.New(xmodem.Config{Name: model.String(), Linger: xmodem.LingerAt(o.Pace)})
}

func (o *options) check(c *cli.Call) error {
	o.given = c.Given
	if o.port != "" {
		o.real.open(&o.Options, o.port, o.meter.Baud)
	} else if o.real.rs485 {
		return cli.Usage("--rs485 without a serial port").Hint("add --port PATH, or leave --rs485 out")
	}
	o.Roles = []files.Role{files.Reads("--firmware", o.firmware), files.Reads("--site", o.site), files.Written("--port", o.port)}
	if err := o.Check(c); err != nil {
		return err
	}
	return o.checkModem()
}

// checkModem says what contradicts the flags of the modem.
func (o *options) checkModem() error {
	for _, flag := range []string{"phone", "rings", "training", "latency", "pauses"} {
		if o.given(flag) && !o.modem {
			return cli.Usage("--%s without a modem", flag).Hint("add --modem, or leave --" + flag + " out")
		}
	}
	if o.modem && o.meter.Model == meter.ION7300 {
		return cli.Usage("--modem: an ION 7300 has no internal modem").Hint("add --model 7330 or 7350")
	}
	return nil
}

// telephone is the way to the meter over the telephone network; nil for none.
func (o *options) telephone() *modem.Config {
	if !o.modem {
		return nil
	}
	return &modem.Config{Number: cmp.Or(o.phone, modem.DefaultNumber), Rings: o.rings, Rate: o.meter.Baud, Timing: o.call}
}
