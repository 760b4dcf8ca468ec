package cell

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// steered is a whole cell workflow that a migration steers: what it reported, and what it called.
type steered struct {
	env     *testsuite.TestWorkflowEnvironment
	reports []workflows.CellReport
	calls   []string
	last    *workflows.CellResume // what it handed on, if it did
	// now are the canary's settings as the census tells them, locked who has claimed it, and runs what waits for runs get.
	now    workflows.Settings
	locked map[string]workflows.Holder
	ready  func(workflows.AwaitRunsInput) (workflows.ReadyRuns, error)
}

var (
	shop = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}
	sse  = workflows.Encryption{Mode: workflows.SSES3}
)

// newSteered is a cell with one canary, which has its new settings, SSE-S3; it ends after an hour, unless it has by then.
func newSteered(t *testing.T) *steered {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &steered{env: suite.NewTestWorkflowEnvironment()}
	s.now = workflows.Settings{ID: "c-1", Name: "shop", State: "RUNNING", Runtime: "syn-nodejs-puppeteer-9.1", RoleARN: "r", From: sse, Location: "b/shop"}
	s.env.RegisterWorkflowWithOptions(Workflow, workflow.RegisterOptions{Name: workflows.CellWorkflow})
	s.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, workflows.ReportSignal, mock.Anything).Return(
		func(_, _, _, _ string, report any) error {
			raw, err := converter.GetDefaultDataConverter().ToPayload(report)
			var r workflows.CellReport
			if err == nil {
				err = converter.GetDefaultDataConverter().FromPayload(raw, &r)
			}
			s.reports = append(s.reports, r)
			return err
		})
	s.answer()
	return s
}

// answers registers an activity that answers always the same.
func answers[In, Out any](s *steered, name string, answer func(In) (Out, error)) {
	s.env.RegisterActivityWithOptions(func(_ context.Context, in In) (Out, error) {
		s.calls = append(s.calls, name)
		return answer(in)
	}, activity.RegisterOptions{Name: name})
}

func (s *steered) answer() {
	answers(s, workflows.TakeCensusActivity, func(in workflows.CensusInput) (workflows.Census, error) {
		if len(in.Filter.Modes) > 0 && !slices.Contains(in.Filter.Modes, s.now.From.Mode) {
			return workflows.Census{}, nil
		}
		return workflows.Census{Canaries: []workflows.Settings{s.now}, Dated: time.Unix(1000, 0)}, nil
	})
	answers(s, workflows.ResolveKeysActivity, func(workflows.ResolveInput) ([]workflows.KeyFacts, error) {
		return []workflows.KeyFacts{{ARN: kms.KeyARN, State: "Enabled"}}, nil
	})
	answers(s, workflows.LocksActivity, func(workflows.LocksInput) (map[string]workflows.Holder, error) { return nil, nil })
	answers(s, workflows.SurveyAccessActivity, func(workflows.SurveyInput) (workflows.Survey, error) { return workflows.Survey{}, nil })
	answers(s, workflows.ClaimActivity, func(workflows.ClaimInput) (workflows.ClaimResult, error) {
		return workflows.ClaimResult{Locked: s.locked}, nil
	})
	answers(s, workflows.ReleaseActivity, func(workflows.ReleaseInput) (any, error) { return nil, nil })
	answers(s, workflows.EndUsesActivity, func(workflows.LeaseInput) (any, error) { return nil, nil })
	answers(s, workflows.EndLeaseActivity, func(workflows.LeaseInput) (any, error) { return nil, nil })
	answers(s, workflows.LeaseActivity, func(in workflows.LeaseInput) (workflows.LeaseResult, error) {
		return workflows.LeaseResult{Leased: in.Pairs}, nil
	})
	answers(s, workflows.RevokeActivity, revoked)
	answers(s, workflows.EnsureAccessActivity, func(in workflows.EnsureAccessInput) (workflows.Effective, error) { return given(in.Change) })
	answers(s, workflows.UpdateCanaryActivity, func(workflows.UpdateInput) (workflows.Updated, error) {
		return workflows.Updated{Since: time.Unix(2000, 0)}, nil
	})
	answers(s, workflows.ConfirmUpdateActivity, func(workflows.ConfirmInput) (workflows.Confirmed, error) {
		return workflows.Confirmed{State: "RUNNING", Settled: time.Unix(2001, 0)}, nil
	})
	answers(s, workflows.AwaitRunsActivity, func(in workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
		if s.ready != nil {
			return s.ready(in)
		}
		run := workflows.Run{ID: "run", Started: time.Unix(3000, 0), State: "PASSED"}
		return workflows.ReadyRuns{Ready: []workflows.Ready{{Name: "shop", Runs: []workflows.Run{run}}}}, nil
	})
	answers(s, workflows.ProveRunsActivity, func(in workflows.ProveInput) ([]workflows.RunProof, error) {
		return []workflows.RunProof{{Run: in.Runs[0], Finding: workflows.RightKey, Encryption: in.Want, Objects: 1}}, nil
	})
}

// unproven is a canary that an update gave SSE-S3 and that no run has proved; both of its accesses are held.
func unproven() workflows.Canary {
	old := workflows.Settings{ID: "c-1", Name: "shop", State: "RUNNING", Runtime: "syn-nodejs-puppeteer-9.1", RoleARN: "r", From: kms, Location: "b/shop"}
	return workflows.Canary{
		Cell: shop, Recorded: old, Action: workflows.Migrate, To: sse, ToLocation: "b/shop", Proving: workflows.ByRun,
		Revokes: []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: "r", KeyARN: kms.KeyARN, GrantName: "g", GrantID: "1"}},
		State:   workflows.Unverified, Step: workflows.RunStep, Wave: new(0), Begun: time.Unix(1, 0), Since: time.Unix(2, 0),
		Problem: &workflows.Problem{Reason: workflows.NotProvenInTime},
	}
}

var kms = workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "arn:aws:kms:eu-west-1:111111111111:key/k"}

// direct tells the cell a directive, some time after it began.
func (s *steered) direct(after time.Duration, d workflows.Directive) {
	d.Serial, d.MaxConcurrent, d.Limit = int64(after/time.Second), 20, -1
	s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(workflows.DirectSignal, d) }, after)
}

// play plays a cell that was handed on in a phase with a canary, and ends it after a day.
func (s *steered) play(t *testing.T, phase workflows.CellPhase, spec workflows.Spec, canaries ...workflows.Canary) workflows.CellReport {
	t.Helper()
	s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(workflows.OrderSignal, workflows.Close) }, 23*time.Hour)
	spec.Target, spec.RunDeadline, spec.MaxConcurrent = workflows.Target{Mode: workflows.SSES3}, time.Hour, 20
	s.env.ExecuteWorkflow(workflows.CellWorkflow, workflows.CellInput{
		Migration: "m-1", Cell: shop, Spec: spec, TimeScale: 1, Format: workflows.FormatRollout,
		Resume: &workflows.CellResume{
			Report: workflows.CellReport{Cell: shop, Phase: phase}, Canaries: canaries, Claimed: true,
			Directive: &workflows.Directive{Wave: 0, Limit: -1, MaxConcurrent: 20}, LookedBefore: 10, Limit: -1,
		},
	})
	err := s.env.GetWorkflowError()
	if next, ok := errors.AsType[*workflow.ContinueAsNewError](err); ok {
		var in workflows.CellInput
		if err = converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err == nil {
			s.last = in.Resume
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.reports[len(s.reports)-1]
}

func (s *steered) called(name string) bool { return slices.Contains(s.calls, name) }

// canary is the cell's one canary as it is in the end.
func (s *steered) canary(t *testing.T) workflows.Canary {
	t.Helper()
	if s.last != nil {
		return s.last.Canaries[0]
	}
	raw, err := s.env.QueryWorkflow(workflows.CanaryQuery, "shop")
	var c *workflows.Canary
	if err == nil {
		err = raw.Get(&c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return *c
}

func retryTask() []workflows.Task {
	return []workflows.Task{{Serial: 1, Kind: workflows.RetryTask, Wave: 1}}
}

// TestRetriedCanaryIsClaimed: a cell that rested has released its claims, so that another migration may have the canary.
func TestRetriedCanaryIsClaimed(t *testing.T) {
	s := newSteered(t)
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
	s := newSteered(t)
	s.locked = map[string]workflows.Holder{"c-1": {Migration: "m-2", Region: "eu-west-1"}}
	item := unproven()
	item.Grants = []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: "r", KeyARN: "k2", GrantName: "n"}}
	s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
	s.direct(time.Hour, workflows.Directive{Wave: 1, First: 1})
	s.play(t, workflows.CellResting, workflows.Spec{}, item)
	c := s.canary(t)
	if c.State != workflows.Unverified || c.Problem == nil || c.Problem.Reason != workflows.CanaryLocked {
		t.Errorf("the canary is %s for %v, want UNVERIFIED for CANARY_LOCKED", c.State, c.Problem)
	}
	if s.called(workflows.RevokeActivity) {
		t.Error("access was removed")
	}
}

// TestCancelledRetryIsDropped: nobody approved its plan, so that no later wave may take what it would have planned.
func TestCancelledRetryIsDropped(t *testing.T) {
	for name, cancel := range map[string]time.Duration{"while it is planned": 90 * time.Second, "before it is planned": time.Minute} {
		t.Run(name, func(t *testing.T) {
			s := newSteered(t)
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
			s := newSteered(t)
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
	s := newSteered(t)
	s.direct(time.Minute, workflows.Directive{Tasks: retryTask()})
	s.direct(time.Hour, workflows.Directive{Tasks: []workflows.Task{{Serial: 2, Kind: workflows.ReturnTask}}})
	s.play(t, workflows.CellResting, workflows.Spec{}, unproven())
	if c := s.canary(t); c.State != workflows.Returned || !s.called(workflows.UpdateCanaryActivity) {
		t.Errorf("the canary is %s after %v", c.State, s.calls)
	}
}

// TestRestoredAccessStaysUntilARetryIsApproved: a run missed it, and a retry that was cancelled decides nothing.
func TestRestoredAccessStaysUntilARetryIsApproved(t *testing.T) {
	s := newSteered(t)
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
	s := newSteered(t)
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
			s := newSteered(t)
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
