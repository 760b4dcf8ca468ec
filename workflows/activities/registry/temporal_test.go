package registry_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	activities "rekey/workflows/activities/registry"
	"rekey/workflows/registry"
)

// server is a real Temporal server with a worker for registries, and a workflow type that stays open until it is
// signalled.
func server(t *testing.T) client.Client {
	t.Helper()
	path := os.Getenv("REKEY_TEMPORAL_BIN")
	if path == "" {
		t.Skip("REKEY_TEMPORAL_BIN names no Temporal server; make test sets it")
	}
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	// The server outlives the test's context, so that what is cleaned up before it can still speak to it.
	s, err := testsuite.StartDevServer(context.WithoutCancel(t.Context()), testsuite.DevServerOptions{
		ExistingPath: path, ClientOptions: &client.Options{Logger: quiet}, LogLevel: "error",
		Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() }) // interrupted while it still starts, it says so by its exit status
	w := worker.New(s.Client(), workflows.TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(registry.Workflow, workflow.RegisterOptions{Name: workflows.RegistryWorkflow})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
		return nil
	}, workflow.RegisterOptions{Name: "Stay"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return s.Client()
}

func TestTemporal(t *testing.T) {
	c := server(t)
	registries := activities.Temporal{Client: c}
	claim := func(migration, updateID string, ended ...workflows.Holder) workflows.ClaimResult {
		t.Helper()
		var result workflows.ClaimResult
		err := registries.Update(t.Context(), "111122223333", updateID, workflows.ClaimUpdate, workflows.ClaimRequest{
			ClaimInput: workflows.ClaimInput{
				Account: "111122223333", Holder: workflows.Holder{Migration: migration, Region: "eu-west-1"}, Canaries: []string{"c-1"},
			},
			Ended: ended,
		}, &result)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	if got := claim("m-1", "1"); len(got.Locked) != 0 {
		t.Errorf("the first claim starts the registry and is answered %+v", got)
	}
	first := workflows.Holder{Migration: "m-1", Region: "eu-west-1"}
	want := map[string]workflows.Holder{"c-1": first}
	if diff := cmp.Diff(want, claim("m-2", "2").Locked); diff != "" {
		t.Errorf("locked (-want +got):\n%s", diff)
	}
	if got := claim("m-2", "3", first); len(got.Locked) != 0 {
		t.Errorf("what an ended migration held is not taken over: %+v", got)
	}
	if diff := cmp.Diff(want, claim("m-2", "2").Locked); diff != "" {
		t.Errorf("an update of the same id is not answered the same (-want +got):\n%s", diff)
	}
	claims, err := registries.Claims(t.Context(), "111122223333", []string{"c-1", "c-2"})
	if diff := cmp.Diff(map[string]workflows.Holder{"c-1": {Migration: "m-2", Region: "eu-west-1"}}, claims); diff != "" || err != nil {
		t.Errorf("claims (-want +got), %v:\n%s", err, diff)
	}
	err = registries.Update(t.Context(), "111122223333", "4", workflows.ReleaseUpdate, workflows.ReleaseInput{
		Account: "111122223333", Holder: workflows.Holder{Migration: "m-2", Region: "eu-west-1"},
	}, nil)
	if err != nil {
		t.Error("an update without an answer:", err)
	}
	if err := registries.Update(t.Context(), "111122223333", "5", "no such update", nil, nil); err == nil {
		t.Error("an update that the registry does not know succeeds")
	}
}

// TestTemporalClaimsStartNothing asks for claims where there is no registry, and where one has ended.
func TestTemporalClaimsStartNothing(t *testing.T) {
	c := server(t)
	registries := activities.Temporal{Client: c}
	expect := func(why string) {
		t.Helper()
		claims, err := registries.Claims(t.Context(), "111122223333", []string{"c-1"})
		if err != nil || len(claims) != 0 {
			t.Errorf("%s: %v, %v", why, claims, err)
		}
		if open, err := registries.IsOpen(t.Context(), workflows.RegistryID("111122223333")); err != nil || open {
			t.Errorf("%s: the registry is open %v, %v", why, open, err)
		}
	}
	expect("never started")
	claim := workflows.ClaimRequest{ClaimInput: workflows.ClaimInput{Account: "111122223333", Canaries: []string{"c-1"}}}
	if err := registries.Update(t.Context(), "111122223333", "1", workflows.ClaimUpdate, claim, &workflows.ClaimResult{}); err != nil {
		t.Fatal(err)
	}
	if err := c.TerminateWorkflow(t.Context(), workflows.RegistryID("111122223333"), "", "the test ends it"); err != nil {
		t.Fatal(err)
	}
	expect("ended")
}

func TestTemporalIsOpen(t *testing.T) {
	c := server(t)
	registries := activities.Temporal{Client: c}
	expect := func(why string, want bool) {
		t.Helper()
		if got, err := registries.IsOpen(t.Context(), workflows.MigrationID("m-1")); err != nil || got != want {
			t.Errorf("%s: open %v, %v", why, got, err)
		}
	}
	expect("never started", false)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: workflows.MigrationID("m-1"), TaskQueue: workflows.TaskQueue,
	}, "Stay")
	if err != nil {
		t.Fatal(err)
	}
	expect("running", true)
	if err := c.SignalWorkflow(t.Context(), run.GetID(), "", "end", nil); err != nil {
		t.Fatal(err)
	}
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	expect("closed", false)
}
