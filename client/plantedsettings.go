package client

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"ionbench/client/dcf"
	"ionbench/client/journal"
	"ionbench/simulator/ion"
)

// bugsInSettings are the bugs in whose settings are kept, and in what is written back.
func bugsInSettings() map[string]bug {
	return map[string]bug{
		"journal-after-erase": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepDownload, StepWriteJournal)
		},
		"journal-refusal-ignored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepWriteJournal, func(s *step) {
				s.kept = func(*Upgrader, time.Duration, *journal.Journal, error) next { return toNext() }
			})
		},
		"journal-deleted-early": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepVerify, func(s *step) { s.reply = onDownload(ion.OpVerify, verifiedAndTidied) })
		},
		"journal-deleted-unread": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepCheckSettings, StepSettleJournal)
		},
		"journal-deleted-after-no": func(u *Upgrader) {
			u.rules.rest = func(j *journal.Journal, back ion.SettingSet, before, after ion.Marks) *journal.Journal {
				if u.declined != 0 {
					return nil
				}
				return j.Rest(back, before, after)
			}
		},
		"journal-deleted-after-part": func(u *Upgrader) {
			u.rules.rest = func(*journal.Journal, ion.SettingSet, ion.Marks, ion.Marks) *journal.Journal { return nil }
		},
		"journal-left": func(u *Upgrader) {
			u.dropStep(upgradeProcedure, StepSettleJournal)
		},
		"factory-values-kept": func(u *Upgrader) {
			u.rules.keep = keepWhatIsThere
		},
		"found-journal-dropped": func(u *Upgrader) {
			u.rules.keep = func(_ *journal.Journal, r *journal.Reading, head journal.Header) *journal.Journal {
				return journal.Keep(nil, r, head)
			}
		},
		"older-over-newer": func(u *Upgrader) {
			u.rules.keep = keepWhatWasFound
			u.rules.due = allHeld
		},
		"older-restored-unasked": func(u *Upgrader) {
			u.rules.due = func(j *journal.Journal, m ion.Marks) (certain, older ion.SettingSet) {
				certain, older = j.Due(m)
				return certain | older, 0
			}
		},
		"older-restored-after-no": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepOfferOlder, func(s *step) { s.answered = always(chooseOlder) })
		},
		"declined-restored": func(u *Upgrader) {
			u.rules.declined = func(*Upgrader) ion.SettingSet { return 0 }
		},
		"restores-unasked": func(u *Upgrader) {
			u.dropStep(upgradeProcedure, StepOfferSettings)
		},

		"restores-before-restart": func(u *Upgrader) {
			u.moveSteps(upgradeProcedure, StepRestart, StepChooseRestore, StepRestoreSettings, StepCheckSettings)
			u.rules.due = allHeld
		},
		"paste-options-ignored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepChooseRestore, func(s *step) { s.answered = paste(func(ion.Groups) ion.Groups { return 0 }) })
		},
		"paste-options-inverted": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepChooseRestore, func(s *step) {
				s.answered = paste(func(g ion.Groups) ion.Groups { return ion.AllGroups &^ g })
			})
		},
		"unticked-restored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepChooseRestore, func(s *step) { s.answered = paste(func(ion.Groups) ion.Groups { return ion.AllGroups }) })
		},
		"template-name-not-restored": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepChooseRestore, func(s *step) { s.answered = pasteNoName })
		},
		"settings-swapped": func(u *Upgrader) {
			u.rules.write = writeSwapped
		},
		"settings-rounded": func(u *Upgrader) {
			u.rules.write = writeChanged(rounded)
		},
		"signs-lost": func(u *Upgrader) {
			u.rules.write = writeChanged(unsigned)
		},
		"texts-cut": func(u *Upgrader) {
			u.rules.write = writeChanged(cut)
		},
		"counted-energy-dropped": func(u *Upgrader) {
			u.rules.write = writeUncounted
		},
		"settings-not-read-back": func(u *Upgrader) {
			u.dropStep(upgradeProcedure, StepCheckSettings)
		},
		"first-setting-read-back": func(u *Upgrader) {
			u.editStep(upgradeProcedure, StepCheckSettings, func(s *step) { s.reply = readFirstBack })
		},

		"paste-options-in-recovery": func(u *Upgrader) {
			u.editStep(templateProcedure, StepPasteOptions, func(s *step) { s.answered = pasteAlways })
		},
		"pasted-groups-overwritten": func(u *Upgrader) {
			u.dropStep(templateProcedure, StepSavePasted)
		},
		"template-not-read-back": func(u *Upgrader) {
			u.dropStep(templateProcedure, StepCheckTemplate)
		},
		"template-sent-in-part": func(u *Upgrader) {
			u.editStep(templateProcedure, StepChooseTemplate, func(s *step) { s.answered = takeWhatFits })
		},
		"wrong-template-accepted": func(u *Upgrader) {
			u.editStep(templateProcedure, StepChooseTemplate, func(s *step) { s.answered = takeForAnyModel })
		},
	}
}

func verifiedAndTidied(u *Upgrader, now time.Duration, r *ion.DownloadReply) next {
	if r.Status == ion.StatusOK && u.onDisk {
		u.emit(Event{Kind: EventRemoveJournal, Journal: u.kept, Meter: u.device.Meter()})
		u.onDisk = false
	}
	return verified(u, now, r)
}

// keepWhatIsThere keeps everything that the meter has, whose ever it is.
func keepWhatIsThere(_ *journal.Journal, r *journal.Reading, head journal.Header) *journal.Journal {
	unmarked := *r
	unmarked.Marks.Reset = 0
	return journal.Keep(nil, &unmarked, head)
}

// keepWhatWasFound takes a journal for the truth, however old it is.
func keepWhatWasFound(found *journal.Journal, r *journal.Reading, head journal.Header) *journal.Journal {
	if found != nil {
		return found
	}
	return journal.Keep(nil, r, head)
}

// allHeld writes back whatever is kept, also over what somebody has written.
func allHeld(j *journal.Journal, _ ion.Marks) (certain, older ion.SettingSet) { return j.Held, 0 }

// paste changes which boxes are ticked.
func paste(change func(ion.Groups) ion.Groups) func(*Upgrader, time.Duration, Answer) next {
	return func(u *Upgrader, now time.Duration, a Answer) next {
		a.Groups = change(a.Groups)
		return choosePaste(u, now, a)
	}
}

func pasteNoName(u *Upgrader, now time.Duration, a Answer) next {
	n := choosePaste(u, now, a)
	u.write = slices.DeleteFunc(u.write, func(w write) bool { return w.setting == ion.TemplateName })
	return n
}

func pasteAlways(u *Upgrader, _ time.Duration, a Answer) next {
	u.paste = a.Groups
	return toNext()
}

// writeSwapped writes the first two settings into each other's registers.
func writeSwapped(u *Upgrader, i int) write {
	w := u.writeBack(i)
	if i < 2 {
		w.handle = ion.SettingTable()[1-i].Handle
	}
	return w
}

// writeChanged changes the values that are written back.
func writeChanged(change func(ion.Value) ion.Value) func(*Upgrader, int) write {
	return func(u *Upgrader, i int) write {
		w := u.writeBack(i)
		w.value = change(w.value)
		return w
	}
}

// rounded takes a number through a text of one decimal.
func rounded(v ion.Value) ion.Value {
	if v.Kind != ion.KindFloat {
		return v
	}
	n, _ := v.Number()
	short, err := strconv.ParseFloat(fmt.Sprintf("%.1f", n), 32)
	if err != nil {
		return v
	}
	return ion.FloatValue(float32(short))
}

func unsigned(v ion.Value) ion.Value {
	switch n, _ := v.Number(); v.Kind {
	case ion.KindFloat:
		return ion.FloatValue(float32(math.Abs(n)))
	case ion.KindSigned:
		return ion.SignedValue(int64(math.Abs(n)), int(v.Size))
	}
	return v
}

// cut leaves 16 bytes of a text.
func cut(v ion.Value) ion.Value {
	if v.Kind != ion.KindText {
		return v
	}
	return ion.TextValue(v.Text[:min(len(v.Text), 16)])
}

// writeUncounted forgets what the meter has counted since it was reset.
func writeUncounted(u *Upgrader, i int) write {
	w := u.writeBack(i)
	if w.handle == ion.SettingTable()[i].Handle {
		w.value = u.kept.Settings.Values[i]
	}
	return w
}

// readFirstBack compares one setting and takes the others on trust.
func readFirstBack(u *Upgrader, now time.Duration, p *ion.Packet) next {
	values, n := results(p, len(u.write)+markCount)
	if n.kind != goOn {
		return n
	}
	u.after = marksOf(values[len(u.write):])
	if w := u.write[0]; !w.holds(values[0], now-u.wroteAt) {
		return failed(&SettingError{Key: w.name(), Written: w.value, Read: values[0]})
	}
	return toNext()
}

// takeWhatFits sends those settings of a template that the meter can take.
func takeWhatFits(u *Upgrader, now time.Duration, a Answer) next {
	n := takeTemplate(u, now, a)
	if n.kind == goOn || a.Template == nil {
		return n
	}
	for i, s := range ion.SettingTable() {
		if text, _, ok := a.Template.Get(s.Group.Key(), s.Key); ok {
			if v, err := s.Parse(text); err == nil {
				u.write = append(u.write, write{handle: s.Handle, value: v, setting: i})
			}
		}
	}
	return toNext()
}

func takeForAnyModel(u *Upgrader, now time.Duration, a Answer) next {
	found := u.device.Product
	if a.Template != nil {
		u.device.Product = modelOf(a.Template, found)
	}
	n := takeTemplate(u, now, a)
	u.device.Product = found
	return n
}

// modelOf is the model that a template is for, or otherwise.
func modelOf(f *dcf.File, otherwise uint16) uint16 {
	text, _, _ := f.Get("template", "product")
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return otherwise
	}
	return uint16(n)
}
