package canary

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// dryRunLead is how long, in AWS's time, a dry run is taken to need before its run begins: inferred, AWS documents nothing of
// it. A look that comes too early is followed by others.
const dryRunLead = 4 * time.Second

// prove is step 2, where the plan has it: a dry run with the new settings, judged by its objects, before anything of the
// canary is changed. One that shows that the role can't use them ends the story; one that shows nothing is followed by
// another or, where that is not required, by a direct update.
func (s *story) prove(ctx workflow.Context) error {
	deadline := s.beginWait(ctx)
	if err := s.beginDryRuns(ctx); err != nil {
		return err
	}
	looked := []string{}
	for {
		if s.cell.HandingOn(ctx) {
			return ErrHandedOn
		}
		if err := s.turnsBack(); err != nil {
			return err
		}
		end, proofs, err := s.dryRun(ctx, looked)
		if err != nil {
			return s.withoutDryRun(ctx, err)
		}
		if err := s.turnsBack(); err != nil {
			return err
		}
		if end.Failed != "" {
			return s.withoutDryRun(ctx, failure.Refuse(dryRunFailed(s.Recorded.Name, s.DryRun.ID, end.Failed)))
		}
		looked = append(looked, s.DryRun.ID)
		done, err := s.judgeDryRun(ctx, proofs, workflow.Now(ctx).Before(deadline))
		if done || err != nil {
			return err
		}
		s.DryRun = nil
	}
}

// beginDryRuns records, once, since when a dry run speaks for this story: one of an earlier migration was denied what has
// been mended, or was allowed by access that is gone.
func (s *story) beginDryRuns(ctx workflow.Context) error {
	if !s.DryRunsFrom.IsZero() || s.cell.Lean() { // else the first start of one records it
		return nil
	}
	begun, err := call.Do[workflows.DryRunBegin](ctx, call.Read, workflows.BeginDryRunActivity, s.summary("begin its dry runs"),
		workflows.BeginDryRunInput{Cell: s.Canary.Cell, Name: s.Recorded.Name})
	if err != nil {
		return err
	}
	s.DryRunsFrom = begun.At
	if s.GrantedAt.After(begun.At) {
		s.DryRunsFrom = s.GrantedAt
	}
	s.cell.Changed()
	return nil
}

// dryRun starts a dry run, waits for its end, and looks at its objects. One that is on its way is recorded, so that a
// story that was handed on waits for that.
func (s *story) dryRun(ctx workflow.Context, looked []string) (*workflows.DryRunEnd, []workflows.RunProof, error) {
	fresh, end := s.DryRun == nil, new(workflows.DryRunEnd)
	if fresh {
		if err := s.startDryRun(ctx, looked); err != nil {
			return end, nil, err
		}
	}
	err := s.awaits(ctx, workflows.AwaitDryRunActivity, "wait for the dry run", s.awaitInput(fresh), end)
	if err != nil || end.Failed != "" {
		return end, nil, err
	}
	s.DryRun.Runs = end.Runs
	if s.cell.Lean() {
		return end, end.Proofs, nil
	}
	proofs, err := s.lookAt(ctx, end.Runs, nil)
	return end, proofs, err
}

func (s *story) startDryRun(ctx workflow.Context, looked []string) error {
	if err := s.cell.Aged(ctx, s.Canary, s.Grants); err != nil {
		return err
	}
	started := new(workflows.DryRunStarted)
	if err := s.calls(ctx, workflows.StartDryRunActivity, "start a dry run", s.startInput(looked), started); err != nil {
		return err
	}
	s.DryRun = &started.DryRun
	if s.cell.Lean() {
		s.DryRunsFrom = started.Since
	}
	s.cell.Changed()
	return nil
}

func (s *story) startInput(looked []string) *workflows.DryRunInput {
	in := &workflows.DryRunInput{
		Cell: s.Canary.Cell, Recorded: s.Recorded, To: s.To, ToLocation: s.ToLocation,
		Since: s.DryRunsFrom, Not: looked, Poll: s.cell.Poll(settlePoll), By: s.cell.Subject(s.Canary),
	}
	if s.DryRunsFrom.IsZero() {
		in.Granted = s.GrantedAt
	}
	return in
}

func (s *story) awaitInput(fresh bool) *workflows.AwaitDryRunInput {
	in := &workflows.AwaitDryRunInput{
		Cell: s.Canary.Cell, Recorded: s.Recorded, DryRunID: s.DryRun.ID, Poll: s.cell.Poll(settlePoll), Fresh: fresh, Expected: s.expected(),
	}
	if s.cell.Lean() {
		in.Prove = s.wanted(false)
	}
	return in
}

// expected is how long a dry run is likely to take: as long as the canary's runs do, after it has begun. Zero where that is not
// known.
func (s *story) expected() time.Duration {
	if s.RunTime == 0 {
		return 0
	}
	return dryRunLead + s.RunTime
}

// judgeDryRun acts on the verdict of a dry run, and reports whether the step is over. Another try is made while there is
// time for one.
func (s *story) judgeDryRun(ctx workflow.Context, proofs []workflows.RunProof, again bool) (bool, error) {
	watch := s.watch()
	if bad, verdict := watch.against(proofs); bad != nil && verdict == AccessProblem {
		s.rest(ctx, workflows.Blocked, s.dryRunDenied(*bad))
		return true, nil
	}
	if proof := watch.proven(proofs, anyRun); proof != nil {
		s.saw(false)
		if s.Proving == workflows.ByDryOnly {
			s.Proof = proof
		}
		if err := s.settleUnlessProven(ctx); err != nil {
			return true, err
		}
		s.enter(ctx, workflows.UpdateStep)
		return true, nil
	}
	if tooYoung(watch, proofs) && again {
		s.saw(true)
		return false, s.settle(ctx, s.Grants) // denied, by access that is not effective everywhere yet
	}
	if !s.needsDryRun() {
		return true, s.settleThenUpdate(ctx)
	}
	if !again {
		s.rest(ctx, workflows.Blocked, s.inconclusive())
		return true, nil
	}
	return false, workflow.Sleep(ctx, s.cell.Poll(0).Delay(time.Minute))
}

// saw tells the cell how old the youngest access was when the dry run was started.
func (s *story) saw(denied bool) {
	if !s.GrantedAt.IsZero() {
		s.cell.Saw(s.DryRun.Started.Sub(s.GrantedAt), denied)
	}
}

// settleUnlessProven waits for the access to settle where the update will not commit the dry run that showed it
// effective, so that nothing but time speaks for the run after it.
func (s *story) settleUnlessProven(ctx workflow.Context) error {
	if s.committable() != "" {
		return nil
	}
	return s.settle(ctx, s.Grants)
}

// committable is the id of the dry run that the update may commit: one whose runs all passed, since AWS commits no other
// (CloudWatch User Guide, Performing safe canary updates), and not where the update also asks for the next run as the
// baseline, which a commit can't carry.
func (s *story) committable() string {
	if s.isBack() || s.DryRun == nil || len(s.DryRun.Runs) == 0 || s.takesNextRun() {
		return ""
	}
	for _, run := range s.DryRun.Runs {
		if !run.Passed() {
			return ""
		}
	}
	return s.DryRun.ID
}

// needsDryRun reports whether the canary may not be updated without one.
func (s *story) needsDryRun() bool {
	return s.Proving == workflows.ByDryOnly || s.cell.Spec().Policies.DryRun == workflows.DryRunRequired
}

// withoutDryRun goes on after a dry run that could not be made, where that is allowed.
func (s *story) withoutDryRun(ctx workflow.Context, err error) error {
	late := err == ErrNotInTime //nolint:errorlint // the sentinel is returned as it is
	if s.needsDryRun() || !late && !failure.Is(err, workflows.DryRunFailed) {
		if late {
			err = failure.Refuse(dryRunFailed(s.Recorded.Name, s.DryRun.ID, "it did not end in time"))
		}
		return err
	}
	s.DryRun = nil
	return s.settleThenUpdate(ctx)
}

// tooYoung reports whether a run was denied by access that was too young to be effective everywhere.
func tooYoung(w *watch, proofs []workflows.RunProof) bool {
	for _, p := range proofs {
		if p.Finding != workflows.WrongKey && w.judge(p, 1) == NotYet {
			return true
		}
	}
	return false
}

func (s *story) dryRunDenied(run workflows.Run) *workflows.Problem {
	return &workflows.Problem{
		Reason: workflows.DryRunDenied,
		Message: fmt.Sprintf("A dry run of canary %s could not use the new settings, so nothing of it was changed: %s",
			s.Recorded.Name, run.Reason),
		NextStep: "Find what denies the role the key or the location (an SCP, a permissions boundary, a key or bucket policy), mend it, and migrate the canary again.",
		Metadata: map[string]string{"dry_run_id": s.DryRun.ID, "run_id": run.ID, "missing": run.Reason},
	}
}

func (s *story) inconclusive() *workflows.Problem {
	return dryRunFailed(s.Recorded.Name, s.DryRun.ID, "its objects did not show the new settings")
}

func dryRunFailed(name, id, why string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.DryRunFailed,
		Message:  fmt.Sprintf("The dry run of canary %s could not prove the new settings, so nothing of it was changed: %s.", name, why),
		NextStep: "Mend what the dry run names, or allow an update without one by policy, and migrate the canary again.",
		Metadata: map[string]string{"dry_run_id": id, "aws_reason": why},
	}
}
