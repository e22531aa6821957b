package judge

import (
	"os/exec"
	"syscall"
)

// inSessionOfItsOwn keeps a process from the signals that the terminal sends.
func inSessionOfItsOwn(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// inGroupOfItsOwn also lets the program end with the judge, if that is killed.
func inGroupOfItsOwn(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
