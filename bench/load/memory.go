package load

import (
	"context"
	"time"

	"rekey/bench/machine"
	"rekey/internal/stack"
)

// Memory is the server's resident memory, in MiB.
type Memory struct {
	Before float64 `json:"before_mb"`
	After  float64 `json:"after_mb"`
	Peak   float64 `json:"peak_mb"`
}

// sampleInterval is how often memory is looked at. Linux tells the peak by itself; other systems tell nothing.
const sampleInterval = 200 * time.Millisecond

// samples are those of a process that is being watched.
type samples struct {
	pid    int
	memory Memory
	stop   context.CancelFunc
	done   chan struct{}
}

// sample watches the memory of a process.
func sample(ctx context.Context, pid int) *samples {
	ctx, stop := context.WithCancel(ctx)
	s := &samples{pid: pid, stop: stop, done: make(chan struct{})}
	s.memory.Before = s.now()
	go func() {
		defer close(s.done)
		for wait(ctx, sampleInterval) == nil {
			s.memory.Peak = max(s.memory.Peak, s.now())
		}
	}()
	return s
}

func (s *samples) now() float64 {
	used, err := machine.UsageOf(s.pid)
	if err != nil {
		return 0
	}
	return float64(used.Memory>>10) / 1024
}

// end is what was seen.
func (s *samples) end() Memory {
	s.stop()
	<-s.done
	s.memory.After = s.now()
	return s.memory
}

// serverMemory is that of the server now, in MiB.
func (b *bench) serverMemory() float64 {
	return (&samples{pid: b.ground.Stack.PIDs()[stack.Server]}).now()
}
