package main

import (
	"io"
	"sync"
	"time"

	"rekey/internal/stack"
)

const (
	// relapse is how soon after its last death a process that can't be helped dies again.
	relapse = 10 * time.Second
	// helpless is how many deaths in such quick succession show that it can't be helped.
	helpless = 3
)

// nurse reports deaths, and decides who is started again: the server and the worker, which keep no state, unless they
// die again and again.
type nurse struct {
	out io.Writer

	mu    sync.Mutex
	last  map[string]time.Time // when a process died
	times map[string]int       // how often it did so in succession
}

func (n *nurse) revive(died *stack.DiedError) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if died.Process != stack.Server && died.Process != stack.Worker {
		return false // main reports it
	}
	if n.last == nil {
		n.last, n.times = map[string]time.Time{}, map[string]int{}
	}
	if time.Since(n.last[died.Process]) > relapse {
		n.times[died.Process] = 0
	}
	n.last[died.Process] = time.Now()
	if n.times[died.Process]++; n.times[died.Process] >= helpless {
		return false
	}
	tellf(n.out, "%v\nStarting %s again.\n", died, died.Process)
	return true
}
