package files

import "testing"

func TestATemporaryFileTellsItsTarget(t *testing.T) {
	for _, name := range []string{"a", "PC-1.journal", ".new", "a.ABCDEFGH.new", "x.new"} {
		if got, ok := targetOf(temporaryOf(name)); !ok || got != name {
			t.Errorf("%q is of %q, %v", temporaryOf(name), got, ok)
		}
	}
	for _, name := range []string{"", ".new", "a.new", ".a.new", ".ABCDEFGH.new", "..ABCDEFGH.new", ".a.abcdefgh.new", ".a.ABCDEFG1.new", "a.ABCDEFGH.new"} {
		if got, ok := targetOf(name); ok {
			t.Errorf("%q is of %q", name, got)
		}
	}
}

func FuzzTargetOf(f *testing.F) {
	f.Add(".PC-1.journal.ABCDEFGH.new")
	f.Fuzz(func(t *testing.T, name string) {
		target, ok := targetOf(name)
		if ok && (target == "" || len(target) != len(name)-len(temporaryOf(""))) {
			t.Errorf("%q is of %q", name, target)
		}
	})
}
