//go:build unix

package judge

import (
	"os/exec"
	"syscall"
)

func inGroupOfItsOwn(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup sends a signal to a group; 0 only checks that the group exists.
func signalGroup(group int, s syscall.Signal) error { return syscall.Kill(-group, s) }

const (
	stopSignal     = syscall.SIGSTOP
	continueSignal = syscall.SIGCONT
)
