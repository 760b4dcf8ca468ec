package designs

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"rekey/bench/history"
	"rekey/workflows"
)

// migrationID is the migration of every measurement: each has a Temporal server of its own.
const migrationID = "designs"

// workload is what is migrated.
type workload struct {
	canaries, perCell int
}

// cells are those that the canaries are in.
func (w workload) cells() (list []workflows.Cell) {
	for i := range (w.canaries + w.perCell - 1) / w.perCell {
		list = append(list, workflows.Cell{Account: fmt.Sprintf("%012d", 111111111111+i), Region: bucketRegion})
	}
	return list
}

// measure brings all canaries to their end by a design.
func measure(ctx context.Context, bin string, d Design, w workload) (Figures, error) {
	t, err := startTemporal(ctx, bin)
	if err != nil {
		return Figures{}, err
	}
	defer t.stop()
	worker := newWorker(t.client, d, w.perCell)
	if err := worker.Start(); err != nil {
		return Figures{}, err
	}
	defer worker.Stop()
	server, own, err := t.cpu()
	if err != nil {
		return Figures{}, err
	}
	begun := time.Now()
	if err := run(ctx, t.client, d, w); err != nil {
		return Figures{}, fmt.Errorf("design %s: %w", d.Name, err)
	}
	seconds := time.Since(begun).Seconds()
	served, worked, err := t.cpu()
	if err != nil {
		return Figures{}, err
	}
	counts, err := history.Read(ctx, t.client)
	if err != nil {
		return Figures{}, err
	}
	return figures(w, seconds, served-server, worked-own, counts), nil
}

// run runs the design's workflows, and returns when all have ended or rest.
func run(ctx context.Context, c client.Client, d Design, w workload) error {
	if d.Fan == "" {
		return migrate(ctx, c, d, w)
	}
	var runs []client.WorkflowRun
	for _, cell := range w.cells() {
		run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: workflows.CellID(migrationID, cell), TaskQueue: workflows.TaskQueue,
		}, d.Fan, Cell{Cell: cell, Canaries: w.perCell, Lean: d.Lean})
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	for _, run := range runs {
		if err := run.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// migrate runs the product's migration, which needs no approval, to its rest.
func migrate(ctx context.Context, c client.Client, d Design, w workload) error {
	spec := workflows.Spec{
		Regions: []string{bucketRegion}, Target: workflows.Target{Mode: workflows.SSEKMS, KeyARNs: []string{newKey}},
		MaxConcurrent: w.perCell, AccessSettle: time.Minute, RunDeadline: time.Hour, Approval: &workflows.ApprovalPolicy{},
		Policies: workflows.Policies{Access: workflows.AccessAuto, DryRun: workflows.DryRunNever, Baseline: workflows.BaselineFromProvenRun},
	}
	for _, cell := range w.cells() {
		spec.Accounts = append(spec.Accounts, cell.Account)
	}
	id := workflows.MigrationID(migrationID)
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: workflows.TaskQueue}, workflows.MigrationWorkflow,
		workflows.MigrationInput{ID: migrationID, Spec: spec, TimeScale: timeScale, Format: d.Format})
	if err != nil {
		return err
	}
	for {
		var view workflows.MigrationView
		answer, err := c.QueryWorkflow(ctx, id, "", workflows.MigrationQuery)
		if err == nil {
			err = answer.Get(&view)
		}
		switch {
		case err != nil:
			return err
		case view.State == workflows.Succeeded:
			return nil
		case view.State.Rests():
			return fmt.Errorf("the migration ended as %s: %s", view.State, view.StateReason)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// timeScale is how much faster than real time AWS would be: looks for runs are made every second or so.
const timeScale = 10
