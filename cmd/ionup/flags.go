package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/simulator/ion"
)

// defaultUnitID is the family's factory setting as far as it is known: documented clients
// take 100 when nobody gives another.
const defaultUnitID = 100

// lineFlags say which meter is meant and how to reach it.
type lineFlags struct {
	set          *pflag.FlagSet
	port, tcp    string
	unitID       uint16
	baud         int
	password     string
	user         uint8
	serialNumber string
	timeout      time.Duration
	json         bool
	// recovery are the further flags that a recovery after this command takes over.
	recovery []string
}

func addLineFlags(flags *pflag.FlagSet) *lineFlags {
	f := &lineFlags{set: flags}
	flags.StringVar(&f.port, "port", "", "`PATH` of the serial port that the meter is at, as /dev/ttyUSB0")
	flags.StringVar(&f.tcp, "tcp", "", "or the `ADDR` of a TCP port that leads to it, as 127.0.0.1:7801")
	flags.Uint16Var(&f.unitID, "unit-id", defaultUnitID, "unit `ID` of the meter, 1 to 9999")
	flags.IntVar(&f.baud, "baud", port.DefaultBaud, "bit `RATE` of the line")
	flags.StringVar(&f.password, "password", "0", "`PASSWORD` of the meter: up to eight digits, or six characters")
	flags.Uint8Var(&f.user, "user", 0, "user `ID` that goes with the password")
	flags.StringVar(&f.serialNumber, "serial-number", "", "refuse a meter that has another serial `NUMBER`")
	flags.DurationVar(&f.timeout, "timeout", 0, "`TIME` that an answer is waited for (default 10s)")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one object a line")
	return f
}

// target is one end of a connection.
type target struct {
	port, tcp string
	baud      int
}

// String names it for people.
func (t target) String() string {
	if t.tcp != "" {
		return "TCP " + t.tcp
	}
	return "serial port " + t.port
}

// target is where the flags point to.
func (f *lineFlags) target() (target, error) {
	switch {
	case f.port == "" && f.tcp == "":
		return target{}, wrongUsage("no connection", "name the serial port with --port /dev/ttyUSB0 or the address with --tcp HOST:PORT")
	case f.port != "" && f.tcp != "":
		return target{}, wrongUsage("both --port and --tcp", "name one of them: the meter is at one end of one line")
	}
	return target{port: f.port, tcp: f.tcp, baud: f.baud}, nil
}

// config is what the flags say of the meter.
func (f *lineFlags) config(timing client.Timing, now time.Time) (client.Config, error) {
	if f.baud <= 0 {
		return client.Config{}, wrongUsage(fmt.Sprintf("--baud %d is no rate", f.baud), "the meter's ports run at 1200, 2400, 4800, 9600 or 19200")
	}
	if f.set.Changed("timeout") {
		if f.timeout <= 0 {
			return client.Config{}, wrongUsage(fmt.Sprintf("--timeout %v leaves no time for an answer", f.timeout), "give a time such as 10s")
		}
		timing.Response = f.timeout
	}
	return client.Config{
		Release:        client.Release22(),
		UnitID:         f.unitID,
		SerialNumber:   f.serialNumber,
		Baud:           f.baud,
		Password:       f.password,
		User:           f.user,
		Start:          now,
		Timing:         timing,
		FirstMessageID: randomMessageID(),
	}, nil
}

// randomMessageID makes an answer to an earlier process none to this one.
func randomMessageID() uint16 {
	var b [2]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint16(b[:])
}

// upgradeFlags are those of the commands that may write firmware.
type upgradeFlags struct {
	*lineFlags
	release    string
	single     bool
	deviceName string
	paste      string
	journal    string
	noJournal  bool
	log        string
	yes        bool
}

func addUpgradeFlags(flags *pflag.FlagSet) *upgradeFlags {
	f := &upgradeFlags{lineFlags: addLineFlags(flags)}
	flags.StringVar(&f.release, "release", "2.2", "`RELEASE` of the vendor's tool to follow, 2.1 or 2.2")
	flags.BoolVar(&f.single, "single", false, "Single ION device configuration mode; without it connect does not recognise a meter whose upgrade failed (the explicit commands need no recognition)")
	flags.StringVar(&f.deviceName, "device-name", "", "`NAME` of the device in the log (default ion and the model)")
	flags.StringVar(&f.paste, "paste", "all", "`GROUPS` of settings that are written back: pt-ct, clock, nameplate, energy, itc, all or none")
	flags.StringVar(&f.journal, "journal", "", "`DIR` in which the settings are kept meanwhile (default $XDG_STATE_HOME/ionup or ~/.local/state/ionup)")
	flags.BoolVar(&f.noJournal, "no-journal", false, "keep the settings in memory only: a failed upgrade loses them, as with the vendor's tool")
	flags.StringVar(&f.log, "log", "Upgrade.log", "`FILE` that the log is added to")
	flags.BoolVar(&f.yes, "yes", false, "answer yes to every question that takes a yes")
	f.recovery = []string{"release", "device-name", "paste", "journal", "no-journal", "log"}
	return f
}

// config is the tool that the flags describe.
func (f *upgradeFlags) config(timing client.Timing, now time.Time) (client.Config, error) {
	cfg, err := f.lineFlags.config(timing, now)
	if err != nil {
		return cfg, err
	}
	if cfg.Release, err = client.ParseRelease(f.release); err != nil {
		return cfg, wrongUsage("--release: " + err.Error())
	}
	if f.noJournal && f.set.Changed("journal") {
		return cfg, wrongUsage("both --journal and --no-journal", "leave one of them out")
	}
	if f.log == "" {
		return cfg, wrongUsage("--log names no file", "leave it out for Upgrade.log in this folder")
	}
	cfg.SingleDevice, cfg.DeviceName, cfg.Journal = f.single, f.deviceName, !f.noJournal
	return cfg, nil
}

// parsePaste reads --paste.
func parsePaste(text string) (ion.Groups, error) {
	groups, err := ion.ParseGroups(text)
	if err != nil {
		return 0, wrongUsage("--paste: " + err.Error())
	}
	return groups, nil
}

// commandLine is a command that goes on where this one ended, for the person to copy: the
// same meter over the same line, and the flags of this command that are named in more. A
// password is not repeated on the screen.
func (f *lineFlags) commandLine(command string, t target, file string, more ...string) string {
	words := []string{"ionup", command, quote(file)}
	if t.tcp != "" {
		words = append(words, "--tcp", quote(t.tcp))
	} else if t.port != "" {
		words = append(words, "--port", quote(t.port))
	}
	taken := append([]string{"unit-id", "baud", "password", "user", "serial-number", "timeout"}, more...)
	f.set.VisitAll(func(flag *pflag.Flag) {
		switch {
		case !flag.Changed || !slices.Contains(taken, flag.Name):
		case flag.Name == "password":
			words = append(words, "--password", "PASSWORD")
		case flag.Value.Type() == "bool":
			words = append(words, "--"+flag.Name)
		default:
			words = append(words, "--"+flag.Name, quote(flag.Value.String()))
		}
	})
	return strings.Join(words, " ")
}

// quote makes s one word of a shell.
func quote(s string) string {
	plain := s != ""
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("/.:_-,=@%+", c)) {
			plain = false
		}
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// oneArgument is the argument of a command that takes exactly one.
func oneArgument(command, what string, args []string) (string, error) {
	switch len(args) {
	case 1:
		return args[0], nil
	case 0:
		return "", wrongUsage("no "+what, "ionup "+command+" --help shows how it is called")
	}
	return "", wrongUsage(fmt.Sprintf("%q is one argument too many", args[1]), "ionup "+command+" takes one "+what)
}

func noArguments(command string, args []string) error {
	if len(args) > 0 {
		return wrongUsage(fmt.Sprintf("%q is one argument too many", args[0]), "ionup "+command+" takes flags alone")
	}
	return nil
}

// parseProduct reads --product.
func parseProduct(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n != 7300 && n != 7330 && n != 7350 {
		return 0, wrongUsage(fmt.Sprintf("--product %q is no meter of the family", text), "use 7300, 7330 or 7350")
	}
	return uint16(n), nil
}
