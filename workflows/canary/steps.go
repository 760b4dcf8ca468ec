package canary

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
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
	for i := range changes {
		if TurnsBack(s.Canary) {
			return ErrTurningBack
		}
		given, err := s.cell.Access(ctx, s.Canary, &changes[i])
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
	for i := range changes {
		if err := s.cell.Settled(ctx, s.Canary, &changes[i]); err != nil {
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

func (s *story) change(ctx workflow.Context, in *workflows.UpdateInput) (workflows.Updated, error) {
	if s.cell.Lean() {
		return s.applies(ctx, workflows.ApplyUpdateActivity, "update to "+describe(in), func(bool) any {
			if !in.Restore {
				in.Turn = s.turn
			}
			return workflows.ApplyUpdateInput{UpdateInput: *in, Limit: s.settleLimit()}
		})
	}
	var updated workflows.Updated
	err := s.calls(ctx, workflows.UpdateCanaryActivity, "update to "+describe(in), in, &updated)
	return updated, err
}

// applies calls an activity that makes an update and sees it settle, which confirm answers then.
func (s *story) applies(ctx workflow.Context, activity, summary string, in any) (workflows.Updated, error) {
	s.applied = workflows.Applied{}
	err := s.calls(ctx, activity, summary, in, &s.applied)
	return s.applied.Updated, err
}

// settleLimit is how long, in real time, AWS may take to settle what was asked of it.
func (s *story) settleLimit() time.Duration {
	return max(s.cell.Poll(settlePoll).Delay(settleTime), leastSettleTime)
}

func (s *story) updateInput() *workflows.UpdateInput {
	to, location := s.want()
	return &workflows.UpdateInput{
		Cell: s.Canary.Cell, Recorded: s.Recorded, To: to, ToLocation: location,
		NextRun: s.takesNextRun() && !s.isBack(),
		Stopped: s.Proving == workflows.ByDryOnly || s.Proving == workflows.ByOneRun || s.Proving == workflows.Unproven,
		Restore: s.isBack(), Given: s.To, GivenLocation: s.ToLocation, Poll: s.cell.Poll(settlePoll), By: s.cell.Subject(s.Canary),
	}
}

func describe(in *workflows.UpdateInput) string {
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
	var confirmed workflows.Confirmed
	err := s.awaits(ctx, workflows.ConfirmUpdateActivity, "confirm the update", workflows.ConfirmInput{
		Cell: s.Canary.Cell, Name: s.Recorded.Name, ID: s.Recorded.ID, To: to, ToLocation: location, Visual: visual,
		Poll: s.cell.Poll(settlePoll),
	}, &confirmed)
	return confirmed, err
}
