package main

import (
	"encoding/json"
	"io"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/simulator/ion"
)

// jsonReport writes for a program: one object a line, as jsonManual describes.
type jsonReport struct {
	out   *json.Encoder
	start time.Time // the time at which the clock was 0
	clock interface{ Now() time.Duration }
	begun bool // an object was made, which tells the format
}

func newJSONReport(out io.Writer, start time.Time, clock interface{ Now() time.Duration }) *jsonReport {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return &jsonReport{out: encoder, start: start, clock: clock}
}

// stamp has the first fields of every object.
type stamp struct {
	Event  string `json:"event"`
	Time   string `json:"time"`
	Format string `json:"format,omitempty"` // of the first object
}

func (r *jsonReport) stamp(event string) stamp {
	s := stamp{Event: event, Time: r.start.Add(r.clock.Now()).Format("2006-01-02T15:04:05.000Z07:00")}
	if !r.begun {
		r.begun, s.Format = true, eventsFormat
	}
	return s
}

// emit writes an object. It ignores errors: if the reader of standard output goes away, the
// upgrade must go on.
func (r *jsonReport) emit(v any) { _ = r.out.Encode(v) }

func (r *jsonReport) text(event, text string) {
	r.emit(struct {
		stamp
		Text string `json:"text"`
	}{r.stamp(event), text})
}

func (r *jsonReport) log(text string)     { r.text("log", text) }
func (r *jsonReport) step(s client.Step)  { r.text("step", s.String()) }
func (r *jsonReport) warning(text string) { r.text("warning", text) }

func (r *jsonReport) progress(_ time.Duration, done, total int, c client.Counts) {
	r.emit(struct {
		stamp
		Done        int     `json:"done"`
		Total       int     `json:"total"`
		Percent     int     `json:"percent"`
		Transmitted int     `json:"transmitted"`
		Confirmed   int     `json:"confirmed"`
		Efficiency  float64 `json:"efficiency"`
	}{r.stamp("progress"), done, total, upgradelog.Percent(done, total), c.Transmitted, c.Confirmed, float64(upgradelog.EfficiencyOf(c.Confirmed, c.Transmitted)) / 10})
}

func (r *jsonReport) erasing(left, total int) {
	r.emit(struct {
		stamp
		Left  int `json:"left"`
		Total int `json:"total"`
	}{r.stamp("erasing"), left, total})
}

func (r *jsonReport) waiting(what string, since time.Duration) {
	r.emit(struct {
		stamp
		Text    string `json:"text"`
		Seconds int    `json:"seconds"`
	}{r.stamp("waiting"), what, int(since / time.Second)})
}

func (r *jsonReport) awaits(cause error, _ time.Duration) { r.waiting(cause.Error(), 0) }

func (r *jsonReport) device(d client.Device) {
	r.emit(struct {
		stamp
		UnitID       uint16 `json:"unit_id"`
		Product      uint16 `json:"product"`
		SerialNumber string `json:"serial_number"`
		Revision     string `json:"revision"`
		Template     string `json:"template"`
		Download     bool   `json:"download_state"`
		Loader       uint16 `json:"loader_version"`
		Base         uint32 `json:"base"`
		Capacity     uint32 `json:"capacity_bytes"`
		BlockBytes   int    `json:"block_bytes"`
	}{r.stamp("device"), d.UnitID, d.Product, d.SerialNumber, d.Revision, d.Template, d.Download, d.Loader, d.Base, d.Capacity, d.BlockBytes})
}

func (r *jsonReport) settings(s *ion.Settings) {
	values := make(map[string]any, ion.SettingCount)
	for i, setting := range ion.SettingTable() {
		values[setting.Key] = jsonValue(s.Values[i], setting)
	}
	r.emit(struct {
		stamp
		Template string         `json:"template"`
		Settings map[string]any `json:"settings"`
	}{r.stamp("settings"), s.Template, values})
}

// jsonValue returns a number with the digits that people see.
func jsonValue(v ion.Value, s ion.Setting) any {
	if s.Type == ion.Words {
		return v.Text
	}
	return json.Number(s.Format(v))
}

func (r *jsonReport) journal(action, path string, j *journal.Journal) {
	r.emit(struct {
		stamp
		Action string    `json:"action"`
		Path   string    `json:"path"`
		Saved  time.Time `json:"saved"`
		By     string    `json:"by,omitempty"`
		Held   []string  `json:"held"`
	}{r.stamp("journal"), action, path, j.Saved, j.By, keysOf(j.Held.Groups())})
}

func (r *jsonReport) spare(path string, used bool) {
	r.emit(struct {
		stamp
		Action string `json:"action"`
		Path   string `json:"path"`
		Used   bool   `json:"used"`
	}{r.stamp("journal"), journalStays, path, used})
}

// keysOf are the words of groups, as flags take them.
func keysOf(groups ion.Groups) []string {
	keys := []string{}
	for _, g := range groups.List() {
		keys = append(keys, g.Key())
	}
	return keys
}

func (r *jsonReport) question(q question) {
	r.emit(struct {
		stamp
		Prompt  string   `json:"prompt"`
		Text    string   `json:"text"`
		Choices []string `json:"choices"`
		Default string   `json:"default"`
	}{r.stamp("prompt"), q.prompt.String(), q.text, append([]string{}, q.choices...), q.fallback})
}

func (r *jsonReport) answered(q question, answer string) {
	r.emit(struct {
		stamp
		Prompt string `json:"prompt"`
		Answer string `json:"answer"`
	}{r.stamp("answer"), q.prompt.String(), answer})
}

func (r *jsonReport) connection(cause error) {
	o := struct {
		stamp
		Connected bool   `json:"connected"`
		Error     string `json:"error,omitempty"`
	}{stamp: r.stamp("connection"), Connected: cause == nil}
	if cause != nil {
		o.Error = cause.Error()
	}
	r.emit(o)
}

func (r *jsonReport) finished(err error) {
	end := struct {
		stamp
		OK    bool     `json:"ok"`
		Error string   `json:"error,omitempty"`
		Hints []string `json:"hints,omitempty"`
	}{stamp: r.stamp("finished"), OK: err == nil}
	if err != nil {
		end.Error = err.Error()
	}
	end.Hints = cli.Hints(err)
	r.emit(end)
}
