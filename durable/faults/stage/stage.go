// Package stage holds all that runs in a campaign: a Temporal server, a simulated AWS, and rekey's worker and server. Nothing
// in it is mocked; they speak to each other over loopback, in the wire protocols that they have in production.
package stage

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"slices"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"rekey/awssim/fleet"
	"rekey/awssim/sim"
	rekeyv1 "rekey/gen/rekey/v1"
)

// Config says what runs. All of it is required.
type Config struct {
	// Fleet is the world; it brings its time scale along.
	Fleet *fleet.Fleet
	// Temporal is the Temporal server's program.
	Temporal string
	// Log is the file for what the worker and the Temporal client say.
	Log string
}

// Stage is all that runs.
type Stage struct {
	// Sim is the simulated AWS, Endpoint its URL, Names what the fleet's references mean.
	Sim      *sim.Sim
	Endpoint string
	Names    *fleet.Names
	// API is rekey's.
	API rekeyv1.MigrationServiceClient

	temporal client.Client
	worker   sdkworker.Worker
	logger   *slog.Logger
	closers  []func()
}

// Start starts everything. Close ends it, also when the context has ended before.
func Start(ctx context.Context, c Config) (*Stage, error) {
	s := &Stage{Names: c.Fleet.Names()}
	if err := s.start(ctx, c); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stage) start(ctx context.Context, c Config) error {
	file, err := os.Create(c.Log)
	if err != nil {
		return err
	}
	s.atEnd(func() { _ = file.Close() })
	s.logger = slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := s.startTemporal(ctx, c.Temporal); err != nil {
		return fmt.Errorf("Temporal: %w", err) //nolint:staticcheck // it is a name
	}
	if s.Sim, err = sim.New(sim.Config{Fleet: c.Fleet, Observe: true}); err != nil {
		return fmt.Errorf("awssim: %w", err)
	}
	s.atEnd(s.Sim.Close)
	endpoint := httptest.NewServer(s.Sim.Handler())
	s.atEnd(endpoint.Close)
	s.Endpoint = endpoint.URL
	if err := s.startWorker(ctx); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	s.atEnd(s.stopWorker)
	if err := s.startServer(ctx, c.Fleet.TimeScale); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// atEnd has something done when the stage is closed, before what was to be done then already.
func (s *Stage) atEnd(do func()) { s.closers = append(s.closers, do) }

// Close ends everything, what stands on others first.
func (s *Stage) Close() {
	for _, end := range slices.Backward(s.closers) {
		end()
	}
	s.closers = nil
}
