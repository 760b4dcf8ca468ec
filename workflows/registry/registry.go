// Package registry is the workflow that owns what the migrations of an account share, across Regions: claims on
// canaries, uses of (role, key) pairs, and the exclusive lease under which a pair's access is revoked.
//
// Handlers answer at once and run no activities, so that a registry is never in the way of itself. It ends when
// it has been empty for a while; the next update starts it again.
package registry

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// Bounds of one run.
const (
	// idle is how long an empty registry stays before it ends: longer than a migration takes from its last release
	// to the next one's first claim in a busy account, short enough not to keep thousands of them open.
	idle = time.Minute
	// maxUpdates is when a run hands on: a run takes 2,000 updates (Temporal limits).
	maxUpdates = 1000
)

// Workflow is the registry of an account.
func Workflow(ctx workflow.Context, in workflows.RegistryInput) error {
	r := newRegistry(in.Resume)
	if err := r.handle(ctx); err != nil {
		return err
	}
	for {
		if err := workflow.Await(ctx, func() bool { return r.state.empty() || r.full(ctx) }); err != nil {
			return err
		}
		if r.full(ctx) {
			if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
				return err
			}
			return workflow.NewContinueAsNewError(ctx, workflows.RegistryWorkflow,
				workflows.RegistryInput{Account: in.Account, Resume: r.state.resume()})
		}
		busy, err := workflow.AwaitWithTimeout(ctx, idle, func() bool { return !r.state.empty() })
		if err != nil {
			return err
		}
		if !busy && workflow.AllHandlersFinished(ctx) {
			return nil
		}
	}
}

type registry struct {
	state   *state
	updates int
}

func newRegistry(resume *workflows.RegistryResume) *registry {
	return &registry{state: newState(resume)}
}

// full reports whether the run is to hand on to a new one.
func (r *registry) full(ctx workflow.Context) bool {
	return r.updates >= maxUpdates || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// handle answers the updates and the query of the contract.
func (r *registry) handle(ctx workflow.Context) error {
	handlers := map[string]any{
		workflows.ClaimUpdate: func(_ workflow.Context, in workflows.ClaimRequest) (workflows.ClaimResult, error) {
			r.updates++
			return r.state.claim(in), nil
		},
		workflows.ReleaseUpdate: func(_ workflow.Context, in workflows.ReleaseInput) error {
			r.updates++
			r.state.release(in)
			return nil
		},
		workflows.LeaseUpdate: func(_ workflow.Context, in workflows.LeaseRequest) (workflows.LeaseResult, error) {
			r.updates++
			return r.state.lease(in), nil
		},
		workflows.EndLeaseUpdate: func(_ workflow.Context, in workflows.LeaseInput) error {
			r.updates++
			r.state.endLease(in)
			return nil
		},
		workflows.EndUsesUpdate: func(_ workflow.Context, in workflows.LeaseInput) error {
			r.updates++
			r.state.endUses(in)
			return nil
		},
	}
	for _, name := range workflow.DeterministicKeys(handlers) {
		if err := workflow.SetUpdateHandler(ctx, name, handlers[name]); err != nil {
			return err
		}
	}
	return workflow.SetQueryHandler(ctx, workflows.LocksQuery, func(canaries []string) (map[string]workflows.Holder, error) {
		return r.state.holders(canaries), nil
	})
}
