package files

import (
	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
)

// ReadFirmware reads a .UPG file.
func ReadFirmware(path string) (*upg.File, error) {
	const next = "choose an ION Firmware Upgrade file (*.upg); ionup pack makes one"
	b, err := Read(path, upg.MaxFileBytes)
	if err != nil {
		return nil, cli.WithHints(err, next)
	}
	f, err := upg.Parse(b)
	if err != nil {
		return nil, cli.Usage("%s: %w", path, err).Hint(next)
	}
	return f, nil
}
