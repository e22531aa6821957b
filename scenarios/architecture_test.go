package scenarios_test

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// declared are the names that the project's sources declare: package.Name,
// package.Type.Member, and each name by itself.
type declared map[string]bool

func (d declared) add(pkg, owner, name string) {
	d[name] = true
	d[pkg+"."+name] = true
	if owner != "" {
		d[pkg+"."+owner+"."+name] = true
	}
}

func (d declared) addFile(pkg string, file *ast.File) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			d.add(pkg, receiver(decl), decl.Name.Name)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				d.addSpec(pkg, spec)
			}
		}
	}
}

func (d declared) addSpec(pkg string, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			d.add(pkg, "", name.Name)
		}
	case *ast.TypeSpec:
		d.add(pkg, "", spec.Name.Name)
		ast.Inspect(spec.Type, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok {
				for _, name := range f.Names {
					d.add(pkg, spec.Name.Name, name.Name)
				}
			}
			return true
		})
	}
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	t := f.Recv.List[0].Type
	if pointer, ok := t.(*ast.StarExpr); ok {
		t = pointer.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, _ := t.(*ast.Ident)
	return name.Name
}

var (
	quoted    = regexp.MustCompile("`([^`\n]+)`")
	qualified = regexp.MustCompile(`^[a-z]\w*(\.\w+)*$|^[A-Z]\w*$`)
)

func TestEveryNameInTheArchitectureExists(t *testing.T) {
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	known, folders := declared{}, map[string]bool{}
	for _, s := range sources(t) {
		if !s.test() {
			known.addFile(path.Base(s.folder), s.file)
		}
		for folder := s.folder; folder != "."; folder = path.Dir(folder) {
			folders[folder], folders[path.Base(folder)] = true, true
		}
	}
	var names int
	for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
		name := m[1]
		_, err := os.Stat(filepath.Join("..", name))
		inSomePackage := slices.ContainsFunc([]string{"client/" + name, "simulator/" + name, "scenarios/" + name}, func(p string) bool {
			_, err := os.Stat(filepath.Join("..", p))
			return err == nil
		})
		switch {
		case err == nil, folders[name], inSomePackage:
		case name == "forget_test.go":
		case strings.Contains(name, " "): // a command, a plan, a line of a log
		case strings.Contains(name, "/"):
			t.Errorf("ARCHITECTURE.md names %s, which is not there", name)
		case !qualified.MatchString(name):
			t.Errorf("ARCHITECTURE.md quotes %s: neither a name nor a file", name)
		case !known[name]:
			t.Errorf("ARCHITECTURE.md names %s, which nothing declares", name)
		}
		names++
	}
	if names < 100 {
		t.Errorf("only %d names were looked at", names)
	}
}

var making = regexp.MustCompile(`\bmake ([a-z][a-z0-9-]*)( +#|\x60|: )`)

func TestEveryTargetThatIsNamedIsInTheMakefile(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, page := range []string{"../README.md", "../ARCHITECTURE.md", "RELIABILITY.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range making.FindAllStringSubmatch(string(text), -1) {
			if named++; !regexp.MustCompile(`(?m)^` + m[1] + `:[^=]*## `).Match(makefile) {
				t.Errorf("%s says `make %s`, of which the Makefile says nothing", path.Base(page), m[1])
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d targets were looked at", named)
	}
}
