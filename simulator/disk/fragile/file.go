package fragile

import (
	"io"
	"io/fs"
	"os"
	"syscall"

	"ionbench/simulator/disk"
)

// file is an open file.
type file struct {
	disk   *Disk
	node   *node
	name   string
	how    disk.How
	boot   int
	at     int64 // of the next Read or Write
	closed bool
}

var _ disk.File = (*file)(nil)

// Open opens a file.
func (d *Disk) Open(name string, how disk.How, mode fs.FileMode) (disk.File, error) {
	k := looks
	if how&disk.Create != 0 {
		k = makes
	}
	m, failing := d.begin("open", name, k)
	if m == Fails && !d.full {
		return nil, failing
	}
	folder, n, base, err := d.find("open", name)
	if err != nil {
		return nil, err
	}
	if n, err = d.found(name, how, n); err != nil {
		return nil, err
	}
	if n == nil {
		if d.full {
			return nil, failing
		}
		n = &node{mode: mode}
		d.rename(folder, entry{base, n})
	}
	if failing != nil && !d.full {
		return nil, failing // it may have been made, and the caller does not know
	}
	f := &file{disk: d, node: n, name: name, how: how, boot: d.boot}
	if how&disk.Alone != 0 {
		if n.holder != nil {
			return nil, &fs.PathError{Op: "lock", Path: name, Err: disk.ErrInUse}
		}
		n.holder = f
	}
	return f, nil
}

// found judges what is at a name that is to be opened. It returns nil for a file that is to be
// made.
func (d *Disk) found(name string, how disk.How, n *node) (*node, error) {
	switch {
	case n == nil && how&disk.Create == 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case n == nil:
		return nil, nil
	case how&disk.New != 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case n.mode.IsDir():
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EISDIR}
	}
	return n, nil
}

// begin counts an operation of the file.
func (f *file) begin(op string, k kind) (Manner, error) {
	if f.closed || f.boot != f.disk.boot {
		return Fails, &fs.PathError{Op: op, Path: f.name, Err: os.ErrClosed}
	}
	return f.disk.begin(op, f.name, k)
}

func (f *file) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (f *file) ReadAt(p []byte, at int64) (int, error) {
	if _, err := f.begin("read", looks); err != nil {
		return 0, err
	}
	n := f.node.seen.readAt(p, at)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) Write(p []byte) (int, error) {
	at := f.at
	if f.how&disk.Append != 0 {
		at = f.node.seen.size
	}
	n, err := f.WriteAt(p, at)
	f.at = at + int64(n)
	return n, err
}

func (f *file) WriteAt(p []byte, at int64) (int, error) {
	m, failing := f.begin("write", makes)
	if m == Fails {
		return 0, failing
	}
	w := change{at: at, p: append([]byte(nil), p...)}
	if m == Torn {
		w = w.half()
	}
	f.change(w)
	return len(w.p), failing
}

func (f *file) Truncate(size int64) error {
	m, failing := f.begin("truncate", makes)
	if m == Sound || m == Torn && !f.disk.full {
		f.change(change{at: size, cut: true})
	}
	return failing
}

func (f *file) change(w change) {
	f.node.seen.apply(w)
	f.node.pending = append(f.node.pending, w)
}

func (f *file) Stat() (fs.FileInfo, error) {
	if _, err := f.begin("stat", looks); err != nil {
		return nil, err
	}
	return info{f.name, f.node, f.node.mode, f.node.seen.size}, nil
}

// Sync puts what was written on the platter. If it fails, that is lost with the machine.
func (f *file) Sync() error {
	m, failing := f.begin("sync", syncs)
	if m == Sound {
		for _, w := range f.node.pending {
			f.node.safe.apply(w)
		}
	}
	if m != Torn {
		f.node.pending = nil
	}
	return failing
}

// Close closes the file, even if it returns an error.
func (f *file) Close() error {
	_, failing := f.begin("close", looks)
	if f.closed {
		return failing
	}
	f.closed = true
	if f.node.holder == f {
		f.node.holder = nil
	}
	return failing
}
