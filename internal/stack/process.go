package stack

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// tailLines is how many of a log's last lines are shown when its process has died.
const tailLines = 15

// process is one running process. Its log is a file: nothing of it reaches the terminal.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	// done is closed when the process has ended.
	done chan struct{}

	mu sync.Mutex
	// wanted says that the end of the process was asked for.
	wanted bool
}

// start starts a process on the spawner's thread and calls died when it ends without having been asked to.
func start(on *spawner, name, log string, c command, died func(*DiedError)) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", name, err)
	}
	defer file.Close()
	cmd := exec.Command(c.program, c.args...) //nolint:noctx // it is ended in order, by Stop
	cmd.Env, cmd.Stdout, cmd.Stderr = c.env, file, file
	cmd.SysProcAttr = attributes()
	if err := on.start(cmd); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{name: name, log: log, cmd: cmd, done: make(chan struct{})}
	go p.watch(died)
	return p, nil
}

func (p *process) watch(died func(*DiedError)) {
	_ = p.cmd.Wait() // what it says is in the process's state
	p.mu.Lock()
	wanted := p.wanted
	p.mu.Unlock()
	close(p.done)
	if !wanted {
		died(p.death())
	}
}

// death tells how the process ended. It may be called once done is closed.
func (p *process) death() *DiedError {
	return &DiedError{Process: p.name, State: p.cmd.ProcessState.String(), Log: p.log, Tail: tail(p.log)}
}

// end asks the process to end, kills it when it has not done so in time, and waits until it is gone.
func (p *process) end(timeout time.Duration) {
	p.signal(syscall.SIGTERM)
	late := time.NewTimer(timeout)
	defer late.Stop()
	select {
	case <-p.done:
	case <-late.C:
		p.kill()
	}
}

// kill ends the process at once, and waits until it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *process) signal(s os.Signal) {
	p.mu.Lock()
	p.wanted = true
	p.mu.Unlock()
	_ = p.cmd.Process.Signal(s) // the one error is that it has ended
}

// DiedError says that a process ended without having been asked to.
type DiedError struct {
	// Process is its name, State how it ended.
	Process, State string
	// Log is its log file, Tail the last lines of it.
	Log, Tail string
}

// Error tells the last lines of the log, which tend to have the reason.
func (e *DiedError) Error() string {
	text := fmt.Sprintf("%s has died (%s); its log is %s", e.Process, e.State, e.Log)
	if e.Tail == "" {
		return text + ", and is empty"
	}
	return text + ", and ends with:\n    " + strings.ReplaceAll(e.Tail, "\n", "\n    ")
}

// tail is the last lines of a file; empty when it can't be read.
func tail(path string) string {
	const most = 16 << 10
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > most {
		_, _ = file.Seek(-most, io.SeekEnd)
	}
	text, _ := io.ReadAll(file)
	lines := strings.Split(string(bytes.TrimRight(text, "\n")), "\n")
	return strings.Join(lines[max(len(lines)-tailLines, 0):], "\n")
}
