package judge

import (
	"os/exec"
	"syscall"
)

// inGroupOfItsOwn also lets the program end with the judge, if that is killed.
func inGroupOfItsOwn(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
