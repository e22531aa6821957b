package main

import (
	"fmt"
	"io"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/simulator/pcapng"
)

// wireCapture is the capture of what ionup sends and receives. Without a path it does nothing.
type wireCapture struct {
	path    string
	stdout  io.Writer
	command string
	unit    uint16
	start   time.Time // calendar time of the session's time zero

	recorder *pcapng.Recorder
	file     *capturing.File
}

// openCapture begins the capture, if one is wanted.
func (s *session) openCapture() (err error) {
	w := &s.capture
	if w.path == "" {
		return nil
	}
	w.file, err = capturing.Open(w.path, w.stdout, pcapng.Config{
		Program: "ionup " + cli.Release(), Comment: fmt.Sprintf("ionup %s, unit %d, %v", w.command, w.unit, s.target), Start: w.start,
		Lines: []pcapng.Line{{Name: s.target.String(), Baud: s.target.baud, TCP: s.target.tcp != "", Meter: fmt.Sprintf("meter-%d", w.unit)}},
	})
	if err != nil {
		return err
	}
	w.recorder = pcapng.NewRecorder(w.file.Writer, s.clock.Now)
	return nil
}

// over captures a new connection.
func (w *wireCapture) over(conn io.ReadWriteCloser) io.ReadWriteCloser {
	if w.recorder == nil {
		return conn
	}
	return w.recorder.Over(conn)
}

// broke tells that the connection broke.
func (w *wireCapture) broke(err error) {
	if w.recorder != nil {
		w.recorder.Broke(err.Error())
	}
}

// logged tells what the log says of a missing answer, at the request that is sent again.
func (w *wireCapture) logged(l upgradelog.Line) {
	if w.recorder != nil && l.Kind == upgradelog.Resending {
		w.recorder.Comment(l.String())
	}
}

// end ends the capture. What it lacks does not end the upgrade, but is said.
func (s *session) endCapture() {
	w := &s.capture
	if w.recorder == nil {
		return
	}
	if err := w.recorder.End(); err != nil {
		s.report.warning(w.path + " is not complete: " + err.Error())
	}
	if err := w.file.Close(); err != nil {
		s.report.warning(w.path + ": " + err.Error())
	}
}
