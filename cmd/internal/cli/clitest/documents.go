package clitest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/shell"
)

// DocumentProblems returns the command lines in the project's documents that a program does not
// take, and how many it has tried. root is the project's folder; program makes the table anew for
// each call. A command that a sentence only names may lack its arguments.
func DocumentProblems(root string, program func() *cli.Program) (problems []string, tried int, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" || d.Name() == "CHANGELOG.md" {
			return err // what was in a release may be called otherwise today
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range documentLines(program().Name, string(text)) {
			tried++
			if err := take(program(), line); err != nil {
				problems = append(problems, fmt.Sprintf("%s: %s: %v", path, line, err))
			}
		}
		return nil
	})
	return problems, tried, err
}

var (
	span   = regexp.MustCompile("`([^`\n]+)`")
	behind = regexp.MustCompile(`\s(?:[|<>&;]|2>|#|&&)(?:\s.*)?$`) // what does not belong to the command
)

// documentLines returns a program's command lines: those of code blocks, and what is marked as code
// in sentences.
func documentLines(name, text string) (lines []string) {
	for line := range strings.Lines(text) {
		code := span.FindAllStringSubmatch(line, -1)
		if block, ok := strings.CutPrefix(line, "    "); ok {
			code = append(code, []string{"", block})
		} else if typed, ok := strings.CutPrefix(line, "$ "); ok {
			code = append(code, []string{"", typed})
		}
		for _, c := range code {
			words := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(c[1]), "go run ./cmd/"))
			if !strings.HasPrefix(words, name+" ") || strings.Contains(words, "…") || strings.Contains(words, "...") {
				continue
			}
			for behind.MatchString(words) {
				words = behind.ReplaceAllString(words, "")
			}
			lines = append(lines, words)
		}
	}
	return lines
}

// take returns why a program does not take a command line.
func take(p *cli.Program, line string) error {
	words, err := shell.Split(line)
	if err != nil {
		return err
	}
	args := words[1:]
	if args[0] == "help" {
		args = args[1:]
	}
	for i, word := range args {
		if word == "--help" || word == "--version" {
			args = args[:i]
			break
		}
	}
	if len(args) == 0 {
		return nil
	}
	err = p.Check(args)
	if err != nil && (strings.HasPrefix(err.Error(), "no ") || strings.HasSuffix(err.Error(), " what?") || strings.Contains(err.Error(), " wants a value: ")) {
		return nil // an argument or a value is not there
	}
	return err
}
