package canary

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// The recorded baseline comes back wherever the migration has changed it, or has asked for its change: a run that nobody
// judged must not become what later runs are compared with.

// applyNew gives the canary its new settings, and records before that that its baseline changes with them. An update that is
// refused asked for nothing; of one whose answer was lost that is not known.
func (s *story) applyNew(ctx workflow.Context) (workflows.Updated, error) {
	if s.takesNextRun() {
		s.Baseline = &workflows.Baseline{State: workflows.BaselineOld, NextRun: true}
	}
	updated, err := s.apply(ctx)
	if failure.IsRefusal(err) {
		s.Baseline = nil
	}
	return updated, err
}

// touchedBaseline reports whether the baseline may be another than the recorded one.
func (s *story) touchedBaseline() bool { return !s.Baseline.IsOld() }

// recordedRuns are the runs that the recorded baseline comes from.
func (s *story) recordedRuns() []workflows.Run {
	runs := make([]workflows.Run, 0, len(s.Recorded.Visual))
	for _, reference := range s.Recorded.Visual {
		runs = append(runs, workflows.Run{ID: reference.BaseRunID, Browser: reference.Browser})
	}
	return runs
}

// nameOldBaseline names the recorded runs again or, where AWS takes them no more because they are too old, passed ones under
// the recorded settings.
func (s *story) nameOldBaseline(ctx workflow.Context, deadline time.Time) error {
	err := s.nameBaseline(ctx, s.recordedRuns())
	if !failure.Is(err, workflows.AWSRefused) {
		return err
	}
	source, err := s.passedRuns(ctx, s.Proof, deadline)
	if err != nil {
		return err
	}
	return s.nameBaseline(ctx, source.Runs)
}

// nameRecorded names the recorded baseline again, where no run under the recorded settings could take its place. If AWS does
// not take that, the canary rests without it.
func (s *story) nameRecorded(ctx workflow.Context) (named bool, err error) {
	err = s.nameBaseline(ctx, s.recordedRuns())
	if failure.Is(err, workflows.AWSRefused) {
		s.rest(ctx, workflows.Unverified, s.baselineLost(failure.Problem(err)))
		return false, nil
	}
	return err == nil, err
}

// returnAtRest ends the way back of a canary that does not run: its settings were read back, and so is its baseline, with
// which no run can compare.
func (s *story) returnAtRest(ctx workflow.Context) error {
	if !s.touchedBaseline() {
		s.rest(ctx, workflows.Returned, s.Problem)
		return nil
	}
	if named, err := s.nameRecorded(ctx); err != nil || !named {
		return err
	}
	s.note(s.notCompared())
	s.rest(ctx, workflows.Returned, s.Problem)
	return nil
}

// unseen ends the wait for a run under the recorded settings. One that none came for has its recorded baseline named all the
// same, so that whichever run comes later is compared with that.
func (s *story) unseen(ctx workflow.Context, because error) error {
	if !errors.Is(because, ErrNotInTime) || !s.touchedBaseline() {
		return because
	}
	if named, err := s.nameRecorded(ctx); err != nil || !named {
		return err
	}
	return because
}

func (s *story) notCompared() workflows.Problem {
	return workflows.Problem{
		Reason:   workflows.BaselineNotConfirmed,
		Message:  fmt.Sprintf("The recorded baseline of canary %s was named again. The canary does not run, so that no run has compared with it.", s.Recorded.Name),
		NextStep: "Look at the first run when the canary is started.",
		Metadata: map[string]string{"since": s.Since.UTC().Format(time.RFC3339)},
	}
}

// baselineLost is why a canary is on its recorded settings with a baseline of the migration's.
func (s *story) baselineLost(because *workflows.Problem) *workflows.Problem {
	return &workflows.Problem{
		Reason: workflows.BaselineNotConfirmed,
		Message: fmt.Sprintf("Canary %s has its recorded settings again, but not its baseline, whose run AWS takes no more: %s. No run under those settings is there to be one.",
			s.Recorded.Name, because.Message),
		NextStep: "Start the canary, and make a passed run the baseline. The access to both keys is kept until then.",
		Metadata: map[string]string{"since": s.Since.UTC().Format(time.RFC3339)},
	}
}
