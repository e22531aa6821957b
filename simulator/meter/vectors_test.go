package meter

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"ionbench/fixtures/vectors"
	"ionbench/simulator/ion"
)

// The vectors were made with sample values in the registers, at vectorNow.
const vectorNow = 150 * time.Second

// vectorConfig is the meter of the vectors.
func vectorConfig(t testing.TB) Config {
	t.Helper()
	cfg := testConfig()
	cfg.Firmware.Revision = "7350V283"
	cfg.Epoch = time.Unix(0x47D0147C, 0).UTC().Add(-vectorNow)
	s := FactoryTemplate(ION7350, "7350V283")
	s.Template = "7350_FAC-TEMP_V2"
	for key, text := range map[string]string{"owner": "OWNER", "tag1": "TAG1", "tag2": "TAG2", "dst-offset": "-3600", "kwh-import": "1234.5"} {
		set(t, &s, key, text)
	}
	cfg.Settings = &s
	cfg.Registers = []RegisterValue{
		{0x6113, ion.BoolValue(false)},
		{0x6234, ion.BoolValue(true)},
		{0x58E0, ion.FloatValue(99.5)},
		{0x5800, ion.FloatValue(120.5)}, {0x5801, ion.FloatValue(120.25)}, {0x5802, ion.FloatValue(119.75)}, {0x5803, ion.FloatValue(120.166664)},
	}
	return cfg
}

func set(t testing.TB, s *ion.Settings, key, text string) {
	t.Helper()
	for i, setting := range ion.SettingTable() {
		if setting.Key == key {
			v, err := setting.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			s.Values[i] = v
			return
		}
	}
	t.Fatalf("no setting %s", key)
}

// exchange is what goes to and fro in one conversation of the vectors, frame by frame.
type exchange struct {
	name   string
	config func(*Config)
	memory func(*Meter)
	steps  []string // names of vectors; those to the meter are sent, those from it expected
}

func withRegister(h ion.Handle, v ion.Value) func(*Config) {
	return func(c *Config) { c.Registers = append(c.Registers, RegisterValue{h, v}) }
}

func withPassword(p string) func(*Config) { return func(c *Config) { c.Password = p } }

// exchanges lists every conversation of the vectors that a meter of this family takes
// part in.
func exchanges(t testing.TB) []exchange {
	list := []exchange{
		{name: "emptystring", config: func(c *Config) { set(t, c.Settings, "owner", "") }},
		{name: "energy_int1_uint", config: withRegister(0x58B0, ion.UnsignedValue(123456, 4))},
		{name: "max1_value_time", config: func(c *Config) { c.Epoch = time.Unix(1204816500, 0).Add(-vectorNow) }},
		{name: "pw_12345678", config: withPassword("12345678")},
		{name: "pw_text_abc", config: withPassword("abc")},
		{name: "unit_1", config: func(c *Config) { c.UnitID = 1 }},
		{name: "event_position", memory: twentyEvents},
		{name: "event", memory: twentyEvents, steps: []string{"event_read_req", "event_rep_f1", "event_ack_1", "event_rep_f2", "event_ack_2",
			"event_rep_f3", "event_ack_3", "event_rep_f4", "event_ack_4", "event_rep_f5"}},
		{name: "mfreply", config: longRegisters, steps: []string{"mfreply_req", "mfreply_f1", "mfreply_ack1", "mfreply_f2"}},
		{name: "mfreq2", config: trueRegisters, steps: []string{"mfreq2_f1", "mfreq2_ack", "mfreq2_f2", "mfreq2_rep"}},
		{name: "mf32", steps: []string{"mf32_first", "mf32_ack"}},
	}
	for _, name := range []string{"revision", "serial", "devtype", "owner", "tag1", "template", "vln_a", "bool_false", "bool_true", "enum_u8",
		"signed_s32", "energy_int1", "unknown_handle", "program7", "program_volts", "clock", "pw_0", "pw_wrong", "msgid_256",
		"inferred_write_owner", "inferred_write_nominal"} {
		list = append(list, exchange{name: name})
	}
	for i := range list {
		if list[i].steps == nil {
			list[i].steps = []string{list[i].name + "_req", list[i].name + "_rep"}
		}
	}
	return list
}

// longRegisters are those of the answer of two frames.
func longRegisters(c *Config) {
	for i := range 40 {
		c.Registers = append(c.Registers, RegisterValue{ion.Handle(0x58B1 + i), ion.FloatValue(math.Float32frombits(0x46B16200 + 0x200*uint32(i)))})
	}
}

// trueRegisters are those of the request of two frames.
func trueRegisters(c *Config) {
	for h := ion.Handle(0x58B1); h <= 0x58B8; h++ {
		c.Registers = append(c.Registers, RegisterValue{h, ion.BoolValue(true)})
	}
}

// twentyEvents is the event log of the vectors: entries 5 to 19 are read.
func twentyEvents(m *Meter) {
	m.memory.events = nil
	for i := range 20 {
		at := time.Unix(1204816500+60*int64(i), 0)
		m.memory.events = append(m.memory.events, LogEntry{At: at, Text: EventFirmwareUpgrade})
	}
}

// notModelled are requests that no meter here answers as the vectors do, and why.
func notModelled() map[string]string {
	const recorder = "the tree has other handles and values than the sample data, in the same shapes"
	return map[string]string{
		"labels_req": recorder, "log_feature_manager_req": recorder, "log_managed_class_req": recorder, "log_recorder_handles_req": recorder,
		"log_recorder_labels_req": recorder, "log_recorder_outputs_req": recorder, "log_position_req": recorder,
		"log_recorder_inputs_req": recorder, "log_records_req": recorder,
		"mfreq2_pw_f1":                  "its answer is not among the vectors",
		"exact_237_req":                 "its answer is not among the vectors",
		"tol_reply_with_credential_req": "the same request as pw_0_req; the odd thing is its answer",
	}
}

func vectorsByName(t testing.TB) map[string]vectors.Vector {
	t.Helper()
	all, err := vectors.All()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]vectors.Vector{}
	for _, v := range all {
		named[v.Name] = v
	}
	return named
}

// meterOf is the meter of an exchange, at vectorNow.
func meterOf(t testing.TB, e exchange) *tester {
	t.Helper()
	cfg := vectorConfig(t)
	if e.config != nil {
		e.config(&cfg)
	}
	x := &tester{tb: t, m: newMeter(t, cfg), now: vectorNow - cfg.Timing.Boot}
	x.m.PowerOn(x.now)
	x.wait(cfg.Timing.Boot)
	if x.m.State() != Application {
		t.Fatalf("the meter is %v", x.m.State())
	}
	if e.memory != nil {
		e.memory(x.m)
	}
	return x
}

// play runs the exchange, each frame of the host given to the meter by send.
func play(t *testing.T, x *tester, e exchange, send func(x *tester, frame []byte)) {
	t.Helper()
	named := vectorsByName(t)
	var answer []byte
	for _, name := range e.steps {
		v, ok := named[name]
		if !ok {
			t.Fatalf("no vector %s", name)
		}
		if v.Dir == vectors.ToMeter {
			send(x, v.Hex)
			answer = x.wait(time.Second)
			x.now -= time.Second // the next request comes at the same reading of the clock
			x.now += x.m.cfg.Timing.RTSDelay
			continue
		}
		if !bytes.Equal(answer, v.Hex) {
			t.Fatalf("%s\n got %x\nwant %x", name, answer, v.Hex)
		}
	}
}

func TestMeterAnswersTheVectorsByteForByte(t *testing.T) {
	for _, e := range exchanges(t) {
		t.Run(e.name, func(t *testing.T) {
			play(t, meterOf(t, e), e, (*tester).sendWhole)
		})
	}
}

func (x *tester) sendWhole(frame []byte) { x.send(frame) }

func TestEveryRequestOfTheVectorsIsAnsweredOrNamedAsNotModelled(t *testing.T) {
	used := map[string]bool{}
	for _, e := range exchanges(t) {
		for _, name := range e.steps {
			used[name] = true
		}
	}
	skipped := notModelled()
	all, err := vectors.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		request := strings.HasSuffix(v.Name, "_req") || v.Dir == vectors.ToMeter && strings.HasSuffix(v.Name, "_f1")
		if request && !used[v.Name] && skipped[v.Name] == "" {
			t.Errorf("%s is neither answered nor named", v.Name)
		}
	}
}

// The sample data have a manager at 0200 and a module at 000B, which are not ours; all else comes
// in the same shape.
func TestRequestsToTheTreeAreAnsweredInTheShapesOfTheVectors(t *testing.T) {
	named := vectorsByName(t)
	for name := range notModelled() {
		if !strings.HasPrefix(name, "log_") && name != "labels_req" {
			continue
		}
		x := meterOf(t, exchange{})
		x.wait(5 * time.Hour)
		reply := x.talk(packetOf(t, named[name].Hex), time.Second)
		answer := packetOf(t, named[strings.TrimSuffix(name, "req")+"rep"].Hex)
		got, want := valuesOf(t, reply), valuesOf(t, &answer)
		if len(got) != len(want) {
			t.Fatalf("%s: %v, %v expected", name, got, want)
		}
		same := 0
		for i := range got {
			if _, bad := got[i].Reason(); bad && name == "log_managed_class_req" {
				continue
			}
			if same++; got[i].Kind != want[i].Kind || got[i].Size != want[i].Size || (len(got[i].Items) == 0) != (len(want[i].Items) == 0) {
				t.Errorf("%s: %v, %v expected", name, got[i], want[i])
			}
		}
		if same == 0 {
			t.Errorf("%s: nothing but exceptions", name)
		}
	}
}

func packetOf(t *testing.T, frame []byte) ion.Packet {
	t.Helper()
	f, _, err := ion.ParseFrame(frame)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ion.ParsePacket(f.Data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func valuesOf(t *testing.T, p *ion.Packet) []ion.Value {
	t.Helper()
	r, err := ion.ParseResult(p.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.Values
}

func TestMeterAnswersTheVectorsSplitAtAnyByte(t *testing.T) {
	for _, e := range exchanges(t) {
		t.Run(e.name, func(t *testing.T) {
			whole := meterOf(t, e)
			longest := 0
			for _, name := range e.steps {
				longest = max(longest, len(vectorsByName(t)[name].Hex))
			}
			step := 1
			if len(e.steps) > 2 {
				step = 7
			}
			for cut := 1; cut < longest; cut += step {
				x := &tester{tb: t, m: whole.m.Clone(), now: whole.now}
				play(t, x, e, func(x *tester, frame []byte) {
					n := min(cut, len(frame))
					x.send(frame[:n])
					x.send(frame[n:])
				})
			}
			play(t, &tester{tb: t, m: whole.m.Clone(), now: whole.now}, e, func(x *tester, frame []byte) {
				for i := range frame {
					x.send(frame[i : i+1])
				}
			})
		})
	}
}

// A meter on a shared pair cannot answer while the host still talks: of requests that come
// in one piece the last one is answered, as if the host had given up on the others.
func TestOfRequestsGluedTogetherTheLastIsAnswered(t *testing.T) {
	named := vectorsByName(t)
	short := []string{"revision", "serial", "devtype", "owner", "clock", "program7", "pw_0", "unknown_handle"}
	for _, first := range short {
		for _, second := range short {
			x := meterOf(t, exchange{})
			x.send(append(bytes.Clone(named[first+"_req"].Hex), named[second+"_req"].Hex...))
			if got, want := x.wait(time.Second), named[second+"_rep"].Hex; !bytes.Equal(got, want) {
				t.Fatalf("%s and %s\n got %x\nwant %x", first, second, got, want)
			}
			if got := x.wait(time.Minute); len(got) > 0 {
				t.Fatalf("%s and %s: later it sends %x", first, second, got)
			}
		}
	}
}

// An answer to what was asked before must not be counted as given: an order whose answer
// was dropped is not carried out behind the host's back.
func TestEnterGluedToAnotherRequestIsNotCarriedOut(t *testing.T) {
	x := running(t, testConfig())
	frame := func(r ion.DownloadRequest) []byte {
		x.id++
		out := ion.Outgoing{Message: ion.AppendPacket(nil, x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &r)))}
		out.Begin(ion.HostAddress, x.m.cfg.UnitID, false)
		return out.AppendFrame(nil)
	}
	x.send(append(frame(enter(1000)), frame(ion.DownloadRequest{Op: ion.OpIdentify})...))
	if got := x.wait(time.Minute); len(got) == 0 {
		t.Fatal("no answer")
	}
	if x.m.State() != Application {
		t.Errorf("the meter is %v: nobody heard it agree to that", x.m.State())
	}
}

func TestOddAndBadVectorsNeverDisturbTheMeter(t *testing.T) {
	named := vectorsByName(t)
	probe, want := named["revision_req"].Hex, named["revision_rep"].Hex
	all, err := vectors.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			x := meterOf(t, exchange{})
			// What the vector is an answer to, or a request of its own, may be answered.
			x.send(v.Hex)
			x.wait(20 * time.Second)
			x.now = vectorNow + time.Minute
			x.send(probe)
			if got := x.wait(2 * time.Second); !bytes.Equal(got, want) {
				t.Errorf("behind it the meter answers %x", got)
			}
			// The other end's frames and damaged ones are never answered.
			if v.Dir == vectors.FromMeter {
				if got := x.wait(time.Minute); len(got) > 0 {
					t.Errorf("it sends %x", got)
				}
			}
			// And with no pause in between.
			x = meterOf(t, exchange{})
			x.send(append(bytes.Clone(v.Hex), probe...))
			if got := x.wait(2 * time.Second); !bytes.Equal(got, want) {
				t.Errorf("right behind it the meter answers %x", got)
			}
		})
	}
}

func TestMeterKeepsSilent(t *testing.T) {
	named := vectorsByName(t)
	other := func(v vectors.Vector, change func(*ion.Frame)) []byte {
		f, _, err := ion.ParseFrame(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		change(&f)
		return ion.AppendFrame(nil, f)
	}
	for name, frame := range map[string][]byte{
		"on another unit's request":       named["unit_1_req"].Hex,
		"on a broadcast request":          other(named["revision_req"], func(f *ion.Frame) { f.Destination = ion.Broadcast }),
		"on a time sync":                  named["timeset_nopw"].Hex,
		"on a time sync with a password":  named["timeset_pw"].Hex,
		"on a broadcast time sync":        other(named["timeset_nopw"], func(f *ion.Frame) { f.Destination = ion.Broadcast }),
		"on an acknowledgement":           named["mfreply_ack1"].Hex,
		"on a NAK":                        other(named["mfreply_ack1"], func(f *ion.Frame) { f.Control = 0xC0 }),
		"on the 33 frames of a message":   named["bad_mf33_first"].Hex,
		"on the second frame of nothing":  named["mfreq2_f2"].Hex,
		"on a frame with a wrong CRC":     func() []byte { b := bytes.Clone(named["revision_req"].Hex); b[20] ^= 1; return b }(),
		"on a packet that is cut short":   other(named["revision_req"], func(f *ion.Frame) { f.Data = f.Data[:20] }),
		"on a packet with no program":     other(named["revision_req"], func(f *ion.Frame) { f.Data = bytes.Clone(f.Data); f.Data[16] = 9 }),
		"on a packet of another service":  other(named["revision_req"], func(f *ion.Frame) { f.Data = bytes.Clone(f.Data); f.Data[13] = 2 }),
		"on a reply of itself (its echo)": other(named["revision_rep"], func(f *ion.Frame) { f.Source, f.Destination = f.Destination, f.Source }),
	} {
		t.Run(name, func(t *testing.T) {
			x := meterOf(t, exchange{})
			x.send(frame)
			if got := x.wait(time.Minute); len(got) > 0 {
				t.Errorf("it answers %x", got)
			}
		})
	}
}

func TestTimeSyncSetsTheClockAndNeedsThePassword(t *testing.T) {
	named := vectorsByName(t)
	const sent = 0x47D0147C
	for _, c := range []struct {
		password, vector string
		set              bool
	}{
		{"0", "timeset_nopw", true}, {"0", "timeset_pw", false},
		{"12345678", "timeset_pw", true}, {"12345678", "timeset_nopw", false},
	} {
		cfg := testConfig()
		cfg.Password = c.password
		x := running(t, cfg)
		x.send(named[c.vector].Hex)
		x.wait(10 * time.Second)
		x.login = x.m.password
		got := x.read(ion.HandleUniversalTime).Uint
		if set := got == sent+10; set != c.set {
			t.Errorf("password %s, %s: the clock reads %d", c.password, c.vector, got)
		}
	}
}

func TestBroadcastTimeSyncSetsTheClock(t *testing.T) {
	named := vectorsByName(t)
	f, _, err := ion.ParseFrame(named["timeset_nopw"].Hex)
	if err != nil {
		t.Fatal(err)
	}
	f.Destination = ion.Broadcast
	x := running(t, testConfig())
	x.send(ion.AppendFrame(nil, f))
	x.wait(time.Second)
	if got := x.read(ion.HandleUniversalTime).Uint; got != 0x47D0147C+1 {
		t.Errorf("the clock reads %d", got)
	}
}
