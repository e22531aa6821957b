package meter

import (
	"testing"
	"time"

	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// still is a meter at one instant.
type still struct {
	Meter
	now time.Duration
}

func TestAMeterForgetsNothingOfItsState(t *testing.T) {
	// in makes a meter of which something is under way, a minute or so after power-on.
	in := func(bring func(x *tester)) func() *still {
		return func() *still {
			x := running(t, testConfig())
			bring(x)
			s := &still{now: x.now}
			x.m.CopyTo(&s.Meter)
			s.seen = x.m.seen
			return s
		}
	}
	image := newImage()
	cleared := func(x *tester) {
		x.intoDownload(image)
		x.clear()
	}
	machinetest.EveryField(t, machinetest.Subject[still]{
		Bases: map[string]func() *still{
			"off":     in(func(x *tester) { x.m.PowerOff(x.now) }),
			"dipped":  in(func(x *tester) { x.m.BrownOut(x.now) }),
			"booting": in(func(x *tester) { x.m.PowerOff(x.now); x.m.PowerOn(x.now) }),
			"running": in(func(*tester) {}),
			"running for an hour, with labels and a setup change": in(func(x *tester) {
				x.run(ion.Command{Handle: 0x0800, Method: ion.MethodWriteLabel, Args: []ion.Value{ion.TextValue("Bills")}}, write(ion.HandleOwner, ion.TextValue("PLANT")), write(ion.HandlePeriod, ion.FloatValue(300)))
				x.wait(time.Hour)
				x.run(write(0x58B0, ion.FloatValue(7)))
				x.m.extremes(x.now)
			}),
			"hanging": in(func(x *tester) { x.m.Hang(x.now) }),
			"in the middle of a frame": in(func(x *tester) {
				x.send([]byte{0, 0, 0x14, 0xAC, 0, 60, 1, 2})
			}),
			"in the middle of a message": in(func(x *tester) {
				cleared(x)
				out := ion.Outgoing{Message: ion.AppendPacket(nil, x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, ptr(x.block(image, 1)))))}
				out.Begin(ion.HostAddress, x.m.cfg.UnitID, false)
				x.send(out.AppendFrame(nil))
			}),
			"about to answer": in(func(x *tester) {
				x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpIdentify})))
			}),
			"about to restart into the loader": in(func(x *tester) {
				x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, ptr(enter(len(image))))))
			}),
			"erasing": in(func(x *tester) {
				x.intoDownload(image)
				x.ask(ion.DownloadRequest{Op: ion.OpClear, Begin: true})
			}),
			"programming, with a message that waits": in(func(x *tester) {
				cleared(x)
				x.m.CutFlash(x.m.Chip().Ops()+9, flash.Torn, 3, 7)
				x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, ptr(x.block(image, 1)))))
				x.id++
				x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpIdentify})))
			}),
			"verifying": in(func(x *tester) {
				cleared(x)
				x.blocks(image)
				x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, ptr(verify(image, "7350V283")))))
			}),
			"with a dip that waits for its operation": in(func(x *tester) { x.m.DipFlash(x.m.Chip().Ops()+9, flash.Before, 0, 0) }),
		},
		Copy: func(from, to *still) {
			to.now = from.now
			from.CopyTo(&to.Meter)
		},
		Declare: func(s *still, w *machine.State) { s.Declare(w, &s.Meter) },
		Now:     func(s *still) time.Duration { return s.now },
		Changes: map[string]func(s *still){"the chip": func(s *still) {
			page := int(s.cfg.imageBase()) / s.chip.PageBytes()
			data := make([]byte, s.chip.PageBytes())
			s.chip.Read(s.cfg.imageBase(), data)
			data[0] ^= 0x0F
			if err := s.chip.LoadPage(page, data); err != nil {
				t.Fatal(err)
			}
		}, "a setting": func(s *still) {
			s.memory.set(func(has *ion.Settings) { has.Template += "x" })
		}},
		Partly: map[string]machinetest.Part{
			"Meter.assembler": {While: "a message is under way", Shows: 349},
			"Meter.bootAt":    {While: "it boots", Shows: 2},
			"Meter.cut":       {While: "it is set", Shows: 2},
			"Meter.decoder":   {While: "bytes wait for more", Shows: 42},
			"Meter.frameAt":   {While: "a frame waits to be sent", Shows: 6},
			"Meter.gapAt":     {While: "bytes wait for more", Shows: 2},
			"Meter.job":       {While: "there is one", Shows: 160},
			"Meter.reply":     {While: "a message is under way", Shows: 162},
			"Meter.started":   {While: "the application runs", Shows: 14},
		},
		Other: map[string]any{"Meter.memory.events[].Text": EventFirmwareUpgrade},
		Idle: map[string]string{
			"Meter.password":                 "configuration",
			"Meter.edges":                    "a number that is shown; nothing waits for it",
			"Meter.events":                   "what is told decides nothing",
			"Meter.told":                     "what is told decides nothing",
			"Meter.memory.own":               "whether a write has to copy the settings first",
			"Meter.watch":                    "set by whoever waits, who declares it",
			"Meter.cut.op":                   "the chip declares the trap",
			"Meter.cut.phase":                "the chip declares the trap",
			"Meter.job.record.initialized":   "a record that is to be written has no mark yet",
			"Meter.memory.events[].At":       "stamps are numbers that are shown",
			"Meter.memory.history":           "numbers that are shown: nobody here waits for a record",
			"Meter.memory.events[].Register": "a number that is shown",
			"Meter.seen":                     "follows from the rest",
		},
		Shared: map[string]string{
			"Meter.cfg":             "never written",
			"Meter.circuit":         "never written",
			"Meter.rules":           "never written",
			"Meter.memory.events":   "nobody appends in place",
			"Meter.memory.labels":   "nobody writes in place",
			"Meter.memory.setups":   "nobody writes in place",
			"Meter.memory.history":  "nobody appends in place",
			"Meter.memory.settings": "written by a meter that has them alone; after a copy none has",
		},
		Rebuilt: map[string]string{
			"Meter.memory.own":    "after a copy the settings belong to nobody",
			"Meter.seen":          "looked at anew when somebody asks",
			"Meter.events":        "a copy has only what was not told yet",
			"Meter.told":          "a copy has only what was not told yet",
			"Meter.block":         "scratch unless a block is programmed",
			"Meter.job.data":      "the end of the block",
			"Meter.reply.Message": "nobody sends a reply that is over",
		},
		Closed: map[string]string{
			"now":                   "the instant, not the meter's",
			"Meter.cfg":             "configuration, the same in all that are compared",
			"Meter.rules":           "decisions, the same in all that are compared",
			"Meter.circuit":         "it follows from the serial number, and is never written",
			"Meter.memory.settings": "by their sum, as saved: see TestSettingsComeBackFromTheirState of package ion",
			"Meter.chip":            "see the test of package flash",
			"Meter.block":           "the job declares what is left of it",
		},
	})
}

func ptr[T any](v T) *T { return &v }
