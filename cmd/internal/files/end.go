package files

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/disk"
)

// maxStream bounds how much of an input is looked through for its end.
const maxStream = 1 << 30

// End reads the last limit bytes of a file, or of standard input if the path is "-". If the
// beginning was left out, cut is set, and what is returned begins with a whole line.
func End(stdin io.Reader, path string, limit int) (b []byte, cut bool, err error) {
	if path == "-" {
		if b, cut, err = endOf(stdin, limit); err != nil {
			err = fmt.Errorf("standard input: %w", err)
		}
		return b, cut, err
	}
	d := Local()
	info, err := d.System.Stat(path) // before the file is opened, because opening a device can have effects
	switch {
	case err != nil:
		return nil, false, cli.Unusable(Plain(err))
	case info.Mode()&(fs.ModeDir|fs.ModeDevice) != 0:
		return nil, false, cli.Usage("%s is %s, not a file", path, disk.Kind(info.Mode()))
	}
	f, err := d.System.Open(path, 0, 0)
	if err != nil {
		return nil, false, cli.Unusable(Plain(err))
	}
	defer f.Close()
	if b, cut, err = endOf(f, limit); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return b, cut, err
}

func endOf(r io.Reader, limit int) (b []byte, cut bool, err error) {
	part := make([]byte, 1<<16)
	for total := 0; ; {
		n, err := r.Read(part)
		b = append(b, part[:n]...)
		if total += n; total > maxStream {
			return nil, false, cli.Usage("it is too large: more than %d bytes", maxStream)
		}
		if len(b) > 2*limit { // seldom, so that little is moved
			b, cut = append(b[:0], b[len(b)-limit:]...), true
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, false, cli.Unusable(withoutPath(err))
		}
	}
	if len(b) > limit {
		b, cut = b[len(b)-limit:], true
	}
	if cut {
		b = b[bytes.IndexByte(b, '\n')+1:]
	}
	return b, cut, nil
}
