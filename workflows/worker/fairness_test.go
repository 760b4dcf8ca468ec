package worker

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// line is an activity of which few run at a time, and the order in which it ran for migrations.
type line struct {
	begun   chan struct{} // one has begun
	release chan struct{} // closed when they may go on

	mu    sync.Mutex
	order []string
}

func (l *line) call(ctx context.Context, migration string) error {
	select {
	case l.begun <- struct{}{}:
	default:
	}
	select {
	case <-l.release:
	case <-ctx.Done():
		return ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.order = append(l.order, migration)
	return nil
}

// work is what a migration's cell is here: a new run of its workflow that asks for many activities at once.
func work(ctx workflow.Context, migration string, activities int, again bool) error {
	if again {
		return workflow.NewContinueAsNewError(ctx, "Work", migration, activities, false)
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	futures := make([]workflow.Future, activities)
	for i := range futures {
		futures[i] = workflow.ExecuteActivity(ctx, "Call", migration)
	}
	for _, f := range futures {
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// migrate starts a child, which inherits nothing but what the child's options say.
func migrate(ctx workflow.Context, migration string, activities int) error {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: "work-" + migration, Priority: temporal.Priority{FairnessKey: workflows.FairnessKey(migration)},
	})
	return workflow.ExecuteChildWorkflow(ctx, "Work", migration, activities, true).Get(ctx, nil)
}

// TestSmallMigrationIsNotStarved has a small migration come after a huge one has filled the queue. That a fairness key is
// inherited, by a child's activities and by its next run, and that the server regards it, is what the migration relies on.
func TestSmallMigrationIsNotStarved(t *testing.T) {
	const huge, small = 200, 5
	c := server(t)
	l := &line{begun: make(chan struct{}, 1), release: make(chan struct{})}
	w := worker.New(c, "line", worker.Options{MaxConcurrentActivityExecutionSize: 2, DisableEagerActivities: true})
	w.RegisterWorkflowWithOptions(work, workflow.RegisterOptions{Name: "Work"})
	w.RegisterWorkflowWithOptions(migrate, workflow.RegisterOptions{Name: "Migrate"})
	w.RegisterActivityWithOptions(l.call, activity.RegisterOptions{Name: "Call"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	runs := []client.WorkflowRun{begin(ctx, t, c, "huge", huge)}
	<-l.begun
	runs = append(runs, begin(ctx, t, c, "small", small))
	awaitPending(ctx, t, c, "work-huge", huge)
	awaitPending(ctx, t, c, "work-small", small)
	close(l.release)
	for _, run := range runs {
		if err := run.Get(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	before, left := 0, small
	for _, migration := range l.order {
		if migration == "small" {
			left--
		} else if left > 0 {
			before++
		}
	}
	if before > 5*small {
		t.Errorf("%d of %d activities of the huge migration ran before the %d of the small one", before, huge, small)
	}
}

func begin(ctx context.Context, t *testing.T, c client.Client, migration string, activities int) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: migration, TaskQueue: "line"}, "Migrate", migration, activities)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// awaitPending waits until so many activities of a workflow are in the queue or run.
func awaitPending(ctx context.Context, t *testing.T, c client.Client, id string, activities int) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for pending := -1; pending != activities; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal(fmt.Errorf("%s has %d activities: %w", id, pending, ctx.Err()))
		}
		if described, err := c.DescribeWorkflowExecution(ctx, id, ""); err == nil {
			pending = len(described.GetPendingActivities())
		}
	}
}
