package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/ion"
)

// firmwareFormat is the name and version of what --json prints of a firmware file.
const firmwareFormat = "ionup-firmware 1"

// firmwareJSONManual describes the object that --json prints.
const firmwareJSONManual = `
With --json it is one object: event ("firmware"), file, product, revision, dated,
load_address, image_bytes, blocks, crc32 and sha256 (both in hexadecimal), format.
"ionbench schema ionup-firmware" prints its schema.
`

// firmwareArg is the argument for a firmware file to read.
func firmwareArg() cli.Arg {
	return cli.Arg{Name: "FILE.upg", What: "firmware file", Values: cli.Files("*.upg")}
}

// forceFlag lets a command replace a file.
func forceFlag(p *bool, file string) cli.Flag {
	return cli.Switch(p, "force", "write over "+file+" if it exists")
}

func over(force bool) files.Over {
	if force {
		return files.File
	}
	return files.Nothing
}

// checkResult is files.Check with a hint at --force.
func checkResult(path string, over files.Over) error {
	err := files.Check(path, over)
	if errors.Is(err, fs.ErrExist) {
		err = cli.WithHints(err, "name another file, or allow it with --force")
	}
	return err
}

func packCommand() *cli.Command {
	f := new(packFlags)
	return &cli.Command{
		Name: "pack", Brief: "make a .upg file of a raw firmware image",
		Help: `
Makes a .upg file of a raw firmware image, and prints what "ionup inspect" would. A file
that exists is not written over unless --force allows it.

The layout of .upg files is this project's own: no real meter takes them, and the
vendor's files cannot be read.
`,
		Args: []cli.Arg{
			{Name: "IN.bin", What: "image to pack", Values: cli.Files("*")},
			{Name: "OUT.upg", What: "file to make", Values: cli.Files("*.upg")},
		},
		Usage: "--product N --revision NAME --dated TIME",
		Flags: cli.Plain(
			cli.OneOf(&f.product, "product", upg.Products(), "model that the firmware is for"),
			cli.Text(&f.revision, "revision", "NAME", "that the meter will report: the model, V, three digits"),
			cli.Text(&f.dated, "dated", "TIME", "when the firmware was built, as 2008-03-01T12:00:00Z"),
			forceFlag(&f.force, "OUT.upg"),
			cli.Switch(&f.json, "json", "print the result as JSON").Writes(firmwareFormat),
		),
		Examples: `
  ionup pack --product 7350 --revision 7350V284 --dated 2008-03-01T12:00:00Z image.bin 7350V284.upg
`,
		Notes: firmwareJSONManual,
		Run:   func(_ context.Context, c *cli.Call) error { return pack(c, f) },
	}
}

type packFlags struct {
	product         uint16
	revision, dated string
	force, json     bool
}

func pack(c *cli.Call, f *packFlags) error {
	for _, name := range []string{"product", "revision", "dated"} {
		if !c.Given(name) {
			return cli.Usage("no --%s", name).Hint("ionup pack --help shows an example")
		}
	}
	dated, err := time.Parse(time.RFC3339, f.dated)
	if err != nil {
		return cli.Usage("--dated: %q is no time", f.dated).Hint("write it as 2008-03-01T12:00:00Z")
	}
	in, out := c.Args[0], c.Args[1]
	if err := checkResult(out, over(f.force)); err != nil {
		return err
	}
	if sameFile(in, out) {
		return cli.Usage("%s is the image itself", out).Hint("name another file to make")
	}
	image, err := files.Read(in, upg.MaxImageBytes)
	if err != nil {
		return err
	}
	if len(image) == 0 {
		return cli.Usage("%s is empty, and no firmware image", in)
	}
	file, err := upg.New(f.product, f.revision, dated, image)
	if err != nil {
		return cli.Unusable(err)
	}
	b, err := upg.Append(nil, file)
	if err != nil {
		return cli.Unusable(err)
	}
	if err := files.WriteBytes(out, over(f.force), files.Public, b); err != nil {
		return err
	}
	printFirmware(c, out, file, f.json)
	return nil
}

func sameFile(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

func inspectCommand() *cli.Command {
	asJSON := false
	return &cli.Command{
		Name: "inspect", Brief: "check a .upg file and tell what is in it",
		Help: `
Checks a .upg file from its first byte to its last and tells what is in it. The SHA-256 is
what to compare with the one that its maker has published.
`,
		Args:     []cli.Arg{firmwareArg()},
		Flags:    cli.Plain(cli.Switch(&asJSON, "json", "print the result as JSON").Writes(firmwareFormat)),
		Examples: "  ionup inspect 7350V284.upg\n",
		Notes:    firmwareJSONManual,
		Run: func(_ context.Context, c *cli.Call) error {
			f, err := files.ReadFirmware(c.Args[0])
			if err != nil {
				return err
			}
			printFirmware(c, c.Args[0], f, asJSON)
			return nil
		},
	}
}

func printFirmware(c *cli.Call, path string, f *upg.File, asJSON bool) {
	blocks := ion.Blocks(len(f.Image))
	if !asJSON {
		c.Printf("File:         %s\nModel:        ION %d\nRevision:     %s\nDated:        %s\nLoad address: 0x%08X\nImage:        %d bytes, %d blocks\nCRC-32:       %08x\nSHA-256:      %x\n",
			path, f.Product, f.Revision, f.Dated.Format(time.RFC3339), f.LoadAddress, len(f.Image), blocks, f.CRC32(), f.SHA256())
		return
	}
	c.Encode(struct {
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
}
