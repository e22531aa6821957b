package world

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/fixtures/firmware"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// newSeed draws all images that are sent. Images that run at first have another seed.
const newSeed = 283

// builds is the distance between the seeds of two builds.
const builds = 1 << 16

// Files are what the person gets when choosing files in an attempt.
type Files struct {
	Firmware    *upg.File // nil if it cannot be used: FirmwareErr says why
	FirmwareErr error
	Template    *dcf.File // nil if none is needed, or if it cannot be used: TemplateErr
	TemplateErr error
}

// FilesOf makes the files of an attempt. A saved template holds the saved settings. The error
// is about a file that cannot be made at all.
func (w *World) FilesOf(a *Attempt, saved *ion.Settings) (Files, error) {
	var files Files
	var err error
	m := w.MeterOf(a)
	if files.Firmware, files.FirmwareErr, err = w.FirmwareOf(a).UPG(m.Model); err != nil || !a.sendsTemplate() {
		return files, err
	}
	revision := m.Revision
	if files.Firmware != nil {
		revision = files.Firmware.Revision // the factory's template belongs to the new firmware
	}
	files.Template, files.TemplateErr, err = w.templateOf(a).DCF(m.Model, revision, saved)
	return files, err
}

// sendsTemplate reports whether the tool asks for a template in this attempt.
func (a *Attempt) sendsTemplate() bool {
	return a.Task == client.TaskSendTemplate || a.Task == client.TaskConnect && slices.Contains(a.Assistant, client.OK)
}

// WritesOf returns the settings that an attempt writes by hand, by their index in
// ion.SettingTable. What is written back is what the meter had at first. It is nil for any task
// but TaskWriteSettings.
func (a *Attempt) WritesOf(first *ion.Settings) map[int]ion.Value {
	if a.Task != client.TaskWriteSettings {
		return nil
	}
	list := make(map[int]ion.Value)
	for i, s := range ion.SettingTable() {
		if a.WriteBack.Has(s.Group) {
			list[i] = first.Values[i]
		}
	}
	for _, w := range a.Writes {
		list[w.Setting] = w.Value
	}
	return list
}

// ImageBytes is the size of the image.
func (f Firmware) ImageBytes() int {
	switch {
	case f.Own != nil:
		return len(f.Own.Image)
	case f.Bytes != 0:
		return f.Bytes
	}
	return f.filled(0).Blocks * ion.BlockBytes
}

// isOwn reports whether the file was given by the caller or already made.
func (f Firmware) isOwn() bool { return f.Own != nil || f.OwnErr != nil }

func (t Template) isOwn() bool { return t.Own != nil || t.OwnErr != nil }

// Product is the model that the firmware is for; 0 if it is for the meter's model.
func (f Firmware) Product() uint16 {
	if f.Own != nil {
		return f.Own.Product
	}
	return uint16(f.Model)
}

// UPG makes the file for a meter of that model. why is the reason why the person cannot use it.
// The error is about a file that cannot be made at all.
func (f Firmware) UPG(model meter.Model) (file *upg.File, why, err error) {
	if f.isOwn() {
		return f.Own, f.OwnErr, nil
	}
	f = f.filled(model)
	file, err = upg.New(uint16(f.Model), f.Revision, f.Dated, firmware.Image(newSeed+builds*uint64(f.Build), f.ImageBytes()))
	if err != nil {
		return nil, nil, fmt.Errorf("firmware %s: %w", f.Revision, err)
	}
	if f.Damage == Whole {
		return file, nil, nil
	}
	b, why, err := f.spoilt(file)
	if err == nil && why == nil {
		_, why = upg.Parse(b)
	}
	return nil, why, err
}

// Content is what lies on the disk for a meter of that model: the file with what is wrong with
// it. why says that it is not there. The error is about a file that cannot be made at all.
func (f Firmware) Content(model meter.Model) (b []byte, why, err error) {
	whole := f
	whole.Damage = Whole
	file, why, err := whole.UPG(model)
	if err != nil || why != nil {
		return nil, why, err
	}
	return f.filled(model).spoilt(file)
}

// spoilt are the bytes of a whole file, with what is wrong with them.
func (f Firmware) spoilt(file *upg.File) (b []byte, why, err error) {
	if b, err = upg.Append(nil, file); err != nil {
		return nil, nil, fmt.Errorf("firmware %s: %w", f.Revision, err)
	}
	if f.Damage == Whole {
		return b, nil, nil
	}
	b, why = f.Damage.spoil(b, f.Revision+".upg")
	return b, why, nil
}

// Make makes the file for a meter of that model once; from then on it counts as a file given by
// the caller. The error is about a file that cannot be made at all.
func (f *Firmware) Make(model meter.Model) (err error) {
	*f = f.filled(model)
	if f.Own, f.OwnErr, err = f.UPG(model); f.Own != nil {
		f.Revision = f.Own.Revision
	}
	return err
}

// DCF makes the template for a meter of that model, as UPG does: the factory's template for
// that revision, or the saved settings.
func (t Template) DCF(model meter.Model, revision string, saved *ion.Settings) (file *dcf.File, why, err error) {
	if t.isOwn() {
		return t.Own, t.OwnErr, nil
	}
	t = t.filled(model)
	settings := saved
	if !t.Saved {
		factory := meter.FactoryTemplate(t.Model, revision)
		settings = &factory
	}
	file, err = client.TemplateOf(settings, uint16(t.Model))
	if err != nil || t.Damage == Whole {
		return file, nil, err
	}
	b, why := t.Damage.spoil(dcf.Append(nil, file), "template.dcf")
	if why != nil {
		return nil, why, nil
	}
	file, why = dcf.Parse(b)
	return file, why, nil
}

// spoil damages a file. why is set if the file is not even there.
func (d Damage) spoil(whole []byte, name string) (b []byte, why error) {
	switch d {
	case Damaged:
		b = bytes.Clone(whole)
		b[len(b)/2] ^= 0x80
		return b, nil
	case Truncated:
		return whole[:len(whole)-len(whole)/4-1], nil
	case Empty:
		return nil, nil
	case Missing:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	default:
		return []byte("%PDF-1.4 this is a file of quite another kind\n"), nil
	}
}
