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
			return s.turnBack(ctx, *bad)
		}
		source = watch.proven(proofs, workflows.Run.Passed)
	}
	updated, err := call.Do[workflows.Updated](ctx, call.Change, workflows.SetBaselineActivity, s.summary("set the baseline"),
		workflows.SetBaselineInput{
			Cell: s.Canary.Cell, Recorded: s.Recorded, To: s.To, Runs: source.Runs, Poll: s.cell.Poll(5 * time.Second),
		})
	if err != nil {
		return err
	}
	if err := s.confirm(ctx, s.To, rebased(s.Recorded.Visual, source.Runs)); err != nil {
		return err
	}
	s.Since = updated.Since
	s.Baseline = &workflows.Baseline{State: workflows.BaselineSet, Runs: source.Runs}
	s.cell.Changed()
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
			return s.turnBack(ctx, *bad)
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
	_, err := call.Do[workflows.Updated](ctx, call.Change, workflows.SetBaselineActivity, s.summary("restore the baseline"),
		workflows.SetBaselineInput{
			Cell: s.Canary.Cell, Recorded: s.Recorded, To: s.Recorded.From, Runs: runs, Poll: s.cell.Poll(5 * time.Second),
		})
	if err != nil {
		return err
	}
	return s.confirm(ctx, s.Recorded.From, s.Recorded.Visual)
}

// rebased is what the canary's visual references are to be once the runs are its baseline: each browser's run,
// with the screenshots and ignore areas of before.
func rebased(recorded []workflows.VisualReference, runs []workflows.Run) []workflows.VisualReference {
	list := make([]workflows.VisualReference, 0, len(recorded))
	for _, reference := range recorded {
		for _, run := range runs {
			if reference.Browser == "" || run.Browser == "" || reference.Browser == run.Browser {
				reference.BaseRunID = run.ID
				break
			}
		}
		list = append(list, reference)
	}
	return list
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
