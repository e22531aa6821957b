package client

import (
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// EventKind says what an event is.
type EventKind uint8

// The events of an Upgrader. Those that want an answer stop it until the answer comes.
const (
	EventLog           EventKind = iota // Line goes to the log; a Session wants Logged
	EventPrompt                         // Prompt wants Answer; Journal is what RestoreSettings asks about
	EventStep                           // Step begins
	EventProgress                       // block Done of Total was answered
	EventDevice                         // Device was identified
	EventSettings                       // Settings were read from the meter
	EventSaveJournal                    // Journal is to be kept; wants Saved
	EventLoadJournal                    // the journal of Device.SerialNumber is wanted; wants Loaded
	EventRemoveJournal                  // the journal of Device.SerialNumber has served; a Session wants Removed
	EventWarning                        // Err is to be told; a Session's alone
	EventFinished                       // the task is over; Err tells how
	eventKindCount
)

// String is the kind's name in traces.
func (k EventKind) String() string {
	return [eventKindCount]string{"log", "prompt", "step", "progress", "device", "settings", "save-journal", "load-journal", "remove-journal", "warning", "finished"}[k]
}

// Event is something that the upgrader tells whoever runs it.
type Event struct {
	Kind        EventKind
	Line        upgradelog.Line
	Prompt      Prompt
	Step        Step
	Done, Total int
	Device      Device
	Settings    *ion.Settings
	Journal     *Journal
	Err         error
	// Settled: a Session has seen to it, and there is nothing to answer: the line is only to be
	// shown, for the log has failed before; the window was left unseen.
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
	// A journal of an upgrade that did not end was found. Ours: the real tool has none.
	RestoreSettings
	promptCount
)

// String is the prompt's name in traces.
func (p Prompt) String() string {
	return [promptCount]string{"none", "connection-type", "recover-upgrade", "choose-firmware", "upgrade-completed", "upgrade-failed",
		"communication-lost", "setup-assistant", "send-template", "choose-template", "paste-options", "template-applied",
		"device-silent", "restore-settings"}[p]
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
	Err      error      // the file that was chosen cannot be used, and why
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
	Base         uint32 // first address of the image
	Capacity     uint32 // bytes
}
