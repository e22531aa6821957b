package meter_test

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/meter"
)

// shape is a value's kind, as a reader of bytes sees it.
func shape(v any) string {
	switch v := v.(type) {
	case float32:
		return "float"
	case uint64:
		return "unsigned"
	case int64:
		return "signed"
	case bool:
		return "bool"
	case string:
		return "text"
	case []uint64:
		return "handles"
	case time.Time:
		return "time"
	case exception:
		return string(v)
	case []any:
		return "structures"
	}
	return fmt.Sprintf("%T", v)
}

// Objects of a 7350, one of each class. The words are what each method of the table below gives of
// them: its value's shape, or an exception's reason.
var classes = []string{"0002", "000B", "0800", "0F80", "1000", "5800", "7918", "71BC", "1345", "1303", "BEEF"}

const (
	method = "Invalid Method"
	handle = "Invalid Handle"
)

// Every method that the public head-end sends, on every class of object, of the right class and of
// wrong ones: a feature manager, a manager, a module, two logs, a measured register, an enumerated, a
// bounded and a text register of the setup, one that can only be read, and nothing at all.
func TestEveryMethodHasItsShapeOnEveryClassOfObject(t *testing.T) {
	every := func(word string) string { return strings.Repeat(word+",", len(classes)-1) + handle }
	for _, test := range []struct{ method, want string }{
		{"01", every("unsigned")},
		{"02", every("text")},
		{"03", every("text")},
		{"14", method + "," + method + "," + method + ",time,time,time,time,time,time,time," + handle},
		{"15", method + "," + method + "," + method + ",Not Available,Not Available,float,unsigned,float,text,text," + handle},
		{"16 34 BF800000", method + "," + method + "," + method + ",Read Only,Read Only,Read Only,Invalid Value,Invalid Value,Invalid Value,Read Only," + handle},
		{"16 61 01", method + "," + method + "," + method + ",Read Only,Read Only,Read Only,bool,Invalid Value,Invalid Value,Read Only," + handle},
		{"16 FA 22 41 00", method + "," + method + "," + method + ",Read Only,Read Only,Read Only,Invalid Value,Invalid Value,bool,Read Only," + handle},
		{"96 62 0258", method + "," + method + "," + method + ",Read Only,Read Only,Read Only,Invalid Value,bool,Invalid Value,Read Only," + handle},
		{"23", on("unsigned", 3, 4)},
		{"25", on("bool", 3, 4)},
		{"28", on("unsigned", 3, 4)},
		{"2D", on("structures", 4)},
		{"50", on("unsigned", 2)},
		{"64", on("unsigned", 0, 1)},
		{"95", method + "," + method + "," + method + ",Invalid Range,Invalid Range,float,unsigned,float,text,text," + handle},
		{"95 74 64 00000000 64 00000003 F3", on("structures", 3, 4)},
		{"95 74 64 FFFFFFF8 64 00000003 F3", on("structures", 3, 4)},
		{"FF0080 FA 22 41 00", every("bool")},
		{"FF0080 61 01", every("Invalid Value")},
		{"FF0081", every("unsigned")},
		{"FF0082", every("handles")},
		{"FF0208", on("structures", 6)},
		{"FF021C", on("structures", 7)},
		{"FF03E8", on("handles", 2)},
		{"FF03E9 FE 12 5800", on("Read Only", 2)},
		{"FF03EA", on("handles", 2)},
		{"FF03EB", on("handles", 2)},
		{"FF03EC", on("handles", 0, 1, 2)},
		{"FF0406", on("unsigned", 2)},
		{"FF0407 61 01", on("Read Only", 2)},
		{"FF05DC 61 01", on("Read Only", 0, 1)},
		{"FF05DD 62 0800", on("Read Only", 0, 1, 2)},
		{"FF05DE", on("unsigned", 0, 1)},
		{"FF05E1", on("unsigned", 0, 1)},
	} {
		h := newHeadEnd(t, meter.ION7350, "0")
		h.secret = make([]byte, 8)
		var asked []string
		for _, object := range classes {
			asked = append(asked, object+" "+test.method)
		}
		for i, v := range h.ask(asked...) {
			if got, want := shape(v), strings.Split(test.want, ",")[i]; got != want {
				t.Errorf("%s: %s, want %s", asked[i], got, want)
			}
		}
	}
}

// on is what a method gives that applies to some classes alone.
func on(word string, applies ...int) string {
	words := make([]string, len(classes))
	for i := range words {
		words[i] = method
	}
	words[len(words)-1] = handle
	for _, i := range applies {
		words[i] = word
	}
	return strings.Join(words, ",")
}

func TestWhatNeedsThePasswordSaysSoOnEveryClassOfObject(t *testing.T) {
	h := newHeadEnd(t, meter.ION7350, "0")
	for _, command := range []string{
		"0800 FF0080 FA 22 41 00", "0800 FF03E9 FE 12 5800", "0800 FF0407 61 01", "000B FF05DC 61 01", "0800 FF05DD 62 0800", "7918 16 61 01", "71BC 96 62 0258", "1345 16 FA 22 41 00",
	} {
		if got := h.ask(command)[0]; got != any(exception("Invalid Password")) {
			t.Errorf("%s without a password: %v", command, got)
		}
	}
}

// A program of random commands gets one answer, whatever it says: as many values as it has commands
// that can be read, and an exception for the rest.
func FuzzProgramsAreAnswered(f *testing.F) {
	for _, seed := range []string{
		"13031513041558FF15", "1000957464FFFFFFF864000000FFF31345", "0800FF03E80800FF03EB0F8028", "1345FF0080FA224100", "7918166101719B9634", "5800FF00805800.95",
		"0F80957464000000006400FFFFFFF30F80957464000000006400FFFFFFF3", "FF", "58009574F3", "1000958F", "130316FAE0FFFFFF", "13031677F3",
	} {
		if b, err := hex.DecodeString(seed); err == nil {
			f.Add(b)
		}
	}
	born := newHeadEnd(f, meter.ION7350, "0")
	f.Fuzz(func(t *testing.T, commands []byte) {
		if len(commands) > 200 {
			commands = commands[:200]
		}
		h := &headEnd{t: t, m: born.m.Clone(), now: born.now, secret: make([]byte, 8)}
		data := h.exchange(h.program(commands))
		if len(commands) > 0 && len(data) == 0 {
			t.Fatalf("% x has an answer without a value", commands)
		}
		for len(data) > 0 {
			_, data = decode(data)
		}
	})
}

// framesOf is a program of more than one frame, as its frames.
func (h *headEnd) framesOf(commands []byte) (frames [][]byte) {
	whole := h.program(commands)
	message := whole[12 : len(whole)-2]
	n := (len(message) + 237) / 238
	for i := range n {
		control, transaction := byte(0x20), byte(n-1-i)
		if i == n-1 {
			control = 0
		}
		if i == 0 {
			transaction |= 0x40
		}
		frames = append(frames, framed(control, transaction, message[238*i:min(len(message), 238*(i+1))]))
	}
	return frames
}

// made is how many objects the process has made so far.
func made() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// As many commands as a message holds are carried out without work that nobody gets anything of, and answered: too
// much for a reply by one exception. The work is counted in objects, which are the same on every computer.
func TestTheLongestProgramsAreAnsweredSoon(t *testing.T) {
	for name, command := range map[string]string{
		"records of the Revenue Log": "0F80957464000000006400FFFFFFF3", "extremes": "58E015", "names": "580002", "nothing": "BEEF15",
	} {
		one, err := hex.DecodeString(command)
		if err != nil {
			t.Fatal(err)
		}
		h := newHeadEnd(t, meter.ION7350, "0")
		var commands []byte
		for len(commands)+len(one) < 7000 {
			commands = append(commands, one...)
		}
		frames := h.framesOf(commands)
		before := made()
		for _, f := range frames[:len(frames)-1] {
			h.m.Receive(h.now, f)
			h.wait(100 * time.Millisecond)
		}
		data := h.exchange(frames[len(frames)-1])
		if n := made() - before; n > 100_000 { // 24,000 to 42,000, and 4,770,000 where every record is made
			t.Errorf("%s: %d commands make %d objects", name, len(commands)/len(one), n)
		}
		if v, _ := decode(data); v != any(exception("Response Too Long")) {
			t.Errorf("%s: %v", name, v)
		}
	}
}
