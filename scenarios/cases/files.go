package cases

import (
	"bytes"
	"fmt"
	"io/fs"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/fixtures/firmware"
	"ionbench/scenarios/rig"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// defaultBlocks is the size of an image when nothing is said: as small as one that has
// ten different tenths may be, or nearly.
const defaultBlocks = 8

// firmwareSeed is that of all images that are sent; what runs at first has another.
const firmwareSeed = 283

// upgOf makes the file that a section describes; why is the reason why the person cannot
// use it.
func (c *Case) upgOf(f Firmware) (file *upg.File, why, err error) {
	model := c.firmwareModel(f)
	revision, dated, size := f.Revision, f.Dated, f.Bytes
	if revision == "" {
		revision = model.String() + "V283"
	}
	if dated.IsZero() {
		dated = rig.ArticleDated()
	}
	if size == 0 {
		size = defaultBlocks * ion.BlockBytes
		if f.Blocks != 0 {
			size = f.Blocks * ion.BlockBytes
		}
	}
	file, err = upg.New(uint16(model), revision, dated, firmware.Image(firmwareSeed, size))
	if err != nil {
		return nil, nil, fmt.Errorf("firmware %s: %w", revision, err)
	}
	if f.Damage == Whole {
		return file, nil, nil
	}
	whole, err := upg.Append(nil, file)
	if err != nil {
		return nil, nil, fmt.Errorf("firmware %s: %w", revision, err)
	}
	b, why := f.Damage.spoil(whole, revision+".upg")
	if why == nil {
		_, why = upg.Parse(b)
	}
	return nil, why, nil
}

// dcfOf makes the template that a section describes.
func (c *Case) dcfOf(t Template, revision string, saved *ion.Settings) (file *dcf.File, why, err error) {
	model := t.Model
	if model == 0 {
		model = c.meterModel()
	}
	settings := *saved
	if !t.Saved {
		settings = meter.FactoryTemplate(model, revision)
	}
	file, err = client.TemplateOf(&settings, uint16(model))
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

// spoil does to a file what the damage says; why tells of a file that is not even there.
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
