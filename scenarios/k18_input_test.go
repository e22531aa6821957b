package scenarios_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/fixtures/firmware"
	"ionbench/fixtures/templates"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// untouched is what refused input leaves behind: every byte of the chip as it was, no
// operation begun, all settings there.
func untouched(s *plot, act func() *rig.Outcome) *rig.Outcome {
	GinkgoHelper()
	before := flashOf(s)
	o := act()
	Expect(o.Meter.FlashOps).To(BeZero(), "flash operations")
	Expect(bytes.Equal(flashOf(s), before)).To(BeTrue(), "the flash is as it was")
	Expect(o.Meter.Lost).To(BeZero(), "settings that were lost")
	Expect(o.Counts.Transmitted).To(BeZero(), "blocks sent")
	return o
}

// say is an error of the kind given whose text has all these words.
func say(kind error, words ...string) OmegaMatcher {
	all := []types.GomegaMatcher{MatchError(kind)}
	for _, w := range words {
		all = append(all, MatchError(ContainSubstring(w)))
	}
	return And(all...)
}

// chosen is what a person gets who chooses a file with this content.
func chosen(content []byte) world.Firmware {
	f, err := upg.Parse(content)
	return world.Firmware{Own: f, OwnErr: err}
}

// badFirmware is a file that an upgrade must refuse, and what the person must read.
type badFirmware struct {
	name string
	file func(good []byte) world.Firmware
	says OmegaMatcher
}

func badFirmwares() []badFirmware {
	return []badFirmware{
		{
			"for another product",
			func([]byte) world.Firmware {
				return world.Firmware{Own: firmware.UPG(7330, "7330V283", world.ArticleDated(), 1, blocks(12))}
			},
			say(client.ErrWrongProduct, "7330V283 is for a 7330 and the meter is a 7350", "nothing was changed", "choose the file for this meter"),
		},
		{
			"damaged in the image",
			func(good []byte) world.Firmware { good[len(good)/2] ^= 0x10; return chosen(good) },
			say(upg.ErrDamaged, "image CRC-32", "copy", "nothing was changed"),
		},
		{
			"damaged in the header",
			func(good []byte) world.Firmware { good[40] ^= 0x10; return chosen(good) },
			say(upg.ErrDamaged, "header CRC-32", "copy", "nothing was changed"),
		},
		{
			"truncated",
			func(good []byte) world.Firmware { return chosen(good[:len(good)-1]) },
			say(upg.ErrTruncated, "found", "expected", "copy the file again", "nothing was changed"),
		},
		{
			"empty",
			func([]byte) world.Firmware { return chosen(nil) },
			say(upg.ErrEmpty, "0 bytes", "copy the file again", "nothing was changed"),
		},
		{
			"not a .UPG file at all",
			func([]byte) world.Firmware { return chosen([]byte("PK\x03\x04, or any other file")) },
			say(upg.ErrNotUPG, "archive", "nothing was changed"),
		},
		{
			"missing",
			func([]byte) world.Firmware {
				_, err := os.ReadFile(filepath.Join(GinkgoT().TempDir(), "7350V283.upg"))
				return world.Firmware{OwnErr: err}
			},
			say(fs.ErrNotExist, "7350V283.upg", "nothing was changed", "choose another firmware file"),
		},
		{
			"larger than the meter's flash",
			func([]byte) world.Firmware {
				return world.Firmware{Own: firmware.UPG(7350, "7350V283", world.ArticleDated(), 1, 5<<20)}
			},
			say(client.ErrBadFile, "5242880 bytes", "nothing was changed", "choose the file for this meter"),
		},
	}
}

var _ = Describe("Bad input", row("K18"), func() {
	for _, bad := range badFirmwares() {
		It("“select the firmware file required for the upgrade”: a file that is "+bad.name, func() {
			s := tell(world.Meter{})
			a := s.upgrade(blocks(12), "")
			content, err := upg.Append(nil, s.World().FirmwareOf(&a).Own)
			Expect(err).NotTo(HaveOccurred(), "writing a .UPG file")
			file := bad.file(content)
			file.Name = "bad"
			Expect(s.PutFirmware(file)).To(Succeed())
			a.Firmware = file.Name

			By("choosing it for a meter that runs")
			o := untouched(s, func() *rig.Outcome { return s.try(a) })
			Expect(o.Claim).To(bad.says)
			Expect(o.Meter.State).To(Equal(meter.Application))
			Expect(o.Meter.Revision).To(Equal("7350V282"))

			By("choosing it for a meter that is to be recovered")
			failed := failUpgrade(s, "cable-pull at block 7")
			again := recovery(failed)
			again.Task = client.TaskUpgrade
			again.Firmware = file.Name
			o = untouched(s, func() *rig.Outcome { return s.try(again) })
			Expect(o.Claim).To(bad.says)
			Expect(s.recover(failed)).To(beUpgraded(), "with the right file")
		})
	}

	damage := func(old, replacement string) func() ([]byte, error) {
		return func() ([]byte, error) {
			whole := dcf.Append(nil, templates.PlantA())
			spoiled := bytes.Replace(whole, []byte(old), []byte(replacement), 1)
			if bytes.Equal(spoiled, whole) {
				return nil, fs.ErrInvalid
			}
			return spoiled, nil
		}
	}
	DescribeTable("“select the template you wish to apply”: a .DCF file with",
		func(content func() ([]byte, error), says OmegaMatcher) {
			b, err := content()
			Expect(err).NotTo(HaveOccurred(), "spoiling the template")
			s := tell(world.Meter{})
			var file world.Template
			file.Own, file.OwnErr = dcf.Parse(b)
			s.PutTemplate(file)
			a := world.Attempt{Tool: world.Tool{Task: client.TaskSendTemplate, Single: true}, Person: world.Person{Unticked: ion.AllGroups}}
			o := untouched(s, func() *rig.Outcome { return s.try(a) })
			Expect(o.Claim).To(And(MatchError(client.ErrBadFile), says))
			Expect(o.Prompts).NotTo(ContainElement(client.TemplateApplied))
		},
		Entry("a bad line", damage("pt-primary =", "pt-primary"), say(dcf.ErrSyntax, "line 10", "write key = value", "nothing was changed", "choose another template")),
		Entry("a byte that is no text", damage("Plant A\n", "Plant \x00\n"), say(dcf.ErrNotText, "NUL", "choose")),
		Entry("no name", damage("name = 7350_PLANT_A\n", ""), say(dcf.ErrNoName, "add a line", "nothing was changed")),
		Entry("nothing in it", func() ([]byte, error) { return nil, nil }, say(dcf.ErrEmpty, "copy it again or choose another")),
		Entry("a setting that no meter has", damage("ct-primary", "ct-first"), say(client.ErrBadFile, "line 12", "there is no setting ct-first", "correct it")),
		Entry("a value out of range", damage("nominal-frequency = 60", "nominal-frequency = 400"), say(ion.ErrSetting, "nominal-frequency", "400 is outside 50 to 60", "correct it")),
		Entry("another product", damage("product = 7350", "product = 7300"), say(client.ErrBadFile, "line 6", "for a 7300 and the meter is a 7350", "choose another template")),
	)

	DescribeTable("“enter the appropriate information”: the wrong",
		func(spoil func(*world.Attempt), says OmegaMatcher) {
			s := tell(world.Meter{Password: "1234"})
			right := s.upgrade(blocks(12), "")
			wrong := right
			spoil(&wrong)

			By("asking a meter that runs")
			o := untouched(s, func() *rig.Outcome { return s.try(wrong) })
			Expect(o.Claim).To(says)

			By("asking a meter in download state")
			failed := failUpgrade(s, "cable-pull at block 7")
			spoil(&failed)
			failed.Plan = nil
			o = untouched(s, func() *rig.Outcome { return s.try(failed) })
			Expect(o.Claim).To(says)

			By("entering what is right")
			Expect(s.try(right)).To(beUpgraded())
		},
		Entry("password", func(a *world.Attempt) { a.Password = "4321" },
			say(client.ErrPassword, "nothing was changed", "give the meter's password")),
		Entry("unit id", func(a *world.Attempt) { a.UnitID = 106 },
			say(client.ErrNoResponse, "11 requests were not answered", "check the cable, the meter's power, the unit id and the baud rate")),
		Entry("baud rate", func(a *world.Attempt) { a.Baud = 19200 },
			say(client.ErrNoResponse, "11 requests were not answered", "check the cable, the meter's power, the unit id and the baud rate")),
		Entry("serial number", func(a *world.Attempt) { a.SerialNumber = "PC-0000A000-00" },
			say(client.ErrWrongSerial, "PC-0000A000-00 was asked for and PC-0209A001-11 answers", "nothing was changed")),
	)

	It("a meter that is off", Label(faultPower), func() {
		s := tell(world.Meter{})
		a := s.upgrade(blocks(12), "power-loss at start")
		o := untouched(s, func() *rig.Outcome { return s.try(a) })
		Expect(o.Claim).To(say(client.ErrNoResponse, "11 requests were not answered", "check the cable, the meter's power, the unit id and the baud rate"))
		Expect(o.Meter.State).To(Equal(meter.Off))
		Expect(s.recover(a)).To(beUpgraded(), "once it is on")
	})

	It("the wrong baud rate over a PTY, whose other end sees it as a real line does", Label(realtime), func(ctx SpecContext) {
		s := instantly(soon)
		a := s.upgrade(blocks(12), "")
		a.Baud = s.World().Meters[0].Baud / 2
		o := untouched(s, func() *rig.Outcome { return s.over(ctx, rig.PTY, a) })
		Expect(o.Claim).To(say(client.ErrNoResponse, "the baud rate"))
		a.Baud = 0
		// With so little patience only virtual time keeps every answer from being late.
		Expect(s.over(ctx, rig.Bench, a)).To(beUpgraded())
	}, enough)
})
