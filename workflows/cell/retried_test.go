package cell

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"

	"rekey/workflows"
)

func retryTask() []workflows.Task {
	return []workflows.Task{{Serial: 1, Kind: workflows.RetryTask, Wave: 1}}
}

// TestRetriedCanaryIsClaimed: a cell that rested has released its claims, so that another migration may have the canary.
func TestRetriedCanaryIsClaimed(t *testing.T) {
	s := newSteered()
	s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
	s.direct(time.Hour, workflows.Directive{Wave: 1, First: 1})
	report := s.play(t, workflows.CellResting, workflows.Spec{}, unproven())
	claim, run := slices.Index(s.calls, workflows.ClaimActivity), slices.Index(s.calls, workflows.AwaitRunsActivity)
	if claim < 0 || run < claim {
		t.Errorf("the calls were %v, want a claim before the story goes on", s.calls)
	}
	if c := s.canary(t); c.State != workflows.Migrated || c.Problem != nil || report.Phase != workflows.CellResting {
		t.Errorf("the canary is %s for %v in a cell that is %s", c.State, c.Problem, report.Phase)
	}
}

// TestRetriedCanaryThatIsLockedKeepsItsKeys: another migration claimed it meanwhile. It has its new settings, so that
// nothing that they need may be taken back.
func TestRetriedCanaryThatIsLockedKeepsItsKeys(t *testing.T) {
	s := newSteered()
	s.locked = map[string]workflows.Holder{"c-1": {Migration: "m-2", Region: "eu-west-1"}}
	item := unproven()
	item.Grants = []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: "r", KeyARN: "k2", GrantName: "n"}}
	s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
	s.direct(time.Hour, workflows.Directive{Wave: 1, First: 1})
	s.play(t, workflows.CellResting, workflows.Spec{}, item)
	c := s.canary(t)
	if c.State != workflows.Unverified || len(c.Notices) != 1 || c.Notices[0].Reason != workflows.CanaryLocked {
		t.Errorf("the canary is %s with the notices %v, want UNVERIFIED and CANARY_LOCKED", c.State, c.Notices)
	}
	if s.called(workflows.RevokeActivity) {
		t.Error("access was removed")
	}
}

// TestRetryThatNoHistoryHolds is refused before it is recorded, and its canary rests as before; in migrations of before FormatApart
// it goes on as it did.
func TestRetryThatNoHistoryHolds(t *testing.T) {
	for format, want := range map[int]workflows.CanaryState{workflows.FormatRollout: workflows.Migrated, workflows.FormatApart: workflows.Unverified} {
		s := newSteered()
		s.format = format
		item := unproven()
		item.Notices = []workflows.Problem{{Reason: workflows.Internal, Message: strings.Repeat("x", maxAgain)}}
		s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
		s.direct(time.Hour, workflows.Directive{Wave: 1, First: 1})
		report := s.play(t, workflows.CellResting, workflows.Spec{}, item)
		c := s.canary(t)
		last := c.Notices[len(c.Notices)-1].Reason
		if c.State != want || (last == workflows.CellTooLarge) != (want == workflows.Unverified) || report.Phase != workflows.CellResting {
			t.Errorf("format %d: the canary is %s, noticed %s, in a cell that is %s", format, c.State, last, report.Phase)
		}
	}
}

// TestCancelledRetryIsDropped: nobody approved its plan, so that no later wave may take what it would have planned.
func TestCancelledRetryIsDropped(t *testing.T) {
	for name, cancel := range map[string]time.Duration{"while it is planned": 90 * time.Second, "before it is planned": time.Minute} {
		t.Run(name, func(t *testing.T) {
			s := newSteered()
			s.env.OnActivity(workflows.SurveyAccessActivity, mock.Anything, mock.Anything).After(time.Minute).Return(workflows.Survey{}, nil)
			cancelled := workflows.Task{Serial: 2, Kind: workflows.CancelTask}
			if cancel == time.Minute {
				s.direct(cancel, workflows.Directive{Tasks: append(retryTask(), cancelled)})
			} else {
				s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
				s.direct(cancel, workflows.Directive{Tasks: []workflows.Task{cancelled}})
			}
			s.direct(time.Hour, workflows.Directive{Wave: 1, First: 1}) // of another retry
			report := s.play(t, workflows.CellResting, workflows.Spec{}, unproven())
			if c := s.canary(t); c.State != workflows.Unverified || c.Retries != 0 || report.Phase != workflows.CellResting {
				t.Errorf("the canary is %s after %d retries, in a cell that is %s", c.State, c.Retries, report.Phase)
			}
		})
	}
}

// TestWaitingCellRestsWhenItsCanariesAreCancelled, and gives back what it had claimed: nothing will wake it any more.
func TestWaitingCellRestsWhenItsCanariesAreCancelled(t *testing.T) {
	for name, kind := range map[string]workflows.TaskKind{"cancelled": workflows.CancelTask, "rolled back": workflows.ReturnTask} {
		t.Run(name, func(t *testing.T) {
			s := newSteered()
			item := unproven()
			item.State, item.Step, item.Wave, item.Begun, item.Problem = workflows.Pending, workflows.NoStep, new(3), time.Time{}, nil
			s.direct(time.Minute, workflows.Directive{Wave: 0, Tasks: []workflows.Task{{Serial: 1, Kind: kind}}})
			report := s.play(t, workflows.CellWaiting, workflows.Spec{}, item)
			if c := s.canary(t); c.State != workflows.CanaryCancelled || !s.called(workflows.ReleaseActivity) || s.called(workflows.UpdateCanaryActivity) {
				t.Errorf("the canary is %s after %v", c.State, s.calls)
			}
			if report.Phase != workflows.CellResting {
				t.Errorf("the cell is %s", report.Phase)
			}
		})
	}
}

// TestRollBackReachesRetriedCanaries that wait for their turn: they have their new settings.
func TestRollBackReachesRetriedCanaries(t *testing.T) {
	s := newSteered()
	s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
	s.direct(time.Hour, workflows.Directive{Tasks: []workflows.Task{{Serial: 2, Kind: workflows.ReturnTask}}})
	s.play(t, workflows.CellResting, workflows.Spec{}, unproven())
	if c := s.canary(t); c.State != workflows.Returned || !s.called(workflows.UpdateCanaryActivity) {
		t.Errorf("the canary is %s after %v", c.State, s.calls)
	}
}

// TestRestoredAccessStaysUntilARetryIsApproved: a run missed it, and a retry that was cancelled decides nothing.
func TestRestoredAccessStaysUntilARetryIsApproved(t *testing.T) {
	s := newSteered()
	item := unproven()
	missed := &workflows.Problem{Reason: workflows.AccessRestored}
	item.State, item.Step, item.Problem, item.Hold = workflows.Migrated, workflows.RevokeStep, nil, missed
	item.OldAccess = &workflows.OldAccess{State: workflows.OldAccessHeld, Held: missed}
	s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
	s.direct(time.Hour, workflows.Directive{Tasks: []workflows.Task{{Serial: 2, Kind: workflows.CancelTask}}})
	s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(workflows.OrderSignal, workflows.Review) }, 2*time.Hour)
	s.play(t, workflows.CellResting, workflows.Spec{}, item)
	if c := s.canary(t); c.State != workflows.Migrated || !c.IsHeld() || c.Hold == nil || s.called(workflows.RevokeActivity) {
		t.Errorf("the canary is %s with old access %+v, held for %v, after %v", c.State, c.OldAccess, c.Hold, s.calls)
	}
}

// TestRetryDoesNotAskTheFilter: what was selected by its old encryption has its new one.
func TestRetryDoesNotAskTheFilter(t *testing.T) {
	s := newSteered()
	s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
	s.direct(time.Hour, workflows.Directive{Wave: 1, First: 1})
	s.play(t, workflows.CellResting, workflows.Spec{Canaries: workflows.CanaryFilter{Modes: []workflows.Mode{workflows.SSEKMS}}}, unproven())
	if c := s.canary(t); c.State != workflows.Migrated {
		t.Errorf("the canary is %s", c.State)
	}
}

// TestTurnsBackWhileItsRunIsExamined has an operator roll back while a run is looked at that says nothing, or that proves the
// new settings: the canary neither waits for another run, nor loses access that it is about to need again.
func TestTurnsBackWhileItsRunIsExamined(t *testing.T) {
	for name, finding := range map[string]workflows.Finding{"says nothing": workflows.NoObject, "proves": workflows.RightKey} {
		t.Run(name, func(t *testing.T) {
			s := newSteered()
			item := unproven()
			item.State, item.Problem = workflows.Migrating, nil
			waits := 0
			s.ready = func(in workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
				waits++
				run := workflows.Run{ID: "run", Started: in.Waiting[0].Since.Add(time.Second), State: "PASSED"}
				return workflows.ReadyRuns{Ready: []workflows.Ready{{Name: "shop", Runs: []workflows.Run{run}}}}, nil
			}
			s.env.OnActivity(workflows.ProveRunsActivity, mock.Anything, mock.Anything).After(time.Minute).Return(
				func(_ context.Context, in workflows.ProveInput) ([]workflows.RunProof, error) {
					proof := workflows.RunProof{Run: in.Runs[0], Finding: finding, Encryption: in.Want, Objects: 1}
					if in.Want == kms {
						proof.Finding = workflows.RightKey
					}
					return []workflows.RunProof{proof}, nil
				})
			s.direct(30*time.Second, workflows.Directive{Tasks: []workflows.Task{{Serial: 1, Kind: workflows.ReturnTask}}})
			s.play(t, workflows.CellRunning, workflows.Spec{}, item)
			if c := s.canary(t); c.State != workflows.Returned || waits != 2 {
				t.Errorf("the canary is %s for %v after %d waits, want one under each of its settings", c.State, c.Problem, waits)
			}
			if i := slices.Index(s.calls, workflows.RevokeActivity); i >= 0 && i < slices.Index(s.calls, workflows.UpdateCanaryActivity) {
				t.Errorf("access was removed before the canary was put back: %v", s.calls)
			}
		})
	}
}
