package cell

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// stage is a cell's surroundings: what its activities answer, and which were called.
type stage struct {
	format int
	calls  []string
	// lease, revoke, ensure and denial answer the activities of those names; nil ones grant everything and find nothing.
	lease  func(workflows.LeaseInput) workflows.LeaseResult
	revoke func(workflows.RevokeInput) ([]workflows.RevokeResult, error)
	ensure func(workflows.AccessChange) (workflows.Effective, error)
	denial func(workflows.AwaitDenialInput) ([]workflows.Denial, error)
}

// play runs what a cell with one canary does, and answers the canary after it.
func (s *stage) play(t *testing.T, c workflows.Canary, does func(workflow.Context, *cell)) workflows.Canary {
	t.Helper()
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	register := func(name string, f any) { env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	register(workflows.LeaseActivity, func(_ context.Context, in workflows.LeaseInput) (workflows.LeaseResult, error) {
		s.calls = append(s.calls, "lease")
		if s.lease != nil {
			return s.lease(in), nil
		}
		return workflows.LeaseResult{Leased: in.Pairs}, nil
	})
	register(workflows.EndLeaseActivity, func(context.Context, workflows.LeaseInput) error { return nil })
	register(workflows.EndUsesActivity, func(context.Context, workflows.LeaseInput) error {
		s.calls = append(s.calls, "end uses")
		return nil
	})
	register(workflows.ClaimActivity, func(context.Context, workflows.ClaimInput) (workflows.ClaimResult, error) {
		s.calls = append(s.calls, "use")
		return workflows.ClaimResult{}, nil
	})
	register(workflows.RevokeActivity, func(_ context.Context, in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
		s.calls = append(s.calls, "revoke")
		return s.revoke(in)
	})
	register(workflows.EnsureAccessActivity, func(_ context.Context, in workflows.EnsureAccessInput) (workflows.Effective, error) {
		s.calls = append(s.calls, "give")
		return s.ensure(in.Change)
	})
	register(workflows.AwaitDenialActivity, func(_ context.Context, in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
		return s.denial(in)
	})
	var after workflows.Canary
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		cell := newCell(workflows.CellInput{Migration: "m", Cell: workflows.Cell{Account: "1", Region: "x"}, TimeScale: 1, Format: s.format, Spec: workflows.Spec{
			Policies: workflows.Policies{RevokeWatch: 10 * time.Minute},
		}})
		cell.canaries = []workflows.Canary{c}
		does(ctx, cell)
		after = cell.canaries[0]
		return nil
	})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	return after
}

// revoked answers that everything was removed.
func revoked(in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
	var results []workflows.RevokeResult
	for _, p := range in.Pairs {
		results = append(results, workflows.RevokeResult{Pair: p.Pair, Revoked: p.Changes, At: time.Unix(1, 0)})
	}
	return results, nil
}

// given answers that a grant was made, with a new id.
func given(c workflows.AccessChange) (workflows.Effective, error) {
	c.GrantID = "new"
	return workflows.Effective{Change: c}, nil
}

func refuse(workflows.AccessChange) (workflows.Effective, error) {
	return workflows.Effective{}, failure.Refuse(&workflows.Problem{Reason: workflows.AccessDenied, Message: "no"})
}

func nobody(in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
	return nil, failure.Wait("none", in.Poll.Delay(in.Poll.Every))
}

// denied answers a denial of the first pair.
func denied(in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
	return []workflows.Denial{{Pair: in.Pairs[0].Pair, Problem: &workflows.Problem{Reason: workflows.AccessRestored}}}, nil
}

func review(ctx workflow.Context, c *cell) { c.review(ctx) }

// heldItem is a migrated canary whose old access somebody else needed when its cell rested.
func heldItem() workflows.Canary {
	c := item(workflows.Migrated, workflows.RevokeStep, "")
	c.OldAccess = &workflows.OldAccess{State: workflows.OldAccessHeld, Held: &workflows.Problem{Reason: workflows.OldAccessInUse}}
	return c
}

// TestRestoredAccessIsRegistered restores what a review removed: its use is registered first, and its new id is the one
// that may be removed.
func TestRestoredAccessIsRegistered(t *testing.T) {
	s := &stage{revoke: revoked, ensure: given, denial: denied}
	after := s.play(t, heldItem(), review)
	use, give := slices.Index(s.calls, "use"), slices.Index(s.calls, "give")
	if use < 0 || give < use {
		t.Errorf("calls %v, want the use registered before the access is given", s.calls)
	}
	if old := after.OldAccess; old.State != workflows.OldAccessHeld || old.Held.Reason != workflows.AccessRestored || len(old.Revoked) != 0 {
		t.Errorf("the old access is %+v", old)
	}
	if id := after.Revokes[0].GrantID; id != "new" {
		t.Errorf("what may be removed is %q, want the grant that is there", id)
	}
}

// TestUndoTellsWhatIsMissing ends a removal in a way that tells nothing: what may be gone is given again, and told as
// missing where that can't be.
func TestUndoTellsWhatIsMissing(t *testing.T) {
	lost := func(workflows.RevokeInput) ([]workflows.RevokeResult, error) {
		return nil, failure.Refuse(&workflows.Problem{Reason: workflows.Internal, Message: "lost"})
	}
	s := &stage{revoke: lost, ensure: given, denial: nobody}
	after := s.play(t, heldItem(), review)
	if old := after.OldAccess; old.State != workflows.OldAccessHeld || old.Held.Reason != workflows.Internal || after.IsByHand() {
		t.Errorf("given again: the old access is %+v, by hand %v", old, after.IsByHand())
	}
	s.ensure = refuse
	after = s.play(t, heldItem(), review)
	if old := after.OldAccess; old.State != workflows.OldAccessRevoked || old.Held == nil || old.Held.Reason != workflows.AccessNotRestored || !after.IsByHand() {
		t.Errorf("not given again: the old access is %+v, by hand %v", old, after.IsByHand())
	}
}

// TestMissingAccessGoesOnBeingTold denies a run something of a second pair, after that of a first could not be restored.
func TestMissingAccessGoesOnBeingTold(t *testing.T) {
	c := heldItem()
	c.Revokes = append(c.Revokes, workflows.AccessChange{Method: workflows.ByRolePolicy, RoleARN: role, Location: "b/p", PolicyName: "p"})
	s := &stage{revoke: revoked, denial: denied, ensure: func(c workflows.AccessChange) (workflows.Effective, error) {
		if c.Location == "" {
			return refuse(c)
		}
		return given(c)
	}}
	old := s.play(t, c, review).OldAccess
	if old.State != workflows.OldAccessRevoked || old.Held == nil || old.Held.Reason != workflows.AccessNotRestored || len(old.Revoked) != 1 {
		t.Errorf("the old access is %+v, want the grant told as missing", old)
	}
}

// TestReviewWaitsForAnotherCell asks for a lease that another cell of the migration is in the way of, which lets go soon.
func TestReviewWaitsForAnotherCell(t *testing.T) {
	asked := 0
	s := &stage{revoke: revoked, denial: nobody, lease: func(in workflows.LeaseInput) workflows.LeaseResult {
		if asked++; asked < 3 {
			return workflows.LeaseResult{Busy: []workflows.Busy{{Pair: in.Pairs[0], Holder: workflows.Holder{Migration: "m", Region: "y"}}}}
		}
		return workflows.LeaseResult{Leased: in.Pairs}
	}}
	if old := s.play(t, heldItem(), review).OldAccess; old.State != workflows.OldAccessRevoked {
		t.Errorf("the old access is %+v", old)
	}
	if s.calls[0] != "end uses" {
		t.Errorf("calls %v: two cells that keep their uses wait for each other", s.calls)
	}
}

// TestWatchOutlastsAPassingError has the last look before a watch's end fail for the moment: that is no denial.
func TestWatchOutlastsAPassingError(t *testing.T) {
	s := &stage{revoke: revoked, ensure: given, denial: func(in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
		if !in.Last {
			return nil, errors.New("throttled")
		}
		return nobody(in)
	}}
	if old := s.play(t, heldItem(), review).OldAccess; old.State != workflows.OldAccessRevoked {
		t.Errorf("the old access is %+v, want it removed for good", old)
	}
	if slices.Contains(s.calls, "give") {
		t.Errorf("calls %v", s.calls)
	}
}

// TestEachWatchHasItsLastLook restores what a run was denied, and takes so long for it that the watch of another pair is over
// meanwhile: its runs are looked at all the same before its removal is final.
func TestEachWatchHasItsLastLook(t *testing.T) {
	c := heldItem()
	c.Revokes = append(c.Revokes, workflows.AccessChange{Method: workflows.ByRolePolicy, RoleARN: role, Location: "b/p", PolicyName: "p"})
	var lastLooks [][]workflows.WatchPair
	attempts := 0
	s := &stage{format: workflows.FormatTerse, revoke: revoked, denial: func(in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
		if in.Last {
			lastLooks = append(lastLooks, in.Pairs)
		}
		return denied(in)
	}, ensure: func(c workflows.AccessChange) (workflows.Effective, error) {
		if attempts++; attempts < 4 {
			return workflows.Effective{}, failure.Wait("throttled", 5*time.Minute)
		}
		return given(c)
	}}
	old := s.play(t, c, review).OldAccess
	if len(lastLooks) != 1 || len(lastLooks[0]) != 1 {
		t.Errorf("the last looks are %+v, want one of the pair that was left", lastLooks)
	}
	if old.State != workflows.OldAccessHeld || len(old.Revoked) != 0 {
		t.Errorf("the old access is %+v, want all of it restored", old)
	}
}

// TestReviewLooksAtBaselines does not take a baseline, confirmed when the cell rested, to be where it was.
func TestReviewLooksAtBaselines(t *testing.T) {
	c := heldItem()
	c.Baseline = &workflows.Baseline{State: workflows.BaselineConfirmed}
	trusted := []string{"none asked"}
	s := &stage{denial: nobody, revoke: func(in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
		trusted = in.Pairs[0].Rebased
		return revoked(in)
	}}
	s.play(t, c, review)
	if len(trusted) != 0 {
		t.Errorf("a review trusts the baselines of %v", trusted)
	}
}
