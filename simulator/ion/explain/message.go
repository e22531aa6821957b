package explain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"ionbench/simulator/ion"
)

// Message explains a whole message, without the link layer of its frames.
func Message(b []byte) Text {
	p, err := ion.ParsePacket(b)
	if err != nil {
		return Text{Title: "no packet: " + err.Error(), Fields: []Field{{Name: "bytes", To: len(b), Value: err.Error(), Wrong: true}}}
	}
	r := reader{b: b}
	length, _ := r.take("packet length", 2, "")
	end := int(binary.BigEndian.Uint16(length))
	r.say("%d bytes", end)
	r.u16("message id")
	r.take("descriptor", 1, descriptorWords(&p))
	r.take("from", 4, addressWords(p.Source))
	r.take("to", 4, addressWords(p.Destination))
	if p.HasCredential {
		bytes := 8
		if p.ShortCredential {
			bytes = 2
		}
		r.take("credential", bytes, credentialWords(p.Credential))
	}
	r.take("service", 1, "")
	r.take("type", 1, typeWords(p.Type))
	r.body(&p, end)
	r.rest("behind the packet")
	return r.text
}

// body explains what ends at an offset.
func (r *reader) body(p *ion.Packet, end int) {
	inner := reader{b: r.b[:end], at: r.at, text: r.text}
	switch {
	case p.Type == ion.TypeDownload && p.Request:
		inner.request(p.Body)
	case p.Type == ion.TypeDownload:
		inner.reply(p.Body)
	case p.Type == ion.TypeProgram && p.Request:
		inner.program(p.Body)
	case p.Type == ion.TypeProgram:
		inner.result(p.Body)
	case p.Type == ion.TypeTimeSync:
		inner.timeSync()
	default:
		inner.text.Title = fmt.Sprintf("a message of type %02x", byte(p.Type))
	}
	inner.rest("body")
	r.text, r.at = inner.text, inner.at
}

func descriptorWords(p *ion.Packet) string {
	words := "an answer"
	switch {
	case p.Request:
		words = "a request"
	case p.TimeSet:
		words = "sets the time"
	}
	if p.HasCredential {
		words += ", with a password"
	}
	return words
}

func addressWords(a ion.Address) string {
	switch {
	case a == ion.ClientAddress():
		return "the PC"
	case a == ion.MeterAddress(a.Unit):
		return fmt.Sprintf("unit %d", a.Unit)
	}
	return fmt.Sprintf("%04x %d", a.Prefix, a.Unit)
}

func credentialWords(c ion.Credential) string {
	if c.Text {
		return fmt.Sprintf("user %d, password %q", c.User, strings.TrimLeft(string(c.Secret[:]), "\x00"))
	}
	return fmt.Sprintf("user %d, password %d", c.User, binary.BigEndian.Uint32(c.Secret[2:]))
}

func typeWords(t ion.MessageType) string {
	switch t {
	case ion.TypeProgram:
		return "program"
	case ion.TypeTimeSync:
		return "time sync"
	case ion.TypeDownload:
		return "download"
	}
	return "unknown"
}

func (r *reader) timeSync() {
	r.text.Title = "time sync"
	if p, whole := r.take("time", 4, ""); whole {
		r.say("%s", calendar(binary.BigEndian.Uint32(p)))
		r.text.Title += " to " + calendar(binary.BigEndian.Uint32(p))
	}
}

func calendar(seconds uint32) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05") + " UTC"
}

// request explains a request of the download service. Title and meanings are those of package
// ion where it can read it.
func (r *reader) request(body []byte) {
	op, _ := r.u8("operation")
	if len(body) > 0 {
		r.say("%v", ion.Op(op))
	}
	r.text.Title = ion.Op(op).String()
	var q ion.DownloadRequest
	if err := ion.ParseDownloadRequest(body, &q); err != nil {
		r.refuse(err)
		return
	}
	switch q.Op {
	case ion.OpEnter:
		r.u16("product")
		r.u32("bytes of the image")
		r.text.Title = fmt.Sprintf("enter download state, for %d bytes", q.Length)
	case ion.OpClear:
		r.flag("start", q.Begin)
		r.text.Title = "clear the flash"
		if !q.Begin {
			r.text.Title = "is the flash clear?"
		}
	case ion.OpBlock:
		r.u32("sequence number")
		r.hex32("address")
		r.u16("bytes of data")
		r.hex32("CRC-32 of the data")
		r.take("data", len(q.Data), "")
		r.text.Title = fmt.Sprintf("block %d, %d bytes for %06x", q.Sequence, len(q.Data), q.Address)
	case ion.OpVerify:
		r.u32("bytes of the image")
		r.hex32("CRC-32 of the image")
		r.u16("product")
		r.take("built", 4, calendar(q.Dated))
		r.fixed("revision", q.Revision[:])
		r.text.Title = fmt.Sprintf("verify %d bytes, CRC-32 %08x", q.Length, q.CRC)
	case ion.OpIdentify, ion.OpRestart:
	}
}

func (r *reader) refuse(err error) {
	r.rest("body")
	r.say("%v", err)
	r.wrong()
}

func (r *reader) flag(name string, set bool) {
	r.take(name, 1, map[bool]string{false: "no", true: "yes"}[set])
}

func (r *reader) hex32(name string) {
	if p, whole := r.take(name, 4, ""); whole {
		r.say("%08x", binary.BigEndian.Uint32(p))
	}
}

func (r *reader) fixed(name string, text []byte) {
	r.take(name, ion.FieldText, ion.FixedText(text))
}

// reply explains a reply of the download service.
func (r *reader) reply(body []byte) {
	op, _ := r.u8("operation")
	if len(body) > 0 {
		r.say("%v", ion.Op(op))
	}
	r.text.Title = ion.Op(op).String()
	var a ion.DownloadReply
	if err := ion.ParseDownloadReply(body, &a); err != nil {
		r.refuse(err)
		return
	}
	r.take("status", 1, a.Status.String())
	if a.Status != ion.StatusOK && a.Status != ion.StatusBusy {
		r.wrong()
	}
	r.text.Title = fmt.Sprintf("%v: %v", a.Op, a.Status)
	switch a.Op {
	case ion.OpIdentify:
		r.take("state", 1, a.State.String())
		r.take("loader", 2, fmt.Sprintf("%d.%d", a.LoaderVersion>>8, a.LoaderVersion&0xFF))
		r.u16("product")
		r.fixed("serial number", a.Serial[:])
		r.fixed("revision", a.Revision[:])
		r.hex32("base")
		r.u32("capacity")
		r.u16("bytes of a block")
		r.u32("wanted block")
		r.text.Title = fmt.Sprintf("identify: %d, %s, %s", a.Product, ion.FixedText(a.Serial[:]), a.State)
	case ion.OpEnter:
		r.flag("in download state before", a.Already)
	case ion.OpClear:
		r.u16("sectors to go")
		r.u16("sector that failed")
		r.text.Title = fmt.Sprintf("clear: %v, %d sectors to go", a.Status, a.SectorsLeft)
	case ion.OpBlock:
		r.u32("sequence number")
		r.u32("wanted block")
		r.text.Title = fmt.Sprintf("block %d: %v", a.Sequence, a.Status)
	case ion.OpVerify:
		r.hex32("CRC-32 of the image")
	case ion.OpRestart:
	}
}

// program explains a program: what it reads and writes.
func (r *reader) program(body []byte) {
	r.text.Title = "program"
	p, err := ion.ParseProgram(body)
	var unread *ion.CommandError
	if err != nil && !errors.As(err, &unread) {
		r.refuse(err)
		return
	}
	r.take("request", 2, "")
	r.programHead()
	r.take("start", 1, "")
	titles := make([]string, len(p.Commands))
	for i, c := range p.Commands {
		r.take("handle", 2, handleWords(c.Handle))
		bytes := 1
		if c.Method > 0xFF {
			bytes = 3
		}
		r.take("method", bytes, methodWords(c.Method))
		titles[i] = methodWords(c.Method) + " " + handleWords(c.Handle)
		for range c.Args {
			titles[i] += " " + r.value("value").String()
		}
	}
	r.text.Title = short(titles)
	if unread != nil {
		r.refuse(unread)
	}
}

func (r *reader) programHead() {
	r.take("program id", 2, "")
	r.take("frequency", 1, "")
	r.take("priority", 1, "")
	r.u16("bytes of the program")
}

// value takes one value, which package ion has already found good.
func (r *reader) value(name string) ion.Value {
	v, n, err := ion.ParseValue(r.b[r.at:])
	if err != nil {
		return v
	}
	r.take(name, n, v.String())
	if v.Kind == ion.KindException {
		r.wrong()
	}
	return v
}

// result explains the answer to a program.
func (r *reader) result(body []byte) {
	r.text.Title = "values"
	a, err := ion.ParseResult(body)
	if err != nil {
		r.refuse(err)
		return
	}
	r.take("response", 2, "")
	r.take("status", 1, "ok")
	if a.Status != 0 {
		r.say("error %d", a.Status)
		r.wrong()
	}
	r.programHead()
	titles := make([]string, len(a.Values))
	for i := range a.Values {
		titles[i] = r.value("value").String()
	}
	if a.Status != 0 {
		r.text.Title = fmt.Sprintf("program: error %d", a.Status)
	} else {
		r.text.Title = short(titles)
	}
}

// short joins words for one line.
func short(list []string) string {
	const most = 4
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most-1], ", "), len(list)-most+1)
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// methodWords names the methods that tools use; others are a number.
func methodWords(m ion.Method) string {
	switch m {
	case ion.MethodClass:
		return "class of"
	case ion.MethodName:
		return "name of"
	case ion.MethodLabel:
		return "label of"
	case ion.MethodRegisterTime:
		return "time of"
	case ion.MethodRegisterValue:
		return "read"
	case ion.MethodWriteRegister, ion.MethodWriteValue:
		return "write"
	case ion.MethodLogPosition:
		return "position of"
	case ion.MethodReadValue:
		return "read log"
	case ion.MethodWriteLabel:
		return "write label of"
	case ion.MethodInputHandles:
		return "inputs of"
	case ion.MethodOutputHandles:
		return "outputs of"
	case ion.MethodSetupHandles:
		return "setup of"
	case ion.MethodManagedClass:
		return "managed class of"
	}
	return fmt.Sprintf("method %02x of", uint32(m))
}

// handleWords names the handles that an upgrade uses.
func handleWords(h ion.Handle) string {
	if i, ok := ion.SettingIndex(h); ok {
		s := ion.SettingTable()[i]
		return fmt.Sprintf("%s %s", s.Group.Key(), s.Key)
	}
	switch h {
	case ion.HandleDeviceType:
		return "device type"
	case ion.HandleRevision:
		return "revision"
	case ion.HandleSerial:
		return "serial number"
	case ion.HandleTemplate:
		return "template"
	case ion.HandleUniversalTime:
		return "clock"
	case ion.HandleEventLog:
		return "event log"
	case ion.HandleImageCRC:
		return "CRC-32 of the image"
	case ion.HandleReset:
		return "reset mark"
	}
	if h >= ion.HandleChanges && h < ion.HandleChanges+ion.Handle(ion.KindCount) {
		return fmt.Sprintf("change mark %d", h-ion.HandleChanges+1)
	}
	return fmt.Sprintf("%04x", uint16(h))
}
