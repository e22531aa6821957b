//go:build unix && !linux

package judge

import (
	"os/exec"
	"syscall"
)

func inSessionOfItsOwn(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func inGroupOfItsOwn(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
