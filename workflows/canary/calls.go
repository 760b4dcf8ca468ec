package canary

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// calls calls an activity that changes something, for an answer. One that a pause held is called again when the canary is resumed.
// The input is a value, or a function of whether the call is a repeated one.
func (s *story) calls(ctx workflow.Context, activity, summary string, in, answer any) error {
	for again := false; ; again = true {
		err := s.do(ctx, call.Change, activity, summary, input(in, again), answer)
		if !failure.IsPause(err) {
			return err
		}
		if err := s.cell.Reopened(ctx, s.Canary); err != nil {
			return err
		}
		if TurnsBack(s.Canary) && s.Step != workflows.BaselineStep { // a baseline that may have been named is put back by its name
			return ErrTurningBack
		}
		if s.Step == workflows.UpdateStep { // those that are resumed together are not edited together
			if s.turn, err = s.cell.Turn(ctx, s.Canary); err != nil {
				return err
			}
		}
	}
}

func input(in any, again bool) any {
	if of, ok := in.(func(again bool) any); ok {
		return of(again)
	}
	return in
}

// calledOff are the activities that the next run of the workflow may call anew, wherever they were called off: they look first,
// and find what was done.
var calledOff = []string{workflows.StartDryRunActivity, workflows.AwaitDryRunActivity, workflows.ApplyUpdateActivity}

// do calls an activity, for an answer. When the cell hands on it is called off, if it may be: it would wait for its turn, or for
// AWS, for who knows how long, and the whole cell with it. It ends with ErrHandedOn then, unless it came to an end of its own.
func (s *story) do(ctx workflow.Context, policy call.Policy, activity, summary string, in, answer any) error {
	if !slices.Contains(calledOff, activity) {
		return call.Start(ctx, policy, activity, s.summary(summary), in).Get(ctx, answer)
	}
	waiting, done := s.cell.Wait(ctx)
	defer done()
	err := call.Start(waiting, policy.ToTheEnd(), activity, s.summary(summary), in).Get(waiting, answer)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil && !failure.IsRefusal(err) {
		return ErrHandedOn
	}
	return err
}

// awaits calls an activity that waits for AWS to settle something, for an answer, and looks a last time when the time for that is
// up.
func (s *story) awaits(ctx workflow.Context, activity, summary string, in, answer any) error {
	limit := s.settleLimit()
	err := s.do(ctx, call.Wait(limit), activity, summary, in, answer)
	for failure.IsPause(err) { // StopCanary's
		if err := s.cell.Reopened(ctx, s.Canary); err != nil {
			return err
		}
		err = s.do(ctx, call.Wait(limit), activity, summary, in, answer)
	}
	if errors.Is(err, ErrHandedOn) {
		return err
	}
	if err != nil && !failure.IsRefusal(err) && ctx.Err() == nil {
		err = call.Start(ctx, call.LastLook, activity, s.summary("look a last time"), in).Get(ctx, answer)
	}
	if failure.IsWait(err) {
		return ErrNotInTime
	}
	return err
}
