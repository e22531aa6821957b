package fragile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ionbench/simulator/disk"
)

// Disk is a file system in memory. One goroutine uses it at a time. Make it with New.
type Disk struct {
	root    *node
	names   []renaming // since the last sync, in order
	point   Point
	done    int // operations so far
	boot    int // how often the machine was started: what was opened before is closed
	stopped bool
	full    bool
	struck  string
}

var _ disk.System = (*Disk)(nil)

// node is a file or a folder.
type node struct {
	mode    fs.FileMode
	seen    content          // what processes see
	safe    content          // what is on the platter
	pending []change         // what the next sync writes
	in      map[string]*node // of a folder: what processes see
	safeIn  map[string]*node // and what is on the platter
	holder  *file            // has it alone
}

// renaming is a change of names in a folder, which happens whole or not at all.
type renaming struct {
	folder *node
	names  []entry
}

type entry struct {
	name string
	node *node // nil: removed
}

// New makes a disk with an empty root folder and the folders that are named.
func New(folders ...string) *Disk {
	d := &Disk{root: newFolder(0o755)}
	for _, folder := range folders {
		at := d.root
		for name := range strings.SplitSeq(strings.Trim(slashed(folder), "/"), "/") {
			if at.in[name] == nil {
				made := newFolder(0o755)
				at.in[name], at.safeIn[name] = made, made
			}
			at = at.in[name]
		}
	}
	return d
}

func newFolder(mode fs.FileMode) *node {
	return &node{mode: mode | fs.ModeDir, in: map[string]*node{}, safeIn: map[string]*node{}}
}

// Strike sets what happens at which of the operations that follow.
func (d *Disk) Strike(p Point) { d.point, d.done, d.struck = p, 0, "" }

// Struck says at what operation the point of Strike was; empty if it was not reached, or if
// nothing can happen there in this manner.
func (d *Disk) Struck() string { return d.struck }

// Operations is how many there were since Strike.
func (d *Disk) Operations() int { return d.done }

// Stopped reports that the machine has stopped. Every operation fails until Start.
func (d *Disk) Stopped() bool { return d.stopped }

// Start starts the machine again after it has stopped: what processes had open is closed, what
// they held is free, what the manner says is lost, and nothing more happens.
func (d *Disk) Start() { d.cut(d.point.Do) }

// Cut cuts the power of a machine that runs and starts it again. Nothing that was not synced is
// left.
func (d *Disk) Cut() { d.cut(LosesAll) }

// Relieve makes room on a full disk, and nothing more happens.
func (d *Disk) Relieve() { d.point, d.full = Point{}, false }

func (d *Disk) cut(m Manner) {
	random := rand.New(rand.NewPCG(uint64(d.point.At), 1))
	d.loseNames(m, random)
	d.loseData(d.root, m, random)
	d.Relieve()
	d.stopped = false
	d.boot++
}

func (d *Disk) loseNames(m Manner, random *rand.Rand) {
	keep := len(d.names)
	switch m {
	case LosesAll, LosesNames:
		keep = 0
	case LosesSome:
		keep = random.IntN(len(d.names) + 1)
	}
	for _, r := range d.names[:keep] {
		r.apply(r.folder.safeIn)
	}
	d.names = nil
}

func (d *Disk) loseData(n *node, m Manner, random *rand.Rand) {
	for _, w := range n.pending {
		switch m {
		case LosesAll, LosesData:
		case LosesSome:
			switch random.IntN(3) {
			case 0:
				n.safe.apply(w)
			case 1:
				n.safe.apply(w.half())
			}
		default:
			n.safe.apply(w)
		}
	}
	n.pending, n.seen, n.holder = nil, n.safe.clone(), nil
	n.in = map[string]*node{}
	for name, below := range n.safeIn {
		n.in[name] = below
	}
	for _, name := range sorted(n.in) {
		d.loseData(n.in[name], m, random)
	}
}

func (w change) half() change {
	if !w.cut {
		w.p = w.p[:len(w.p)/2]
	}
	return w
}

func (r renaming) apply(to map[string]*node) {
	for _, e := range r.names {
		if e.node == nil {
			delete(to, e.name)
		} else {
			to[e.name] = e.node
		}
	}
}

func sorted(in map[string]*node) []string {
	names := make([]string, 0, len(in))
	for name := range in {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ErrStopped is the error of every operation while the machine stands still.
var ErrStopped = errors.New("the machine has stopped")

// kind is what an operation needs to be done in full.
type kind uint8

const (
	looks  kind = iota // it changes nothing
	makes              // it takes room
	alters             // it changes names, or gives room back
	syncs
)

// begin counts an operation. It returns what happens to it: Sound, Torn (half of it is done,
// and then the error is returned), or Fails with the error.
func (d *Disk) begin(op, name string, k kind) (Manner, error) {
	if d.stopped {
		return Fails, &fs.PathError{Op: op, Path: name, Err: ErrStopped}
	}
	d.done++
	if d.full && k == makes {
		return Fails, &fs.PathError{Op: op, Path: name, Err: syscall.ENOSPC}
	}
	m := d.point.Do
	if d.done != d.point.At || m == Sound || m == Torn && (k == looks || k == syncs) || m == Full && k != makes {
		return Sound, nil
	}
	d.struck = op + " " + name
	cause := error(syscall.EIO)
	switch {
	case m.stops():
		d.stopped = true
		m, cause = Torn, ErrStopped
	case m == Full:
		d.full = true
		m, cause = Torn, syscall.ENOSPC
	case k == makes:
		cause = syscall.ENOSPC
	}
	return m, &fs.PathError{Op: op, Path: name, Err: cause}
}

func slashed(name string) string { return path.Clean("/" + filepath.ToSlash(name)) }

// find returns a node and the folder it is in. The node is nil if it is not there.
func (d *Disk) find(op, name string) (folder, n *node, base string, err error) {
	n = d.root
	for part := range strings.SplitSeq(strings.Trim(slashed(name), "/"), "/") {
		if part == "" {
			return nil, n, "", nil
		}
		if n == nil {
			return nil, nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		if !n.mode.IsDir() {
			return nil, nil, "", &fs.PathError{Op: op, Path: name, Err: syscall.ENOTDIR}
		}
		folder, n, base = n, n.in[part], part
	}
	return folder, n, base, nil
}

func (d *Disk) rename(folder *node, names ...entry) {
	r := renaming{folder, names}
	r.apply(folder.in)
	d.names = append(d.names, r)
}

// Stat describes a file.
func (d *Disk) Stat(name string) (fs.FileInfo, error) { return d.describe("stat", name) }

// Lstat describes a file. There are no links.
func (d *Disk) Lstat(name string) (fs.FileInfo, error) { return d.describe("lstat", name) }

func (d *Disk) describe(op, name string) (fs.FileInfo, error) {
	if _, err := d.begin(op, name, looks); err != nil {
		return nil, err
	}
	_, n, _, err := d.find(op, name)
	if err != nil {
		return nil, err
	}
	if n == nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return info{path.Base(slashed(name)), n, n.mode, n.seen.size}, nil
}

// SameFile compares two descriptions.
func (d *Disk) SameFile(a, b fs.FileInfo) bool { return a.Sys() == b.Sys() }

// List returns the names in a folder.
func (d *Disk) List(folder string) ([]string, error) {
	if _, err := d.begin("list", folder, looks); err != nil {
		return nil, err
	}
	n, err := d.folder("list", folder)
	if err != nil {
		return nil, err
	}
	return sorted(n.in), nil
}

func (d *Disk) folder(op, name string) (*node, error) {
	_, n, _, err := d.find(op, name)
	switch {
	case err != nil:
		return nil, err
	case n == nil:
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	case !n.mode.IsDir():
		return nil, &fs.PathError{Op: op, Path: name, Err: syscall.ENOTDIR}
	}
	return n, nil
}

// Mkdir makes a folder.
func (d *Disk) Mkdir(name string, mode fs.FileMode) error {
	m, failing := d.begin("mkdir", name, makes)
	if m == Fails || d.full {
		return failing
	}
	folder, n, base, err := d.find("mkdir", name)
	switch {
	case err != nil:
		return err
	case n != nil:
		return &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrExist}
	}
	d.rename(folder, entry{base, newFolder(mode)})
	return failing
}

// Rename gives a file another name in its folder.
func (d *Disk) Rename(from, to string) error {
	m, failing := d.begin("rename", from, alters)
	if m == Fails {
		return failing
	}
	folder, n, base, err := d.find("rename", from)
	if err != nil {
		return err
	}
	other, over, name, err := d.find("rename", to)
	switch {
	case err != nil:
		return err
	case n == nil:
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrNotExist}
	case folder != other, over != nil && over.mode.IsDir():
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: errors.ErrUnsupported}
	}
	d.rename(folder, entry{base, nil}, entry{name, n})
	return failing
}

// Link gives a file a second name in its folder.
func (d *Disk) Link(from, to string) error {
	m, failing := d.begin("link", to, makes)
	if m == Fails || d.full {
		return failing
	}
	folder, n, _, err := d.find("link", from)
	if err != nil {
		return err
	}
	other, over, name, err := d.find("link", to)
	switch {
	case err != nil:
		return err
	case n == nil:
		return &os.LinkError{Op: "link", Old: from, New: to, Err: fs.ErrNotExist}
	case over != nil:
		return &os.LinkError{Op: "link", Old: from, New: to, Err: fs.ErrExist}
	case folder != other:
		return &os.LinkError{Op: "link", Old: from, New: to, Err: errors.ErrUnsupported}
	}
	d.rename(folder, entry{name, n})
	return failing
}

// Remove removes a file or an empty folder.
func (d *Disk) Remove(name string) error {
	m, failing := d.begin("remove", name, alters)
	if m == Fails {
		return failing
	}
	folder, n, base, err := d.find("remove", name)
	switch {
	case err != nil:
		return err
	case n == nil:
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	case len(n.in) > 0:
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOTEMPTY}
	}
	d.rename(folder, entry{base, nil})
	return failing
}

// SyncFolder puts the names of a folder on the platter.
func (d *Disk) SyncFolder(name string) error {
	m, failing := d.begin("sync", name, syncs)
	if m != Sound {
		return failing
	}
	folder, err := d.folder("sync", name)
	if err != nil {
		return err
	}
	d.names = slices.DeleteFunc(d.names, func(r renaming) bool {
		if r.folder == folder {
			r.apply(folder.safeIn)
		}
		return r.folder == folder
	})
	return nil
}

// info describes a file.
type info struct {
	name string
	node *node
	mode fs.FileMode
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return i.node }

// Tree returns the names and contents of all files, for reports.
func (d *Disk) Tree() map[string][]byte {
	files := map[string][]byte{}
	walk("", d.root, files)
	return files
}

func walk(at string, n *node, files map[string][]byte) {
	for name, below := range n.in {
		if below.mode.IsDir() {
			walk(at+"/"+name, below, files)
			continue
		}
		b := make([]byte, below.seen.size)
		below.seen.readAt(b, 0)
		files[at+"/"+name] = b
	}
}

// Put writes a file that has been on the platter for long. Its folder must be there.
func (d *Disk) Put(name string, b []byte) error {
	folder, _, base, err := d.find("put", name)
	if err != nil {
		return fmt.Errorf("putting a file on the disk: %w", err)
	}
	n := &node{mode: 0o600}
	n.safe.apply(change{p: slices.Clone(b)})
	n.seen = n.safe.clone()
	folder.in[base], folder.safeIn[base] = n, n
	return nil
}
