package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"ionbench/client/upg"
	"ionbench/simulator/ion"
)

// firmwareJSONManual tells of the object that --json prints.
const firmwareJSONManual = `
With --json it is one object: event ("firmware"), file, product, revision, dated,
load_address, image_bytes, blocks, crc32 and sha256 (both in hexadecimal).
`

func packCommand() command {
	return command{
		name:  "pack",
		brief: "make a .upg file of a raw firmware image",
		help: `
Usage: ionup pack --product N --revision NAME --dated TIME IN.bin OUT.upg [FLAG...]

Makes a .upg file of a raw firmware image, and prints what "ionup inspect" would. A file
that exists is not overwritten unless --force allows it.

The layout of .upg files is this project's own: no real meter takes them, and the
vendor's files cannot be read.

Examples:
  ionup pack --product 7350 --revision 7350V284 --dated 2008-03-01T12:00:00Z image.bin 7350V284.upg
` + firmwareJSONManual,
		prepare: func(flags *pflag.FlagSet) action {
			var f packFlags
			flags.StringVar(&f.product, "product", "", "model `N` that the firmware is for: 7300, 7330 or 7350")
			flags.StringVar(&f.revision, "revision", "", "`NAME` that the meter will report: the model, V, three digits")
			flags.StringVar(&f.dated, "dated", "", "`TIME` at which the firmware was built, as 2008-03-01T12:00:00Z")
			flags.BoolVar(&f.force, "force", false, "overwrite OUT.upg if it exists")
			flags.BoolVar(&f.json, "json", false, "print the result as JSON")
			return func(_ context.Context, p *program, args []string) error { return pack(p, f, args) }
		},
	}
}

type packFlags struct {
	product, revision, dated string
	force, json              bool
}

func pack(p *program, f packFlags, args []string) error {
	if len(args) != 2 {
		return wrongUsage(fmt.Sprintf("%d files, not 2", len(args)), "name the image and the file to make: ionup pack ... IN.bin OUT.upg")
	}
	for _, flag := range []struct{ name, value string }{{"product", f.product}, {"revision", f.revision}, {"dated", f.dated}} {
		if flag.value == "" {
			return wrongUsage("no --"+flag.name, "ionup pack --help shows an example")
		}
	}
	product, err := parseProduct(f.product)
	if err != nil {
		return err
	}
	dated, err := time.Parse(time.RFC3339, f.dated)
	if err != nil {
		return wrongUsage(fmt.Sprintf("--dated %q is no time", f.dated), "write it as 2008-03-01T12:00:00Z")
	}
	in, out := args[0], args[1]
	if err := checkNew(out, f.force); err != nil {
		return err
	}
	if sameFile(in, out) {
		return withHints(fmt.Errorf("%s is the image itself", out), "name another file to make")
	}
	image, err := readWhole(in, upg.MaxImageBytes)
	if err != nil {
		return err
	}
	if len(image) == 0 {
		return fmt.Errorf("%s is empty, and no firmware image", in)
	}
	file, err := upg.New(product, f.revision, dated, image)
	if err != nil {
		return packError(err)
	}
	b, err := upg.Append(nil, file)
	if err != nil {
		return packError(err)
	}
	if err := writeNew(out, b, f.force); err != nil {
		return err
	}
	return printFirmware(p, out, file, f.json)
}

// packError tells a value that no file can have from an image that is none: both are what
// the person gave, but only the flags are usage.
func packError(err error) error {
	if errors.Is(err, upg.ErrInvalid) {
		return wrongUsage(err.Error())
	}
	return err
}

func sameFile(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

func inspectCommand() command {
	return command{
		name:  "inspect",
		brief: "check a .upg file and tell what is in it",
		help: `
Usage: ionup inspect FILE.upg [--json]

Checks a .upg file from its first byte to its last and tells what is in it. The SHA-256 is
what to compare with the one that its maker has published.

Examples:
  ionup inspect 7350V284.upg
` + firmwareJSONManual,
		prepare: func(flags *pflag.FlagSet) action {
			asJSON := flags.Bool("json", false, "print the result as JSON")
			return func(_ context.Context, p *program, args []string) error {
				path, err := oneArgument("inspect", "firmware file", args)
				if err != nil {
					return err
				}
				f, err := readFirmware(path)
				if err != nil {
					return err
				}
				return printFirmware(p, path, f, *asJSON)
			}
		},
	}
}

func printFirmware(p *program, path string, f *upg.File, asJSON bool) error {
	blocks := (len(f.Image) + ion.BlockBytes - 1) / ion.BlockBytes
	if !asJSON {
		return p.print(fmt.Sprintf("File:         %s\nModel:        ION %d\nRevision:     %s\nDated:        %s\nLoad address: 0x%08X\nImage:        %d bytes, %d blocks\nCRC-32:       %08x\nSHA-256:      %x\n",
			path, f.Product, f.Revision, f.Dated.Format(time.RFC3339), f.LoadAddress, len(f.Image), blocks, f.CRC32(), f.SHA256()))
	}
	text, err := json.Marshal(struct {
		Event       string    `json:"event"`
		File        string    `json:"file"`
		Product     uint16    `json:"product"`
		Revision    string    `json:"revision"`
		Dated       time.Time `json:"dated"`
		LoadAddress uint32    `json:"load_address"`
		ImageBytes  int       `json:"image_bytes"`
		Blocks      int       `json:"blocks"`
		CRC32       string    `json:"crc32"`
		SHA256      string    `json:"sha256"`
	}{"firmware", path, f.Product, f.Revision, f.Dated, f.LoadAddress, len(f.Image), blocks, fmt.Sprintf("%08x", f.CRC32()), fmt.Sprintf("%x", f.SHA256())})
	if err != nil {
		return err
	}
	return p.print(string(text) + "\n")
}
