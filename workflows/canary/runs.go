package canary

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// proveRun is step 4: the objects of a run that started after the update carry the new encryption, in every
// browser.
func (s *story) proveRun(ctx workflow.Context) error {
	deadline := s.beginWait(ctx)
	if err := s.start(ctx); err != nil {
		return err
	}
	watch := s.watch()
	var proof *workflows.Proof
	for proof == nil {
		proofs, err := s.examine(ctx, watch, deadline)
		if err != nil {
			return err
		}
		if bad, verdict := watch.against(proofs); bad != nil {
			return s.lost(ctx, bad, verdict)
		}
		proof = watch.proven(proofs, anyRun)
	}
	s.afterRun(ctx, proof)
	return nil
}

// afterRun notes the proof, and enters the step that follows it.
func (s *story) afterRun(ctx workflow.Context, proof *workflows.Proof) {
	s.Proof = proof
	if s.Visual() && s.Baseline == nil {
		s.Baseline = &workflows.Baseline{State: workflows.BaselineOld}
	}
	if s.Visual() && s.cell.Spec().Policies.Baseline != workflows.BaselineKeep {
		s.enter(ctx, workflows.BaselineStep)
		return
	}
	s.enter(ctx, workflows.RevokeStep)
}

// lost ends the step after a run that speaks against the new settings: the canary is put back, or AWS has done so.
func (s *story) lost(ctx workflow.Context, run *workflows.Run, verdict Verdict) error {
	if verdict == RolledBack {
		return failure.Refuse(rolledBackLater(s.Recorded.Name, *run))
	}
	return s.turnBack(ctx, s.denied(*run))
}

// examine waits for runs and looks at their objects. What is found after the deadline is the last that is examined.
func (s *story) examine(ctx workflow.Context, watch *watch, deadline time.Time) ([]workflows.RunProof, error) {
	if err := s.turnsBack(); err != nil {
		return nil, err
	}
	if watch.over {
		return nil, ErrNotInTime
	}
	ready, err := s.cell.Runs(ctx, &watch.Waiting, deadline)
	watch.over = !workflow.Now(ctx).Before(deadline)
	if err != nil {
		return nil, err
	}
	return s.shown(ctx, watch, ready)
}

// shown is what the runs of a canary show that are there to be looked at.
func (s *story) shown(ctx workflow.Context, watch *watch, ready *workflows.Ready) (proofs []workflows.RunProof, err error) {
	if ready.Gone {
		return nil, failure.Refuse(gone(s.Recorded.Name))
	}
	if ready.Problem != nil {
		return nil, failure.Refuse(ready.Problem)
	}
	if ready.Quiet.After(s.Quiet) {
		s.Quiet = ready.Quiet
	}
	proofs = ready.Proofs
	if !s.cell.Lean() {
		before := s.before()
		proofs, err = s.lookAt(ctx, ready.Runs, &before)
	}
	watch.lookedAt(ready.Runs)
	return proofs, err
}

// lookAt looks at the objects of runs. Before, where it is given, is what the canary would have if AWS had put it back.
func (s *story) lookAt(ctx workflow.Context, runs []workflows.Run, before *workflows.Settings) ([]workflows.RunProof, error) {
	to, location := s.want()
	return call.Do[[]workflows.RunProof](ctx, call.Read, workflows.ProveRunsActivity, s.summary("examine its objects"),
		workflows.ProveInput{
			Cell: s.Canary.Cell, Name: s.Recorded.Name, BucketRegion: s.bucketRegion(), Runs: runs,
			Want: to, WantLocation: location, Before: before,
		})
}

// bucketRegion is the Region of the bucket that runs are to write to.
func (s *story) bucketRegion() string {
	if s.isBack() {
		return s.Recorded.BucketRegion
	}
	return s.ToBucketRegion
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

func rolledBackLater(name string, run workflows.Run) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.RolledBackByAWS,
		Message:  fmt.Sprintf("Canary %s had the new settings and has its old ones again, as its run %s shows.", name, run.ID),
		NextStep: "Find out who put them back (AWS, or a tool that manages the canary), and migrate it again.",
		Metadata: map[string]string{"aws_reason": "none given", "canary_name": name, "run_id": run.ID},
	}
}

func gone(name string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CanaryGone,
		Message:  fmt.Sprintf("Canary %s was deleted.", name),
		NextStep: "Nothing to do; access that was granted for it is withdrawn when nobody uses it.",
		Metadata: map[string]string{"canary_name": name},
	}
}
