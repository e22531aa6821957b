package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/foreign"
	"ionbench/simulator/meter"
)

// answers returns a person's input, one line each.
func answers(lines ...string) io.Reader { return strings.NewReader(strings.Join(lines, "\n") + "\n") }

// interrupted returns a bed whose meter is in download state and has its settings in the
// journal.
func interrupted(t *testing.T, file func(*bed) string) *bed {
	t.Helper()
	b := newBed(t, silentAtBlock9)
	ionup(t, append(b.tool("upgrade", file(b)), "--timeout", "50ms", "--baud", "19200")...).wantCode(1)
	b.heal()
	return b
}

func TestConnectLeadsThroughTheWindowsOfTheArticle(t *testing.T) {
	t.Parallel() // it waits, most of the time
	var file string
	b := interrupted(t, func(b *bed) string { file = b.upg(20); return file })
	template := b.path("plant.dcf")
	must(t, os.WriteFile(template, []byte("[template]\nname = Plant C\n[nameplate]\nowner = C\n"), 0o600))
	r := invocation{stdin: answers(
		"", "yes", b.path("none.upg"), file, "yes", "", "",
		"", "t", "", template, "", "",
		"exit",
	)}.run(t, append(b.tool("connect"), "--single")...).wantCode(0)
	if !strings.Contains(r.stdout, "Device already in download state\n") || !strings.Contains(r.stdout, "Upgrade completed at ") {
		t.Errorf("stdout:\n%s", r.stdout)
	}
	order := []string{
		"Select Connection Type: a serial port, an IP address as HOST:PORT, a telephone number, or exit [" + b.addr + "]: ",
		"The firmware upgrade of this meter (ION 7350, PC-0209A001-11) did not end: it is in upgrade mode.\nRecover it? [yes]/no: ",
		"ION Firmware Upgrade file (*.upg), or cancel: ",
		"ionup: warning: " + b.path("none.upg") + ": no such file or directory",
		"ION Firmware Upgrade file (*.upg), or cancel: ",
		"Write them back at the end of this one (pt-ct,clock,nameplate,energy,itc)? yes/no: ",
		"Settings to write back, of pt-ct, clock, nameplate, energy, itc; or all or none [all]: ",
		"The firmware upgrade is completed. [exit]: ",
		"Select Connection Type: ",
		"Setup Assistant: PC-0209A001-11, ION 7350, firmware 7350V283, template 7350_PLANT_A.\nSend a template, upgrade the firmware, or exit? template/upgrade/exit: ",
		"A template will be sent to the meter. [ok]/cancel: ",
		"ION Setup Device Configuration File (*.dcf), or cancel: ",
		"(no effect in Firmware Recovery Mode) [none]: ",
		"The template was successfully applied to the device.\nExit the tool and connect again: it is in Firmware Recovery Mode until then. [ok]: ",
		"Setup Assistant: PC-0209A001-11, ION 7350, firmware 7350V283, template Plant C.\n",
	}
	rest := r.stderr
	for _, part := range order {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("stderr:\n%s\nlacks %q at its place", r.stderr, part)
		}
		rest = after
	}
	want := custom()
	want.Template = "Plant C"
	want.Values[10] = b.settings().Values[10]
	if want.Values[10].Text != "C" {
		t.Errorf("owner is %v", want.Values[10])
	}
	b.wantSettings(want)
}

func TestConnectWithoutAnyAnswerIsLeft(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := ionup(t, b.tool("connect")...).wantCode(cli.Misused).wantStdout("") // nobody was there, so nothing came of it
	r.wantSays("Select Connection Type: a serial port, an IP address as HOST:PORT, a telephone number, or exit [" + b.addr + "]: ")
	wantNoFile(t, b.path("Upgrade.log"))
	invocation{stdin: answers("")}.run(t, b.tool("connect")...).wantCode(0).wantSays("Setup Assistant: ")
	invocation{stdin: answers("", "exit")}.run(t, b.tool("connect")...).wantCode(0)
	invocation{stdin: answers("", "upgrade", "cancel", "exit")}.run(t, b.tool("connect")...).wantCode(0)
	invocation{stdin: answers("", "upgrade")}.run(t, b.tool("connect")...).wantCode(1).wantSays("a question was not answered; nothing was changed")
}

func TestConnectWithoutAnyInputSaysSo(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	for _, more := range [][]string{nil, {"--yes"}, {"--json"}} {
		invocation{stdin: strings.NewReader("")}.run(t, append(b.tool("connect"), more...)...).wantCode(cli.Misused).
			wantSays("ionup: error: standard input ended before a question was answered; nothing was changed", "a line for each question")
	}
}

func TestConnectThatIsLeftDoesNotDenyWhatItHasDone(t *testing.T) {
	t.Parallel()
	const done = "; what was done before that is done"
	b := newBed(t, "")
	dcf := b.path("c.dcf")
	must(t, os.WriteFile(dcf, []byte("[template]\nname = Plant C\n[nameplate]\nowner = C\n"), 0o600))
	stdin := io.MultiReader(answers("", "upgrade", b.upg(2), ""), forever("?\n"))
	invocation{stdin: stdin}.run(t, b.tool("connect")...).wantCode(cli.Misused).wantSays("5 answers in a row led nowhere" + done)
	for _, did := range [][]string{{"upgrade", b.upg(2), "", "", ""}, {"template", "", dcf, "", ""}} {
		stdin := answers(append(append([]string{""}, did...), "upgrade")...)
		invocation{stdin: stdin}.run(t, b.tool("connect")...).wantCode(cli.Failed).wantSays("a question was not answered" + done)
	}
}

func TestConnectAsksAgainForAConnectionThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := invocation{stdin: answers("", "127.0.0.1:1", "/dev/none", b.addr, "exit")}.run(t, "connect", "--unit-id", "105", "--no-journal").wantCode(0)
	r.wantSays("ionup: warning: an answer is needed", "ionup: warning: nothing listens at 127.0.0.1:1", "ionup: warning: there is no serial port /dev/none", "Setup Assistant: ")
}

// forever is what `yes LINE` writes.
type forever string

func (f forever) Read(p []byte) (n int, err error) {
	for n < len(p) {
		n += copy(p[n:], f)
	}
	return n, nil
}

func TestAnswersThatLeadNowhereEndTheToolInsteadOfFillingTheDisk(t *testing.T) {
	t.Parallel() // it waits, most of the time
	for _, line := range []string{"y\n", "\n", "/dev/none\n", "127.0.0.1:1\n"} {
		for _, more := range [][]string{nil, {"--single"}, {"--yes"}, {"--json"}} {
			b := newBed(t, "")
			r := invocation{stdin: forever(line)}.run(t, append(b.tool("connect"), more...)...).wantCode(cli.Misused)
			if n := len(r.stdout) + len(r.stderr); n > 4000 {
				t.Errorf("%q %v: it printed %d bytes", line, more, n)
			}
			r.wantSays("ionup: error: 5 answers in a row led nowhere; nothing was changed")
		}
	}
	b := newBed(t, silentAtBlock9)
	ionup(t, append(b.tool("upgrade", b.upg(20)), "--timeout", "50ms", "--baud", "19200")...).wantCode(cli.Failed)
	b.heal()
	for _, line := range []string{"\n", "y\n"} {
		stdin := io.MultiReader(answers(""), forever(line)) // a meter in upgrade mode
		invocation{stdin: stdin}.run(t, append(b.tool("connect"), "--single", "--timeout", "10ms", "--baud", "19200")...).wantSays("ionup: error: ")
	}
	if !b.state().Loader() {
		t.Errorf("the meter is in state %v", b.state())
	}
}

func TestConnectOutsideSingleModeNamesTheMode(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := interrupted(t, func(b *bed) string { return b.upg(20) })
	flags := []string{"--timeout", "10ms", "--baud", "19200"}
	invocation{stdin: answers("", "exit")}.run(t, append(b.tool("connect"), flags...)...).wantCode(1).
		wantSays("The device does not answer: no response from the meter at unit 105", "restart in Single ION device configuration mode to recover it", "again]/upgrade/exit: ")
	// Release 2.1 does not recognise the failed upgrade, but a new one can be started by hand.
	flags = append(flags, "--release", "2.1", "--single", "--yes")
	invocation{stdin: answers("", "upgrade", b.path("7350V283.upg"), "", "exit")}.run(t, append(b.tool("connect"), flags...)...).wantCode(0).
		wantSays("release 2.1 does not recognise such a meter", "Write them back at the end of this one (pt-ct,clock,nameplate,energy,itc)? yes/no: yes\n", "The firmware upgrade is completed. [exit]: exit\n")
	b.wantSettings(custom())
}

func TestConnectAnsweredNoLeavesTheMeterAsItIs(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := interrupted(t, func(b *bed) string { return b.upg(20) })
	invocation{stdin: answers("", "no", "exit")}.run(t, append(b.tool("connect"), "--single")...).wantCode(0)
	if s := b.state(); !s.Loader() {
		t.Errorf("the meter is in state %v", s)
	}
}

func TestConnectShowsTheWindowsOfAFailureInTheArticlesOrder(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, silentAtBlock9)
	r := invocation{stdin: answers("", "upgrade", b.upg(20), "", "", "exit")}.run(t, append(b.tool("connect"), "--timeout", "10ms", "--baud", "19200")...).wantCode(1)
	rest := r.stderr
	for _, part := range []string{
		"Setup Assistant: ", "The firmware upgrade has failed: no response from the meter: download: 11 requests were not answered", "[exit]: ",
		"Communication with the device has been lost. [ok]: ", "Select Connection Type: ", "ionup: error: no response", "go on with: ionup recover ",
	} {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("stderr:\n%s\nlacks %q at its place", r.stderr, part)
		}
		rest = after
	}
}

// typist answers the questions of a tool at work.
type typist struct {
	t      *testing.T
	stderr *questions
	typed  io.Writer
	done   chan cli.Status
}

func (b *bed) typist(args ...string) *typist {
	input, typed := io.Pipe()
	y := &typist{b.t, &questions{asked: make(chan string, 100)}, typed, make(chan cli.Status, 1)}
	go func() {
		p := newProgram(input, io.Discard, y.stderr, nil)
		p.locks = b.path("locks")
		y.done <- p.run(context.Background(), args)
	}()
	return y
}

func (y *typist) want(question string) {
	y.t.Helper()
	if got := <-y.stderr.asked; !strings.Contains(got, question) {
		y.t.Errorf("asked %q, want %q", got, question)
	}
}

func (y *typist) answer(question, line string) {
	y.t.Helper()
	y.want(question)
	_, err := io.WriteString(y.typed, line+"\n")
	must(y.t, err)
}

func (y *typist) wantEnd(code cli.Status, says string) {
	y.t.Helper()
	if got := <-y.done; got != code || !strings.Contains(y.stderr.text.String(), says) {
		y.t.Errorf("exit %d, want %d and %q; stderr:\n%s", got, code, says, y.stderr.text.String())
	}
}

// At a window nothing is awaited, and a connection that broke, or a port that is gone, is no reason
// to close it.
func TestConnectNoticesABrokenConnectionWhenItNeedsOne(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]func(b *bed) []string{
		"TCP": func(b *bed) []string { return []string{"--tcp", b.addr} },
		"PTY": func(b *bed) []string { return []string{"--port", b.link} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits, most of the time
			b := newBed(t, "")
			if name == "PTY" && b.pty == "" {
				foreign.Lacking(t, "the windows over a PTY", errors.ErrUnsupported)
			}
			y := b.typist(append([]string{"connect", "--unit-id", "105", "--journal", b.path("journal"), "--log", b.path("Upgrade.log"), "--timeout", "200ms"}, to(b)...)...)
			y.answer("Select Connection Type: ", "")
			y.want("Setup Assistant: ")
			b.stop()
			_, err := io.WriteString(y.typed, "upgrade\n")
			must(t, err)
			y.answer("ION Firmware Upgrade file", b.upg(5))
			y.answer("The firmware upgrade has failed: no response from the meter", "")
			y.answer("Communication with the device has been lost. ", "")
			y.answer("Select Connection Type: ", "exit")
			y.wantEnd(cli.Failed, "ionup: warning: connection lost: ")
		})
	}
}

// questions is a writer that passes on each text that ends like a question.
type questions struct {
	text  strings.Builder
	asked chan string
}

func (q *questions) Write(p []byte) (int, error) {
	q.text.Write(p)
	if strings.HasSuffix(string(p), ": ") {
		q.asked <- string(p)
	}
	return len(p), nil
}

func TestInterruptAtAQuestionLeavesTheTool(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	input, typed := io.Pipe() // no answer ever comes
	defer typed.Close()
	interrupts := make(chan os.Signal, 1)
	interrupts <- os.Interrupt
	invocation{stdin: input, interrupts: interrupts}.run(t, b.tool("connect")...).wantCode(1).wantSays("ionup: error: aborted by the user\n")
	if b.state() != meter.Application {
		t.Errorf("the meter is in state %v", b.state())
	}
}

func TestConnectAsJSONAsksByEvents(t *testing.T) {
	t.Parallel() // it waits, most of the time
	var file string
	b := interrupted(t, func(b *bed) string { file = b.upg(20); return file })
	r := invocation{stdin: answers("", file, "")}.run(t, append(b.tool("connect"), "--single", "--json", "--yes")...).wantCode(0).wantStderr("")
	var prompts []string
	for line := range strings.Lines(r.stdout) {
		var e struct {
			Event, Prompt, Answer string
			Choices               []string
		}
		must(t, json.Unmarshal([]byte(line), &e))
		switch e.Event {
		case "prompt":
			prompts = append(prompts, e.Prompt)
		case "answer":
			prompts = append(prompts, e.Prompt+"="+e.Answer)
		}
	}
	want := []string{"connection-type", "recover-upgrade", "recover-upgrade=yes", "choose-firmware", "restore-settings", "restore-settings=yes",
		"paste-options", "upgrade-completed", "upgrade-completed=exit", "connection-type"}
	if !slices.Equal(prompts, want) {
		t.Errorf("prompts %q, want %q", prompts, want)
	}
	b.wantSettings(custom())
}
