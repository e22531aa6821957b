package main

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/phone"
	"ionbench/client/port"
	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/ion"
)

// defaultUnitID is the factory setting of the family, as far as known: documented clients use
// 100 if none is given.
const defaultUnitID = 100

// lineFlags say which meter to talk to and how to reach it.
type lineFlags struct {
	program *program
	tool.Tool
	port, tcp string
	phone     string
	user      uint8
	json      bool
	// passwordFile holds the password.
	passwordFile string
	locks        string // empty: the program's
	wait         time.Duration
	capture      string // file for what goes over the line; empty for none
	// recovery names the other flags that the command line of a recovery takes over from this
	// one.
	recovery []string
}

// aConnection stands in usage lines for the flags that name a connection.
const aConnection = "(--port PATH | --tcp ADDR)"

func (p *program) newLineFlags() *lineFlags {
	return &lineFlags{program: p, Tool: tool.Tool{Release: client.Release22(), UnitID: defaultUnitID, Baud: ion.DefaultBaudRate}}
}

func (f *lineFlags) list() []cli.Flag {
	line := cli.View(tool.Fields(), &f.Tool, "unit-id", "baud", "password", "serial-number", "timeout")
	line[2].Secret = true
	line[2].Help = "password of the meter: up to 8 digits, or up to 6 characters; - asks for it, or reads a line"
	line[2] = line[2].Unless("$" + passwordVariable + " or " + factoryPassword)
	return []cli.Flag{
		cli.Text(&f.port, "port", "PATH", "serial port that the meter is at, as /dev/ttyUSB0, or as rfc2217://HOST:PORT one on another machine").With(cli.Files("*")),
		cli.Text(&f.tcp, "tcp", "ADDR", "or the address of a TCP port that leads to it, as 127.0.0.1:7801"),
		cli.Text(&f.phone, "phone", "NUMBER", "telephone number of the meter: at --port or --tcp is a Hayes modem, which dials it"),
		line[0], line[1], line[2],
		cli.Text(&f.passwordFile, "password-file", "FILE", "file that holds the password, as its only line").With(cli.Files("*")),
		cli.Number(&f.user, "user", 0, 255, "user id that goes with the password"),
		line[3],
		line[4],
		cli.Of(&f.wait, "wait", "how long to wait for each thing that is not there yet, or in use: port, meter, log", fields.TimeBetween(0, mostWait)),
		cli.Text(&f.locks, "locks", "DIR", "folder that says which serial ports, meters and logs are in use").Unless("$IONUP_LOCKS or /tmp").With(cli.Files(cli.Folders)),
		capturing.Flag(&f.capture, "append what goes over the line for Wireshark; - is standard output, and everything else goes to stderr"),
		cli.Switch(&f.json, "json", "print events as JSON, one object a line").Writes(eventsFormat),
	}
}

// mostWait is as long as a day: who waits longer starts ionup again.
const mostWait = 24 * time.Hour

// target is a port or an address to connect to, and the number that the modem there dials.
type target struct {
	port, tcp string
	phone     string
	baud      int
}

func (t target) String() string {
	over := "serial port " + t.port
	if t.tcp != "" {
		over = "TCP " + t.tcp
	}
	if t.phone != "" {
		return "telephone number " + t.phone + " by the modem at " + over
	}
	return over
}

// roles are those of the files that the flags and a command's arguments name.
func (f *lineFlags) roles(args []files.Role) []files.Role {
	return append([]files.Role{files.Reads("--password-file", f.passwordFile)}, args...)
}

// target returns the connection that the flags name.
func (f *lineFlags) target() (target, error) {
	switch {
	case f.port == "" && f.tcp == "":
		return target{}, cli.Usage("no connection").Hint("name the serial port with --port /dev/ttyUSB0 or the address with --tcp HOST:PORT")
	case f.port != "" && f.tcp != "":
		return target{}, cli.Usage("both --port and --tcp").Hint("name one of them: the meter is at one end of one line")
	}
	if err := f.checkAddresses(); err != nil {
		return target{}, err
	}
	return target{port: f.port, tcp: f.tcp, phone: f.phone, baud: f.Baud}, nil
}

// checkAddresses says what is no address or telephone number before anything is opened.
func (f *lineFlags) checkAddresses() error {
	if f.tcp != "" {
		if err := port.CheckAddress(f.tcp); err != nil {
			return cli.Usage("--tcp: %w", err)
		}
	}
	if address, ok := strings.CutPrefix(f.port, "tcp:"); ok {
		return cli.Usage("--port: %s is no serial port", f.port).Hint("say --tcp " + shell.Quote(address))
	}
	if f.phone == "" {
		return nil
	}
	if err := phone.Check(f.phone); err != nil {
		return cli.Usage("--phone: %w", err)
	}
	return nil
}

// config returns the client's configuration that the flags give.
func (f *lineFlags) config(now time.Time) (client.Config, error) {
	if err := f.takePassword(); err != nil {
		return client.Config{}, err
	}
	timing := f.program.timing
	if f.Timeout > 0 {
		timing.Response = f.Timeout
	}
	return client.Config{
		Release:        f.Release,
		SingleDevice:   f.Single,
		DeviceName:     f.DeviceName,
		UnitID:         f.UnitID,
		SerialNumber:   f.SerialNumber,
		Baud:           f.Baud,
		Password:       f.Password,
		User:           f.user,
		Start:          now,
		Timing:         timing,
		FirstMessageID: randomMessageID(),
		Listens:        true,
		Lock:           true,
	}, nil
}

// randomMessageID returns a random first message ID, so that a late answer to an earlier
// process is not taken for an answer to this one.
func randomMessageID() uint16 {
	var b [2]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint16(b[:])
}

// upgradeFlags are the flags of the commands that may write firmware.
type upgradeFlags struct {
	*lineFlags
	paste     ion.Groups
	journal   string
	noJournal bool
	log       string
	yes       bool
}

func (p *program) newUpgradeFlags() *upgradeFlags {
	f := &upgradeFlags{lineFlags: p.newLineFlags(), paste: ion.AllGroups, log: "Upgrade.log"}
	f.recovery = []string{"release", "device-name", "paste", "journal", "no-journal", "log", "locks"}
	return f
}

func (f *upgradeFlags) list() []cli.Flag {
	return slices.Concat(f.lineFlags.list(), cli.View(tool.Fields(), &f.Tool, "release", "single", "device-name"), []cli.Flag{
		pasteFlag(&f.paste, "settings that are written back"),
		cli.Text(&f.journal, "journal", "DIR", "folder in which the settings are kept meanwhile").Unless("$XDG_STATE_HOME/ionup or ~/.local/state/ionup").With(cli.Files(cli.Folders)),
		cli.Switch(&f.noJournal, "no-journal", "keep the settings in memory only: a failed upgrade loses them, as with the vendor's tool"),
		cli.Text(&f.log, "log", "FILE", "file that the log is added to; {serial} in it stands for the meter's serial number").With(cli.Files("*.log")),
		cli.Switch(&f.yes, "yes", "answer yes to every question that takes a yes"),
	})
}

func (f *upgradeFlags) config(now time.Time) (client.Config, error) {
	if f.noJournal && f.journal != "" {
		return client.Config{}, cli.Usage("both --journal and --no-journal").Hint("leave one of them out")
	}
	cfg, err := f.lineFlags.config(now)
	if err != nil {
		return client.Config{}, err
	}
	cfg.Journal, cfg.By = !f.noJournal, whoami()
	return cfg, nil
}

func pasteFlag(p *ion.Groups, help string) cli.Flag {
	words := append(tool.SettingsGroups().Values, "all", "none")
	f := cli.Of(p, "paste", help+": "+fields.OrList(words), tool.Groups()).With(cli.Values{Words: func() []string { return words }, List: true})
	f.Default = f.Value()
	return f
}

// commandLine returns a command that goes on where this one ended, for the person to copy: the
// same meter over the same line, and the flags of this command that more names. A password is
// replaced by a placeholder, to keep it off the screen.
func (f *lineFlags) commandLine(command string, t target, file string, more ...string) string {
	words := []string{"ionup", command, shell.Quote(file)}
	if t.tcp != "" {
		words = append(words, "--tcp", shell.Quote(t.tcp))
	} else if t.port != "" {
		words = append(words, "--port", shell.Quote(t.port))
	}
	if t.phone != "" {
		words = append(words, "--phone", shell.Quote(t.phone))
	}
	taken := append([]string{"unit-id", "baud", "password", "password-file", "user", "serial-number", "timeout", "wait"}, more...)
	return strings.Join(append(words, f.program.call.GivenWords(taken...)...), " ")
}
