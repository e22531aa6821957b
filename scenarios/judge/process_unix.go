//go:build unix

package judge

import (
	"os/exec"
	"syscall"
)

func inGroupOfItsOwn(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup tells a group something; 0 asks whether there is one.
func signalGroup(group int, s syscall.Signal) error { return syscall.Kill(-group, s) }

const (
	stopSignal     = syscall.SIGSTOP
	continueSignal = syscall.SIGCONT
)
