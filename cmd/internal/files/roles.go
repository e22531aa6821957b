package files

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"ionbench/cmd/internal/cli"
)

// Role is what a program does with a file that it is given.
type Role struct {
	Name   string // in words, such as --log
	Path   string // empty: there is none
	Writes bool   // two that only read may share a file
	// Ending makes a folder of Path: the role is of every file in it whose name ends so.
	Ending string
	// Kept: the name itself is the role's, where it leads does not matter.
	Kept bool
}

// Reads, Written, Folder and Link are roles.
func Reads(name, path string) Role   { return Role{Name: name, Path: path} }
func Written(name, path string) Role { return Role{Name: name, Path: path, Writes: true} }

// Folder is the role of all files of a folder whose names have an ending.
func Folder(name, path, ending string) Role {
	return Role{Name: name, Path: path, Writes: true, Ending: ending}
}

// Link is the role of a link that the program makes.
func Link(name, path string) Role { return Role{Name: name, Path: path, Writes: true, Kept: true} }

// Identity is which file a name is of. Files are compared, not names: hard links, symbolic links and folders
// that are links lead to one file under several.
type Identity struct {
	name  string      // through all folders
	leads string      // and through links, also where no file is yet
	is    fs.FileInfo // nil: there is none
}

// Identify looks at a name. It opens nothing.
func Identify(path string) Identity {
	id := Identity{name: Canonical(path), leads: end(path)}
	if is, err := os.Stat(path); err == nil {
		id.is = is
	}
	return id
}

// IdentifyLink looks at the name of a link: where it leads does not matter.
func IdentifyLink(path string) Identity {
	name := Canonical(path)
	return Identity{name: name, leads: name}
}

// Is reports whether two names are of one file.
func (id Identity) Is(other Identity) bool {
	return id.name == other.name || id.leads == other.leads || id.is != nil && other.is != nil && os.SameFile(id.is, other.is)
}

// keepsNothing reports a file that whatever is written to is lost in, and that nobody can destroy.
func (id Identity) keepsNothing() bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && id.is != nil && os.SameFile(id.is, null)
}

// Roles are those of one process. A file has one of them alone: a log that is the journal as well would
// destroy what it should keep.
type Roles []taken

type taken struct {
	Role
	of Identity
}

// Take adds roles. It returns wrong usage if a file has two by then.
func (r *Roles) Take(roles ...Role) error {
	for _, role := range roles {
		if role.Path == "" {
			continue
		}
		if err := r.Joins(role); err != nil {
			return err
		}
		*r = append(*r, role.taken())
	}
	return nil
}

// Joins returns wrong usage if a role that is known only now is of a file that has one.
func (r Roles) Joins(role Role) error {
	if role.Path == "" {
		return nil
	}
	one := role.taken()
	for _, other := range r {
		if err := one.with(other); err != nil {
			return err
		}
	}
	return nil
}

func (r Role) taken() taken {
	if r.Kept {
		return taken{r, IdentifyLink(r.Path)}
	}
	return taken{r, Identify(r.Path)}
}

func (r taken) with(other taken) error {
	if !r.Writes && !other.Writes || r.Ending != "" && other.Ending != "" || r.of.keepsNothing() && other.of.keepsNothing() {
		return nil
	}
	if r.Ending != "" {
		return other.with(r)
	}
	if other.Ending != "" && r.of.Is(other.of) {
		return cli.Usage("%s: %s is the folder of %s", r.Name, r.Path, other.Name).Hint("name another file")
	}
	if !r.isAlso(other) {
		return nil
	}
	if other.Ending != "" {
		return cli.Usage("%s: %s is one of the files of %s in %s", r.Name, r.Path, other.Name, other.Path).Hint("name another file")
	}
	return cli.Usage("%s and %s are the same file: %s", other.Name, r.Name, r.called(other)).Hint("name another file for one of them")
}

// called is the file's name, or its two names.
func (r taken) called(other taken) string {
	if r.Path == other.Path {
		return r.Path
	}
	return fmt.Sprintf("%s, also called %s", other.Path, r.Path)
}

// isAlso reports whether a file is that of another role, or one of them.
func (r taken) isAlso(other taken) bool {
	if other.Ending != "" {
		return r.isIn(other)
	}
	return r.of.Is(other.of)
}

// isIn reports whether a file is one of those of a folder.
func (r taken) isIn(folder taken) bool {
	for _, path := range []string{r.of.name, r.of.leads} {
		if hasEnding(path, folder.Ending) && filepath.Dir(path) == folder.of.leads {
			return true
		}
	}
	if r.of.is == nil {
		return false
	}
	entries, err := os.ReadDir(folder.Path)
	if err != nil {
		return false
	}
	for _, entry := range entries {
		if !hasEnding(entry.Name(), folder.Ending) {
			continue
		}
		if there, err := os.Stat(filepath.Join(folder.Path, entry.Name())); err == nil && os.SameFile(r.of.is, there) {
			return true
		}
	}
	return false
}

func hasEnding(path, ending string) bool { return strings.HasSuffix(strings.ToLower(path), ending) }

// Canonical returns one path for all paths through folders to a name, which itself may be a link.
func Canonical(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	path = throughFolders(path)
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		path = strings.ToLower(path) // as their file systems take names
	}
	return path
}

// throughFolders goes as far as there are folders: some may still have to be made.
func throughFolders(path string) string {
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		if is, err := filepath.EvalSymlinks(folder); err == nil {
			return filepath.Join(is, strings.TrimPrefix(path, folder))
		}
		if folder == filepath.Dir(folder) {
			return path
		}
	}
}

// mostLinks bounds how many links are followed.
const mostLinks = 40

// end is the path of the file that a name leads to, also where that is not there yet.
func end(path string) string {
	for range mostLinks {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return Canonical(path)
}
