package client

import (
	"fmt"
	"strings"
	"time"

	"ionbench/simulator/ion"
)

// download builds a request of the download service.
func (u *Upgrader) download(r *ion.DownloadRequest) {
	u.packet(ion.TypeDownload, ion.DownloadRequestBytes(r))
	u.exchange.out.Message = ion.AppendDownloadRequest(u.exchange.out.Message, r)
}

// downloadReply reads an answer of the download service to op. ok is false for anything else.
func downloadReply(p *ion.Packet, op ion.Op) (ion.DownloadReply, bool) {
	var r ion.DownloadReply
	if p.Type != ion.TypeDownload || ion.ParseDownloadReply(p.Body, &r) != nil || r.Op != op {
		return r, false
	}
	return r, true
}

// onDownload wraps a function that judges answers to op.
func onDownload(op ion.Op, judge func(*Upgrader, time.Duration, *ion.DownloadReply) next) func(*Upgrader, time.Duration, *ion.Packet) next {
	return func(u *Upgrader, now time.Duration, p *ion.Packet) next {
		r, ok := downloadReply(p, op)
		if !ok {
			return next{kind: ignored}
		}
		return judge(u, now, &r)
	}
}

func identifyRequest(u *Upgrader) { u.download(&ion.DownloadRequest{Op: ion.OpIdentify}) }

// takeIdentity notes what the loader says about the meter. It returns an error if a text in it
// must not be shown.
func (u *Upgrader) takeIdentity(r *ion.DownloadReply) error {
	if err := checkIdentity(ion.FixedText(r.Serial[:]), ion.FixedText(r.Revision[:])); err != nil {
		return err
	}
	u.unmet = false
	u.device = Device{
		UnitID:       u.cfg.UnitID,
		Product:      r.Product,
		SerialNumber: ion.FixedText(r.Serial[:]),
		Revision:     ion.FixedText(r.Revision[:]),
		Template:     u.device.Template,
		Download:     r.State != ion.StateApplication,
		Loader:       r.LoaderVersion,
		BlockBytes:   int(r.BlockBytes),
		Base:         r.Base,
		Capacity:     r.Capacity,
	}
	return nil
}

// checkIdentity refuses texts that must not get into a log, a journal or a file name: they come
// from whatever is on the line. Every real meter has printable ASCII in both.
func checkIdentity(serialNumber, revision string) error {
	for i, text := range []string{serialNumber, revision} {
		if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) {
			return fmt.Errorf("%w: its %s reads %q, which is not printable ASCII; check what is on the line", ErrUnexpected, []string{"serial number", "revision"}[i], text)
		}
	}
	return nil
}

// checkSame returns an error if another meter answers than before: the line may lead elsewhere by
// now.
func (u *Upgrader) checkSame(r *ion.DownloadReply) error {
	if was, is := u.device.SerialNumber, ion.FixedText(r.Serial[:]); was != "" && is != was {
		return &WrongSerialError{Wanted: was, Found: is, UnitID: u.cfg.UnitID, Later: true}
	}
	u.unmet = false
	return nil
}

// checkSerialNumber returns an error if the meter is not the one that the person wants.
func (u *Upgrader) checkSerialNumber() error {
	if want := u.cfg.SerialNumber; want != "" && want != u.device.SerialNumber {
		return &WrongSerialError{Wanted: want, Found: u.device.SerialNumber, UnitID: u.cfg.UnitID}
	}
	return nil
}

// program builds an ION program.
func (u *Upgrader) program(commands []ion.Command) {
	body := ion.AppendProgram(nil, ion.Program{Frequency: 1, Commands: commands})
	u.packet(ion.TypeProgram, len(body))
	u.exchange.out.Message = append(u.exchange.out.Message, body...)
}

func (u *Upgrader) read(handles ...ion.Handle) {
	u.program(ion.Read(handles...).Commands)
}

// results reads the answer to a program of n commands. A wrong password shows as an exception
// on any of them. So many values as were not asked for answer another master on the line.
func results(p *ion.Packet, n int) ([]ion.Value, next) {
	r, err := ion.ParseResult(p.Body)
	if p.Type != ion.TypeProgram || err != nil {
		return nil, next{kind: ignored}
	}
	for _, v := range r.Values {
		if reason, ok := v.Reason(); ok && strings.Contains(reason, ion.InvalidPassword) {
			return nil, failed(&RefusalError{Op: ion.OpEnter, Status: ion.StatusRefused}) // the words are those of an enter
		}
	}
	if len(r.Values) != n {
		return nil, next{kind: ignored}
	}
	return r.Values, toNext()
}

// identityRegisters is how many registers readIdentityRequest reads.
const identityRegisters = 4

func readIdentityRequest(u *Upgrader) {
	u.read(ion.HandleDeviceType, ion.HandleRevision, ion.HandleSerial, ion.HandleTemplate)
}

// takeRegisters notes what the application's own registers say. The request carried the
// password, so a wrong password is noticed here.
func takeRegisters(u *Upgrader, _ time.Duration, p *ion.Packet) next {
	values, n := results(p, identityRegisters)
	if n.kind != goOn {
		return n
	}
	for _, v := range values {
		if v.Kind != ion.KindText {
			return failedWith(ErrUnexpected, "the identity registers read %v", values)
		}
	}
	if err := checkIdentity(values[2].Text, values[1].Text); err != nil {
		return failed(err)
	}
	if serial := values[2].Text; u.device.SerialNumber != "" && serial != u.device.SerialNumber {
		return failed(&WrongSerialError{Wanted: u.device.SerialNumber, Found: serial})
	}
	u.unmet = false
	u.device.UnitID = u.cfg.UnitID
	u.device.Product = productNumber(values[0].Text)
	u.device.Revision, u.device.SerialNumber, u.device.Template = values[1].Text, values[2].Text, values[3].Text
	if err := u.checkSerialNumber(); err != nil {
		return failed(err)
	}
	u.emit(Event{Kind: EventDevice, Device: u.device})
	return toNext()
}

func productNumber(text string) uint16 {
	var n uint16
	if _, err := fmt.Sscanf(text, "%d", &n); err != nil {
		return 0
	}
	return n
}
