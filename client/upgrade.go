package client

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// upgradeSteps is the firmware upgrade, from choosing the file to restoring the settings.
// Nothing is erased before StepClearFlash. By then the file, the product, the serial number,
// the unit and the password have been checked.
func upgradeSteps() []step {
	return []step{
		{is: StepChooseFirmware, ask: ChooseFirmware, answered: takeFirmware},
		{is: StepBeginLog, act: beginLog},
		{is: StepIdentifyMeter, request: identifyRequest, reply: onDownload(ion.OpIdentify, takeLoader)},
		{is: StepListen, when: (*Upgrader).listensForTwin, listens: true},
		{is: StepCheckPassword, when: (*Upgrader).inApplication, request: readIdentityRequest, reply: takeRegisters},
		{is: StepLogDevice, act: logDevice},
		{is: StepLockMeter, when: (*Upgrader).locks, keep: (*Upgrader).lock, kept: locked},

		{is: StepFindJournal, when: (*Upgrader).keepsJournal, keep: (*Upgrader).loadJournal, kept: takeJournal},
		{is: StepSaveSettings, when: (*Upgrader).inApplication, request: readSettingsRequest, reply: takeSettings},
		{act: decide},
		{is: StepOfferSettings, when: (*Upgrader).offersSettings, ask: RestoreSettings, answered: chooseRestore},
		{is: StepWriteJournal, when: (*Upgrader).needsJournal, keep: (*Upgrader).saveJournal, kept: journalSaved},

		{is: StepIdentifyBeforeEntering, when: (*Upgrader).entersAnew, request: identifyRequest, before: (*Upgrader).enteringPause,
			reply: onDownload(ion.OpIdentify, foundBeforeEntering)},
		{is: StepEnterDownloadState, when: (*Upgrader).flashes, request: enterRequest, reply: onDownload(ion.OpEnter, entered)},
		{is: StepAwaitUnread, when: (*Upgrader).tookUnread, request: identifyRequest, retry: polling, before: (*Upgrader).restartPause, reply: onDownload(ion.OpIdentify, foundUnread)},
		{is: StepGiveBack, when: (*Upgrader).tookUnread, request: restartRequest, reply: onDownload(ion.OpRestart, restarted), silent: askTheMeter},
		{is: StepAwaitApplication, when: (*Upgrader).tookUnread, request: identifyRequest, retry: polling, before: (*Upgrader).restartPause, reply: onDownload(ion.OpIdentify, backToRead)},
		{is: StepAwaitLoader, when: (*Upgrader).flashes, request: identifyRequest, retry: polling, before: (*Upgrader).restartPause,
			reply: onDownload(ion.OpIdentify, loaderFound)},
		{is: StepIdentifyBeforeClearing, when: (*Upgrader).flashesListening, request: identifyRequest, retry: polling, before: (*Upgrader).twinPause,
			reply: onDownload(ion.OpIdentify, loaderFound)},
		{is: StepListenBeforeClearing, when: (*Upgrader).flashesListening, listens: true},
		{is: StepIdentifyBeforeClearingAgain, when: (*Upgrader).clearsUnsure, request: identifyRequest, reply: onDownload(ion.OpIdentify, foundUnsure)},
		{is: StepClearFlash, when: (*Upgrader).flashes, request: clearRequest, reply: onDownload(ion.OpClear, cleared)},
		{is: StepAwaitFlash, when: (*Upgrader).clearing, request: clearedRequest, before: (*Upgrader).pollPause, reply: onDownload(ion.OpClear, cleared)},
		{is: StepBeginDownload, when: (*Upgrader).flashes, act: beginDownload},
		{is: StepDownload, when: (*Upgrader).flashes, request: blockRequest, retry: perBlock, reply: onDownload(ion.OpBlock, blockAnswered)},
		{is: StepVerify, when: (*Upgrader).flashes, request: verifyRequest, reply: onDownload(ion.OpVerify, verified)},
		{is: StepRestart, when: (*Upgrader).flashes, request: restartRequest, reply: onDownload(ion.OpRestart, restarted), silent: askTheMeter},
		{is: StepIdentifyAgain, when: (*Upgrader).flashes, request: identifyRequest, retry: polling, before: (*Upgrader).restartPause,
			reply: onDownload(ion.OpIdentify, runningFound)},
		{is: StepCheckImage, when: (*Upgrader).flashes, request: marksRequest, reply: checkImage},

		{is: StepOfferOlder, when: (*Upgrader).offersOlder, ask: RestoreOlder, answered: chooseOlder},
		{is: StepChooseRestore, when: (*Upgrader).restores, ask: PasteOptions, answered: choosePaste},
		{is: StepIdentifyBeforeWriting, when: (*Upgrader).identifiesBeforeWriting, request: identifyRequest, reply: onDownload(ion.OpIdentify, stillThere)},
		{is: StepListenBeforeWriting, when: (*Upgrader).writesListening, listens: true},
		{is: StepRestoreSettings, when: (*Upgrader).writes, request: writeRequest, reply: written},
		{is: StepCheckSettings, when: (*Upgrader).wroteAny, request: readBackRequest, reply: readBack},
		{is: StepSettleJournal, when: (*Upgrader).hasJournal, keep: (*Upgrader).settleJournal, kept: journalSettled},
		{is: StepIdentifyAfterWriting, when: (*Upgrader).wroteListening, request: identifyRequest, retry: once, reply: onDownload(ion.OpIdentify, answersAfterwards), silent: unanswered},
		{is: StepListenAfterWriting, when: (*Upgrader).wroteListening, listens: true},
		{is: StepEndLog, act: endLog},
	}
}

// upgradedSteps: "Once the upgrade is completed the following prompt will appear. Press
// Exit and you will be returned to the Select Connection Type screen".
func upgradedSteps() []step {
	return []step{
		{is: StepSayCompleted, ask: UpgradeCompleted, answered: goOnWith},
		{act: afterUpgrade},
	}
}

// failedSteps: "Once an upgrade has failed … Exit this screen and you will be advised that
// communication has been lost … Press OK and you will be prompted again".
func failedSteps() []step {
	return []step{
		{act: endFailedLog},
		{is: StepSayFailed, when: (*Upgrader).begun, ask: UpgradeFailed, answered: goOnWith},
		{is: StepSayCommunicationLost, when: (*Upgrader).lostCommunication, ask: CommunicationLost, answered: goOnWith},
		{act: afterUpgrade},
	}
}

func goOnWith(*Upgrader, time.Duration, Answer) next { return toNext() }

// afterUpgrade goes on with the windows, or ends a single task.
func afterUpgrade(u *Upgrader, _ time.Duration) next {
	u.result = u.err
	u.transfer = transfer{}
	if u.task == TaskConnect {
		return toProcedure(connectProcedure)
	}
	return toProcedure(finishProcedure)
}

func takeFirmware(u *Upgrader, _ time.Duration, a Answer) next {
	u.transfer, u.touch = transfer{}, touch{}
	u.err = nil
	u.write, u.wrote = nil, 0
	if !u.unmet {
		u.device = Device{} // whatever is at the end of the line is meant
	}
	switch {
	case a.Err != nil:
		return stopped("choose another firmware file", ErrBadFile, a.Err)
	case a.Choice != OK || a.Firmware == nil:
		return failed(ErrAborted)
	}
	u.firmware = a.Firmware
	u.transfer.blocks, u.transfer.flashes = ion.Blocks(len(a.Firmware.Image)), true
	u.ownFile = false
	u.onDisk, u.keptThere, u.offered, u.declined, u.older = false, false, 0, 0, false
	u.before, u.after, u.counted = marks{}, marks{}, [ion.EnergyCount]float64{}
	return toNext()
}

func beginLog(u *Upgrader, now time.Duration) next {
	name := u.cfg.DeviceName
	if name == "" {
		name = fmt.Sprintf("ion%d", u.firmware.Product)
	}
	u.transfer.begun = true
	u.log(upgradelog.Line{Kind: upgradelog.UpgradeStarted, Time: u.rules.clock(u, now)})
	u.log(upgradelog.Line{Kind: upgradelog.SoftwareVersion, Text: u.cfg.Release.Version, Number: u.cfg.Release.Build})
	u.log(upgradelog.Line{Kind: upgradelog.FirmwareVersion, Text: u.firmware.Revision})
	u.log(upgradelog.Line{Kind: upgradelog.FirmwareDated, Time: u.firmware.Dated.In(u.cfg.Start.Location())})
	u.log(upgradelog.Line{Kind: upgradelog.DeviceName, Text: name})
	return toNext()
}

// takeLoader checks everything that can be checked before anything is changed.
func takeLoader(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.checkSame(r); err != nil {
		return failed(err)
	}
	if err := u.takeIdentity(r); err != nil {
		return failed(err)
	}
	f := u.firmware
	switch {
	case f.Product != r.Product:
		return failed(&WrongProductError{Revision: f.Revision, File: f.Product, Meter: r.Product})
	case f.LoadAddress != r.Base || len(f.Image) > int(r.Capacity):
		return failed(&ImageError{Bytes: len(f.Image), LoadAddress: f.LoadAddress, Capacity: r.Capacity, Base: r.Base})
	case r.BlockBytes != ion.BlockBytes:
		return stoppedWith("", "%w: the loader takes blocks of %d bytes, this tool sends %d", ErrUnexpected, r.BlockBytes, ion.BlockBytes)
	}
	if err := u.checkSerialNumber(); err != nil {
		return failed(err)
	}
	if u.device.Download {
		u.recovery = true
		u.emit(Event{Kind: EventDevice, Device: u.device})
	}
	u.transfer.found = u.device.Download
	return toNext()
}

func logDevice(u *Upgrader, _ time.Duration) next {
	u.log(upgradelog.Line{Kind: upgradelog.DeviceSerialNumber, Text: u.device.SerialNumber})
	u.log(upgradelog.Line{Kind: upgradelog.DeviceUnitID, Number: int(u.cfg.UnitID)})
	u.log(upgradelog.Line{Kind: upgradelog.DeviceBaudRate, Number: u.cfg.Baud})
	if u.kept != nil && !u.kept.Meter.Is(u.device.Meter()) {
		u.kept = nil // of another meter, earlier in this process
	}
	return toNext()
}

// flashes reports whether the image is sent, as decide has decided.
func (u *Upgrader) flashes() bool { return u.transfer.flashes }

func enterRequest(u *Upgrader) {
	u.download(&ion.DownloadRequest{Op: ion.OpEnter, Product: u.firmware.Product, Length: uint32(len(u.firmware.Image))})
}

func entered(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	switch r.Status {
	case ion.StatusOK:
	case ion.StatusBusy:
		return u.busy(&RefusalError{Op: ion.OpEnter, Status: r.Status})
	case ion.StatusWrongProduct:
		return failed(&RefusalError{Op: ion.OpEnter, Status: r.Status, Product: uint32(u.firmware.Product)})
	default:
		return failed(&RefusalError{Op: ion.OpEnter, Status: r.Status})
	}
	u.transfer.polls, u.transfer.busy = 0, 0
	u.transfer.enters++
	u.transfer.reread = false
	if !r.Already && u.mayBeOutdated() {
		u.transfer.found, u.transfer.unread, u.device.Download = false, true, false
	}
	if u.transfer.enters > 1 {
		return toNext() // the log shows it
	}
	kind := upgradelog.EnteredDownloadState
	if u.transfer.found {
		kind = upgradelog.AlreadyInDownloadState
	}
	u.log(upgradelog.Line{Kind: kind})
	return toNext()
}

// restartPause gives a meter the time to restart. One that was found in download state does not
// restart.
func (u *Upgrader) restartPause() time.Duration {
	if u.device.Download && u.step().is == StepAwaitLoader {
		return 0
	}
	return u.cfg.Timing.Restart
}

func (u *Upgrader) pollPause() time.Duration { return u.cfg.Timing.Poll }

func loaderFound(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.checkSame(r); err != nil {
		return failed(err)
	}
	if r.State != ion.StateApplication {
		u.device.Download = true
		return toNext()
	}
	if u.transfer.polls++; u.transfer.polls <= patience {
		return onceMore(u.cfg.Timing.Poll)
	}
	if u.enteredTooOften() {
		return neverEntered()
	}
	if u.transfer.found {
		return u.readAgain(r)
	}
	return toStep(StepEnterDownloadState) // a reset on the way there has brought the application back
}

// patience is how often an application that has agreed to hand over may still answer itself.
const patience = 3

// beginAnew goes back to clearing the flash, after an answer that a loader with a cleared flash
// never gives.
func (u *Upgrader) beginAnew(why error) next {
	if u.transfer.passes >= u.rules.limits.passes {
		return failed(&TooOftenError{Passes: u.transfer.passes, Why: why})
	}
	u.device.Download = false
	u.transfer.clearing = false // what is waited for now is another clear, if there is one
	if refused(why) {
		return toStep(StepIdentifyBeforeEntering)
	}
	return toStep(StepEnterDownloadState)
}

func clearRequest(u *Upgrader) {
	u.transfer.passes++
	u.transfer.polls = 0
	u.transfer.clearing = true
	u.download(&ion.DownloadRequest{Op: ion.OpClear, Begin: true})
}

func clearedRequest(u *Upgrader) { u.download(&ion.DownloadRequest{Op: ion.OpClear}) }

func (u *Upgrader) clearing() bool { return u.transfer.clearing }

func cleared(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	u.anew = 0
	switch r.Status {
	case ion.StatusOK:
		u.transfer.clearing = false
		u.emit(Event{Kind: EventErasing})
		return toStep(StepBeginDownload)
	case ion.StatusBusy:
		u.emit(Event{Kind: EventErasing, Left: int(r.SectorsLeft)})
		return u.stillClearing()
	case ion.StatusEraseFailed:
		return u.beginAnew(&RefusalError{Op: ion.OpClear, Status: r.Status, Sector: uint32(r.Sector)})
	default:
		return u.beginAnew(&RefusalError{Op: ion.OpClear, Status: r.Status})
	}
}

func (u *Upgrader) stillClearing() next {
	if most := u.rules.limits.clearPolls; u.transfer.polls >= most {
		return failed(&RefusalError{Op: ion.OpClear, Status: ion.StatusBusy, Times: uint32(most)})
	}
	u.transfer.polls++
	if u.step().is == StepClearFlash {
		return toNext()
	}
	return onceMore(u.cfg.Timing.Poll)
}

func beginDownload(u *Upgrader, _ time.Duration) next {
	u.transfer.answered, u.transfer.tenths, u.transfer.busy = 0, 0, 0
	u.log(upgradelog.Line{Kind: upgradelog.FlashCleared})
	u.log(upgradelog.Line{Kind: upgradelog.Proceeding})
	return toNext()
}

// block returns the part of the image that is sent next.
func (u *Upgrader) block() (address uint32, data []byte) {
	from := u.transfer.answered * ion.BlockBytes
	return u.firmware.LoadAddress + uint32(from), u.firmware.Image[from:min(from+ion.BlockBytes, len(u.firmware.Image))]
}

func blockRequest(u *Upgrader) {
	address, data := u.rules.block(u)
	u.download(&ion.DownloadRequest{
		Op:       ion.OpBlock,
		Sequence: u.rules.sequence(u),
		Address:  address,
		CRC:      crc32.ChecksumIEEE(data),
		Data:     data,
	})
}

func blockAnswered(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	sequence := u.rules.sequence(u)
	if r.Sequence != sequence {
		return next{kind: ignored}
	}
	switch r.Status {
	case ion.StatusOK:
		return u.blockTaken()
	case ion.StatusBadSequence:
		refused := &RefusalError{Op: ion.OpBlock, Status: r.Status, Block: sequence, Wanted: r.Expected}
		switch r.Expected {
		case sequence + 1:
			return u.blockTaken() // the loader took it before, and the answer was lost
		case sequence:
			return u.busy(refused) // it was not taken for this one
		}
		return u.beginAnew(refused)
	case ion.StatusBusy, ion.StatusVerifyFailed:
		return u.busy(&RefusalError{Op: ion.OpBlock, Status: r.Status, Block: sequence})
	default:
		return u.beginAnew(&RefusalError{Op: ion.OpBlock, Status: r.Status, Block: sequence})
	}
}

// busy asks again after a while, as often as the limits say.
func (u *Upgrader) busy(e *RefusalError) next {
	if most := u.rules.limits.refusals; u.transfer.busy >= most {
		e.Times = uint32(most)
		return failed(e)
	}
	u.transfer.busy++
	return onceMore(u.cfg.Timing.Poll)
}

func (u *Upgrader) blockTaken() next {
	t := &u.transfer
	t.answered++
	t.confirmed++
	t.busy = 0
	u.emit(Event{Kind: EventProgress, Done: t.answered, Total: t.blocks})
	u.logProgress()
	if t.answered == t.blocks {
		return toNext()
	}
	return onceMore(0)
}

// logProgress: "the Firmware Upgrade dialog box in ION Setup will show status updates
// every 10% during the firmware upgrade process."
func (u *Upgrader) logProgress() {
	t := &u.transfer
	for t.tenths < u.rules.tenths(t) {
		t.tenths++
		u.log(upgradelog.Line{Kind: upgradelog.Completed, Number: 10 * t.tenths})
		u.log(upgradelog.Line{Kind: upgradelog.Efficiency, Number: u.rules.efficiency(t)})
	}
}

func verifyRequest(u *Upgrader) {
	f := u.firmware
	u.download(&ion.DownloadRequest{
		Op:       ion.OpVerify,
		Length:   uint32(len(f.Image)),
		CRC:      u.imageCRC(),
		Product:  f.Product,
		Dated:    uint32(f.Dated.Unix()),
		Revision: ion.PadText(f.Revision),
	})
}

func verified(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	switch r.Status {
	case ion.StatusOK:
		if r.CRC != u.imageCRC() {
			return u.beginAnew(&RefusalError{Op: ion.OpVerify, Status: ion.StatusVerifyFailed, CRC: r.CRC, Sent: u.imageCRC()})
		}
		u.log(upgradelog.Line{Kind: upgradelog.Verified})
		return toNext()
	case ion.StatusBusy:
		return u.busy(&RefusalError{Op: ion.OpVerify, Status: r.Status})
	case ion.StatusRefused:
		// No loader answers, so the power was off. If the image was good, it runs by now.
		return toStep(StepIdentifyAgain)
	case ion.StatusVerifyFailed:
		return u.beginAnew(&RefusalError{Op: ion.OpVerify, Status: r.Status, CRC: r.CRC, Sent: u.imageCRC()})
	default:
		return u.beginAnew(&RefusalError{Op: ion.OpVerify, Status: r.Status})
	}
}

func restartRequest(u *Upgrader) { u.download(&ion.DownloadRequest{Op: ion.OpRestart}) }

// restarted goes on whatever the answer to a restart says. A refusal comes from the application,
// so the restart has happened and its answer was lost; and where an answer makes no sense, only the
// meter knows whether it restarted.
func restarted(u *Upgrader, _ time.Duration, _ *ion.DownloadReply) next {
	u.transfer.polls = 0
	return toNext()
}

// askTheMeter goes on without an answer: only the meter knows whether it restarted.
func askTheMeter(*Upgrader) next { return toNext() }

func runningFound(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.checkSame(r); err != nil {
		return failed(err)
	}
	revision := ion.FixedText(r.Revision[:])
	switch {
	case r.State != ion.StateApplication:
		return u.beginAnew(&NotRunningError{Download: true})
	case revision != u.firmware.Revision:
		return failed(&NotRunningError{Revision: revision})
	}
	if err := u.takeIdentity(r); err != nil {
		return failed(err)
	}
	u.device.Template = "" // the first boot has reset it
	u.log(upgradelog.Line{Kind: upgradelog.Restarted})
	return toNext()
}

func endLog(u *Upgrader, now time.Duration) next {
	if u.wrote > 0 {
		back := u.rules.restored(u)
		u.log(upgradelog.Line{Kind: upgradelog.SettingsRestored, Text: titles(back)})
		if part := back & u.missing(); part != 0 {
			u.log(upgradelog.Line{Kind: upgradelog.Note, Text: "factory values are left in: " + titles(part)})
		}
	}
	u.kept = nil // what is still to be kept is on the disk
	u.log(upgradelog.Line{Kind: upgradelog.UpgradeCompleted, Time: u.rules.clock(u, now)})
	u.emit(Event{Kind: EventDevice, Device: u.device})
	return toProcedure(upgradedProcedure)
}

func titles(groups ion.Groups) string {
	var words []string
	for _, g := range groups.List() {
		words = append(words, g.String())
	}
	if words == nil {
		return "none"
	}
	return strings.Join(words, ", ")
}

func (u *Upgrader) begun() bool { return u.transfer.begun }

func (u *Upgrader) lostCommunication() bool {
	return u.transfer.begun && errors.Is(u.err, ErrNoResponse)
}

// ofTheComputer reports that an upgrade failed for a reason that has nothing to do with the meter.
func ofTheComputer(err error) bool {
	var log *LogError
	return errors.As(err, &log) || errors.Is(err, ErrNoPersistence) || errors.Is(err, ErrMeterInUse)
}

func endFailedLog(u *Upgrader, now time.Duration) next {
	if !u.transfer.begun {
		return toNext()
	}
	switch {
	case errors.Is(u.err, ErrAborted):
		u.log(upgradelog.Line{Kind: upgradelog.AbortedByUser})
	case ofTheComputer(u.err):
		u.log(upgradelog.Line{Kind: upgradelog.Note, Text: u.err.Error()})
	case !errors.Is(u.err, ErrNoResponse):
		u.log(upgradelog.Line{Kind: upgradelog.Refused, Text: u.err.Error()})
	}
	u.log(upgradelog.Line{Kind: upgradelog.UpgradeFailed, Time: u.rules.clock(u, now)})
	return toNext()
}
