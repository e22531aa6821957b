package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
)

func TestAPasswordComesFromAFlagAFileTheEnvironmentOrALineAndIsNeverShown(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	file := func(content string) string {
		f, err := os.CreateTemp(b.dir, "password")
		must(t, err)
		defer f.Close()
		_, err = f.WriteString(content)
		must(t, err)
		return f.Name()
	}
	typed := func(text string) io.Reader { return strings.NewReader(text) }
	for _, test := range []struct {
		name string
		how  invocation
		args []string
		code cli.Status
		says string
	}{
		{"from a flag", invocation{told: "4711"}, []string{"--password", "0"}, cli.Done, ""},
		{"from a file", invocation{told: "4711"}, []string{"--password-file", file("0\r\n")}, cli.Done, ""},
		{"from the environment", invocation{told: "0"}, nil, cli.Done, ""},
		{"from a line", invocation{told: "4711", stdin: typed("0\r\n")}, []string{"--password", "-"}, cli.Done, ""},
		{"from a line without an end", invocation{stdin: typed("0")}, []string{"--password", "-"}, cli.Done, ""},
		{"from nowhere", invocation{}, nil, cli.Done, ""},
		{"wrong from a file", invocation{}, []string{"--password-file", file("4711")}, cli.Failed, "the meter refused the password"},
		{"wrong from the environment", invocation{told: "4711"}, nil, cli.Failed, "the meter refused the password"},
		{"wrong from a line", invocation{stdin: typed("4711\n")}, []string{"--password", "-"}, cli.Failed, "the meter refused the password"},
		{"impossible in a file", invocation{}, []string{"--password-file", file("471147114711")}, cli.Misused, ": password of 12 digits: a numeric password has one to eight"},
		{"impossible in the environment", invocation{told: "4711-4711"}, nil, cli.Misused, "IONUP_PASSWORD: "},
		{"two lines in a file", invocation{}, []string{"--password-file", file("4711\n4711\n")}, cli.Misused, "it has not one line"},
		{"an empty file", invocation{}, []string{"--password-file", file("")}, cli.Misused, "--password-file "},
		{"no file", invocation{}, []string{"--password-file", b.path("none")}, cli.Misused, "no such file"},
		{"no line", invocation{stdin: typed("")}, []string{"--password", "-"}, cli.Misused, "standard input ended before a password"},
		{"a line without end", invocation{stdin: forever("4711")}, []string{"--password", "-"}, cli.Misused, "it is too long"},
		{"both", invocation{}, []string{"--password", "4711", "--password-file", "f"}, cli.Misused, "both --password and --password-file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.how.run(t, append(b.line("settings", "set", "owner=B"), test.args...)...).wantCode(test.code).wantSays(test.says)
			if strings.Contains(strings.ReplaceAll(r.stdout+r.stderr, b.dir, ""), "4711") {
				t.Errorf("it shows the password:\n%s%s", r.stdout, r.stderr)
			}
		})
	}
}

func TestALineWithThePasswordLeavesTheAnswersThatFollow(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	invocation{stdin: answers("0", "", "exit")}.run(t, append(b.tool("connect"), "--password", "-")...).wantCode(0).wantSays("Setup Assistant: ")
}
