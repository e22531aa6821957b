package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/fixtures/wireshark"
)

func wiresharkPathCommand() *cli.Command {
	return &cli.Command{
		Name: "wireshark path", Brief: "say where the dissector belongs",
		Help: `
Say in which file Wireshark and tshark look for the ION dissector of this user.
`,
		Examples: `
  ionbench wireshark path
`,
		Run: func(_ context.Context, c *cli.Call) error {
			path, err := dissectorPath()
			if err != nil {
				return err
			}
			c.Printf("%s\n", path)
			return nil
		},
	}
}

func wiresharkInstallCommand() *cli.Command {
	return &cli.Command{
		Name: "wireshark install", Brief: "put the dissector where Wireshark looks",
		Help: `
Write the ION dissector to the folder of this user's Wireshark plugins. From then on Wireshark and
tshark show ION frames, messages and the download service without any setting, in what --capture of
the three programs writes and in captures of a real meter over TCP. An earlier one is replaced.
`,
		Examples: `
  ionbench wireshark install
  tshark -r FILE.pcapng -Y 'ion.download.operation == 4'      the blocks
  tshark -r FILE.pcapng -Y 'frame.comment contains "fault"'   where faults strike and end
`,
		Run: func(_ context.Context, c *cli.Call) error {
			path, err := dissectorPath()
			if err == nil {
				err = os.MkdirAll(filepath.Dir(path), 0o755)
			}
			if err == nil {
				err = files.Write(path, files.File, files.Public, func(w io.Writer) error {
					_, err := w.Write(wireshark.Dissector)
					return err
				})
			}
			if err != nil {
				return cli.Environmental(err)
			}
			c.Printf("%s\n", path)
			return nil
		},
	}
}

// dissectorPath is the file in the folder of personal plugins, as Wireshark's user's guide has it.
func dissectorPath() (string, error) {
	const file = "ion.lua"
	if runtime.GOOS == "windows" {
		base := os.Getenv("APPDATA")
		if base == "" {
			return "", cli.Environmental(errors.New("%APPDATA% is not set")).Hint("start this from a user's session")
		}
		return filepath.Join(base, "Wireshark", "plugins", file), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", cli.Environmental(err).Hint("set HOME")
	}
	return filepath.Join(home, ".local", "lib", "wireshark", "plugins", file), nil
}
