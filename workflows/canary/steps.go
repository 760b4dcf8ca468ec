package canary

import (
	"fmt"
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

// grant is step 1: the role may use the new key, and has been able to for the settling time.
func (s *story) grant(ctx workflow.Context) error {
	for i, change := range s.Grants {
		granted, err := s.cell.Grant(ctx, change)
		if err != nil {
			return err
		}
		s.Granted = append(s.Granted[:i], granted)
	}
	s.enter(ctx, workflows.UpdateStep)
	return nil
}

// update is step 2: the canary has the new encryption, read back after AWS has settled it.
func (s *story) update(ctx workflow.Context) error {
	updated, err := s.apply(ctx, s.To, false)
	if err != nil {
		return err
	}
	s.Since = updated.Since
	if _, err := s.confirm(ctx, s.To, nil); failure.Is(err, workflows.CanaryNotUpdatable) {
		return s.turnBack(ctx, failure.Problem(err)) // AWS took the update, and the canary did not stand it
	} else if err != nil {
		return err
	}
	s.enter(ctx, workflows.RunStep)
	return nil
}

// proveRun is step 3: the objects of a run that started after the update carry the new encryption, in every
// browser.
func (s *story) proveRun(ctx workflow.Context) error {
	watch := newWatch(s.waiting())
	deadline := s.beginWait(ctx)
	for {
		proofs, err := s.examine(ctx, watch, deadline)
		if err != nil {
			return err
		}
		if bad := watch.accessProblem(proofs); bad != nil {
			return s.turnBack(ctx, s.denied(*bad))
		}
		if proof := watch.proven(proofs, anyRun); proof != nil {
			s.Proof = proof
			break
		}
	}
	if s.Visual() {
		s.Baseline = &workflows.Baseline{State: workflows.BaselineOld}
		s.enter(ctx, workflows.BaselineStep)
		return nil
	}
	s.enter(ctx, workflows.RevokeStep)
	return nil
}

// examine waits for runs and looks at their objects. What is found after the deadline is the last that is examined.
func (s *story) examine(ctx workflow.Context, watch *watch, deadline time.Time) ([]workflows.RunProof, error) {
	if watch.over {
		return nil, ErrNotInTime
	}
	ready, err := s.cell.Runs(ctx, watch.Waiting, deadline)
	watch.over = !workflow.Now(ctx).Before(deadline)
	if err != nil {
		return nil, err
	}
	if ready.Gone {
		return nil, failure.Refuse(gone(s.Recorded.Name))
	}
	if ready.Problem != nil {
		return nil, failure.Refuse(ready.Problem)
	}
	proofs, err := call.Do[[]workflows.RunProof](ctx, call.Read, workflows.ProveRunsActivity, s.summary("examine its objects"),
		workflows.ProveInput{
			Cell: s.Canary.Cell, Name: s.Recorded.Name, BucketRegion: s.Recorded.BucketRegion,
			Runs: ready.Runs, Want: s.To,
		})
	watch.lookedAt(ready.Runs)
	return proofs, err
}

// turnBack begins the way back to the recorded settings.
func (s *story) turnBack(ctx workflow.Context, because *workflows.Problem) error {
	s.Problem = because
	s.enter(ctx, workflows.ReturnStep)
	return nil
}

// denied is why a canary goes back whose role can't use the new key.
func (s *story) denied(run workflows.Run) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.AccessProblem,
		Message:  fmt.Sprintf("Run %s of canary %s could not save its artifacts with the new key: %s", run.ID, s.Recorded.Name, run.Reason),
		NextStep: "Find what denies the role the key (an SCP, a permissions boundary, a key or bucket policy), mend it, and migrate the canary again.",
		Metadata: map[string]string{"run_id": run.ID},
	}
}

// goBack puts the canary back to its recorded settings.
func (s *story) goBack(ctx workflow.Context) error {
	if _, err := s.apply(ctx, s.Recorded.From, true); err != nil {
		return err
	}
	if _, err := s.confirm(ctx, s.Recorded.From, nil); err != nil {
		return err
	}
	if s.Baseline != nil && s.Baseline.State != workflows.BaselineOld {
		if err := s.restoreBaseline(ctx); err != nil {
			return err
		}
	}
	s.rest(ctx, workflows.Returned, s.Problem)
	return nil
}

// apply gives the canary an encryption; AWS queues that.
func (s *story) apply(ctx workflow.Context, to workflows.Encryption, restore bool) (workflows.Updated, error) {
	return call.Do[workflows.Updated](ctx, call.Change, workflows.UpdateCanaryActivity, s.summary("update to "+string(to.Mode)),
		workflows.UpdateInput{Cell: s.Canary.Cell, Recorded: s.Recorded, To: to, Restore: restore, Poll: s.cell.Poll(settlePoll)})
}

// confirm waits until an update has settled, and reads it back. It gives up only after a look that happened: an outage
// of the workers is not the canary's fault.
func (s *story) confirm(ctx workflow.Context, to workflows.Encryption, visual []workflows.VisualReference) (workflows.Confirmed, error) {
	poll := s.cell.Poll(settlePoll)
	in := workflows.ConfirmInput{Cell: s.Canary.Cell, Name: s.Recorded.Name, ID: s.Recorded.ID, To: to, Visual: visual, Poll: poll}
	wait := call.Wait(max(poll.Delay(settleTime), leastSettleTime))
	confirmed, err := call.Do[workflows.Confirmed](ctx, wait, workflows.ConfirmUpdateActivity, s.summary("confirm the update"), in)
	if err != nil && !failure.IsRefusal(err) && ctx.Err() == nil {
		confirmed, err = call.Do[workflows.Confirmed](ctx, call.LastLook, workflows.ConfirmUpdateActivity, s.summary("look a last time"), in)
	}
	if failure.IsWait(err) {
		return confirmed, ErrNotInTime
	}
	return confirmed, err
}

func gone(name string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CanaryGone,
		Message:  fmt.Sprintf("Canary %s was deleted.", name),
		NextStep: "Nothing to do; access that was granted for it is withdrawn when nobody uses it.",
		Metadata: map[string]string{"canary_name": name},
	}
}
