package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"ionbench/client"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/terminal"
	"ionbench/scenarios/world/tool"
)

// passwordVariable is where a password comes from if no flag tells one. Other users of a
// computer see the words of a command line, and not its environment.
const passwordVariable = "IONUP_PASSWORD"

// factoryPassword is what the factory sets.
const factoryPassword = "0"

// askPassword in place of a password is one that is typed.
const askPassword = "-"

// takePassword finds out the password. No error of it tells one.
func (f *lineFlags) takePassword() error {
	p := f.program
	var text, from string
	var err error
	switch told := p.getenv(passwordVariable); {
	case f.Password != "" && f.passwordFile != "":
		return cli.Usage("both --password and --password-file").Hint("leave one of them out")
	case f.Password == askPassword:
		from = "the password that was typed"
		text, err = p.typedPassword()
	case f.Password != "":
		return nil // it has been checked
	case f.passwordFile != "":
		from = "--password-file " + f.passwordFile
		text, err = p.filedPassword(f.passwordFile)
	default:
		from, text = passwordVariable, cmp.Or(told, factoryPassword)
	}
	if err != nil {
		return err
	}
	if f.Password, err = tool.Passwords().Parse(text); err != nil {
		return cli.Usage("%s: %w", from, err)
	}
	return nil
}

// maxPasswordBytes is far more than a password has, so that a wrong file is told as such.
const maxPasswordBytes = 1 << 10

// filedPassword is the only line of a file.
func (p *program) filedPassword(path string) (string, error) {
	content, err := p.disk.Read(path, maxPasswordBytes)
	if err != nil {
		return "", cli.Unusable(fmt.Errorf("--password-file: %w", err)).Hint("it holds the password and nothing else")
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(bytes.TrimPrefix(content, []byte("\ufeff"))), "\n"), "\r")
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return "", cli.Usage("--password-file %s: it has not one line", path).Hint("it holds the password and nothing else")
	}
	return text, nil
}

// typedPassword asks at the terminal without showing what is typed. From anything else it reads
// one line, and leaves the others to the questions that follow.
func (p *program) typedPassword() (string, error) {
	atTerminal := terminal.Is(p.stdin)
	if atTerminal {
		show, err := terminal.Hide(p.stdin.(*os.File))
		if err != nil {
			return "", cli.Environmental(fmt.Errorf("what is typed here cannot be hidden: %w", err)).Hint("use --password-file FILE or " + passwordVariable)
		}
		defer fmt.Fprintln(p.stderr)
		defer show()
		fmt.Fprint(p.stderr, "Password of the meter: ")
	}
	type line struct {
		text string
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := readLine(p.stdin)
		lines <- line{text, err}
	}()
	select {
	case <-p.interrupts:
		return "", fmt.Errorf("%w; nothing was changed", client.ErrAborted)
	case l := <-lines:
		if l.err != nil {
			return "", cli.Unusable(fmt.Errorf("--password -: %w", l.err)).Hint("write the password to standard input, as one line")
		}
		return l.text, nil
	}
}

// readLine reads a line and not a byte more.
func readLine(r io.Reader) (string, error) {
	var text []byte
	b := make([]byte, 1)
	for len(text) < maxPasswordBytes {
		n, err := r.Read(b)
		switch {
		case n == 1 && b[0] == '\n', n == 0 && errors.Is(err, io.EOF) && len(text) > 0:
			return strings.TrimSuffix(string(text), "\r"), nil
		case n == 1:
			text = append(text, b[0])
		case errors.Is(err, io.EOF):
			return "", errors.New("standard input ended before a password")
		case err != nil:
			return "", err
		}
	}
	return "", errors.New("the line is no password: it is too long")
}
