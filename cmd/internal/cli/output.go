package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"ionbench/cmd/internal/terminal"
)

// output is standard output. A write that fails ends the program, so a command need not check
// for errors.
type output struct {
	w      io.Writer
	err    error
	broken func()
}

func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	if err != nil {
		o.err = err
		o.broken()
	}
	return n, err
}

// Print writes a result. If that fails, the command's context ends at once, and the program
// ends with an error once the command returns.
func (c *Call) Print(text string) { _, _ = io.WriteString(c.Out, text) }

// Printf writes a result, as Print does.
func (c *Call) Printf(format string, args ...any) { fmt.Fprintf(c.Out, format, args...) }

// Encode writes a result, a struct with fields, as a line of JSON, as Print does. Where the
// command has one format, its name and version are the last field. It panics if JSON cannot hold
// the value.
func (c *Call) Encode(v any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("cli: %T is no JSON: %v", v, err))
	}
	line := bytes.TrimSuffix(b.Bytes(), []byte("}\n"))
	if format := c.command.format(); format != "" {
		line = fmt.Appendf(line, ",%q:%q", "format", format)
	}
	_, _ = c.Out.Write(append(line, "}\n"...))
}

// Divert makes results go to standard error from now on, and returns standard output, for what only
// programs read. It refuses a terminal.
func (c *Call) Divert(flag string) (io.Writer, error) {
	if o, ok := c.Out.(*output); ok && terminal.Is(o.w) {
		return nil, Usage("%s - would go to the terminal", flag).Hint("let a program read it, as in: … %s - | tshark -r -", flag)
	}
	out := c.Out
	c.Out = c.Err
	return out, nil
}

// Note writes a line to standard error.
func (c *Call) Note(format string, args ...any) { _, _ = c.Err.Write(c.NoteLine(format, args...)) }

// NoteLine is the line that Note writes, for a command that must not wait for its reader.
func (c *Call) NoteLine(format string, args ...any) []byte {
	return fmt.Appendf(nil, "%s: %s\n", c.program.Name, fmt.Sprintf(format, args...))
}

// Hint suggests a next step after a success.
func (c *Call) Hint(text string) { c.Note("hint: %s", text) }

// Progress returns a progress display on standard error. Unit is in the plural.
func (c *Call) Progress(unit string) *terminal.Progress {
	return &terminal.Progress{Out: c.Err, Columns: c.Columns, Prefix: c.program.Name + ": ", Unit: unit, Quiet: true}
}

// Table aligns the columns of rows.
func Table(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// Counted is a number of things: 1 line, 2 lines.
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
