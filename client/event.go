package client

import (
	"ionbench/client/dcf"
	"ionbench/client/journal"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// EventKind says what an event is.
type EventKind uint8

// The events of an Upgrader. One that needs an answer stops it until the answer comes.
const (
	EventLog           EventKind = iota // Line goes to the log; a Session waits for Logged
	EventPrompt                         // Prompt waits for Answer; for RestoreSettings, Journal is the journal that was found
	EventStep                           // Step begins
	EventProgress                       // block Done of Total was answered
	EventErasing                        // Left sectors of the flash are still to be cleared
	EventDevice                         // Device was identified, or the tool has changed what was told of it
	EventSettings                       // Settings were read from the meter
	EventSaveJournal                    // Journal is to be saved, in place of the one of the same Meter; waits for Saved
	EventLoadJournal                    // the journal of Meter is wanted; waits for Loaded
	EventRemoveJournal                  // the journal of Meter is no longer needed; waits for Removed
	EventLock                           // Device is to be kept from other processes (Config.Lock); waits for Locked
	EventWarning                        // Err is to be shown
	EventReconnect                      // the broken connection is to be opened again; a Session waits for Reconnected, and its time goes on
	EventFinished                       // the task is over; Err says how
	eventKindCount
)

// String returns the kind's name in traces.
func (k EventKind) String() string {
	return [eventKindCount]string{"log", "prompt", "step", "progress", "erasing", "device", "settings", "save-journal", "load-journal", "remove-journal", "lock", "warning", "reconnect", "finished"}[k]
}

// Event is something that the upgrader tells whoever runs it.
type Event struct {
	Kind        EventKind
	Line        upgradelog.Line
	Prompt      Prompt
	Step        Step // EventStep: the one that begins; a journal: StepSettleJournal at the end, when settings are back, or StepForgetJournal
	Done, Total int
	Left        int
	Device      Device
	Settings    *ion.Settings
	Reset       ion.SettingSet // EventSettings: those that a factory initialise has reset and that nobody has written since
	Journal     *journal.Journal
	Meter       journal.Meter // whose journal is meant
	Offered     ion.Groups    // what RestoreSettings and RestoreOlder are about
	Err         error
	// Settled: the Session has dealt with it and no answer is needed. A line is only to be
	// shown, because the log has failed; a window was closed unseen.
	Settled bool
}

// Prompt is a question to the person at the tool, after the windows of the article.
type Prompt uint8

// The prompts.
const (
	NoPrompt Prompt = iota
	// "Upon startup in single meter mode, you will be prompted to choose a connection type."
	ConnectionType
	// "ION Setup will recognize if your ION 73xx family meter is currently in upgrade mode.
	// You will be prompted as seen below. Select Yes to recover your firmware upgrade."
	RecoverUpgrade
	// "prompted to select an ION Firmware Upgrade file (*.UPG)"
	ChooseFirmware
	// "Once the upgrade is completed the following prompt will appear. Press Exit"
	UpgradeCompleted
	// "You will see the following screen once an upgrade has failed. Exit this screen"
	UpgradeFailed
	// "you will be advised that communication has been lost … Press OK"
	CommunicationLost
	// "You will now be brought to the Setup Assistant screen."
	SetupAssistant
	// "Click the Send button … You will now be prompted by the following window. Click OK"
	SendTemplate
	// "prompted to select the ION Setup Device Configuration File (Template)"
	ChooseTemplate
	// "You will now be prompted by the Template Paste Options window."
	PasteOptions
	// "the window below will appear indicating the template was successfully applied"
	TemplateApplied
	// The device does not answer. Ours: the article does not show this window.
	DeviceSilent
	// A journal of an unfinished upgrade was found. Ours: the real tool has none.
	RestoreSettings
	// A setting in the journal was changed in the meter afterwards, and that change is lost.
	// Write the older value back all the same? Ours.
	RestoreOlder
	promptCount
)

// String returns the prompt's name in traces.
func (p Prompt) String() string {
	return [promptCount]string{"none", "connection-type", "recover-upgrade", "choose-firmware", "upgrade-completed", "upgrade-failed",
		"communication-lost", "setup-assistant", "send-template", "choose-template", "paste-options", "template-applied",
		"device-silent", "restore-settings", "restore-older"}[p]
}

// Choice is the button that the person presses.
type Choice uint8

// The buttons.
const (
	OK      Choice = iota // OK, Yes, Open, Connect, Send
	Cancel                // No, Cancel
	Exit                  // leave the tool, or the window that says Exit
	Upgrade               // Setup Assistant: upgrade the firmware
)

// Answer is what the person does at a prompt.
type Answer struct {
	Choice   Choice
	Firmware *upg.File  // ChooseFirmware
	Template *dcf.File  // ChooseTemplate
	Groups   ion.Groups // PasteOptions: the ticked boxes
	Err      error      // why the chosen file cannot be used
}

// Device is what is known of the meter at the other end.
type Device struct {
	UnitID       uint16
	Product      uint16 // 7350
	SerialNumber string
	Revision     string // of the application; empty in download state
	Template     string
	Download     bool // the meter is in download state
	Loader       uint16
	BlockBytes   int
	Base         uint32 // address of the image's first byte
	Capacity     uint32 // most bytes of an image
}
