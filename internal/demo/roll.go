package demo

import (
	"context"
	"fmt"
	"slices"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/tables"
)

// roll follows the migration wave by wave: until its failure budget is used up and, with a larger one, to its end.
func (d *demo) roll(ctx context.Context) error {
	d.chapter("Run", fmt.Sprintf("wave by wave; at most %d failures are borne, so at most %d canaries are in flight", budget, budget+1))
	d.command(onCall, "watch %s", d.id)
	m, err := d.follow(ctx)
	if err != nil {
		return err
	}
	if !d.isPaused(m) || !isForBudget(m) {
		d.sayf("Expected a pause, because the failure budget is used up: %s", tables.Line(m))
		return ErrUnexpected
	}
	if err := d.look(ctx, m); err != nil {
		return err
	}
	if err := d.retune(ctx); err != nil {
		return err
	}
	if m, err = d.follow(ctx); err != nil {
		return err
	}
	if !isResting(m) {
		d.sayf("Expected the end: %s", tables.Line(m))
		return ErrUnexpected
	}
	d.table(tables.Waves(m.GetWaves()))
	return nil
}

// look shows where the migration was paused, and what failed until then.
func (d *demo) look(ctx context.Context, m *rekeyv1.Migration) error {
	d.chapter("Paused", m.GetStateReason()+" Nothing is changed until somebody decides.")
	d.table(tables.Waves(m.GetWaves()))
	canaries, err := d.list(ctx)
	if err != nil {
		return err
	}
	var failed []*rekeyv1.Canary
	for _, c := range canaries {
		if hasFailed(c) {
			failed = append(failed, c)
		}
	}
	d.attention(failed)
	return nil
}

// retune raises the budget and resumes, after it has shown that a resumption without that is refused.
func (d *demo) retune(ctx context.Context) error {
	err := d.resume(ctx, "")
	if err == nil {
		d.sayf("Expected a refusal: the budget is used up.")
		return ErrUnexpected
	}
	refused := client.Explain(err)
	d.paragraph(refused.String())
	if refused.Reason != tables.Name(rekeyv1.ErrorReason_ERROR_REASON_BUDGET_USED_UP) {
		return fmt.Errorf("ResumeMigration: %w", err)
	}
	why := "one guardrail denies one role, whose owners know"
	d.command(onCall, "rollout %s --budget %d --reason '%s'", d.id, raised, why)
	_, err = d.people[onCall].UpdateRollout(ctx, &rekeyv1.UpdateRolloutRequest{
		MigrationId: d.id, Budget: &rekeyv1.FailureBudget{Count: new(int32(raised))}, Reason: why,
	})
	if err != nil {
		return fmt.Errorf("UpdateRollout: %w", err)
	}
	if err := d.resume(ctx, why); err != nil {
		return fmt.Errorf("ResumeMigration: %w", err)
	}
	return nil
}

// resume lets the migration go on, and notes from when on a pause is another one.
func (d *demo) resume(ctx context.Context, reason string) error {
	d.command(onCall, "resume %s", d.id)
	reply, err := d.people[onCall].ResumeMigration(ctx, &rekeyv1.ResumeMigrationRequest{MigrationId: d.id, Reason: reason})
	if err != nil {
		return err
	}
	d.resumed = reply.GetMigration().GetUpdateTime().AsTime()
	return nil
}

// isPaused reports whether there is something to decide: a watch may begin with what was before the last decision.
func (d *demo) isPaused(m *rekeyv1.Migration) bool {
	return m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_PAUSED && m.GetUpdateTime().AsTime().After(d.resumed)
}

// hasFailed reports whether the canary was begun and did not get to the end: such ones are charged to the budget.
func hasFailed(c *rekeyv1.Canary) bool {
	switch c.GetState() {
	case rekeyv1.CanaryState_CANARY_STATE_FAILED, rekeyv1.CanaryState_CANARY_STATE_RETURNED,
		rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED, rekeyv1.CanaryState_CANARY_STATE_BLOCKED:
		return c.GetStartTime() != nil
	default:
		return false
	}
}

// isForBudget reports whether a failure budget is used up: that is why the migration is paused.
func isForBudget(m *rekeyv1.Migration) bool {
	return slices.ContainsFunc(m.GetPauses(), func(p *rekeyv1.Pause) bool {
		return p.GetCause() == rekeyv1.PauseCause_PAUSE_CAUSE_BUDGET
	})
}
