package reproduce

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// Condition is how a failed upgrade left the meter, once line and power are back.
type Condition uint8

// The conditions.
const (
	NotKnown     Condition = iota // it was not played to its end
	Unsaid                        // in its application or in download state: the log tells no more
	RunsOld                       // in its application, as before
	RunsNew                       // the new firmware runs, with the settings
	RunsReset                     // the new firmware runs, with settings of the factory
	Waits                         // in download state: the log does not tell what its flash holds
	WaitsOld                      // in download state, and nothing is erased yet
	WaitsCleared                  // in download state, with a cleared flash
	WaitsPartly                   // in download state, with a part of an image
	WaitsWhole                    // in download state, with the whole new image, which was never started
)

// waits reports whether the meter is in download state.
func (c Condition) waits() bool { return c >= Waits }

// String says it in words that go behind "the meter".
func (c Condition) String() string {
	return [...]string{
		NotKnown: "is in an unknown state", Unsaid: "runs a firmware or waits for one: this log does not tell which", Waits: "is in download state; what its flash holds this log does not tell",
		RunsOld: "runs its old firmware, as before the upgrade", RunsNew: "runs the new firmware, with its settings",
		RunsReset: "runs the new firmware, with settings of the factory", WaitsOld: "is in download state, with its old firmware still in the flash",
		WaitsCleared: "is in download state, with a cleared flash", WaitsPartly: "is in download state, with a part of an image in the flash",
		WaitsWhole: "is in download state, with the whole new image, which was never started",
	}[c]
}

// Left is how a candidate leaves the meter, a minute later and with line and power back, and what
// to do now, as the vendor's article FA212301 says.
type Left struct {
	Condition Condition
	// Lost are the settings that a person has to restore: those that the meter has lost, or that
	// it loses with the recovery, for the backup of the tool ends with the tool.
	Lost ion.Groups

	tool   client.Release // that wrote the log
	runs   string         // revision; empty: not known
	called bool           // the meter is reached by telephone
	worn   bool           // its flash refused to be erased or programmed, and the tool gave up for that
}

// leftBy looks at a meter after an attempt to send it an image.
func leftBy(r *rig.Rig, image []byte, tool client.Release) Left {
	m := r.Meter()
	l := Left{tool: tool}
	l.runs, _ = m.Revision()
	switch {
	case m.State() != meter.Application && m.HoldsImage(image):
		l.Condition = WaitsWhole
	case m.State() != meter.Application && l.runs != "":
		l.Condition = WaitsOld
	case m.State() != meter.Application && erased(m.Chip()):
		l.Condition = WaitsCleared
	case m.State() != meter.Application:
		l.Condition = WaitsPartly
	case !m.HoldsImage(image):
		l.Condition = RunsOld
	case m.Marks().Reset != 0:
		l.Condition, l.Lost = RunsReset, m.Marks().Reset.Groups()
	default:
		l.Condition = RunsNew
	}
	if l.Condition.waits() {
		l.Lost = ion.AllGroups
	}
	return l
}

// erased reports whether all but the loader is erased.
func erased(c *flash.Chip) bool {
	g := c.Geometry()
	b := make([]byte, g.SectorBytes)
	for sector := g.Protected; sector < g.Sectors; sector++ {
		c.Cells().Read(uint32(sector*g.SectorBytes), b)
		if slices.ContainsFunc(b, func(c byte) bool { return c != 0xFF }) {
			return false
		}
	}
	return true
}

// Tell says how to see on site that this is the condition: the display, LED L2, the event log.
func (l Left) Tell() string {
	switch {
	case l.Condition == NotKnown:
		return ""
	case l.Condition == Unsaid:
		return "its display shows Upgrading… if it waits, and readings if it runs a firmware"
	case l.Condition.waits():
		return "its display shows Upgrading…, LED L2 is still unless somebody talks to it, and it is recognised as a meter in upgrade mode; what its flash holds cannot be seen"
	case l.runs == "":
		return "its display shows readings and not Upgrading…"
	case l.Condition == RunsReset:
		return fmt.Sprintf("its display shows readings and not Upgrading…, it tells that it runs %s, and its event log ends with %q and %q", l.runs, meter.EventFactoryInitialize, meter.EventFirmwareUpgrade)
	}
	return fmt.Sprintf("its display shows readings and not Upgrading…, and it tells that it runs %s", l.runs)
}

// Steps are what to do now, in order.
func (l Left) Steps() []string {
	const notCycled = "a power cycle is not necessary and not recommended"
	switch {
	case l.Condition == NotKnown:
		return nil
	case l.Condition == RunsOld:
		return []string{"be sure that " + l.way() + " is properly connected, then start the upgrade again, with any release of the tool; " + notCycled}
	case l.Condition == RunsNew:
		return []string{"nothing: ask the meter for its firmware and its settings to be sure"}
	case l.Condition == RunsReset:
		return append([]string{"do not upgrade again, the firmware is there: exit the tool and connect as usual"}, l.template()...)
	}
	if l.Condition == Unsaid {
		l.Condition = Waits
		return append([]string{"look at the meter's display. If it shows readings, connect as usual, and ask for its firmware and its settings; if it shows Upgrading…, go on here"}, l.Steps()...)
	}
	steps := []string{
		"be sure that " + l.way() + " is properly connected and that the meter has power; " + notCycled + l.unerased(),
		"exit ION Setup completely and start " + l.release() + " in Single ION device configuration mode: it detects the failed upgrade; answer Yes and choose the firmware file. " + l.earlier() + "The same without ION Setup: " + l.Command(),
	}
	if l.worn {
		steps = append(steps, wornOut)
	}
	return append(append(steps, l.template()...), "exit ION Setup completely once more and connect again: until then it is in Firmware Recovery Mode")
}

// wornOut is about a chip that failed in each of several downloads.
//
// Assumption: the article knows no such failure.
const wornOut = "the meter's flash failed each time that it was tried: if this upgrade fails at the same place, the chip is worn out, no further one helps, and the meter has to go for repair"

// gaveUpTheChip reports whether the tool gave up because the flash could not be erased or programmed.
func (r *LoggedRun) gaveUpTheChip() bool {
	l, _ := r.lastOf(upgradelog.Refused)
	said, _ := client.ParseRefusal(l.Text)
	var refusal *client.RefusalError
	return errors.As(said, &refusal) && (refusal.Status == ion.StatusProgramFailed || refusal.Status == ion.StatusEraseFailed)
}

// way is what is between the PC and the meter.
func (l Left) way() string {
	if l.called {
		return "the telephone line at both modems"
	}
	return "the line between the PC and the meter"
}

// ByPhone reports whether the meter is called by telephone.
func (l Left) ByPhone() bool { return l.called }

// Command is how ionup recovers the meter; empty if it need not be.
func (l Left) Command() string {
	switch {
	case !l.Condition.waits():
		return ""
	case l.called:
		return "ionup recover FILE.upg --phone NUMBER, with the PC's modem at --port"
	}
	return "ionup recover FILE.upg"
}

// unerased is about a meter that could run its old firmware.
//
// Assumption: a power cycle ends the download state as long as nothing is erased. The article does
// not say so.
func (l Left) unerased() string {
	if l.Condition != WaitsOld {
		return ""
	}
	return " (the bench's meter would come back with its old firmware and settings after one, as nothing is erased yet; the article does not promise it)"
}

// release is the release that detects a failed upgrade.
func (l Left) release() string {
	detects := client.Release22()
	return fmt.Sprintf("release %s (Build %d) or a later one", detects.Version, detects.Build)
}

// earlier is about a release that detects nothing.
func (l Left) earlier() string {
	old, which := client.Release21(), ""
	if l.tool == old {
		which = ", which wrote this log,"
	}
	return fmt.Sprintf("Release %s (Build %d)%s detects nothing. ", old.Version, old.Build, which)
}

// template is what to do about settings that are lost.
func (l Left) template() []string {
	return []string{"send the saved copy of the meter's template; without one send the factory supplied template and enter the settings by hand (the paste options have no effect)"}
}

// LostText names what is lost.
func (l Left) LostText() string {
	if l.Lost == 0 {
		return "nothing"
	}
	var names []string
	for _, g := range l.Lost.List() {
		names = append(names, g.String())
	}
	return strings.Join(names, ", ") + ", and changes of the template, unless a journal of ionup has them"
}
