package cli

import (
	"context"
	"ionbench/fixtures/foreign"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completed returns the words that fit, without their meanings.
func completed(p *Program, words ...string) string {
	_, out, _ := outcome(p, append([]string{completeCommand}, words...)...)
	var list []string
	for line := range strings.Lines(out) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, word)
	}
	return strings.Join(list, " ")
}

func TestWhatCouldStandIsCompleted(t *testing.T) {
	for _, test := range []struct{ words, want string }{
		{"^", "do undo set completion man help --help --version"},
		{"s^", "set"},
		{"set ^", "read write"},
		{"set w^", "write"},
		{"help s^", "set"},
		{"help set ^", "read write"},
		{"completion ^", "bash zsh fish"},
		{"do ^", ":*.upg"},
		{"do x.upg ^", ""},
		{"do --le^", "--level"},
		{"do --colour ^", "red green"},
		{"do --colour=^", "--colour=red --colour=green"},
		{"do --colour=g^", "--colour=green"},
		{"do --space w^", "wire"},
		{"do --space wire,^", "wire,wire wire,flash"},
		{"do --space=wire,f^", "--space=wire,flash"},
		{"do --loud ^", ":*.upg"},
		{"do --level 3 ^", ":*.upg"},
		{"do --level=3 x ^", ""},
		{"do --name ^", ""},
		{"do -n x ^", ":*.upg"},
		{"undo ^", "cable-pull kill"},
		{"undo kill c^", "cable-pull"},
		{"undo -- ^", "cable-pull kill"},
		{"set write owner=x t^", "tag1="},
		{"nonsense ^", ""},
	} {
		words := strings.Split(strings.TrimSuffix(test.words, "^"), " ")
		if got := completed(thing(&flags{}, nil), words...); got != test.want {
			t.Errorf("%s: %q, want %q", test.words, got, test.want)
		}
	}
	if got := completed(thing(&flags{}, nil), "do", "--"); strings.Contains(got, "workers") || !strings.Contains(got, "--parallel") {
		t.Errorf("the flags are %s", got)
	}
}

// These run the scripts in the real shells and print what a shell would offer, one word a
// line. The command line to complete comes from the environment.
var shells = map[string]string{
	"bash": `
		eval "$(thing completion bash)"
		eval "COMP_WORDS=($LINE)"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		compopt() { :; }
		_thing; printf '%s\n' "${COMPREPLY[@]}"`,
	"zsh": `
		compdef() { :; }
		_describe() { local name=${@[-1]}; local one; for one in ${(P)name}; do print -r -- "${${one//\\\\:/ }%%:*}"; done }
		compadd() { print -l -- "${@:4}" }
		_files() { [[ $1 == -g ]] && print -l -- ${~2} }
		eval "$(thing completion zsh)"
		eval "words=($LINE)"; CURRENT=$#words
		_thing`,
	"fish": `
		thing completion fish | source
		for line in (complete -C $TYPED); string split -f1 \t -- $line; end; true`,
}

func TestTheScriptsOfferItInTheShells(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "thing")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.upg", "b.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for shell, script := range shells {
		t.Run(shell, func(t *testing.T) {
			path := foreign.Program(t, "completion in "+shell, shell)
			for _, test := range []struct{ line, want string }{
				{"thing u", "undo"},
				{"thing do --colour ''", "green red"},
				{"thing do --space wire,f", "wire,flash"},
				{"thing undo ca", "cable-pull"},
				{"thing set write ow", "owner="},
				{"thing do a", "a.upg"},
			} {
				command := exec.Command(path, "-c", script)
				command.Dir = dir
				command.Env = append(os.Environ(), "LINE="+test.line, "TYPED="+strings.TrimSuffix(test.line, "''"), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir, "GORACE=atexit_sleep_ms=0")
				out, err := command.CombinedOutput()
				got := strings.Fields(string(out))
				slices.Sort(got)
				if err != nil || strings.Join(got, " ") != test.want {
					t.Errorf("%s: %q (%v), want %q", test.line, got, err, test.want)
				}
			}
		})
	}
}

// TestMain makes the test binary act as the program when a shell calls it.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "thing" {
		os.Exit(int(thing(&flags{}, nil).Run(context.Background(), Streams{Out: os.Stdout, Err: os.Stderr}, os.Args[1:])))
	}
	os.Exit(m.Run())
}
