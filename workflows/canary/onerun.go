package canary

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// start lets a canary at rest run, where the plan has that. One that rekey started is stopped at the end of its story;
// one that somebody else started is left running. A canary that runs once is started again for another run.
func (s *story) start(ctx workflow.Context) error {
	if s.Proving != workflows.ByOneRun {
		return nil
	}
	in := workflows.StartInput{
		Cell: s.Canary.Cell, Name: s.Recorded.Name, ID: s.Recorded.ID, Settled: s.Settled, Poll: s.cell.Poll(settlePoll),
		By: s.cell.Subject(s.Canary),
	}
	var started workflows.Started
	err := s.calls(ctx, workflows.StartCanaryActivity, "start it for a run", func(again bool) any {
		in.Repeated = again
		return in
	}, &started)
	if err != nil {
		if p := maybeStarted(s.Recorded, err); p != nil {
			s.Notices = append(s.Notices, *p)
			s.cell.Changed()
		}
		return err
	}
	if started.Ours {
		s.Started = true
		s.cell.Changed()
	}
	return nil
}

// stop stops the canary again that rekey started, when its story is over, however it ended. A canary that can't be
// stopped rests with that as a notice.
func (s *story) stop(ctx workflow.Context) error {
	if !s.Started || s.State == workflows.Migrating && s.Step != workflows.RevokeStep {
		return nil
	}
	err := s.awaits(ctx, workflows.StopCanaryActivity, "stop it again", workflows.StopInput{
		Cell: s.Canary.Cell, Name: s.Recorded.Name, ID: s.Recorded.ID, Poll: s.cell.Poll(settlePoll), By: s.cell.Subject(s.Canary),
	}, nil)
	if errors.Is(err, ErrHandedOn) {
		return ErrHandedOn // it owes the stop
	}
	s.Started = false
	if err != nil {
		s.Notices = append(s.Notices, *notStopped(s.Recorded, err))
	}
	s.cell.Changed()
	return nil
}

func notStopped(r workflows.Settings, err error) *workflows.Problem {
	why := failure.Problem(err).Message
	if errors.Is(err, ErrNotInTime) {
		why = "it did not stop in time"
	}
	return &workflows.Problem{
		Reason:   workflows.CanaryLeftRunning,
		Message:  "Canary " + r.Name + " was started for a run and could not be stopped again: " + why,
		NextStep: "Stop the canary by hand.",
		Metadata: map[string]string{"canary_name": r.Name, "canary_state": "RUNNING"},
	}
}

// maybeStarted is what there is to tell when the call that starts a canary may have gone out, and no look after it told: the
// canary may run, and rekey will not stop it. It is nil where that is known.
func maybeStarted(r workflows.Settings, err error) *workflows.Problem {
	if errors.Is(err, ErrHandedOn) || errors.Is(err, ErrTurningBack) {
		return nil
	}
	p := failure.Problem(err)
	if p.Reason == workflows.CanaryGone || p.Reason == workflows.CanaryNotUpdatable || p.Metadata["operation"] == "synthetics:StartCanary" {
		return nil // it was not started
	}
	return &workflows.Problem{
		Reason:   workflows.CanaryLeftRunning,
		Message:  "It is not known whether canary " + r.Name + " was started for a run: " + p.Message,
		NextStep: "Look whether the canary runs, and stop it by hand if it does.",
		Metadata: map[string]string{"canary_name": r.Name, "canary_state": "UNKNOWN"},
	}
}
