package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"

	"rekey/internal/build"
	"rekey/internal/profile"
	"rekey/workflows"
	"rekey/workflows/activities/evidence"
	"rekey/workflows/aws"
	"rekey/workflows/worker"
)

// dialPause lies between two attempts to reach Temporal at the start.
const dialPause = time.Second

// settings is all that a worker is started with.
type settings struct {
	logger   *slog.Logger
	temporal client.Options
	deadline time.Duration // for reaching Temporal
	evidence evidence.Config
	profiles string // the address at which it can be profiled; none when empty
	version  sdk.WorkerDeploymentVersion
	aws      aws.Config
}

// run works until the context ends or the worker can't go on.
func run(ctx context.Context, s settings) error {
	boundGarbage()
	if err := profile.Serve(ctx, s.profiles); err != nil {
		return err
	}
	access, err := aws.New(ctx, s.aws)
	if err != nil {
		return err
	}
	c, err := connect(ctx, s)
	if errors.Is(err, context.Canceled) {
		return nil // stopped before it began
	}
	if err != nil {
		return err
	}
	defer c.Close()

	fatal := make(chan error, 1)
	w := worker.New(c, worker.Config{Access: access, Evidence: s.evidence, Version: s.version, OnFatal: func(err error) {
		select {
		case fatal <- err:
		default: // the first is enough
		}
	}})
	if err := w.Start(); err != nil {
		return fmt.Errorf("worker on task queue %q: %w", workflows.TaskQueue, err)
	}
	defer w.Stop()
	s.logger.Info("worker is ready", "version", build.Version(), "task_queue", workflows.TaskQueue,
		"temporal", address(s), "namespace", namespace(s), "member_role", s.aws.MemberRole,
		"deployment", s.version.DeploymentName, "build", s.version.BuildID)
	select {
	case <-ctx.Done():
		s.logger.Info("worker stops")
		return nil
	case err := <-fatal:
		return fmt.Errorf("worker on task queue %q: %w", workflows.TaskQueue, err)
	}
}

// connect reaches Temporal, trying again until the deadline: at a start of everything the server may come last.
func connect(ctx context.Context, s settings) (client.Client, error) {
	limited, cancel := context.WithTimeout(ctx, s.deadline)
	defer cancel()
	for {
		c, err := client.DialContext(limited, s.temporal)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil { // it ends limited as well: select would choose either
			return nil, ctx.Err()
		}
		s.logger.Warn("Temporal can't be reached yet", "temporal", address(s), "error", err)
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("reaching Temporal at %s within %s: start it, or set TEMPORAL_ADDRESS: %w", address(s), s.deadline, err)
		case <-time.After(dialPause):
		}
	}
}

func namespace(s settings) string { return cmp.Or(s.temporal.Namespace, client.DefaultNamespace) }

func address(s settings) string { return cmp.Or(s.temporal.HostPort, client.DefaultHostPort) }
