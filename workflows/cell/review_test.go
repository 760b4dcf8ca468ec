package cell

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// TestPartRollBackLeavesOtherWatches rolls back one canary while the runs of two roles' canaries are watched: what a run of
// the other one misses is restored all the same.
func TestPartRollBackLeavesOtherWatches(t *testing.T) {
	s := newSteered()
	back, stays := unproven(), unproven()
	stays.Recorded.Name, stays.Recorded.ID, stays.Recorded.RoleARN, stays.Revokes[0].RoleARN = "till", "c-2", "r2", "r2"
	for _, c := range []*workflows.Canary{&back, &stays} {
		c.State, c.Step, c.Problem = workflows.Migrating, workflows.RevokeStep, nil
	}
	answers(s, workflows.AwaitDenialActivity, func(in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
		if !in.Last {
			return nil, failure.Wait("none", 10*time.Minute)
		}
		for _, p := range in.Pairs {
			if p.Pair.RoleARN == "r2" && p.Since.Equal(time.Unix(1, 0)) { // the run began before the roll back
				return []workflows.Denial{{Pair: p.Pair, Problem: &workflows.Problem{Reason: workflows.AccessRestored}}}, nil
			}
		}
		return nil, failure.Wait("none", 0)
	})
	removals := 0
	s.env.OnActivity(workflows.RevokeActivity, mock.Anything, mock.Anything).Return(
		func(_ context.Context, in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
			removals++
			results, err := revoked(in)
			for i := range results {
				results[i].At = time.Unix(int64(removals), 0)
			}
			return results, err
		})
	shopPart := workflows.Part{Cell: &shop, Canary: "shop"}
	s.direct(time.Hour, workflows.Directive{Tasks: []workflows.Task{{Serial: 1, Kind: workflows.ReturnTask, Part: shopPart}}})
	s.play(t, workflows.CellRunning, workflows.Spec{Policies: workflows.Policies{RevokeWatch: 4 * time.Hour}}, back, stays)
	if s.last == nil {
		t.Fatal("the cell did not come to rest")
	}
	if c := s.last.Canaries[0]; c.State != workflows.Returned {
		t.Errorf("shop is %s for %v", c.State, c.Problem)
	}
	if c := s.last.Canaries[1]; c.State != workflows.Migrated || !c.IsHeld() || c.OldAccess.Held.Reason != workflows.AccessRestored {
		t.Errorf("till is %s with old access %+v, want it restored", c.State, c.OldAccess)
	}
}

// TestPausedCanaryKeepsItsOldAccess while its cell goes on; a pause of the whole holds the removal itself.
func TestPausedCanaryKeepsItsOldAccess(t *testing.T) {
	one := workflows.Part{Cell: &shop, Canary: "shop"}
	for name, test := range map[string]struct {
		paused workflows.Part
		needed bool
	}{
		"the canary":     {one, true},
		"another canary": {workflows.Part{Cell: &shop, Canary: "till"}, false},
		"an ended wave":  {workflows.Part{Wave: new(0)}, true},
		"the cell":       {workflows.Part{Cell: &shop}, false},
		"everything":     {workflows.Part{}, false},
	} {
		c := newCell(workflows.CellInput{Cell: shop, Format: workflows.FormatRollout})
		item := unproven()
		item.State, item.Step, item.Problem = workflows.Migrating, workflows.RevokeStep, nil
		c.canaries = []workflows.Canary{item}
		c.steering.Wave, c.steering.Gate.Parts = 1, []workflows.Part{test.paused}
		if got := c.needed(item.Revokes[0].Pair()); (got != nil) != test.needed {
			t.Errorf("%s paused: the old access is needed for %v", name, got)
		}
	}
}

// TestMendedAccessIsAskedForAnew: a later wave must not fail for what an earlier one found.
func TestMendedAccessIsAskedForAnew(t *testing.T) {
	for format, want := range map[int]int{0: 1, workflows.FormatRollout: 2} {
		s := &stage{ensure: refuse}
		s.play(t, unproven(), func(ctx workflow.Context, c *cell) {
			c.in.Format = format
			for range 2 {
				if _, err := c.Access(ctx, &c.canaries[0], &c.canaries[0].Revokes[0]); err == nil {
					t.Error("access was given")
				}
			}
		})
		if len(s.calls) != want {
			t.Errorf("format %d: calls %v, want %d", format, s.calls, want)
		}
	}
}

// TestOutageIsNotChargedWhileItIsWeighed: a report of a failure that is excused a moment later would pause the migration.
func TestOutageIsNotChargedWhileItIsWeighed(t *testing.T) {
	s := newSteered()
	s.ready = func(workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
		return workflows.ReadyRuns{}, failure.Wait("none", time.Minute)
	}
	answers(s, workflows.CompareActivity, func(workflows.CompareInput) (workflows.Comparison, error) { return workflows.Comparison{}, nil })
	s.env.OnActivity(workflows.CompareActivity, mock.Anything, mock.Anything).After(time.Minute).Return(
		func(context.Context, workflows.CompareInput) (workflows.Comparison, error) {
			down := workflows.RunShare{Canaries: 4, Failed: 4}
			return workflows.Comparison{Migrated: down, Control: down}, nil
		})
	item := unproven()
	item.State, item.Problem = workflows.Migrating, nil
	report := s.play(t, workflows.CellRunning, workflows.Spec{Rollout: workflows.Rollout{Budget: &workflows.Budget{Count: new(0)}}}, item)
	for _, r := range s.reports {
		if len(r.Waves) > 0 && r.Waves[0].Failed > 0 {
			t.Fatalf("a report charges it: %+v", r.Waves)
		}
	}
	want := workflows.CellWave{Canaries: 1, Rested: 1, Excused: 1, Unclear: 1, Done: true}
	if diff := cmp.Diff(want, report.Waves[0]); diff != "" || report.InFlight != 0 {
		t.Errorf("%d in flight; the wave (-want +got):\n%s", report.InFlight, diff)
	}
}

// TestNewPlanAnswersForEarlierAttempts: what they gave is not forgotten.
func TestNewPlanAnswersForEarlierAttempts(t *testing.T) {
	gave := workflows.AccessChange{Method: workflows.ByGrant, RoleARN: "r", KeyARN: "k2", GrantName: "n", GrantID: "2"}
	was := unproven()
	was.State, was.Step, was.Recorded.Name = workflows.CanaryFailed, workflows.GrantStep, "shop"
	was.Grants, was.Granted = []workflows.AccessChange{gave}, []workflows.AccessChange{gave}
	withdrawn := was
	withdrawn.Withdrawn = was.Granted
	plan := func(key string) workflows.Canary {
		return workflows.Canary{
			Recorded: was.Recorded, State: workflows.Pending, Action: workflows.Migrate, To: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: key},
			Grants: []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: "r", KeyARN: key, GrantName: "n", GrantID: "2", There: true}},
		}
	}
	for name, test := range map[string]struct {
		was, plan      workflows.Canary
		there, revokes int
	}{
		"the same key":       {was, plan("k2"), 0, 0},
		"another key":        {was, plan("k3"), 1, 1},
		"another, withdrawn": {withdrawn, plan("k3"), 1, 0},
	} {
		now, ok := renew(test.was, []workflows.Canary{test.plan}, time.Time{})
		there := 0
		for _, g := range now.Grants {
			if g.There {
				there++
			}
		}
		if !ok || there != test.there || len(now.Revokes) != test.revokes {
			t.Errorf("%s: planned anew %v, %d grants there before, revokes %+v", name, ok, there, now.Revokes)
		}
	}
}

// TestForecastOfARollBackOfOldBaselines: what was not touched need not be set afresh, however old it is.
func TestForecastOfARollBackOfOldBaselines(t *testing.T) {
	for name, test := range map[string]struct {
		state    workflows.CanaryState
		baseline *workflows.Baseline
		fresh    int
	}{
		"set":             {workflows.Migrated, &workflows.Baseline{State: workflows.BaselineSet}, 1},
		"asked for":       {workflows.Unverified, &workflows.Baseline{State: workflows.BaselineOld, NextRun: true}, 1},
		"named":           {workflows.CanaryFailed, &workflows.Baseline{State: workflows.BaselineOld, Named: true}, 1},
		"kept":            {workflows.Migrated, &workflows.Baseline{State: workflows.BaselineOld}, 0},
		"kept, in flight": {workflows.Migrating, &workflows.Baseline{State: workflows.BaselineOld}, 1},
		"not come so far": {workflows.Unverified, nil, 0},
	} {
		item := unproven()
		item.State, item.Baseline, item.Recorded.Visual = test.state, test.baseline, []workflows.VisualReference{{BaseRunID: "r"}}
		c := newCell(workflows.CellInput{Cell: shop})
		c.canaries = []workflows.Canary{item}
		if page := c.returns(time.Unix(5, 0), workflows.Part{}); page.Returnable != 1 || page.FreshBaselines != test.fresh {
			t.Errorf("%s: %+v, want %d fresh baselines", name, page, test.fresh)
		}
	}
}
