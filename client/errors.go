package client

import (
	"errors"
	"fmt"

	"ionbench/simulator/ion"
)

// Errors that end a task. Each error of a task wraps one of them. The types named beside them
// carry the details, for errors.As.
var (
	ErrNoResponse    = errors.New("no response from the meter") // NoAnswerError
	ErrAborted       = errors.New("aborted by the user")
	ErrEndedAtOnce   = errors.New("ended at once")
	ErrWrongProduct  = errors.New("the firmware is for another product")             // WrongProductError, RefusalError
	ErrWrongSerial   = errors.New("the meter has another serial number")             // WrongSerialError
	ErrTwin          = errors.New("more than one meter answers")                     // TwinError
	ErrWrongUnit     = errors.New("another unit answers")                            // WrongUnitError
	ErrPassword      = errors.New("the meter refused the password")                  // RefusalError
	ErrBadFile       = errors.New("the file cannot be used")                         // ImageError
	ErrFlash         = errors.New("the meter's flash failed")                        // RefusalError
	ErrVerify        = errors.New("the meter does not hold the image that was sent") // RefusalError
	ErrNotRunning    = errors.New("the meter does not run the new firmware")         // NotRunningError
	ErrNoPersistence = errors.New("the settings could not be saved")
	ErrSettings      = errors.New("the meter did not take the settings")          // SettingError
	ErrTooOften      = errors.New("the download had to begin anew too often")     // TooOftenError
	ErrUnexpected    = errors.New("the meter gave an answer that makes no sense") // RefusalError
	ErrDownloadState = errors.New("the meter is in download state")
	ErrMeterInUse    = errors.New("the meter is in use")
)

// IsRefusal reports whether the error ends a task before anything is erased, because what a
// tool has to check comes first.
func IsRefusal(err error) bool {
	for _, refusal := range []error{ErrBadFile, ErrWrongProduct, ErrWrongSerial, ErrTwin, ErrWrongUnit, ErrPassword, ErrNoPersistence, ErrDownloadState, ErrMeterInUse} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// NoAnswerError is a request that was not answered, however often it was sent.
type NoAnswerError struct {
	UnitID   uint16 // the unit that was asked
	Step     Step   // whose request it was
	Requests int    // how often it was sent
	Crowded  bool   // meanwhile frames came that answer nothing that was asked
	Cause    error  // why the connection broke, or could not be opened again; nil if it was there
	advice   string // for a question whether anybody is there; otherwise empty
}

// lookFor says where to look when nobody answers.
const lookFor = "check the cable, the meter's power, the unit id and the baud rate"

func (e *NoAnswerError) Error() string {
	said := fmt.Sprintf("%v: %v: %d requests were not answered; %s", ErrNoResponse, e.Step, e.Requests, lookFor)
	if e.advice != "" {
		said = fmt.Sprintf("%v at unit %d: %s", ErrNoResponse, e.UnitID, e.advice)
	}
	if e.Crowded {
		said += "; somebody else talks on the line: what came answers nothing that was asked"
	}
	if e.Cause != nil {
		said += fmt.Sprintf("; the connection broke: %v", e.Cause)
	}
	return said
}

func (e *NoAnswerError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrNoResponse}
	}
	return []error{ErrNoResponse, e.Cause}
}

// WrongProductError is a file for another product than the meter is.
type WrongProductError struct {
	Stand
	Revision string // of the file
	File     uint16 // the product that the file is for
	Meter    uint16 // the product that the meter is
}

func (e *WrongProductError) Error() string {
	return fmt.Sprintf("%v: %s is for a %d and the meter is a %d%s; choose the file for this meter", ErrWrongProduct, e.Revision, e.File, e.Meter, e.untouched())
}

func (e *WrongProductError) Unwrap() error { return ErrWrongProduct }

// ImageError is an image that does not fit into the meter.
type ImageError struct {
	Stand
	Bytes          int    // size of the image
	LoadAddress    uint32 // address of its first byte
	Capacity, Base uint32 // of the meter: bytes, and address of the first one
}

func (e *ImageError) Error() string {
	return fmt.Sprintf("%v: its image is %d bytes at %#08x and the meter takes %d at %#08x%s; choose the file for this meter",
		ErrBadFile, e.Bytes, e.LoadAddress, e.Capacity, e.Base, e.untouched())
}

func (e *ImageError) Unwrap() error { return ErrBadFile }

// WrongSerialError is a meter with another serial number than the one that is wanted.
type WrongSerialError struct {
	Stand
	Wanted string // by the person, or what the loader said before
	Found  string
	// UnitID is the unit that was asked; 0: the loader and the application say different
	// numbers.
	UnitID uint16
	// Later: another meter answered before, in the same run.
	Later bool
}

func (e *WrongSerialError) Error() string {
	if e.UnitID == 0 {
		return fmt.Sprintf("%v: the loader says %s, the application %s%s", ErrWrongSerial, e.Wanted, e.Found, e.untouched())
	}
	if e.Later {
		return fmt.Sprintf("%v: %s answered before at unit %d, and %s does now; see which meter is on the line, and recover the first one there",
			ErrWrongSerial, e.Wanted, e.UnitID, e.Found)
	}
	return fmt.Sprintf("%v: %s was asked for and %s answers at unit %d%s; check which meter is on the line, or the serial number",
		ErrWrongSerial, e.Wanted, e.Found, e.UnitID, e.untouched())
}

func (e *WrongSerialError) Unwrap() error { return ErrWrongSerial }

// WrongUnitError is an answer of another unit than the one that was asked.
type WrongUnitError struct {
	Stand
	Asked, Answers uint16
}

func (e *WrongUnitError) Error() string {
	return fmt.Sprintf("%v: unit %d was asked and unit %d answers%s; check the unit id and what is on the line", ErrWrongUnit, e.Asked, e.Answers, e.untouched())
}

func (e *WrongUnitError) Unwrap() error { return ErrWrongUnit }

// NotRunningError is a meter that does not run the image after its restart.
type NotRunningError struct {
	Download bool   // it is in download state
	Revision string // the revision that it runs otherwise
	CRC      uint32 // CRC-32 of the image of that revision, if it is another one than was sent
}

func (e *NotRunningError) Error() string {
	if e.Download {
		return fmt.Sprintf("%v: it is in download state after the restart", ErrNotRunning)
	}
	if e.CRC != 0 {
		return fmt.Sprintf("%v: it runs another image of %s, with CRC-32 %08x", ErrNotRunning, e.Revision, e.CRC)
	}
	return fmt.Sprintf("%v: it runs %s", ErrNotRunning, e.Revision)
}

func (e *NotRunningError) Unwrap() error { return ErrNotRunning }

// SettingError is a setting that the meter did not take, or did not keep.
type SettingError struct {
	Key    string // of the setting, or "template name"
	Reason string // the meter's reason for refusing it; empty if the meter accepted it
	// Written is what the meter accepted, Read what it has instead.
	Written, Read ion.Value
}

func (e *SettingError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("%v: %s: %s", ErrSettings, e.Key, e.Reason)
	}
	return fmt.Sprintf("%v: %s: written %v, read back %v", ErrSettings, e.Key, e.Written, e.Read)
}

func (e *SettingError) Unwrap() error { return ErrSettings }

// TooOftenError is a download that began again too often.
type TooOftenError struct {
	Passes int   // how often the flash was cleared
	Why    error // why the last one began again
}

func (e *TooOftenError) Error() string {
	return fmt.Sprintf("%v: %d times: %v", ErrTooOften, e.Passes, e.Why)
}

func (e *TooOftenError) Unwrap() []error { return []error{ErrTooOften, e.Why} }
