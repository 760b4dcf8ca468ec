package designs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"rekey/bench/machine"
	"rekey/workflows"
)

// startTimeout bounds how long a Temporal server may take to answer.
const startTimeout = time.Minute

// server is a Temporal server of its own, which keeps its state in memory.
type server struct {
	process *exec.Cmd
	client  client.Client
}

// startTemporal starts a server, and returns when it answers.
func startTemporal(ctx context.Context, bin string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := []string{"server", "start-dev", "--headless", "--port", port}
	for _, name := range []string{workflows.StateAttribute, workflows.AccountAttribute, workflows.RegionAttribute} {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	process := exec.CommandContext(ctx, filepath.Join(bin, "temporal"), args...) //nolint:gosec // the directory is the caller's own
	process.Stderr = os.Stderr
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	if err := process.Start(); err != nil {
		return nil, err
	}
	t := &server{process: process}
	if t.client, err = dial(ctx, "127.0.0.1:"+port); err != nil {
		t.stop()
		return nil, err
	}
	return t, nil
}

func dial(ctx context.Context, address string) (client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	// What is expected is not told: dials before the server answers, and activities that wait.
	logger := log.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	for {
		c, err := client.DialContext(ctx, client.Options{HostPort: address, Logger: logger})
		if err == nil {
			return c, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the Temporal server does not answer: %w", errors.Join(ctx.Err(), err))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// cpu is what the server has used so far, and what this process has, which is the worker.
func (t *server) cpu() (server, own time.Duration, err error) {
	s, err := machine.UsageOf(t.process.Process.Pid)
	if err != nil {
		return 0, 0, err
	}
	o, err := machine.UsageOf(os.Getpid())
	return s.CPU, o.CPU, err
}

func (t *server) stop() {
	if t.client != nil {
		t.client.Close()
	}
	_ = t.process.Process.Signal(syscall.SIGTERM)
	_ = t.process.Wait()
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens at once
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}
