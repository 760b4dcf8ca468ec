package canary

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// How an update is waited for.
const (
	// settleTime is how long, in AWS's time, a canary may be UPDATING. AWS's own CloudFormation handler allows ten
	// minutes a state, and raised it because of canaries in a VPC; this is three times that.
	settleTime = 30 * time.Minute
	// leastSettleTime is the least real time for it, where AWS's time runs faster.
	leastSettleTime = time.Minute
	// settlePoll is how often it is looked at, in AWS's time.
	settlePoll = 5 * time.Second
)

// grant is step 1: the role may use the new key and location. Where a dry run follows, that shows whether the access is
// effective; else it must have existed for the settling time.
func (s *story) grant(ctx workflow.Context) error {
	if err := s.give(ctx, s.Grants); err != nil {
		return err
	}
	if s.Proving == workflows.ByDryRun || s.Proving == workflows.ByDryOnly {
		s.enter(ctx, workflows.ProveStep)
		return nil
	}
	return s.settleThenUpdate(ctx)
}

// give gives permissions, and records each as it was made.
func (s *story) give(ctx workflow.Context, changes []workflows.AccessChange) error {
	for i, change := range changes {
		if TurnsBack(s.Canary) {
			return ErrTurningBack
		}
		given, err := s.cell.Access(ctx, s.Canary, change)
		if err != nil {
			return err
		}
		s.Granted = append(s.Granted[:i], given.Change)
		if given.Since.After(s.GrantedAt) {
			s.GrantedAt = given.Since
		}
	}
	return nil
}

// settleThenUpdate waits until all access that was given is taken to be effective.
func (s *story) settleThenUpdate(ctx workflow.Context) error {
	if err := s.settle(ctx, s.Grants); err != nil {
		return err
	}
	s.enter(ctx, workflows.UpdateStep)
	return nil
}

func (s *story) settle(ctx workflow.Context, changes []workflows.AccessChange) error {
	for _, change := range changes {
		if err := s.cell.Settled(ctx, s.Canary, change); err != nil {
			return err
		}
	}
	return nil
}

// update is step 3: the canary has the new settings, read back after AWS has settled them.
func (s *story) update(ctx workflow.Context) error {
	if back, err := s.awaitTurn(ctx); back || err != nil {
		return err
	}
	updated, err := s.applyNew(ctx)
	if err != nil {
		return err
	}
	s.Since = updated.Since
	confirmed, err := s.confirm(ctx, updated.Visual)
	if failure.Is(err, workflows.CanaryNotUpdatable) {
		return s.turnBack(ctx, failure.Problem(err)) // AWS took the update, and the canary did not stand it
	} else if err != nil {
		return err
	}
	s.Settled = confirmed.Settled
	return s.afterUpdate(ctx)
}

// afterUpdate enters the step that proves the update, or ends the story where nothing will.
func (s *story) afterUpdate(ctx workflow.Context) error {
	switch s.Proving {
	case workflows.Unproven:
		s.rest(ctx, workflows.Unverified, unproven(s.Recorded))
	case workflows.ByDryOnly:
		s.keepBaseline()
		s.enter(ctx, workflows.RevokeStep)
	default:
		s.enter(ctx, workflows.RunStep)
	}
	return nil
}

func unproven(r workflows.Settings) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.UpdatedUnverified,
		Message:  fmt.Sprintf("Canary %s was updated and is not proven, as the policy for canaries at rest asks.", r.Name),
		NextStep: "Start the canary and look at its first run. The access to both keys is kept.",
		Metadata: map[string]string{"canary_state": r.State},
	}
}

// apply gives the canary what it is on its way to; AWS queues that. A passed dry run is committed by its id; where AWS
// does not take that, the settings are named, after the access has settled.
func (s *story) apply(ctx workflow.Context) (workflows.Updated, error) {
	in := s.updateInput()
	in.DryRunID = s.committable()
	updated, err := s.change(ctx, in)
	if in.DryRunID != "" && failure.Is(err, workflows.DryRunFailed) {
		if err := s.settle(ctx, s.Grants); err != nil {
			return updated, err
		}
		in.DryRunID = ""
		return s.change(ctx, in)
	}
	if err == nil && in.DryRunID != "" {
		s.DryRun.Committed = true
	}
	return updated, err
}

func (s *story) change(ctx workflow.Context, in workflows.UpdateInput) (workflows.Updated, error) {
	if s.cell.Lean() {
		return s.applies(ctx, workflows.ApplyUpdateActivity, "update to "+describe(in), func(bool) any {
			if !in.Restore {
				in.Turn = s.turn
			}
			return workflows.ApplyUpdateInput{UpdateInput: in, Limit: s.settleLimit()}
		})
	}
	return change[workflows.Updated](ctx, s, workflows.UpdateCanaryActivity, "update to "+describe(in), in)
}

// applies calls an activity that makes an update and sees it settle, which confirm answers then.
func (s *story) applies(ctx workflow.Context, activity, summary string, in any) (workflows.Updated, error) {
	applied, err := change[workflows.Applied](ctx, s, activity, summary, in)
	s.applied = applied
	return applied.Updated, err
}

// settleLimit is how long, in real time, AWS may take to settle what was asked of it.
func (s *story) settleLimit() time.Duration {
	return max(s.cell.Poll(settlePoll).Delay(settleTime), leastSettleTime)
}

func (s *story) updateInput() workflows.UpdateInput {
	to, location := s.want()
	return workflows.UpdateInput{
		Cell: s.Canary.Cell, Recorded: s.Recorded, To: to, ToLocation: location,
		NextRun: s.takesNextRun() && !s.isBack(),
		Stopped: s.Proving == workflows.ByDryOnly || s.Proving == workflows.ByOneRun || s.Proving == workflows.Unproven,
		Restore: s.isBack(), Given: s.To, GivenLocation: s.ToLocation, Poll: s.cell.Poll(settlePoll), By: s.cell.Subject(s.Canary),
	}
}

func describe(in workflows.UpdateInput) string {
	if in.DryRunID != "" {
		return "what its dry run proved"
	}
	return string(in.To.Mode)
}

// confirm waits until an update has settled, and reads it back. It gives up only after a look that happened: an outage
// of the workers is not the canary's fault.
func (s *story) confirm(ctx workflow.Context, visual []workflows.VisualReference) (workflows.Confirmed, error) {
	switch {
	case s.cell.Lean() && s.applied.Problem != nil:
		return workflows.Confirmed{}, failure.Refuse(s.applied.Problem)
	case s.cell.Lean() && s.applied.Late:
		return workflows.Confirmed{}, ErrNotInTime
	case s.cell.Lean():
		return s.applied.Confirmed, nil
	}
	to, location := s.want()
	return await[workflows.Confirmed](ctx, s, workflows.ConfirmUpdateActivity, "confirm the update", workflows.ConfirmInput{
		Cell: s.Canary.Cell, Name: s.Recorded.Name, ID: s.Recorded.ID, To: to, ToLocation: location, Visual: visual,
		Poll: s.cell.Poll(settlePoll),
	})
}

// change calls an activity that changes something. One that a pause held is called again when the canary is resumed. The
// input is a value, or a function of whether the call is a repeated one.
func change[Out any](ctx workflow.Context, s *story, activity, summary string, in any) (Out, error) {
	input, ok := in.(func(again bool) any)
	if !ok {
		input = func(bool) any { return in }
	}
	for again := false; ; again = true {
		out, err := do[Out](ctx, s, call.Change, activity, summary, input(again))
		if !failure.IsPause(err) {
			return out, err
		}
		if err := s.cell.Reopened(ctx, s.Canary); err != nil {
			return out, err
		}
		if TurnsBack(s.Canary) && s.Step != workflows.BaselineStep { // a baseline that may have been named is put back by its name
			return out, ErrTurningBack
		}
		if s.Step == workflows.UpdateStep { // those that are resumed together are not edited together
			if s.turn, err = s.cell.Turn(ctx, s.Canary); err != nil {
				return out, err
			}
		}
	}
}

// calledOff are the activities that the next run of the workflow may call anew, wherever they were called off: they look first,
// and find what was done.
var calledOff = []string{workflows.StartDryRunActivity, workflows.AwaitDryRunActivity, workflows.ApplyUpdateActivity}

// do calls an activity. When the cell hands on it is called off, if it may be: it would wait for its turn, or for AWS, for who
// knows how long, and the whole cell with it. It ends with ErrHandedOn then, unless it came to an end of its own.
func do[Out any](ctx workflow.Context, s *story, policy call.Policy, activity, summary string, in any) (Out, error) {
	if !slices.Contains(calledOff, activity) {
		return call.Do[Out](ctx, policy, activity, s.summary(summary), in)
	}
	waiting, done := s.cell.Wait(ctx)
	defer done()
	out, err := call.Do[Out](waiting, policy.ToTheEnd(), activity, s.summary(summary), in)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil && !failure.IsRefusal(err) {
		return out, ErrHandedOn
	}
	return out, err
}

// await calls an activity that waits for AWS to settle something, and looks a last time when the time for that is up.
func await[Out any](ctx workflow.Context, s *story, activity, summary string, in any) (Out, error) {
	limit := s.settleLimit()
	out, err := do[Out](ctx, s, call.Wait(limit), activity, summary, in)
	for failure.IsPause(err) { // StopCanary's
		if err := s.cell.Reopened(ctx, s.Canary); err != nil {
			return out, err
		}
		out, err = do[Out](ctx, s, call.Wait(limit), activity, summary, in)
	}
	if errors.Is(err, ErrHandedOn) {
		return out, err
	}
	if err != nil && !failure.IsRefusal(err) && ctx.Err() == nil {
		out, err = call.Do[Out](ctx, call.LastLook, activity, s.summary("look a last time"), in)
	}
	if failure.IsWait(err) {
		return out, ErrNotInTime
	}
	return out, err
}
