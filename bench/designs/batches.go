package designs

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// The activities of the batched design: each does one step of all canaries of a cell.
const (
	ensureAllActivity = "DesignEnsureAll"
	applyAllActivity  = "DesignApplyAll"
)

func ensureAll(ctx context.Context, in []workflows.EnsureAccessInput) ([]workflows.Effective, error) {
	if activity.GetInfo(ctx).Attempt == 1 {
		return nil, failure.Wait("it is not seen yet", accessTime)
	}
	var list []workflows.Effective
	for _, one := range in {
		list = append(list, given(one.Change))
	}
	return list, nil
}

func applyAll(_ context.Context, in []workflows.ApplyUpdateInput) ([]workflows.Applied, error) {
	var list []workflows.Applied
	for range in {
		list = append(list, applied())
	}
	return list, nil
}

// tellBatches takes all canaries of a cell through each step together.
func tellBatches(ctx workflow.Context, in Cell) error {
	h := host{cell: in.Cell}
	var access []workflows.EnsureAccessInput
	var updates []workflows.ApplyUpdateInput
	for i := range in.Canaries {
		item := frozen(in.Cell, i)
		access = append(access, workflows.EnsureAccessInput{Cell: in.Cell, Change: item.Grants[0], Poll: h.Poll(time.Second)})
		updates = append(updates, workflows.ApplyUpdateInput{UpdateInput: workflows.UpdateInput{
			Cell: in.Cell, Recorded: item.Recorded, To: item.To, ToLocation: item.ToLocation, Poll: h.Poll(time.Second),
		}})
	}
	if _, err := call.Do[[]workflows.Effective](ctx, call.Change, ensureAllActivity, "give access", access); err != nil {
		return err
	}
	applied, err := call.Do[[]workflows.Applied](ctx, call.Change, applyAllActivity, "update", updates)
	if err != nil {
		return err
	}
	return proveAll(ctx, h, updates, applied)
}

// proveAll waits until every canary has shown a run.
func proveAll(ctx workflow.Context, h host, updates []workflows.ApplyUpdateInput, applied []workflows.Applied) error {
	waiting := map[string]workflows.Waiting{}
	for i, u := range updates {
		waiting[u.Recorded.Name] = workflows.Waiting{
			Name: u.Recorded.Name, ID: u.Recorded.ID, Since: applied[i].Since, Prove: &workflows.Wanted{Encryption: u.To, Location: u.ToLocation},
		}
	}
	for len(waiting) > 0 {
		in := workflows.AwaitRunsInput{Cell: h.cell, Poll: h.Poll(time.Second)}
		for _, name := range workflow.DeterministicKeys(waiting) {
			in.Waiting = append(in.Waiting, waiting[name])
		}
		ready, err := call.Do[workflows.ReadyRuns](ctx, call.Wait(time.Hour), workflows.AwaitRunsActivity, "wait for runs", in)
		if err != nil {
			return err
		}
		for _, r := range ready.Ready {
			delete(waiting, r.Name)
		}
	}
	return nil
}
