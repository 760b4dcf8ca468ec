package migration

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
	"rekey/workflows/planning"
	"rekey/workflows/waves"
)

// retried are the states of canaries that a retry takes up again.
var retried = []workflows.CanaryState{
	workflows.CanaryFailed, workflows.Blocked, workflows.Unverified, workflows.CanaryCancelled, workflows.Returned,
}

// mayRetry refuses to retry what goes on, changed nothing, or came to its end without remainder.
func (m *migration) mayRetry(_ workflow.Context, in workflows.Retry) error {
	if !m.view.Begun() && m.view.Cancel == nil || m.isClosing() || m.view.Plan == nil {
		return failure.Refuse(m.wrongState("retried"))
	}
	states := []workflows.State{workflows.Succeeded, workflows.Failed, workflows.CancelledState, workflows.RolledBackState}
	if err := m.mayOf("retried", in.Part, states); err != nil {
		return err
	}
	if m.cells.retryable(in.Part) == 0 {
		return failure.Refuse(m.nothingToRetry())
	}
	return nil
}

// retryable is how many canaries a retry of a part could take up again, in the cells that it touches.
func (c *cells) retryable(part workflows.Part) int {
	n := 0
	for _, cell := range c.order {
		if !part.Touches(cell) {
			continue
		}
		r := c.report[cell]
		n += r.Held
		for _, state := range retried {
			n += r.States[state]
		}
	}
	return n
}

func (m *migration) nothingToRetry() *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.NothingToRetry,
		Message:  fmt.Sprintf("Migration %s has no canary there that can be taken up again.", m.view.ID),
		NextStep: "List its canaries: FAILED, BLOCKED, UNVERIFIED, CANCELLED, RETURNED and held ones can be.",
		Metadata: map[string]string{"migration_id": m.view.ID},
	}
}

// retry has the cells plan canaries anew that did not get to the end.
func (m *migration) retry(ctx workflow.Context, in workflows.Retry) (workflows.MigrationView, error) {
	m.log(ctx, workflows.Control{Verb: workflows.RetryVerb, By: in.By, Part: in.Part, Detail: strings.TrimSpace(names(in.Names) + " " + in.Reason)})
	m.before = m.view.State
	m.view.Cancel = nil
	m.assign(workflows.Task{Kind: workflows.RetryTask, Part: in.Part, Names: in.Names, Wave: len(m.view.Waves), Reason: in.Reason})
	err := m.enter(ctx, workflows.Planning, in.Reason)
	return m.shown(), err
}

// planAgain waits until the cells have planned anew what is retried, and freezes that under a digest of its own.
func (m *migration) planAgain(ctx workflow.Context) error {
	err := m.awaitCells(ctx, func() bool { return m.view.Cancel != nil || m.carriedOut() && m.cells.planned() })
	if err != nil || m.view.Cancel != nil {
		return err
	}
	again := m.cells.replanned()
	if again.Counts.ToMigrate == 0 {
		return m.enter(ctx, m.before, "Nothing was taken up again: no canary of the retry can be migrated. "+blocked(again.Counts))
	}
	again.Digest, again.Frozen, again.Number = planning.Root(m.cells.reports()), workflow.Now(ctx), m.view.Plan.Number+1
	m.view.Plan = &again
	m.first = len(m.view.Waves)
	m.view.Waves = append(m.view.Waves, workflows.Wave{
		Number: m.first, Title: "retried", State: workflows.WavePending, Canaries: again.Counts.ToMigrate, Cells: m.cells.retrying(),
	})
	m.view.Budget = workflows.BudgetState{Allowed: waves.Allowed(m.view.Rollout.Budget, again.Counts.ToMigrate)}
	m.forecast()
	return m.awaitApproval(ctx)
}

func blocked(n workflows.PlanCount) string {
	if n.Blocked+n.Skipped == 0 {
		return ""
	}
	return fmt.Sprintf("%d are blocked and %d skipped.", n.Blocked, n.Skipped)
}

// replanned sums up what the cells planned anew. One that is gone plans nothing, whatever its last plan was.
func (c *cells) replanned() workflows.Plan {
	for _, cell := range c.order {
		if r := c.report[cell]; r.Problem != nil {
			r.Plan, r.Digest, r.Retried = workflows.PlanCount{}, "", 0
		}
	}
	return workflows.Plan{Counts: c.plan()}
}

// retrying is how many cells have something to take up again.
func (c *cells) retrying() int {
	return c.count(func(r *workflows.CellReport) bool { return r.Retried > 0 })
}

// names says which canaries a verb is about.
func names(list []string) string {
	const most = 5
	switch {
	case len(list) == 0:
		return ""
	case len(list) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
