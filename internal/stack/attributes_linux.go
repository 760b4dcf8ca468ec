package stack

import "syscall"

// attributes put a process into a group of its own, so that a Ctrl-C on the terminal reaches only its parent,
// which ends the processes in their order; and let the kernel kill it when its parent is killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
