package tap_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/durable/kill/point"
	"rekey/durable/kill/scenario"
	"rekey/durable/kill/tap"
	"rekey/workflows"
)

// witness notes the points, and lets one message be lost.
type witness struct {
	mu    sync.Mutex
	names chan string
	lose  string
}

// Reached implements tap.Watcher.
func (w *witness) Reached(_ context.Context, _ string, e point.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names <- e.Name()
	if e.Name() == w.lose {
		w.lose = ""
		return tap.ErrGone
	}
	return nil
}

// noted are the next n points of each kind in their order, or as many as come in time: a point after an effect is noted
// by whoever brings the answer, while others may act on the effect already.
func (w *witness) noted(t *testing.T, n int) map[string][]string {
	t.Helper()
	kinds, late := map[string][]string{}, time.After(time.Minute)
	for range n {
		select {
		case name := <-w.names:
			kind, _, _ := strings.Cut(name, "/")
			kinds[kind] = append(kinds[kind], name)
		case <-late:
			return kinds
		}
	}
	return kinds
}

// registry is a workflow of the play 7, as far as its points are like those of rekey's own.
func registry(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Millisecond},
	})
	return workflow.ExecuteActivity(ctx, "Note").Get(ctx, nil)
}

// TestWorkThroughATap runs a workflow whose worker reaches Temporal through a tap. The answer of its activity is lost on the
// way, as if Temporal had been killed: the worker gives it once more. Then the tap falls and rises, and the worker finds
// Temporal again.
func TestWorkThroughATap(t *testing.T) {
	address := server(t)
	w := &witness{names: make(chan string, 100), lose: "activity/Note/before"}
	between, err := tap.NewTemporal(t.Context(), "worker", address, point.NewReader(scenario.Names{}), w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(between.Close)
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	c, err := client.Dial(client.Options{HostPort: between.Address(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	noted := 0
	works := worker.New(c, "tapped", worker.Options{})
	works.RegisterWorkflowWithOptions(registry, workflow.RegisterOptions{Name: workflows.RegistryWorkflow})
	works.RegisterActivityWithOptions(func(context.Context) error { noted++; return nil }, activity.RegisterOptions{Name: "Note"})
	if err := works.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(works.Stop)
	run := func() {
		t.Helper()
		options := client.StartWorkflowOptions{ID: workflows.RegistryID("200000000007"), TaskQueue: "tapped"}
		handle, err := c.ExecuteWorkflow(t.Context(), options, workflows.RegistryWorkflow)
		if err != nil {
			t.Fatal(err)
		}
		if err := handle.Get(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}

	run()
	if noted != 1 {
		t.Errorf("the activity was done %d times, want once: only its answer was lost", noted)
	}
	want := map[string][]string{
		"verb":     {"verb/start Registry/before", "verb/start Registry/after"},
		"activity": {"activity/Note/ready", "activity/Note/before", "activity/Note/before", "activity/Note/after"},
		"registry": {
			"registry/Registry begins Note/before", "registry/Registry begins Note/after",
			"registry/Registry ends/before", "registry/Registry ends/after",
		},
	}
	if diff := cmp.Diff(want, w.noted(t, 10)); diff != "" || len(w.names) > 0 {
		t.Errorf("%d more points; points (-want +got):\n%s", len(w.names), diff)
	}
	between.Fall()
	if err := between.Rise(t.Context()); err != nil {
		t.Fatal(err)
	}
	run()
}

// server is a real Temporal server.
func server(t *testing.T) (address string) {
	t.Helper()
	path := os.Getenv("REKEY_TEMPORAL_BIN")
	if path == "" {
		t.Skip("REKEY_TEMPORAL_BIN names no Temporal server; make test sets it")
	}
	s, err := testsuite.StartDevServer(context.WithoutCancel(t.Context()), testsuite.DevServerOptions{
		ExistingPath: path, LogLevel: "error", Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() }) // interrupted while it still starts, it says so by its exit status
	return s.FrontendHostPort()
}
