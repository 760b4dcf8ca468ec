package cell

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/temporal"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// apart is a cell of two migrated canaries, shop and till, each with a role of its own, whose old access is to be removed.
type apart struct {
	*steered
	shop, till workflows.Canary
	// holds reports whether a worker's gate holds a subject.
	holds func(workflows.Subject) bool
	// removed and given are when access of a role was removed, and given again.
	removed, given map[string]time.Duration
	began          time.Time
}

func newApart() *apart {
	s := &apart{steered: newSteered(), shop: unproven(), till: unproven(), removed: map[string]time.Duration{}, given: map[string]time.Duration{}}
	s.format, s.began = workflows.FormatApart, s.env.Now()
	s.till.Recorded.Name, s.till.Recorded.ID, s.till.Recorded.RoleARN, s.till.Revokes[0].RoleARN = "till", "c-2", "r2", "r2"
	for _, c := range []*workflows.Canary{&s.shop, &s.till} {
		c.State, c.Step, c.Problem = workflows.Migrating, workflows.RevokeStep, nil
	}
	s.ready = func(in workflows.AwaitRunsInput) (ready workflows.ReadyRuns, err error) {
		for _, w := range in.Waiting {
			run := workflows.Run{ID: "run", Started: s.env.Now(), State: "PASSED"}
			proof := workflows.RunProof{Run: run, Finding: workflows.RightKey, Encryption: w.Prove.Encryption, Objects: 1}
			ready.Ready = append(ready.Ready, workflows.Ready{Name: w.Name, Runs: []workflows.Run{run}, Proofs: []workflows.RunProof{proof}})
		}
		return ready, nil
	}
	answers(s.steered, workflows.RevokeActivity, s.revoke)
	answers(s.steered, workflows.EnsureAccessActivity, func(in workflows.EnsureAccessInput) (workflows.Effective, error) {
		s.given[in.Change.RoleARN] = s.since()
		return given(in.Change)
	})
	return s
}

func (s *apart) since() time.Duration { return s.env.Now().Sub(s.began).Round(time.Second) }

// revoke removes access as the activity does: while a subject is held, nothing of any pair.
func (s *apart) revoke(in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
	results := make([]workflows.RevokeResult, len(in.Pairs))
	for i, p := range in.Pairs {
		results[i] = workflows.RevokeResult{Pair: p.Pair, Held: p.Needed, At: s.env.Now()}
		switch role := p.Pair.RoleARN; {
		case p.Needed != nil:
		case s.removed[role] == 0 && (s.holds(in.By) || slices.ContainsFunc(in.Of, s.holds)):
			results[i].Held = &workflows.Problem{Reason: workflows.Paused, Message: "Migration m-1 is paused."}
		default:
			results[i].Revoked = p.Changes
			if s.removed[role] == 0 {
				s.removed[role] = s.since() + time.Nanosecond
			}
		}
	}
	return results, nil
}

// told is a directive that comes when that much time has passed.
func (s *apart) told(after time.Duration, gate workflows.Gate, tasks ...workflows.Task) {
	s.env.RegisterDelayedCallback(func() {
		s.env.SignalWorkflow(workflows.DirectSignal, workflows.Directive{
			Serial: int64(after/time.Millisecond) + 1, MaxConcurrent: 20, Limit: -1, Gate: gate, Tasks: tasks,
		})
	}, after)
}

var (
	everything = workflows.Part{}
	shopAlone  = workflows.Part{Cell: &shop, Canary: "shop"}
)

// TestAPausedCanaryHoldsNobodyElses: the access of one canary is removed while another one, whose access it would be too, is paused
// by itself, and the cell comes to rest.
func TestAPausedCanaryHoldsNobodyElses(t *testing.T) {
	s := newApart()
	s.holds = func(sub workflows.Subject) bool { return sub.Canary == "shop" }
	s.told(300*time.Millisecond, workflows.Gate{Parts: []workflows.Part{shopAlone}})
	s.play(t, workflows.CellRunning, workflows.Spec{}, s.shop, s.till)
	if s.last == nil || s.last.Report.Phase != workflows.CellResting {
		t.Fatal("the cell did not come to rest")
	}
	if at, ok := s.removed["r2"]; !ok || at > 2*time.Second || s.removed["r"] != 0 {
		t.Errorf("removed %v, want till's at once and shop's not at all", s.removed)
	}
	if held := s.last.Canaries[0].OldAccess.Held; held == nil || held.Reason != workflows.OldAccessInUse {
		t.Errorf("shop's access is held for %v", held)
	}
}

// TestWhatIsRolledBackWaitsForNoPause puts a canary back while everything else is paused, and removes the others' access when that
// is over.
func TestWhatIsRolledBackWaitsForNoPause(t *testing.T) {
	s := newApart()
	paused, back := true, time.Duration(0)
	s.holds = func(workflows.Subject) bool { return paused }
	s.updating = func(workflows.UpdateInput) error { back = s.since(); return nil }
	s.told(300*time.Millisecond, workflows.Gate{Parts: []workflows.Part{everything}})
	s.told(time.Hour, workflows.Gate{Parts: []workflows.Part{everything}, Open: []workflows.Part{shopAlone}},
		workflows.Task{Serial: 1, Kind: workflows.ReturnTask, Part: shopAlone})
	s.env.RegisterDelayedCallback(func() { paused = false }, 3*time.Hour)
	s.told(3*time.Hour, workflows.Gate{})
	s.play(t, workflows.CellRunning, workflows.Spec{}, s.shop, s.till)
	if s.last == nil {
		t.Fatal("the cell did not come to rest")
	}
	if back < time.Hour || back > time.Hour+time.Minute {
		t.Errorf("shop was put back after %s, want as soon as that was asked", back)
	}
	if got := s.last.Canaries[0]; got.State != workflows.Returned {
		t.Errorf("shop is %s for %v", got.State, got.Problem)
	}
	if got := s.last.Canaries[1]; got.State != workflows.Migrated || got.OldAccess.State != workflows.OldAccessRevoked || s.removed["r2"] < 3*time.Hour {
		t.Errorf("till is %s with old access %+v, removed %v", got.State, got.OldAccess, s.removed)
	}
}

// TestWhatIsGoneIsWatchedDuringAPause has a pause come between the removals of two roles' access. A run misses what is gone
// meanwhile: it is given again, and the other is removed and watched when the pause is over.
func TestWhatIsGoneIsWatchedDuringAPause(t *testing.T) {
	s := newApart()
	paused := true
	s.holds = func(workflows.Subject) bool { return paused }
	s.removed["r"] = time.Nanosecond // before the pause came
	looks := map[string]int{}
	answers(s.steered, workflows.AwaitDenialActivity, func(in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
		for _, p := range in.Pairs {
			if looks[p.Pair.RoleARN]++; p.Pair.RoleARN == "r" && looks["r"] > 5 {
				return []workflows.Denial{{Pair: p.Pair, Problem: &workflows.Problem{Reason: workflows.AccessRestored}}}, nil
			}
		}
		return nil, failure.Wait("none", 10*time.Minute)
	})
	s.told(300*time.Millisecond, workflows.Gate{Parts: []workflows.Part{everything}})
	s.env.RegisterDelayedCallback(func() { paused = false }, 3*time.Hour)
	s.told(3*time.Hour, workflows.Gate{})
	s.play(t, workflows.CellRunning, workflows.Spec{Policies: workflows.Policies{RevokeWatch: 4 * time.Hour}}, s.shop, s.till)
	if s.last == nil {
		t.Fatal("the cell did not come to rest")
	}
	if at := s.given["r"]; at == 0 || at > 2*time.Hour {
		t.Errorf("given again %v, want shop's during the pause", s.given)
	}
	if got := s.last.Canaries[0]; !got.IsHeld() || got.OldAccess.Held.Reason != workflows.AccessRestored {
		t.Errorf("shop's old access: %+v", got.OldAccess)
	}
	if got := s.last.Canaries[1]; got.OldAccess.State != workflows.OldAccessRevoked || s.removed["r2"].Round(time.Second) != 3*time.Hour || looks["r2"] == 0 {
		t.Errorf("till's old access: %+v, removed %v, looked at %v", got.OldAccess, s.removed, looks)
	}
}

// TestALastLookThatIsCalledOffCounts rolls back one canary while the last look after the removal of the other's access is under way:
// what that finds, or would have found, is given again.
func TestALastLookThatIsCalledOffCounts(t *testing.T) {
	for name, found := range map[string]bool{"with an answer": true, "without one": false} {
		s := newApart()
		s.holds = func(workflows.Subject) bool { return false }
		last := 0
		answers(s.steered, workflows.AwaitDenialActivity, func(in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
			if !in.Last {
				return nil, failure.Wait("none", 10*time.Minute)
			}
			if last++; last == 1 {
				s.env.SignalWorkflow(workflows.DirectSignal, workflows.Directive{
					Serial: 1, MaxConcurrent: 20, Limit: -1, Tasks: []workflows.Task{{Serial: 1, Kind: workflows.ReturnTask, Part: shopAlone}},
				})
				if !found {
					return nil, temporal.NewCanceledError() // before it had an answer
				}
			}
			for _, p := range in.Pairs {
				if p.Pair.RoleARN == "r2" && p.Since.Sub(s.began) < time.Minute { // the run began before the roll back
					return []workflows.Denial{{Pair: p.Pair, Problem: &workflows.Problem{Reason: workflows.AccessRestored}}}, nil
				}
			}
			return nil, failure.Wait("none", 0)
		})
		s.play(t, workflows.CellRunning, workflows.Spec{Policies: workflows.Policies{RevokeWatch: time.Hour}}, s.shop, s.till)
		if s.last == nil {
			t.Fatalf("%s: the cell did not come to rest", name)
		}
		if _, again := s.given["r2"]; !again {
			t.Errorf("%s: given again %v after %d last looks, want till's access too", name, s.given, last)
		}
	}
}

// TestACellFindsOutThatItsMigrationIsGone although it is paused, and goes on without one: nobody could resume it.
func TestACellFindsOutThatItsMigrationIsGone(t *testing.T) {
	s := newApart()
	gone := false
	s.holds = func(workflows.Subject) bool { return !gone } // the worker's gate is open for a migration that has ended
	s.lost = func() bool { return gone }
	s.told(300*time.Millisecond, workflows.Gate{Parts: []workflows.Part{everything}})
	s.env.RegisterDelayedCallback(func() { gone = true }, time.Hour)
	s.long = 72 * time.Hour
	s.play(t, workflows.CellRunning, workflows.Spec{}, s.shop, s.till)
	if at := s.removed["r"]; at < time.Hour || at > 30*time.Hour {
		t.Errorf("removed %v, want a day after the pause", s.removed)
	}
}

// TestGrantsWithoutANameAreToldApart by their terms, when both are given again.
func TestGrantsWithoutANameAreToldApart(t *testing.T) {
	c := newCell(workflows.CellInput{Cell: shop, Format: workflows.FormatApart})
	item := unproven()
	one := workflows.AccessChange{Method: workflows.ByGrant, RoleARN: "r", KeyARN: kms.KeyARN, GrantID: "1", Document: "one", Foreign: true}
	other := one
	other.GrantID, other.Document = "2", "other"
	item.Revokes = []workflows.AccessChange{one, other}
	item.OldAccess = &workflows.OldAccess{State: workflows.OldAccessRevoked, Revoked: slices.Clone(item.Revokes)}
	c.canaries = []workflows.Canary{item}
	one.GrantID, other.GrantID = "3", "4"
	c.isThereAgain(one)
	if diff := cmp.Diff([]workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: "r", KeyARN: kms.KeyARN, GrantID: "2", Document: "other", Foreign: true}}, c.canaries[0].OldAccess.Revoked); diff != "" {
		t.Errorf("still revoked (-want +got):\n%s", diff)
	}
	c.isThereAgain(other)
	if diff := cmp.Diff([]workflows.AccessChange{one, other}, c.canaries[0].Revokes); diff != "" {
		t.Errorf("the plan's removals (-want +got):\n%s", diff)
	}
}
