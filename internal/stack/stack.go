package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// attempts is how many times a stack on free ports is started: between finding a port free and listening on it,
// another program may take it.
const attempts = 3

// Stack is a set of running processes. Its methods are safe for concurrent use.
type Stack struct {
	cfg      Config
	spawner  *spawner
	temporal *temporal

	// lasting ends with the stack.
	lasting context.Context //nolint:containedctx // processes are started again long after Start has returned
	end     context.CancelFunc
	dead    chan struct{}
	stopped sync.Once

	mu        sync.Mutex
	processes map[string]*process
	stands    bool // every process has answered
	stopping  bool
	err       error
}

// errStopped ends the start of a process in a stack that is being stopped.
var errStopped = errors.New("the stack is being stopped")

// Start starts a stack and returns when every process of it answers. When it fails, or the context ends before,
// nothing is left running.
func Start(ctx context.Context, cfg Config) (*Stack, error) {
	var err error
	for range attempts {
		var s *Stack
		if s, err = startOnce(ctx, cfg); err == nil {
			return s, nil
		}
		var died *DiedError
		if !errors.As(err, &died) || !strings.Contains(died.Tail, "address already in use") {
			break
		}
	}
	return nil, err
}

func startOnce(ctx context.Context, cfg Config) (*Stack, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Logs, 0o750); err != nil {
		return nil, fmt.Errorf("directory for logs: %w", err)
	}
	if err := os.MkdirAll(cfg.Evidence, 0o750); err != nil {
		return nil, fmt.Errorf("directory for evidence: %w", err)
	}
	for _, name := range []string{Temporal, AWS, Server, Worker} {
		_ = os.Remove(cfg.log(name)) // of an earlier stack; there may be none
	}
	s := &Stack{cfg: cfg, spawner: newSpawner(), dead: make(chan struct{}), processes: map[string]*process{}}
	s.lasting, s.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.startAll(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	s.mu.Lock()
	s.stands = true
	s.mu.Unlock()
	return s, nil
}

// startAll starts first what the others stand on, and then those.
func (s *Stack) startAll(ctx context.Context) error {
	var err error
	if s.temporal, err = dialTemporal(s.cfg); err != nil {
		return err
	}
	var ground []string
	if !s.cfg.UseAWS {
		ground = append(ground, AWS)
	}
	if !s.cfg.UseTemporal {
		ground = append(ground, Temporal)
	} else if err := s.await(ctx, nil, s.temporal.healthy); err != nil {
		return fmt.Errorf("the Temporal server at %s, which TEMPORAL_ADDRESS names, does not answer: %w", s.temporal.address, err)
	}
	for _, together := range [][]string{ground, {Server, Worker}} {
		if err := s.startTogether(ctx, together); err != nil {
			return err
		}
	}
	return nil
}

// startTogether starts processes side by side; the first that fails ends the wait for the others.
func (s *Stack) startTogether(ctx context.Context, names []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan error, len(names))
	for _, name := range names {
		go func() { results <- s.start(ctx, name) }()
	}
	var first error
	for range names {
		if err := <-results; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	return first
}

// start starts one process and waits until it answers.
func (s *Stack) start(ctx context.Context, name string) error {
	p, err := start(s.spawner, name, s.cfg.log(name), s.cfg.command(name), s.died)
	if err != nil {
		return err
	}
	s.mu.Lock()
	stopping := s.stopping
	s.processes[name] = p
	s.mu.Unlock()
	if stopping { // Stop may have looked before the process was there
		p.kill()
		return errStopped
	}
	return s.await(ctx, p, s.probe(p))
}

// died starts a process that has died again, or records that the stack is not whole any more.
func (s *Stack) died(how *DiedError) {
	s.mu.Lock()
	stands := s.stands
	s.mu.Unlock()
	if !stands || s.cfg.Revive == nil || !s.cfg.Revive(how) {
		s.fall(how)
		return
	}
	err := s.start(s.lasting, how.Process)
	if again := new(DiedError); err != nil && !errors.As(err, &again) { // who dies again is asked about again
		s.fall(err)
	}
}

func (s *Stack) fall(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && !s.stopping {
		s.err = err
		close(s.dead)
	}
}

// Dead is closed when a process has died and is not started again. The others go on until Stop.
func (s *Stack) Dead() <-chan struct{} { return s.dead }

// Err is why Dead is closed: a *DiedError, or why the process could not be started again. It is nil before.
func (s *Stack) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Kill ends a process as a crash would, with SIGKILL. The stack doesn't count that as its death.
func (s *Stack) Kill(name string) error {
	p, err := s.process(name)
	if err != nil {
		return err
	}
	p.kill()
	return nil
}

// Restart starts a process again, after Kill or after its death, and returns when it answers.
func (s *Stack) Restart(ctx context.Context, name string) error {
	p, err := s.process(name)
	if err != nil {
		return err
	}
	p.kill()
	return s.start(ctx, name)
}

// PIDs are the ids of the processes, by name.
func (s *Stack) PIDs() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := map[string]int{}
	for name, p := range s.processes {
		ids[name] = p.cmd.Process.Pid
	}
	return ids
}

func (s *Stack) process(name string) (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.processes[name]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("the stack has started no %s", name)
}

// Stop ends the processes one after another, those that stand on others first, and returns when all are gone.
// Stopping again does nothing.
func (s *Stack) Stop() {
	s.stopped.Do(func() {
		s.mu.Lock()
		s.stopping = true
		s.mu.Unlock()
		s.end()
		for _, name := range []string{Server, Worker, AWS, Temporal} {
			if p, err := s.process(name); err == nil {
				p.end(s.cfg.StopTimeout)
			}
		}
		if s.temporal != nil {
			s.temporal.close()
		}
		s.spawner.close()
	})
}

// Server is where rekey-server listens.
func (s *Stack) Server() string { return s.cfg.ServerAddress }

// AWS is the URL of the simulated AWS.
func (s *Stack) AWS() string { return "http://" + s.cfg.AWSAddress }

// Temporal is the address of the Temporal server.
func (s *Stack) Temporal() string { return s.temporal.address }

// UI is the URL of Temporal's web UI; empty when the stack has started none.
func (s *Stack) UI() string {
	if s.cfg.UIAddress == "" {
		return ""
	}
	return "http://" + s.cfg.UIAddress
}

// Metrics is the URL of the Temporal server's metrics, in Prometheus's text format; empty without Config.Metrics.
func (s *Stack) Metrics() string {
	if s.cfg.metricsAddress == "" {
		return ""
	}
	return "http://" + s.cfg.metricsAddress + "/metrics"
}

// Profiles are the URLs below which the processes can be profiled, by process; empty without Config.Profiles.
func (s *Stack) Profiles() map[string]string {
	urls := map[string]string{}
	for process, address := range s.cfg.profiles {
		urls[process] = "http://" + *address + "/debug/pprof"
	}
	return urls
}

// Evidence is the directory of the evidence of closed migrations.
func (s *Stack) Evidence() string { return s.cfg.Evidence }

// Logs is the directory of the processes' logs.
func (s *Stack) Logs() string { return s.cfg.Logs }
