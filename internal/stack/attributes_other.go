//go:build unix && !linux

package stack

import "syscall"

// attributes put a process into a group of its own, so that a Ctrl-C on the terminal reaches only its parent,
// which ends the processes in their order. Only Linux can end them with a parent that is killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
