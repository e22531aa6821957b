package scenarios_test

import (
	"go/ast"
	"slices"
	"testing"

	"ionbench/simulator/fault"
)

// A kind of fault is a row of the catalogue and an effect. Whoever else wants to know something
// of a kind asks the catalogue for what it has in common with others: a kind that is named
// elsewhere is one that somebody forgets when the next one comes.
func TestNothingButTheCatalogueAndTheEffectsNamesAKindOfFault(t *testing.T) {
	kinds := identifiersOfKinds(t)
	if want := len(fault.Kinds()); len(kinds) != want {
		t.Fatalf("the catalogue declares %d kinds and lists %d", len(kinds), want)
	}
	named := map[string]int{}
	for _, s := range sources(t) {
		if s.test() || s.path == "simulator/fault/kinds.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			name := ""
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "fault" {
					name = n.Sel.Name
				}
			case *ast.Ident:
				if s.folder == "simulator/fault" {
					name = n.Name
				}
			}
			if !slices.Contains(kinds, name) {
				return true
			}
			named[name]++
			if s.path != "simulator/bench/effects.go" {
				t.Errorf("%s names the kind %s", s.path, name)
			}
			return true
		})
	}
	for _, kind := range kinds {
		if named[kind] != 1 {
			t.Errorf("%s has %d effects", kind, named[kind])
		}
	}
}

// identifiersOfKinds are the constants of type fault.Kind.
func identifiersOfKinds(t *testing.T) []string {
	var names []string
	for _, s := range sources(t) {
		if s.path != "simulator/fault/kinds.go" {
			continue
		}
		for _, d := range s.file.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || len(group.Specs) == 0 {
				continue
			}
			first, ok := group.Specs[0].(*ast.ValueSpec)
			if !ok {
				continue
			}
			if of, ok := first.Type.(*ast.Ident); !ok || of.Name != "Kind" {
				continue
			}
			for _, spec := range group.Specs {
				names = append(names, spec.(*ast.ValueSpec).Names[0].Name)
			}
		}
	}
	return names
}
