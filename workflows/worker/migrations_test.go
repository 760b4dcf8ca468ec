package worker

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// server is a real Temporal server with a worker for three workflow types: Gated answers what is paused as it is signalled,
// Noticed shows in its memo what it is signalled and knows no question, and Ungated neither.
func server(t *testing.T) client.Client {
	t.Helper()
	path := os.Getenv("REKEY_TEMPORAL_BIN")
	if path == "" {
		t.Skip("REKEY_TEMPORAL_BIN names no Temporal server; make test sets it")
	}
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	s, err := testsuite.StartDevServer(context.WithoutCancel(t.Context()), testsuite.DevServerOptions{
		ExistingPath: path, ClientOptions: &client.Options{Logger: quiet}, LogLevel: "error",
		Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() }) // interrupted while it still starts, it says so by its exit status
	w := worker.New(s.Client(), workflows.TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		var now workflows.Gate
		if err := workflow.SetQueryHandler(ctx, workflows.GateQuery, func() (workflows.Gate, error) { return now, nil }); err != nil {
			return err
		}
		for {
			workflow.GetSignalChannel(ctx, "gate").Receive(ctx, &now)
		}
	}, workflow.RegisterOptions{Name: "Gated"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		for {
			var now workflows.Gate
			workflow.GetSignalChannel(ctx, "gate").Receive(ctx, &now)
			if err := workflow.UpsertMemo(ctx, map[string]any{workflows.GateMemo: workflows.NoticeOf(now)}); err != nil {
				return err
			}
		}
	}, workflow.RegisterOptions{Name: "Noticed"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
		return nil
	}, workflow.RegisterOptions{Name: "Ungated"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return s.Client()
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not so", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestGateOfAMigration asks migrations in every state that they may be in.
func TestGateOfAMigration(t *testing.T) {
	c := server(t)
	begin := func(kind, migration string) {
		t.Helper()
		options := client.StartWorkflowOptions{ID: workflows.MigrationID(migration), TaskQueue: workflows.TaskQueue}
		if _, err := c.ExecuteWorkflow(t.Context(), options, kind); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(why, migration string, want workflows.Gate) {
		t.Helper()
		got, err := migrations{c}.Gate(t.Context(), migration)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got), %v:\n%s", why, err, diff)
		}
	}
	wave := 3
	shut := workflows.Gate{Parts: []workflows.Part{{Wave: &wave}, {Cell: &workflows.Cell{Account: "1", Region: "eu-west-1"}, Canary: "a"}}}

	expect("never started", "m-1", workflows.Gate{})
	begin("Gated", "m-1")
	expect("running", "m-1", workflows.Gate{})
	if err := c.SignalWorkflow(t.Context(), workflows.MigrationID("m-1"), "", "gate", shut); err != nil {
		t.Fatal(err)
	}
	expect("paused, as soon as that was answered", "m-1", shut)
	if err := c.TerminateWorkflow(t.Context(), workflows.MigrationID("m-1"), "", "the test ends it"); err != nil {
		t.Fatal(err)
	}
	expect("terminated while it was paused", "m-1", workflows.Gate{})

	begin("Noticed", "m-3")
	if err := c.SignalWorkflow(t.Context(), workflows.MigrationID("m-3"), "", "gate", shut); err != nil {
		t.Fatal(err)
	}
	eventually(t, "shown in the memo, by one who answers no question", func() bool {
		got, err := migrations{c}.Gate(t.Context(), "m-3")
		return err == nil && cmp.Equal(shut, got)
	})
	if err := c.TerminateWorkflow(t.Context(), workflows.MigrationID("m-3"), "", "the test ends it"); err != nil {
		t.Fatal(err)
	}
	expect("terminated with a memo that shows a shut gate", "m-3", workflows.Gate{})

	begin("Ungated", "m-2")
	if _, err := (migrations{c}).Gate(t.Context(), "m-2"); err == nil {
		t.Error("a worker that does not know the question counts as an open gate")
	}
	c.Close()
	if _, err := (migrations{c}).Gate(t.Context(), "m-1"); err == nil {
		t.Error("without Temporal the gate is open")
	}
}
