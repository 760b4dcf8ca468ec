package canary

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// The way back never leaves a canary without a key: the old key is usable, the old access is there and effective, and
// only then the settings go back; a run proves them, the baseline follows, and a run compares with it. The new access is
// withdrawn after that, by the cell.

// goBack turns a canary around that is to be put back. Before the update there is nothing to put back.
func (s *story) goBack(ctx workflow.Context) {
	s.TurnBack = false
	if s.Step == workflows.GrantStep || s.Step == workflows.ProveStep {
		s.rest(ctx, workflows.Returned, s.rolledBack())
		return
	}
	s.Before, s.Problem = workflows.Unverified, s.rolledBack() // which it is, where it can't be put back
	s.enter(ctx, workflows.RestoreStep)
}

// rolledBack is why a canary goes back that an operator wants there.
func (s *story) rolledBack() *workflows.Problem {
	migration := s.cell.Migration()
	return &workflows.Problem{
		Reason:   workflows.RolledBack,
		Message:  fmt.Sprintf("Canary %s was put back, as was asked of migration %s.", s.Recorded.Name, migration),
		NextStep: "Create a new migration for it, or retry this one, when it is to be migrated again.",
		Metadata: map[string]string{"migration_id": migration},
	}
}

// restore gives the old access again that was removed.
func (s *story) restore(ctx workflow.Context) error {
	if err := s.oldKeyUsable(ctx); err != nil {
		return err
	}
	for _, change := range s.removed() {
		_, err := s.cell.Access(ctx, s.Canary, &change)
		if err == nil {
			err = s.cell.Settled(ctx, s.Canary, &change)
		}
		if failure.Is(err, workflows.WiderAccess) {
			s.note(*failure.Problem(err)) // somebody has written another in its place, and a run tells whether that serves
		} else if err != nil {
			return err
		}
	}
	if s.OldAccess != nil && s.OldAccess.State != workflows.OldAccessNone {
		s.OldAccess = &workflows.OldAccess{State: workflows.OldAccessHeld, Held: s.Problem}
	}
	if s.Action == workflows.RevokeOnly {
		s.rest(ctx, workflows.Returned, s.Problem)
		return nil
	}
	s.enter(ctx, workflows.ReturnStep)
	return nil
}

// removed is the old access that may have been removed, to be given as it was: all that the plan lists, since another cell
// or migration of the same role may have removed it too, and what the plan leaves and another that removes others' policies may
// have taken. What is there is not given again; a grant gets another id, and what was given again takes effect with a delay.
func (s *story) removed() []workflows.AccessChange {
	list := slices.Clone(s.Revokes)
	for _, left := range s.Left {
		if left.Change.Document != "" && s.Action != workflows.RevokeOnly {
			list = append(list, left.Change)
		}
	}
	for i := range list {
		list[i].GrantID, list[i].There = "", false
	}
	return list
}

// oldKeyUsable refuses the way back where the old key is known not to encrypt any more: the canary would be left without a
// key. Of a key that can't be looked at the run under it tells.
func (s *story) oldKeyUsable(ctx workflow.Context) error {
	old := s.Recorded.From
	if old.Mode != workflows.SSEKMS || s.Action == workflows.RevokeOnly {
		return nil
	}
	keys, err := call.Do[[]workflows.KeyFacts](ctx, call.Read, workflows.ResolveKeysActivity, s.summary("look at the old key"),
		workflows.ResolveInput{
			Cell:    s.Canary.Cell,
			Target:  workflows.Target{Mode: workflows.SSEKMS, KeyARNs: []string{old.KeyARN}},
			Regions: []string{arn.Region(old.KeyARN)}, // its own: what it was set up with is not judged again
		})
	if err != nil {
		return err
	}
	for _, key := range keys {
		switch {
		case key.State == "" && !key.Missing:
			s.note(keyNotSeen(s.Recorded, key))
		case !encrypts(key):
			return failure.Refuse(&workflows.Problem{
				Reason:   workflows.NotReturnable,
				Message:  fmt.Sprintf("Canary %s can't go back to its old key: %s", s.Recorded.Name, key.Problem.Message),
				NextStep: "Enable the old key; then migrate the canary to its old settings. It stays on its new ones.",
				Metadata: map[string]string{"canary_name": s.Recorded.Name, "kms_key_arn": old.KeyARN},
			})
		}
	}
	return nil
}

// notReturnable is why a canary stays on its new settings: what its old ones need could not be had.
func notReturnable(r workflows.Settings, p *workflows.Problem) *workflows.Problem {
	if p.Reason == workflows.NotReturnable {
		return p
	}
	return &workflows.Problem{
		Reason:   workflows.NotReturnable,
		Message:  fmt.Sprintf("Canary %s can't go back, because the access that its old settings need could not be given again: %s", r.Name, p.Message),
		NextStep: "Give the role that access; then migrate the canary to its old settings. It stays on its new ones.",
		Metadata: map[string]string{"canary_name": r.Name, "role_arn": r.RoleARN, "cause": string(p.Reason)},
	}
}

// putBack gives the canary its recorded settings.
func (s *story) putBack(ctx workflow.Context) error {
	updated, err := s.apply(ctx)
	if err != nil {
		return err
	}
	s.Since, s.GrantedAt = updated.Since, time.Time{}
	confirmed, err := s.confirm(ctx, nil)
	if err != nil {
		return err
	}
	s.Settled = confirmed.Settled
	if confirmed.State != "RUNNING" && s.Proving != workflows.ByOneRun {
		return s.returnAtRest(ctx)
	}
	s.enter(ctx, workflows.ReturnRunStep)
	return nil
}

// proveReturn waits for a run with the recorded settings.
func (s *story) proveReturn(ctx workflow.Context) error {
	deadline := s.beginWait(ctx)
	if err := s.start(ctx); err != nil {
		return err
	}
	watch := s.watch()
	for {
		proofs, err := s.examine(ctx, watch, deadline)
		if err != nil {
			return s.unseen(ctx, err)
		}
		if proof := watch.proven(proofs, anyRun); proof != nil {
			s.Proof = proof
			break
		}
	}
	if s.touchedBaseline() {
		s.Baseline.Runs = nil // until the recorded ones are named again
		s.enter(ctx, workflows.ReturnBaselineStep)
		return nil
	}
	s.rest(ctx, workflows.Returned, s.Problem)
	return nil
}

// returnBaseline names the recorded baseline again, or, where its run is too old to be named, a passed run under the
// recorded settings; and waits for a run that compares with it.
func (s *story) returnBaseline(ctx workflow.Context) error {
	deadline := s.beginWait(ctx)
	if len(s.Baseline.Runs) == 0 { // else it was named before the story was handed on
		if err := s.nameOldBaseline(ctx, deadline); err != nil {
			return err
		}
	}
	if _, err := s.compared(ctx, deadline); err != nil {
		return err
	}
	s.Baseline.State = workflows.BaselineConfirmed
	s.rest(ctx, workflows.Returned, s.Problem)
	return nil
}
