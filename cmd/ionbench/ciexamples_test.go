package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ionbench/cmd/internal/cli"
)

// job is what the examples of both systems have in common: commands, and how often they run.
type job struct {
	Script   []string // GitLab
	Parallel int
	Steps    []struct{ Run string } // GitHub
	Strategy struct {
		Matrix struct{ Shard []int }
	}
}

func (j *job) commands() []string {
	list := slices.Clone(j.Script)
	for _, step := range j.Steps {
		list = append(list, step.Run)
	}
	return list
}

// runs returns the variables of each run of the job.
func (j *job) runs() []map[string]string {
	shards := j.Strategy.Matrix.Shard
	for i := range j.Parallel {
		shards = append(shards, i+1)
	}
	if len(shards) == 0 {
		return []map[string]string{{}}
	}
	var list []map[string]string
	for _, shard := range shards {
		i := strconv.Itoa(shard)
		list = append(list, map[string]string{"matrix.shard": i, "CI_NODE_INDEX": i, "CI_NODE_TOTAL": strconv.Itoa(len(shards))})
	}
	return list
}

// ciExample is one of the files of fixtures/ci: its jobs, and the variables that all jobs
// have.
type ciExample struct {
	jobs      map[string]job
	variables map[string]string
}

func readExample(t *testing.T, name string) ciExample {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../fixtures/ci", name))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Jobs      map[string]job
		Env       map[string]string
		Variables map[string]string
		Rest      map[string]yaml.Node `yaml:",inline"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	e := ciExample{jobs: file.Jobs, variables: file.Env}
	if e.jobs == nil { // in GitLab's files the jobs are at the top level
		e.jobs, e.variables = map[string]job{}, file.Variables
		for key, node := range file.Rest {
			var j job
			if key != "stages" {
				if err := node.Decode(&j); err != nil {
					t.Fatalf("%s: job %s: %v", name, key, err)
				}
				e.jobs[key] = j
			}
		}
	}
	return e
}

// lines returns the ionbench command lines of the example, each as the words after the
// program's name, once for each run of its job.
func (e ciExample) lines() [][]string {
	var list [][]string
	for _, name := range []string{"ionbench", "judge", "judged", "sweep", "atlas"} {
		j := e.jobs[name]
		for _, variables := range j.runs() {
			for _, command := range j.commands() {
				if words := e.words(command, variables); len(words) > 0 && words[0] == "bin/ionbench" {
					list = append(list, words[1:])
				}
			}
		}
	}
	return list
}

// words splits a simple command as a shell does: at blanks outside of double quotes. Variables
// are expanded afterwards.
func (e ciExample) words(command string, more map[string]string) []string {
	quoted := false
	fields := strings.FieldsFunc(expressions(command, more), func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\n')
	})
	for i, f := range fields {
		fields[i] = os.Expand(strings.ReplaceAll(f, `"`, ""), func(name string) string {
			if v, ok := more[name]; ok {
				return v
			}
			return e.variables[name]
		})
	}
	return fields
}

// expressions replaces GitHub's expressions, as GitHub does before a shell sees the command.
func expressions(command string, values map[string]string) string {
	for name, value := range values {
		command = strings.ReplaceAll(command, "${{ "+name+" }}", value)
	}
	return command
}

func examples() []string { return []string{"github.yml", "gitlab-ci.yml"} }

func TestTheCIExamplesBuildAStaticProgramAndUseAllOfIt(t *testing.T) {
	t.Parallel()
	for _, name := range examples() {
		e := readExample(t, name)
		build := e.jobs["ionbench"]
		if all := strings.Join(build.commands(), "\n"); !strings.Contains(all, "CGO_ENABLED=0 go build") {
			t.Errorf("%s does not build a static program:\n%s", name, all)
		}
		var used []string
		for _, words := range e.lines() {
			used = append(used, strings.Join(words[:min(2, len(words))], " "))
		}
		for _, want := range []string{"judge --upgrader", "judge diff", "sweep --image-size", "atlas merge", "atlas html", "atlas diff"} {
			if !slices.Contains(used, want) {
				t.Errorf("%s lacks ionbench %s: it has %q", name, want, used)
			}
		}
	}
}

func TestTheFlagsOfTheCIExamplesAreThoseOfTheCommands(t *testing.T) {
	t.Parallel()
	for _, name := range examples() {
		for _, words := range readExample(t, name).lines() {
			t.Run(name+" "+words[0], func(t *testing.T) {
				if err := program().Check(words); err != nil {
					t.Errorf("ionbench %s: %v", strings.Join(words, " "), err)
				}
			})
		}
	}
}

func TestTheJudgeOfTheCIExamplesTellsTheUpgraderAllItNeeds(t *testing.T) {
	t.Parallel()
	for _, name := range examples() {
		judged := 0
		for _, words := range readExample(t, name).lines() {
			at := slices.Index(words, "--upgrader")
			if at < 0 {
				continue
			}
			judged++
			for _, want := range []string{"{tcp}", "{unit-id}", "{password}", "{image}", "{log}"} {
				if !strings.Contains(words[at+1], want) {
					t.Errorf("%s: the upgrader's command lacks %s: %s", name, want, words[at+1])
				}
			}
		}
		if judged != 1 {
			t.Errorf("%s judges %d times", name, judged)
		}
	}
}

// Runs the sweeps of the examples, with a smaller image, and the commands that use their
// files.
func TestTheSweepsOfTheCIExamplesGiveOneAtlas(t *testing.T) {
	for _, name := range examples() {
		t.Run(name, func(t *testing.T) {
			lines := readExample(t, name).lines()
			t.Chdir(t.TempDir())
			if err := os.Mkdir("release", 0o700); err != nil {
				t.Fatal(err)
			}
			var shards []string
			for _, words := range lines {
				switch {
				case words[0] == "judge":
					continue
				case words[0] == "sweep":
					size, shard := slices.Index(words, "--image-size"), slices.Index(words, "--shard")
					words[size+1] = "1KiB"
					shards = append(shards, words[shard+1])
					words = append(words, "--space", "frame")
				case words[1] == "diff":
					sweepWhole(t, words[2])
				}
				if code, out, diagnostics := call(t, "", words...); code != cli.Done {
					t.Errorf("ionbench %s: exit %d\n%s%s", strings.Join(words, " "), code, out, diagnostics)
				}
			}
			if want := []string{"1/4", "2/4", "3/4", "4/4"}; !slices.Equal(shards, want) {
				t.Errorf("the shards are %v", shards)
			}
		})
	}
}

// sweepWhole writes the atlas of one sweep without shards, as the release's.
func sweepWhole(t *testing.T, file string) {
	t.Helper()
	args := []string{"sweep", "--image-size", "1KiB", "--space", "frame", "--json", file}
	if code, _, diagnostics := call(t, "", args...); code != cli.Done {
		t.Fatal(fmt.Sprint(args), diagnostics)
	}
}
