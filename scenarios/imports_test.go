package scenarios_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// source is one file of the project, as far as the rules look at it.
type source struct {
	path    string // from the root, with slashes
	folder  string
	imports []string
	file    *ast.File
}

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// uses returns which of the names of a package the file uses, each as often as it does.
func (s *source) uses(pkg string, names []string) (used []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := sel.X.(*ast.Ident); ok && of.Name == pkg && slices.Contains(names, sel.Sel.Name) {
				used = append(used, sel.Sel.Name)
			}
		}
		return true
	})
	return used
}

// importRule forbids imports to the packages in some folders. A folder that ends in /...
// stands for all below it too.
type importRule struct {
	in        []string
	except    []string
	forbidden []string // import paths; a path that ends in /... stands for all below it
	but       []string
	tests     bool // the rule holds for test files as well
	why       string
}

var (
	machines = []string{
		"simulator/ion", "simulator/ion/explain", "simulator/flash", "simulator/meter", "simulator/line", "simulator/modem", "simulator/xmodem", "simulator/talker", "simulator/fault", "simulator/story", "simulator/story/record", "simulator/story/component", "simulator/story/page", "simulator/bench",
		"simulator/modbus", "simulator/circuit", "simulator/tree",
		"client", "client/upg", "client/dcf", "client/ini", "client/journal", "client/locks", "client/phone", "client/upgradelog", "scenarios/evidence", "scenarios/fields", "scenarios/truth", "scenarios/verdict", "scenarios/world", "scenarios/world/tool", "scenarios/worlds", "scenarios/cover",
	}
	wallClock = []string{"Now", "Sleep", "After", "NewTimer", "NewTicker", "Tick", "Since", "Until", "AfterFunc"}
)

func importRules() []importRule {
	return []importRule{
		{in: []string{"client/..."}, forbidden: []string{"ionbench/simulator/...", "ionbench/scenarios/...", "ionbench/fixtures/...", "ionbench/cmd/..."},
			but: []string{"ionbench/simulator/ion", "ionbench/simulator/machine", "ionbench/simulator/prompt", "ionbench/simulator/rfc2217"},
			why: "the upgrader knows the protocol and no meter: what it tests must not be able to help it"},
		{in: []string{"simulator/..."}, forbidden: []string{"ionbench/client/...", "ionbench/scenarios/...", "ionbench/fixtures/...", "ionbench/cmd/..."},
			why: "the meter must behave the same whoever is at the other end"},
		{in: []string{"simulator/disk"}, forbidden: []string{"ionbench/..."},
			why: "a leaf: programs for the field keep their files by it"},
		{in: []string{"simulator/disk/fragile"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/disk"},
			why: "a disk that fails knows nothing of what is kept on it"},
		{in: []string{"..."}, forbidden: []string{"ionbench/simulator/disk/fragile"},
			why: "a disk that fails is for tests"},
		{in: []string{"simulator/machine"}, forbidden: []string{"ionbench/..."},
			why: "a leaf: both sides stand on it"},
		{in: []string{"simulator/ion"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/machine"},
			why: "the protocol knows neither side"},
		{in: []string{"simulator/ion/explain"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/ion"},
			why: "it finds words for what package ion reads"},
		{in: []string{"simulator/flash", "simulator/fault"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/machine"},
			why: "leaves: a chip and a plan are values of their own"},
		{in: []string{"simulator/line"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/machine", "ionbench/simulator/fault"},
			why: "the line knows bytes and times, no frames and no meter"},
		{in: []string{"simulator/modbus"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/ion", "ionbench/simulator/machine"},
			why: "a slave sees a device through a few functions; whose they are is for those above"},
		{in: []string{"simulator/modem", "client/phone"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/machine"},
			why: "a modem and who dials it know bytes, no frames and not each other"},
		{in: []string{"simulator/xmodem"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/ion", "ionbench/simulator/machine", "ionbench/simulator/meter"},
			why: "an encoding makes orders of bytes; what becomes of them is the meter's"},
		{in: []string{"simulator/circuit"}, forbidden: []string{"ionbench/..."},
			why: "a leaf: what flows depends on the time and on nobody who looks"},
		{in: []string{"simulator/tree"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/circuit", "ionbench/simulator/ion"},
			why: "which registers there are does not depend on the meter that has them"},
		{in: []string{"simulator/meter"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/simulator/circuit", "ionbench/simulator/ion", "ionbench/simulator/flash", "ionbench/simulator/machine", "ionbench/simulator/tree"},
			why: "a meter knows nothing of the faults that befall it"},
		{in: []string{"simulator/story"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/simulator/ion", "ionbench/simulator/flash", "ionbench/simulator/fault", "ionbench/simulator/line", "ionbench/simulator/meter"},
			why: "a trace names what can happen, and makes nothing happen"},
		{in: []string{"simulator/story/record"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/simulator/fault", "ionbench/simulator/ion", "ionbench/simulator/ion/explain", "ionbench/simulator/line", "ionbench/simulator/meter", "ionbench/simulator/story"},
			why: "it writes down what a trace tells"},
		{in: []string{"simulator/story/component"}, forbidden: []string{"ionbench/..."},
			why: "what both pages draw depends on neither"},
		{in: []string{"simulator/story/page"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/story/component"},
			why: "a page shows the file of a story, and knows nothing of how it came about"},
		{in: []string{"simulator/serve"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/machine", "ionbench/simulator/disk", "ionbench/simulator/prompt", "ionbench/simulator/rfc2217", "ionbench/simulator/steady"},
			why: "whatever is a machine can be served"},
		{in: []string{"simulator/statefile"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/disk"},
			why: "it keeps pages and bytes, whatever they mean"},
		{in: []string{"simulator/rfc2217", "simulator/prompt"}, forbidden: []string{"ionbench/..."},
			why: "leaves: a port is a port, whatever is behind it"},
		{in: []string{"simulator/steady"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/prompt"},
			why: "a port is a port, whatever is behind it"},
		{in: []string{"scenarios/atlas", "scenarios/storm", "scenarios/shrink", "scenarios/reproduce", "scenarios/judge"}, forbidden: []string{"ionbench/scenarios/whatif"},
			why: "a walk is for people who look at one run"},
		{in: []string{"scenarios/verdict"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/client", "ionbench/client/upgradelog", "ionbench/simulator/ion", "ionbench/simulator/meter", "ionbench/simulator/story"},
			why: "the judge sees evidence, and neither a bench nor a process"},
		{in: []string{"scenarios/truth"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/ion", "ionbench/simulator/machine"},
			why: "whose settings are right depends on no tool and no verdict"},
		{in: []string{"scenarios/worlds"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/scenarios/cover", "ionbench/scenarios/world", "ionbench/client", "ionbench/simulator/ion", "ionbench/simulator/meter", "ionbench/simulator/talker"},
			why: "which worlds there are is for those who play them to use, and does not depend on it"},
		{in: []string{"scenarios/shell", "scenarios/parallel", "scenarios/cover"}, forbidden: []string{"ionbench/..."},
			why: "leaves: programs for the field quote words too, and must not reach the bench for it"},
		{in: []string{"scenarios/webpage"}, forbidden: []string{"ionbench/..."},
			why: "a leaf: what pages have alike depends on none of them"},
		{in: []string{"client/ini"}, forbidden: []string{"ionbench/..."},
			why: "a leaf: the grammar of lines knows no file"},
		{in: []string{"scenarios/fields"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/client/ini", "ionbench/simulator/fault"},
			why: "what a field is does not depend on what it is a field of"},
		{in: []string{"scenarios/world"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/scenarios/fields", "ionbench/scenarios/world/tool", "ionbench/fixtures/firmware", "ionbench/client", "ionbench/client/phone", "ionbench/client/upg", "ionbench/client/upgradelog", "ionbench/client/dcf", "ionbench/client/ini",
				"ionbench/simulator/fault", "ionbench/simulator/flash", "ionbench/simulator/ion", "ionbench/simulator/meter", "ionbench/simulator/talker"},
			why: "a world says what is there; playing it is for those above"},
		{in: []string{"scenarios/world/tool"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/scenarios/fields", "ionbench/client", "ionbench/simulator/ion"},
			why: "how the tool is started is for programs that know no meter, too"},
		{in: []string{"cmd/ionup"}, forbidden: []string{"ionbench/simulator/...", "ionbench/scenarios/...", "ionbench/fixtures/..."},
			but: []string{"ionbench/simulator/disk", "ionbench/simulator/ion", "ionbench/simulator/machine", "ionbench/simulator/pcapng", "ionbench/scenarios/fields", "ionbench/scenarios/shell", "ionbench/scenarios/world/tool"},
			why: "a program for the field knows the protocol and no meter"},
		{in: machines, forbidden: []string{"os", "os/...", "net", "net/...", "log", "log/...", "math/rand", "syscall", "io/ioutil"},
			why: "machines are plain values: no file, no socket, no shared randomness"},
		{in: []string{"..."}, except: []string{"simulator/serve"}, forbidden: []string{"github.com/creack/pty"},
			why: "one place knows how to make a PTY behave"},
		{in: []string{"..."}, except: []string{"client/port"}, forbidden: []string{"go.bug.st/serial"},
			why: "one place knows the traps of serial ports"},
		{in: []string{"..."}, except: []string{"scenarios/specs"}, forbidden: []string{"github.com/onsi/...", "ionbench/scenarios/specs"},
			why: "Ginkgo and Gomega are for specs; everything else returns errors"},
		{in: []string{"..."}, except: []string{"scenarios/specs"}, forbidden: []string{"ionbench/scenarios"},
			why: "a door is for those outside; those inside have what stands behind it"},
		{in: []string{"..."}, except: []string{"simulator/bubble", "simulator/machine/machinetest", "fixtures/foreign", "scenarios"}, forbidden: []string{"testing", "testing/...", "ionbench/simulator/machine/machinetest"},
			why: "what is no test is no part of one; only the bubble of virtual time needs a test to live in, and hands it through the door"},
		{in: []string{"..."}, except: []string{"fixtures/schemas/schematest"}, forbidden: []string{"github.com/santhosh-tekuri/..."},
			why: "who writes JSON does not check it; one place does, for tests"},
		{in: []string{"..."}, except: []string{"cmd/internal/cli/clitest"}, forbidden: []string{"ionbench/fixtures/schemas/schematest"},
			why: "outputs are held to their schemas in tests"},
		{in: []string{"simulator/capture"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/simulator/fault", "ionbench/simulator/line", "ionbench/simulator/meter", "ionbench/simulator/pcapng", "ionbench/simulator/story", "ionbench/simulator/story/record"},
			why: "it writes down what a trace tells"},
		{in: []string{"simulator/pcapng"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/ion"},
			why: "programs for the field capture too: it knows frames and no meter"},
		{in: []string{"..."}, except: []string{"simulator/control", "cmd/..."}, forbidden: []string{"net/http"},
			why: "one place opens a meter to the web, behind its token"},
		{in: []string{"simulator/proxy"}, forbidden: []string{"ionbench/..."}, but: []string{"ionbench/simulator/bench", "ionbench/simulator/rfc2217", "ionbench/simulator/steady"},
			why: "faults, frames and the line are the station's; here are only the port's bytes"},
		{in: []string{"simulator/control"}, forbidden: []string{"ionbench/..."},
			but: []string{"ionbench/simulator/bench", "ionbench/simulator/fault", "ionbench/simulator/ion", "ionbench/simulator/ion/explain", "ionbench/simulator/line", "ionbench/simulator/story", "ionbench/simulator/story/record", "ionbench/simulator/story/component"},
			why: "it looks at a station and strikes it by hand, and tells frames as a story does; what a fault does is for those below"},
		{in: []string{"..."}, except: []string{"cmd/..."}, forbidden: []string{"github.com/spf13/pflag"},
			why: "flags belong to programs"},
		{in: []string{"..."}, except: []string{"scenarios/mutants", "cmd/ionbench"}, forbidden: []string{"ionbench/scenarios/mutants"}, tests: true,
			why: "a bug that is planted is for tests of tests, and the command that runs them"},
		{in: []string{"..."}, except: []string{"scenarios/rig", "scenarios/mutants", judged}, forbidden: []string{"ionbench/scenarios/internal/planted"}, tests: true,
			why: "the list of bugs is for the mutants, the rig that carries one to the bench, and the programs that a test judges"},
		{in: []string{judged}, forbidden: []string{"ionbench/scenarios/internal/planted"},
			why: "who judges knows of no bug"},
		{in: []string{"simulator/...", "client/...", "fixtures/..."}, forbidden: []string{"ionbench/cmd/..."}, tests: true,
			why: "programs stand on top"},
	}
}

func TestPackagesImportOnlyWhatTheirPlaceAllows(t *testing.T) {
	for _, s := range sources(t) {
		for _, r := range importRules() {
			if s.test() && !r.tests || !matchesAny(s.folder, r.in) || matchesAny(s.folder, r.except) {
				continue
			}
			for _, path := range s.imports {
				if matchesAny(path, r.forbidden) && !slices.Contains(r.but, path) {
					t.Errorf("%s imports %s: %s", s.path, path, r.why)
				}
			}
		}
	}
}

func TestMachinesNeverReadTheWallClock(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || !slices.Contains(machines, s.folder) {
			continue
		}
		for _, name := range s.uses("time", wallClock) {
			t.Errorf("%s uses time.%s: time is a parameter of a machine", s.path, name)
		}
	}
}

// disksOwn are the calls that change a file system: what a program keeps goes through package disk,
// where each of them can fail in a test.
var disksOwn = []string{"Create", "CreateTemp", "OpenFile", "OpenRoot", "WriteFile", "CopyFS", "Rename", "Remove", "RemoveAll", "Mkdir", "MkdirAll", "MkdirTemp", "Link", "Symlink", "Truncate", "Chmod", "Chtimes"}

// pastTheDisk are the files of programs that do without, and why.
var pastTheDisk = map[string]string{
	"simulator/serve/link.go":              "the name of a PTY goes with its process; what is left of it is known and replaced",
	"cmd/internal/serving/keyfile.go":      "a key goes with its process; one that is left leads to nobody. Only its folder is made here",
	"client/port/writer_unix.go":           "a port is no file",
	"client/port/users_linux.go":           "the locks of other programs are read, with the flag that waits for no pipe in their place",
	"cmd/internal/terminal/leave_linux.go": "a terminal is no file",
	"cmd/ionbench/wireshark.go":            "the folder of a plug-in, which a person can make again",
	"cmd/internal/compare/main.go":         "a tool of the project's own, in a temporary folder",
	"simulator/disk/real.go":               "this is the disk",
	"simulator/disk/open_unix.go":          "this is the disk",
	"simulator/disk/open_windows.go":       "this is the disk",
	"simulator/disk/open_other.go":         "this is the disk",
}

func TestWhatProgramsKeepGoesThroughTheDisk(t *testing.T) {
	past := make(map[string]bool)
	for _, s := range sources(t) {
		if s.test() || !matchesAny(s.folder, []string{"simulator/...", "client/...", "cmd/..."}) || matchesAny(s.folder, []string{"cmd/internal/cli/clitest"}) {
			continue
		}
		for _, name := range s.uses("os", disksOwn) {
			past[s.path] = true
			if pastTheDisk[s.path] == "" {
				t.Errorf("%s uses os.%s: what is kept goes through package disk, or the list here says why not", s.path, name)
			}
		}
	}
	for path := range pastTheDisk {
		if !past[path] {
			t.Errorf("%s does not go past the disk any more: take it off the list", path)
		}
	}
}

// seam is the name of the fields by which a bug is planted, and plants the folders that may
// say it: those where the bugs stand, the rig that carries them to the bench, and the
// mutants. The tests of the package judged play programs that have them.
const seam = "Planted"

var plants = []string{"client", "simulator/meter", "scenarios/rig", "scenarios/mutants"}

const judged = "scenarios/judge"

func TestNothingButTheMutantsPlantsABug(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			name, ok := n.(*ast.Ident)
			if !ok || name.Name != seam {
				return true
			}
			said[s.folder] = true
			if !slices.Contains(plants, s.folder) && !(s.test() && s.folder == judged) {
				t.Errorf("%s says %s: nothing but scenarios/mutants plants a bug", s.path, name.Name)
			}
			return true
		})
	}
	for _, folder := range plants {
		if !said[folder] {
			t.Errorf("nothing in %s is called %s any more: bugs are planted by another name", folder, seam)
		}
	}
}

// machinery are words of what is for tests of tests alone.
var machinery = []string{"defect", "planted", "mutant", "bug"}

// Of the bugs, whoever imports a side of the line sees the field that names one, and no more.
func TestNoBugStandsBesideWhatAnImporterSees(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || !matchesAny(s.folder, []string{"client/...", "simulator/..."}) || strings.Contains(s.folder, "/internal/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			name, ok := n.(*ast.Ident)
			if !ok || !name.IsExported() || name.Name == seam {
				return true
			}
			for _, word := range machinery {
				if strings.Contains(strings.ToLower(name.Name), word) {
					t.Errorf("%s shows %s to importers", s.path, name.Name)
				}
			}
			return true
		})
	}
}

// The shipped programs cannot even reach what plants a bug: neither the rig nor the mutants.
func TestProgramsForTheFieldDoNotReachTheMutants(t *testing.T) {
	imports := map[string][]string{}
	for _, s := range sources(t) {
		if !s.test() {
			imports["ionbench/"+s.folder] = append(imports["ionbench/"+s.folder], s.imports...)
		}
	}
	for _, program := range []string{"ionbench/cmd/ionup", "ionbench/cmd/ionsim"} {
		reached := []string{program}
		for i := 0; i < len(reached); i++ {
			for _, path := range imports[reached[i]] {
				if !slices.Contains(reached, path) {
					reached = append(reached, path)
				}
			}
		}
		for _, path := range []string{"ionbench/scenarios/rig", "ionbench/scenarios/mutants"} {
			if slices.Contains(reached, path) {
				t.Errorf("%s reaches %s", program, path)
			}
		}
		if len(reached) < 10 {
			t.Errorf("%s reaches only %v", program, reached)
		}
	}
}

func TestTheRulesSeeTheWholeProject(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		seen[s.folder] = true
	}
	for _, folder := range append(slices.Clone(machines), "simulator/serve", "client/port", "scenarios/rig", "scenarios/mutants", "scenarios/shell", judged, "cmd/internal/cli", "cmd/ionsim", "cmd/ionup", "cmd/ionbench") {
		if !seen[folder] {
			t.Errorf("no Go file in %s", folder)
		}
	}
}

func matchesAny(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if pattern == "..." {
			return true
		}
		if parent, ok := strings.CutSuffix(pattern, "/..."); ok {
			return path == parent || strings.HasPrefix(path, parent+"/")
		}
		return path == pattern
	})
}

// parsed are the sources, read once for all tests.
var parsed = sync.OnceValues(parse)

func sources(t *testing.T) []*source {
	t.Helper()
	list, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func parse() (list []*source, err error) {
	const root = ".."
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		s := &source{path: name, folder: filepath.ToSlash(filepath.Dir(name)), file: file}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		list = append(list, s)
		return nil
	})
	return list, err
}
