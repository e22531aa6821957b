package client

import (
	"fmt"
	"slices"
)

// Step is one line of the upgrader's procedures: what the tool does or waits for. Events,
// traces and reports name it; in text and JSON it is written in words.
type Step uint8

// The steps, in the order in which a person meets them. NoStep: the tool has not begun.
const (
	NoStep Step = iota

	StepConnect
	StepFindFailedUpgrade
	StepIdentify
	StepOfferRecovery
	StepSayNobodyAnswers
	StepSetupAssistant
	StepFindLoader
	StepListen

	StepChooseFirmware
	StepBeginLog
	StepIdentifyMeter
	StepCheckPassword
	StepLogDevice
	StepLockMeter
	StepFindJournal
	StepOfferSettings
	StepSaveSettings
	StepWriteJournal
	StepIdentifyBeforeEntering
	StepEnterDownloadState
	StepAwaitUnread
	StepAwaitLoader
	StepIdentifyBeforeClearing
	StepListenBeforeClearing
	StepIdentifyBeforeClearingAgain
	StepClearFlash
	StepAwaitFlash
	StepBeginDownload
	StepDownload
	StepVerify
	StepRestart
	StepIdentifyAgain
	StepCheckImage
	StepOfferOlder
	StepChooseRestore
	StepIdentifyBeforeWriting
	StepListenBeforeWriting
	StepRestoreSettings
	StepCheckSettings
	StepIdentifyAfterWriting
	StepListenAfterWriting
	StepSettleJournal
	StepEndLog
	StepSayCompleted
	StepSayFailed
	StepSayCommunicationLost

	StepSendTemplate
	StepChooseTemplate
	StepPasteOptions
	StepSavePasted
	StepWriteTemplate
	StepCheckTemplate
	StepSayApplied

	StepReadSettings
	StepWriteSettings

	StepFindMeter
	StepGiveBack
	StepAwaitApplication
	StepForgetJournal
	StepSayGivenBack
	stepCount
)

// stepTable holds each step's words, and what is true of the step in every procedure.
var stepTable = [stepCount]struct {
	words string
	// changes: the request makes the meter change what it keeps or does.
	changes bool
	// leaves: the meter is told to leave its application, or has left it.
	leaves bool
	// meets: the answer to the request says who is there, and is held against who was.
	meets bool
}{
	StepConnect:                     {words: "connect"},
	StepFindFailedUpgrade:           {words: "look for a failed upgrade", meets: true},
	StepIdentify:                    {words: "identify", meets: true},
	StepOfferRecovery:               {words: "offer to recover"},
	StepSayNobodyAnswers:            {words: "say that nobody answers"},
	StepSetupAssistant:              {words: "setup assistant"},
	StepFindLoader:                  {words: "look for the loader", meets: true},
	StepListen:                      {words: "listen for another meter"},
	StepChooseFirmware:              {words: "choose the firmware"},
	StepBeginLog:                    {words: "begin the log"},
	StepIdentifyMeter:               {words: "identify the meter", meets: true},
	StepCheckPassword:               {words: "check the password", meets: true},
	StepLogDevice:                   {words: "log the device"},
	StepLockMeter:                   {words: "lock the meter"},
	StepFindJournal:                 {words: "look for a journal"},
	StepOfferSettings:               {words: "offer to restore the settings"},
	StepSaveSettings:                {words: "save the settings"},
	StepWriteJournal:                {words: "write the journal"},
	StepIdentifyBeforeEntering:      {words: "identify before entering again", leaves: true, meets: true},
	StepEnterDownloadState:          {words: "enter download state", changes: true, leaves: true},
	StepAwaitUnread:                 {words: "wait for a meter that was not read", leaves: true, meets: true},
	StepAwaitLoader:                 {words: "wait for the loader", leaves: true, meets: true},
	StepIdentifyBeforeClearing:      {words: "identify before clearing", leaves: true, meets: true},
	StepListenBeforeClearing:        {words: "listen before clearing", leaves: true},
	StepIdentifyBeforeClearingAgain: {words: "identify before clearing again", leaves: true, meets: true},
	StepClearFlash:                  {words: "clear the flash", changes: true, leaves: true},
	StepAwaitFlash:                  {words: "wait for the flash", leaves: true},
	StepBeginDownload:               {words: "begin the download", leaves: true},
	StepDownload:                    {words: "download", changes: true, leaves: true},
	StepVerify:                      {words: "verify", changes: true, leaves: true},
	StepRestart:                     {words: "restart", changes: true, leaves: true},
	StepIdentifyAgain:               {words: "identify again", leaves: true, meets: true},
	StepCheckImage:                  {words: "check what runs"},
	StepOfferOlder:                  {words: "offer to restore older settings"},
	StepChooseRestore:               {words: "choose what to restore"},
	StepIdentifyBeforeWriting:       {words: "identify before writing", meets: true},
	StepListenBeforeWriting:         {words: "listen before writing"},
	StepRestoreSettings:             {words: "restore the settings", changes: true},
	StepCheckSettings:               {words: "check the settings"},
	StepIdentifyAfterWriting:        {words: "identify after writing", meets: true},
	StepListenAfterWriting:          {words: "listen after writing"},
	StepSettleJournal:               {words: "settle the journal"},
	StepEndLog:                      {words: "end the log"},
	StepSayCompleted:                {words: "say that it is completed"},
	StepSayFailed:                   {words: "say that it failed"},
	StepSayCommunicationLost:        {words: "say that communication is lost"},
	StepSendTemplate:                {words: "send a template"},
	StepChooseTemplate:              {words: "choose the template"},
	StepPasteOptions:                {words: "template paste options"},
	StepSavePasted:                  {words: "save what is pasted"},
	StepWriteTemplate:               {words: "send the template", changes: true},
	StepCheckTemplate:               {words: "check the template"},
	StepSayApplied:                  {words: "say that it was applied"},
	StepReadSettings:                {words: "read the settings"},
	StepWriteSettings:               {words: "write the settings", changes: true},
	StepFindMeter:                   {words: "look where the meter is", leaves: true, meets: true},
	StepGiveBack:                    {words: "give the meter back", changes: true, leaves: true},
	StepAwaitApplication:            {words: "wait for the application", leaves: true, meets: true},
	StepForgetJournal:               {words: "forget the journal"},
	StepSayGivenBack:                {words: "say that the meter is back"},
}

// String returns the step in words; empty for NoStep.
func (s Step) String() string {
	if s >= stepCount {
		return fmt.Sprintf("no step (%d)", uint8(s))
	}
	return stepTable[s].words
}

// MarshalText returns the words of String.
func (s Step) MarshalText() ([]byte, error) {
	if s >= stepCount {
		return nil, fmt.Errorf("there is no step %d", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads the words of String, and returns an error if there is no such step.
func (s *Step) UnmarshalText(text []byte) error {
	for i, step := range stepTable {
		if step.words == string(text) {
			*s = Step(i)
			return nil
		}
	}
	return fmt.Errorf("there is no step %q", text)
}

// ChangesMeter reports whether the step's request makes the meter change what it keeps or what
// it does.
func (s Step) ChangesMeter() bool { return s < stepCount && stepTable[s].changes }

// LeavesApplication reports whether the step is beyond the point of no return: the meter is
// told to leave its application, or has none. A task that fails at such a step or later leaves
// a meter that must be recovered.
func (s Step) LeavesApplication() bool { return s < stepCount && stepTable[s].leaves }

// meets reports whether the answer to the step's request says who is there.
func (s Step) meets() bool { return stepTable[s].meets }

// AwaitsRestart reports whether the step asks a restarting meter until it answers. A missing
// answer then leaves no line in the log.
func (s Step) AwaitsRestart() bool {
	return slices.ContainsFunc(slices.Concat(upgradeSteps(), givingBackSteps()), func(l step) bool { return l.is == s && l.retry == polling })
}
