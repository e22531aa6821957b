//go:build unix && !linux

package judge

import (
	"os/exec"
	"syscall"
)

func inGroupOfItsOwn(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
