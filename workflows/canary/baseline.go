package canary

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
)

// rebase is step 4: the baseline is a passed run under the new encryption, and a later run has compared with it.
// A run that failed because of the site is never made a baseline: better one is waited for.
func (s *story) rebase(ctx workflow.Context) error {
	deadline := s.beginWait(ctx)
	if s.Baseline.State == workflows.BaselineOld {
		if err := s.setBaseline(ctx, deadline); err != nil {
			return err
		}
	}
	if s.State != workflows.Migrating || s.Step != workflows.BaselineStep {
		return nil // it turned back
	}
	return s.confirmBaseline(ctx, deadline)
}

// setBaseline makes a passed, proven run the baseline. The runs that proved the key serve when they passed.
func (s *story) setBaseline(ctx workflow.Context, deadline time.Time) error {
	source := s.Proof
	watch := newWatch(s.waiting())
	for !passed(source) {
		proofs, err := s.examine(ctx, watch, deadline)
		if err != nil {
			return err
		}
		if bad := watch.accessProblem(proofs); bad != nil {
			return s.turnBack(ctx, s.denied(*bad))
		}
		source = watch.proven(proofs, workflows.Run.Passed)
	}
	s.Baseline.Runs = source.Runs
	return s.applyBaseline(ctx)
}

// applyBaseline names the runs as the baseline. A run counts as one that compared with it when it started after the
// update was seen settled: unlike with the key, no object would tell.
func (s *story) applyBaseline(ctx workflow.Context) error {
	updated, err := call.Do[workflows.Updated](ctx, call.Change, workflows.SetBaselineActivity, s.summary("set the baseline"),
		workflows.SetBaselineInput{
			Cell: s.Canary.Cell, Recorded: s.Recorded, To: s.To, Runs: s.Baseline.Runs, Poll: s.cell.Poll(settlePoll),
		})
	if err != nil {
		return err
	}
	s.Baseline.State = workflows.BaselineSet
	s.cell.Changed()
	confirmed, err := s.confirm(ctx, s.To, updated.Visual)
	if err != nil {
		return err
	}
	s.Since = confirmed.Settled
	return nil
}

// confirmBaseline waits for a passed run that started after the baseline was set.
func (s *story) confirmBaseline(ctx workflow.Context, deadline time.Time) error {
	watch := newWatch(s.waiting())
	for {
		if s.cell.HandingOn(ctx) {
			return ErrHandedOn
		}
		proofs, err := s.examine(ctx, watch, deadline)
		if err != nil {
			return err
		}
		if bad := watch.accessProblem(proofs); bad != nil {
			return s.turnBack(ctx, s.denied(*bad))
		}
		if watch.proven(proofs, workflows.Run.Passed) != nil {
			s.Baseline.State = workflows.BaselineConfirmed
			s.enter(ctx, workflows.RevokeStep)
			return nil
		}
	}
}

// restoreBaseline names the recorded baseline again.
func (s *story) restoreBaseline(ctx workflow.Context) error {
	var runs []workflows.Run
	for _, reference := range s.Recorded.Visual {
		runs = append(runs, workflows.Run{ID: reference.BaseRunID, Browser: reference.Browser})
	}
	updated, err := call.Do[workflows.Updated](ctx, call.Change, workflows.SetBaselineActivity, s.summary("restore the baseline"),
		workflows.SetBaselineInput{
			Cell: s.Canary.Cell, Recorded: s.Recorded, To: s.Recorded.From, Runs: runs, Poll: s.cell.Poll(settlePoll),
		})
	if err != nil {
		return err
	}
	_, err = s.confirm(ctx, s.Recorded.From, updated.Visual)
	return err
}

func passed(p *workflows.Proof) bool {
	if p == nil {
		return false
	}
	for _, run := range p.Runs {
		if !run.Passed() {
			return false
		}
	}
	return true
}
