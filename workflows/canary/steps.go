package canary

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// settleTime is how long, in AWS's time, a canary may be UPDATING. AWS's own CloudFormation handler allows ten
// minutes a state, and raised it because of canaries in a VPC; this is three times that.
const settleTime = 30 * time.Minute

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
	since, err := s.apply(ctx, s.To, false)
	if err != nil {
		return err
	}
	s.Since = since
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
			return s.turnBack(ctx, *bad)
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

// examine waits for runs and looks at their objects.
func (s *story) examine(ctx workflow.Context, watch *watch, deadline time.Time) ([]workflows.RunProof, error) {
	ready, err := s.cell.Runs(ctx, watch.Waiting, deadline)
	if err != nil {
		return nil, err
	}
	if ready.Gone {
		return nil, failure.Refuse(gone(s.Recorded.Name))
	}
	proofs, err := call.Do[[]workflows.RunProof](ctx, call.Read, workflows.ProveRunsActivity, s.summary("examine its objects"),
		workflows.ProveInput{
			Cell: s.Canary.Cell, Name: s.Recorded.Name, BucketRegion: s.Recorded.BucketRegion,
			Runs: ready.Runs, Want: s.To,
		})
	watch.lookedAt(ready.Runs)
	return proofs, err
}

// turnBack begins the way back to the recorded settings, because the role can't use the new key.
func (s *story) turnBack(ctx workflow.Context, run workflows.Run) error {
	s.Problem = &workflows.Problem{
		Reason:   workflows.AccessProblem,
		Message:  fmt.Sprintf("Run %s of canary %s could not save its artifacts with the new key: %s", run.ID, s.Recorded.Name, run.Reason),
		NextStep: "Find what denies the role the key (an SCP, a permissions boundary, a key or bucket policy), mend it, and migrate the canary again.",
		Metadata: map[string]string{"run_id": run.ID},
	}
	s.enter(ctx, workflows.ReturnStep)
	return nil
}

// goBack puts the canary back to its recorded settings.
func (s *story) goBack(ctx workflow.Context) error {
	if _, err := s.apply(ctx, s.Recorded.From, true); err != nil {
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

// apply gives the canary an encryption, and returns when AWS has settled it.
func (s *story) apply(ctx workflow.Context, to workflows.Encryption, restore bool) (time.Time, error) {
	poll := s.cell.Poll(5 * time.Second)
	updated, err := call.Do[workflows.Updated](ctx, call.Change, workflows.UpdateCanaryActivity, s.summary("update to "+string(to.Mode)),
		workflows.UpdateInput{Cell: s.Canary.Cell, Recorded: s.Recorded, To: to, Restore: restore, Poll: poll})
	if err != nil {
		return time.Time{}, err
	}
	return updated.Since, s.confirm(ctx, to, nil)
}

// confirm waits until an update has settled, and reads it back.
func (s *story) confirm(ctx workflow.Context, to workflows.Encryption, visual []workflows.VisualReference) error {
	poll := s.cell.Poll(5 * time.Second)
	_, err := call.Do[workflows.Confirmed](ctx, call.Wait(max(poll.Delay(settleTime), time.Minute)), workflows.ConfirmUpdateActivity, s.summary("confirm the update"),
		workflows.ConfirmInput{Cell: s.Canary.Cell, Name: s.Recorded.Name, ID: s.Recorded.ID, To: to, Visual: visual, Poll: poll})
	if err != nil && failure.IsWait(err) {
		return ErrNotInTime
	}
	return err
}

func gone(name string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CanaryGone,
		Message:  fmt.Sprintf("Canary %s was deleted.", name),
		NextStep: "Nothing to do; access that was granted for it is withdrawn when nobody uses it.",
		Metadata: map[string]string{"canary_name": name},
	}
}
