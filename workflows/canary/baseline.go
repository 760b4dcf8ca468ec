package canary

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// takesNextRun reports whether the update carries the baseline too: the next run becomes it. A canary with ignore areas has a
// run named instead: AWS does not document whether those that are sent along with "nextrun" are kept, and without them no
// later run might pass.
func (s *story) takesNextRun() bool {
	if s.cell.Lean() && s.Recorded.IgnoresAreas() {
		return false
	}
	return s.Visual() && s.cell.Spec().Policies.Baseline == workflows.BaselineNextRun && s.Proving != workflows.ByDryOnly
}

// keepBaseline records that the baseline stays as it is.
func (s *story) keepBaseline() {
	if s.Visual() {
		s.Baseline = &workflows.Baseline{State: workflows.BaselineOld}
	}
}

// rebase is step 5: the baseline is a passed run under the new encryption, and a later run has compared with it.
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
	confirmed, err := s.compared(ctx, deadline)
	if err != nil || !confirmed {
		return err
	}
	s.Baseline.State = workflows.BaselineConfirmed
	s.enter(ctx, workflows.RevokeStep)
	return nil
}

// setBaseline makes a passed, proven run the baseline. The runs that proved the key serve when they passed. Where the
// update asked for the next run, that has become the baseline if it passed; whether one that failed has too is not
// documented, so then a passed run is named.
func (s *story) setBaseline(ctx workflow.Context, deadline time.Time) error {
	source, err := s.passedRuns(ctx, s.Proof, deadline)
	if err != nil || source == nil {
		return err
	}
	return s.nameBaseline(ctx, source.Runs)
}

// passedRuns are runs with the wanted settings that passed, one per browser: the given ones, or better ones that are
// waited for. Nil when the story turned back meanwhile.
func (s *story) passedRuns(ctx workflow.Context, source *workflows.Proof, deadline time.Time) (*workflows.Proof, error) {
	watch := s.watch()
	for !passed(source) {
		proofs, err := s.examine(ctx, watch, deadline)
		if err != nil {
			return nil, err
		}
		if bad, verdict := watch.against(proofs); bad != nil && !s.isBack() {
			return nil, s.lost(ctx, bad, verdict)
		}
		source = watch.proven(proofs, workflows.Run.Passed)
	}
	return source, nil
}

// nameBaseline names the runs as the baseline. A run counts as one that compared with it when it started after the
// update was seen settled: unlike with the key, no object would tell.
func (s *story) nameBaseline(ctx workflow.Context, runs []workflows.Run) error {
	to, location := s.want()
	in := workflows.SetBaselineInput{
		Cell: s.Canary.Cell, Recorded: s.Recorded, To: to, ToLocation: location, Runs: runs,
		Wiped: s.takesNextRun(), Poll: s.cell.Poll(settlePoll), By: s.cell.Subject(s.Canary),
	}
	confirmed, err := s.changeBaseline(ctx, in)
	if err != nil {
		return err
	}
	s.Since, s.Settled = confirmed.Settled, confirmed.Settled
	return nil
}

// changeBaseline sets the baseline, and sees it settle. It is not told as set before that: AWS may put the one of before
// back, and a story that is retried must then name the runs again instead of waiting for one that compares with them.
func (s *story) changeBaseline(ctx workflow.Context, in workflows.SetBaselineInput) (workflows.Confirmed, error) {
	if !s.cell.Lean() {
		return s.setThenConfirm(ctx, in)
	}
	before := *s.Baseline
	s.Baseline.Named = true
	updated, err := s.applies(ctx, workflows.ApplyBaselineActivity, "set the baseline", workflows.ApplyBaselineInput{
		SetBaselineInput: in, Limit: s.settleLimit(),
	})
	if failure.IsRefusal(err) {
		*s.Baseline = before // nothing was done
	}
	if err != nil {
		return workflows.Confirmed{}, err
	}
	confirmed, err := s.confirm(ctx, updated.Visual)
	if err == nil {
		s.isSet(in.Runs)
	}
	return confirmed, err
}

// setThenConfirm is changeBaseline in two activities. What it tells as set may have been put back by AWS: histories of
// before FormatLean go on so.
func (s *story) setThenConfirm(ctx workflow.Context, in workflows.SetBaselineInput) (workflows.Confirmed, error) {
	var updated workflows.Updated
	if err := s.calls(ctx, workflows.SetBaselineActivity, "set the baseline", in, &updated); err != nil {
		return workflows.Confirmed{}, err
	}
	s.isSet(in.Runs)
	return s.confirm(ctx, updated.Visual)
}

// isSet records that the baseline is taken from the runs.
func (s *story) isSet(runs []workflows.Run) {
	s.Baseline.State, s.Baseline.Runs, s.Baseline.Named = workflows.BaselineSet, runs, false
	s.cell.Changed()
}

// compared waits for a passed run that started after the baseline was set, and reports whether there was one: else the
// story turned back.
func (s *story) compared(ctx workflow.Context, deadline time.Time) (bool, error) {
	if err := s.start(ctx); err != nil {
		return false, err
	}
	watch := s.watch()
	for {
		if s.cell.HandingOn(ctx) {
			return false, ErrHandedOn
		}
		proofs, err := s.examine(ctx, watch, deadline)
		if err != nil {
			return false, err
		}
		if bad, verdict := watch.against(proofs); bad != nil && !s.isBack() {
			return false, s.lost(ctx, bad, verdict)
		}
		if watch.proven(proofs, workflows.Run.Passed) != nil {
			return true, nil
		}
	}
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
