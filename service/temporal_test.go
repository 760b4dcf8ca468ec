package service_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

// TestFake holds the fake to what the service relies on.
func TestFake(t *testing.T) {
	servicetest.TestWorkflows(t, servicetest.FakeStage(servicetest.NewFake()))
}

// TestTemporal holds a real Temporal server to the same.
func TestTemporal(t *testing.T) {
	c := startTemporal(t)
	w := worker.New(c, workflows.TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(standInMigration, workflow.RegisterOptions{Name: workflows.MigrationWorkflow})
	w.RegisterWorkflowWithOptions(standInCell, workflow.RegisterOptions{Name: workflows.CellWorkflow})
	world := servicetest.NewWorld()
	standInFleet(w, world)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	signal := func(t *testing.T, id, name string, arg any) {
		t.Helper()
		if err := c.SignalWorkflow(t.Context(), workflows.MigrationID(id), "", name, arg); err != nil {
			t.Fatal(err)
		}
	}
	subject := service.NewTemporal(c, client.DefaultNamespace)
	if err := subject.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	servicetest.TestWorkflows(t, servicetest.Stage{
		Workflows: subject,
		World:     world,
		Plan: func(t *testing.T, id, digest string) {
			t.Helper()
			signal(t, id, "plan", digest)
			// An update's validator may run before the signal is taken: both come in one workflow task.
			servicetest.Eventually(t, func(ctx context.Context) bool {
				view, err := subject.Migration(ctx, id)
				return err == nil && view.Plan != nil && view.Plan.Digest == digest
			})
		},
		Cell: func(t *testing.T, id string, cell workflows.Cell, canaries []workflows.Canary) {
			t.Helper()
			_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
				ID: workflows.CellID(id, cell), TaskQueue: workflows.TaskQueue,
			}, workflows.CellWorkflow, canaries)
			if err != nil {
				t.Fatal(err)
			}
			signal(t, id, "canaries", cellCanaries{cell, canaries})
			servicetest.Eventually(t, func(ctx context.Context) bool {
				page, err := subject.Cells(ctx, id, workflows.CellsFilter{Account: cell.Account, Region: cell.Region, Limit: 1})
				return err == nil && (len(page.Cells) == 1 || len(canaries) == 0)
			})
		},
		HandOn: func(t *testing.T, id string) {
			t.Helper()
			first := latestRun(t, c, id)
			signal(t, id, "hand-on", nil)
			servicetest.Eventually(t, func(context.Context) bool { return latestRun(t, c, id) != first })
		},
		End: func(t *testing.T, id string) {
			t.Helper()
			signal(t, id, "end", nil)
			if err := c.GetWorkflow(t.Context(), workflows.MigrationID(id), "").Get(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// TestTemporalWithoutWorkers shows that a question nobody answers is told apart from a Temporal that is away.
func TestTemporalWithoutWorkers(t *testing.T) {
	c := startTemporal(t)
	subject := service.NewTemporal(c, client.DefaultNamespace)
	if err := subject.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	start := service.Start{Input: workflows.MigrationInput{ID: "m-00000000000000000001"}}
	if err := subject.Start(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	ask := func(reason string, want error, subject *service.Temporal) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := subject.Migration(ctx, start.Input.ID); !errors.Is(err, want) {
			t.Errorf("%s: querying: %v, want %v", reason, err, want)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := subject.Cancel(ctx, start.Input.ID, workflows.Cancellation{}); !errors.Is(err, want) {
			t.Errorf("%s: updating: %v, want %v", reason, err, want)
		}
	}
	ask("no worker runs", service.ErrNoWorker, subject)

	nowhere, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer nowhere.Close()
	away := service.NewTemporal(nowhere, client.DefaultNamespace)
	ask("Temporal is away", service.ErrUnavailable, away)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := away.Start(ctx, start); !errors.Is(err, service.ErrUnavailable) {
		t.Errorf("Temporal is away: starting: %v", err)
	}
}

// startTemporal starts a real server.
func startTemporal(t *testing.T) client.Client {
	t.Helper()
	return startServer(t).Client()
}

// startServer starts a real server, without which these tests are skipped.
func startServer(t *testing.T) *testsuite.DevServer {
	t.Helper()
	path := os.Getenv("REKEY_TEMPORAL_BIN")
	if path == "" {
		t.Skip("REKEY_TEMPORAL_BIN names no Temporal server; make test sets it")
	}
	server, err := testsuite.StartDevServer(t.Context(), testsuite.DevServerOptions{
		ExistingPath: path, ClientOptions: &client.Options{Namespace: client.DefaultNamespace}, LogLevel: "error",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	t.Cleanup(server.Client().Close)
	return server
}

func latestRun(t *testing.T, c client.Client, id string) string {
	t.Helper()
	description, err := c.DescribeWorkflow(t.Context(), workflows.MigrationID(id), "")
	if err != nil {
		t.Fatal(err)
	}
	return description.WorkflowExecution.RunID
}
