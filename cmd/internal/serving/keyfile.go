package serving

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ionbench/cmd/internal/files"
	"ionbench/simulator/disk"
)

// Key is what a program on this computer needs to control a meter that the same user serves.
type Key struct {
	HTTP    string `json:"http"` // host:port
	Token   string `json:"token"`
	Link    string `json:"link"` // the PTY's, as an absolute path; "" for none
	Process int    `json:"process"`
}

// maxKeyBytes bounds a key file that is read.
const maxKeyBytes = 64 << 10

// KeyFolder is where the keys of a user are: $IONSIM_KEYS, or a folder among the user's caches. Nobody
// else can read it.
func KeyFolder() (string, error) {
	if told := os.Getenv("IONSIM_KEYS"); told != "" {
		return told, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(base, "ionsim"), nil
}

const keySuffix = ".key"

// keyFile is the file of the key of an address.
func keyFile(folder, address string) string {
	name := strings.Map(func(r rune) rune {
		if r == ':' || r == '[' || r == ']' || r == '%' || r == '/' {
			return '_'
		}
		return r
	}, address)
	return filepath.Join(folder, name+keySuffix)
}

// writeKey keeps a key in a file that only this user can read, and returns its path.
func writeKey(folder string, k Key) (string, error) {
	b, err := json.Marshal(k)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := keyFile(folder, k.HTTP)
	return path, files.WriteBytes(path, files.Name, files.Private, append(b, '\n'))
}

// ErrExposed: a key is not this user's alone, so who has left it there may be anybody, and who knows its token too.
var ErrExposed = errors.New("is no key of yours alone")

// kept is a key in a folder.
type kept struct {
	Key
	path    string
	exposed error // it is not to be used; ErrExposed
}

// keys returns the keys in a folder, of meters that are served and of some that a killed program
// has left.
func keys(folder string) ([]kept, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []kept
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), keySuffix) {
			continue
		}
		if k, ok := readKey(filepath.Join(folder, e.Name()), e.Type()); ok {
			list = append(list, k)
		}
	}
	return list, nil
}

// readKey reads a key of this user's. ok is false for what is none, was removed meanwhile, or is not ours to read.
func readKey(path string, kind fs.FileMode) (k kept, ok bool) {
	if kind&fs.ModeSymlink != 0 {
		return kept{path: path, exposed: fmt.Errorf("%s %w: it is a link", path, ErrExposed)}, true
	}
	if !kind.IsRegular() {
		return kept{}, false
	}
	f, err := disk.Real{}.Open(path, disk.NoFollow, 0)
	if err != nil {
		return kept{}, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return kept{}, false
	}
	k.path = path
	if others := othersMay(info); others != "" {
		k.exposed = fmt.Errorf("%s %w: it %s", path, ErrExposed, others)
	}
	b, err := files.ReadAll(f, maxKeyBytes)
	return k, err == nil && json.Unmarshal(b, &k.Key) == nil && k.HTTP != ""
}

// Wanted says which meter a person means.
type Wanted struct {
	Address string // host:port of its HTTP server; empty: not said
	Link    string // the link of its PTY; empty: not said
}

// FindKey returns the key of the meter that a person means. Without a word it is the only one
// that is served. alive says whether somebody listens at an address.
func FindKey(folder string, w Wanted, alive func(address string) bool) (Key, error) {
	list, err := keys(folder)
	if err != nil {
		return Key{}, err
	}
	link := ""
	if w.Link != "" {
		if link, err = filepath.Abs(w.Link); err != nil {
			return Key{}, err
		}
	}
	var exposed error
	list = slices.DeleteFunc(list, func(k kept) bool {
		if !k.meant(folder, w.Address, link, alive) {
			return true
		}
		if exposed == nil {
			exposed = k.exposed
		}
		return k.exposed != nil
	})
	switch said := cmp.Or(w.Address, w.Link); {
	case len(list) == 1:
		return list[0].Key, nil
	case len(list) == 0 && exposed != nil:
		return Key{}, exposed
	case len(list) == 0 && said != "":
		return Key{}, fmt.Errorf("no meter of yours with --http is served at %s", said)
	case len(list) == 0:
		return Key{}, errors.New("no meter of yours with --http is served on this computer")
	}
	var which []string
	for _, k := range list {
		which = append(which, strings.TrimSpace(k.HTTP+" "+k.Link))
	}
	return Key{}, fmt.Errorf("%d meters are served: %s", len(list), strings.Join(which, ", "))
}

// meant reports whether a key can be that of the meter at an address, with a link; each empty if it is not said.
func (k kept) meant(folder, address, link string, alive func(address string) bool) bool {
	if k.HTTP == "" { // of one that was not read there is only its name
		return link == "" && (address == "" || k.path == keyFile(folder, plain(address)))
	}
	return (address == "" || sameAddress(address, k.HTTP)) && (link == "" || link == k.Link) && alive(k.HTTP)
}

// sameAddress reports whether two addresses are the same, where localhost is as good as its number.
func sameAddress(a, b string) bool { return plain(a) == plain(b) }

func plain(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Alive reports whether somebody listens at an address.
func Alive(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
