package stack

import (
	"os/exec"
	"runtime"
)

// spawner starts processes on one thread of its own. On Linux a process's parent-death signal is tied to the
// thread that started it: were that thread to end, which Go does as it likes, the process would be killed with it.
type spawner struct {
	work chan func()
	end  chan struct{}
}

func newSpawner() *spawner {
	s := &spawner{work: make(chan func()), end: make(chan struct{})}
	go s.run()
	return s
}

// run never unlocks its thread, so that the thread ends with the goroutine and no other one inherits it.
func (s *spawner) run() {
	runtime.LockOSThread()
	for {
		select {
		case f := <-s.work:
			f()
		case <-s.end:
			return
		}
	}
}

func (s *spawner) start(cmd *exec.Cmd) error {
	started := make(chan error)
	select {
	case s.work <- func() { started <- cmd.Start() }:
		return <-started
	case <-s.end:
		return errStopped
	}
}

// close ends the thread, and with it whatever it started that still runs.
func (s *spawner) close() { close(s.end) }
