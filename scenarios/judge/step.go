package judge

import (
	"bytes"
	"fmt"
	"io/fs"

	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// Step is an upgrade of a scenario with its recoveries. What somebody does before it is a part of
// it. Most scenarios have one.
type Step struct {
	Meter    int            // of the world's meters
	Firmware world.Firmware // that the program is given; zero: the scenario's
	Password string         // a wrong one, that the program is given; empty: the right one
	Plans    trial.Plans    // of the attempt and its recoveries
	Harms    []Harm         // of the first attempt
	Expect   Expectation    // of the first attempt
	Writes   []world.Write  // somebody sets these before
	Tears    bool           // every file that the program left in {dir} is cut in the middle before
	Shuts    bool           // each of these files becomes a folder before
	Seals    bool           // each of these files becomes one that nobody can open, before
	Empties  bool           // nothing is left in each of these files before
	Flips    bool           // one letter or digit of each of these files becomes another one before
	Copies   bool           // somebody copies these files before
	Returns  bool           // and puts the copies back before
	Resets   bool           // somebody has the meter initialise itself before
	Around   surroundings   // of the first attempt
	Recovery bool           // it recovers what an earlier step has left
	Alone    bool           // no recovery follows
	Perhaps  bool           // a healthy program may end before its faults strike
	Unsure   bool           // whose groups are that somebody sets is not told: a program may ask, or do without 7F01
}

// plan is the plan of attempt i of the step, counted from 0.
func (s *Step) plan(i int) fault.Plan {
	if i < len(s.Plans) {
		return s.Plans[i]
	}
	return nil
}

// steps are all steps of the scenario; the first is what the scenario itself says.
func (s *Scenario) steps() []Step {
	if s.all == nil {
		s.all = append([]Step{{Plans: s.Plans, Harms: s.Harms, Expect: s.Expect, Around: s.Around, Alone: s.Alone}}, s.Then...)
	}
	return s.all
}

// chosen is the file of a step's first attempt.
func (p *player) chosen(first bool) world.Firmware {
	if first {
		return p.world.FirmwareOf(&p.world.Attempts[0])
	}
	return p.right
}

// everyHarm are the harms of all steps.
func (s *Scenario) everyHarm() (all []Harm) {
	for _, st := range s.steps() {
		all = append(all, st.Harms...)
	}
	return all
}

// prepare does what is done before a step that is not the first one.
func (p *player) prepare() error {
	s := p.step
	if s.Meter != p.at {
		p.station.TurnTo(p.now, 0) // there are two
		p.at = s.Meter
	}
	if s.Firmware != (world.Firmware{}) {
		p.right = s.Firmware
	}
	whole := p.right
	whole.Damage = world.Whole // what it would be
	file, _, err := whole.UPG(p.world.Meters[s.Meter].Model)
	if err != nil {
		return err
	}
	p.file = file
	if p.world.Meters[p.at].SetUp == world.Untouched {
		p.unnamed = true // nobody has named its template
	}
	if s.Resets {
		p.meter().Initialize(p.now)
		p.settings[p.at], p.unnamed = p.meter().Settings(p.now), true
	}
	for _, w := range s.Writes {
		p.write(w)
	}
	if err := p.spoilKept(); err != nil {
		return err
	}
	if s.Copies {
		p.copied = p.mayKeep()
	}
	if s.Returns {
		p.placeEach(p.copied)
	}
	return nil
}

// write sets a setting of the meter as somebody else would, over the line.
func (p *player) write(w world.Write) {
	m := p.meter().Config()
	credential, err := ion.ParsePassword(m.Password, 0)
	if err != nil {
		panic(err) // the meter was made with it
	}
	setting := ion.SettingTable()[w.Setting]
	o := ion.Outgoing{Message: ion.AppendPacket(nil, ion.Packet{
		MessageID: 0x7FFF, Request: true, HasCredential: true, Credential: credential, Source: ion.ClientAddress(), Destination: ion.MeterAddress(m.UnitID), Type: ion.TypeProgram,
		Body: ion.AppendProgram(nil, ion.Program{Frequency: 1, Commands: []ion.Command{{Handle: setting.Handle, Method: ion.MethodWriteRegister, Args: []ion.Value{w.Value}}}}),
	})}
	o.Begin(ion.HostAddress, m.UnitID, false)
	p.station.Receive(p.now, o.AppendFrame(nil))
	p.now += patience
	p.station.Advance(p.now)
	p.station.Transmit(nil)
	p.station.HostGone(p.now)
	if p.step.Unsure {
		p.unsure |= ion.Of(setting.Group)
	}
	p.settings[p.at].Values[w.Setting] = w.Value
}

// leastKept is how many bytes a file has at least that holds all settings. Locks are shorter.
const leastKept = 100

// mayKeep are the files that the program has left and that may hold settings.
func (p *player) mayKeep() map[string][]byte {
	found := make(map[string][]byte)
	p.place.gather(func(name string, mode fs.FileMode, content []byte) {
		if mode.IsRegular() && !ofJudge(name) && len(content) >= leastKept {
			found[name] = bytes.Clone(content)
		}
	})
	return found
}

// spoilKept does what a step has done to the files that may hold settings.
func (p *player) spoilKept() error {
	s, found := p.step, p.mayKeep()
	for name, content := range found {
		switch {
		case s.Tears:
			found[name] = content[:len(content)/2]
		case s.Empties:
			found[name] = nil
		case s.Flips:
			found[name] = flippedKept(content, p.settings[p.at].Values[settingAt(flippedSetting)])
		case s.Shuts, s.Seals:
			become := p.place.shut
			if s.Seals {
				become = p.place.seal
			}
			if err := become(name); err != nil {
				return err
			}
		}
	}
	if s.Tears || s.Empties || s.Flips {
		p.placeEach(found)
	}
	return nil
}

// flippedSetting is a text, so that whatever stands in its place may have been meant.
const flippedSetting = "owner"

// flippedKept is a file of unknown form in which one character of a text is another one: it is looked for as it
// is, and in hex. Where neither is there it is a digit in the middle of the file.
func flippedKept(content []byte, text ion.Value) []byte {
	content = bytes.Clone(content)
	plain := []byte(text.Text)
	low := bytes.ToLower(content)
	if at := bytes.Index(content, plain); at >= 0 {
		content[at+len(plain)/2] ^= 1
		return content
	}
	if hex := fmt.Appendf(nil, "%x", plain); bytes.Contains(low, hex) {
		content[bytes.Index(low, hex)+len(hex)/4*2+1] ^= 1
		return content
	}
	middle := len(content) / 2
	if at := bytes.IndexAny(content[middle:], "23456789"); at >= 0 {
		middle += at
	}
	content[middle] ^= 1
	return content
}

// placeEach gives files of {dir} a content.
func (p *player) placeEach(contents map[string][]byte) {
	for name, content := range contents {
		if p.place.spoil(name, content) != nil {
			_ = p.place.put(name, content)
		}
	}
}

// settings that somebody wants in the meter, and those that are not there.
func (p *player) lost() ion.Groups {
	now := p.meter().Settings(p.now)
	return verdict.Lost(&p.settings[p.at], &now, p.now) &^ p.unsure
}

// template says what has become of the name of the template; empty if it is there.
func (p *player) template() string {
	want, has := p.settings[p.at].Template, p.meter().Settings(p.now).Template
	if want == has || p.unnamed {
		return ""
	}
	return "the name of the template is " + quoted(has) + ", and was " + quoted(want)
}
