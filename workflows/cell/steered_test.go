package cell

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// steered is a whole cell workflow that a migration steers: what it reported, and what it called.
type steered struct {
	mu      sync.Mutex // of what activities use: on a busy machine two may run at a time
	env     *testsuite.TestWorkflowEnvironment
	reports []workflows.CellReport
	calls   []string
	last    *workflows.CellResume // what it handed on, if it did
	// now are the canary's settings as the census tells them, locked who has claimed it, and runs what waits for runs get.
	now    workflows.Settings
	locked map[string]workflows.Holder
	ready  func(workflows.AwaitRunsInput) (workflows.ReadyRuns, error)
	// format is the cell's, rest how long access that is given has to settle, and updating is called with each update. A worker
	// holds the first ones because of a pause.
	format   int
	rest     time.Duration
	updating func(workflows.UpdateInput) error
	holds    int
	// lose reports whether Temporal does not take the next report, and lost whether the migration is gone.
	lose, lost func() bool
	// long is when the cell is ended, if it has not by then.
	long time.Duration
}

var (
	shop = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}
	sse  = workflows.Encryption{Mode: workflows.SSES3}
)

// newSteered is a cell with one canary, which has its new settings, SSE-S3; it ends after an hour, unless it has by then.
func newSteered() *steered {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &steered{env: suite.NewTestWorkflowEnvironment(), format: workflows.FormatRollout, updating: func(workflows.UpdateInput) error { return nil }}
	s.now = workflows.Settings{ID: "c-1", Name: "shop", State: "RUNNING", Runtime: "syn-nodejs-puppeteer-9.1", RoleARN: "r", From: sse, Location: "b/shop"}
	s.env.RegisterWorkflowWithOptions(Workflow, workflow.RegisterOptions{Name: workflows.CellWorkflow})
	s.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, workflows.ReportSignal, mock.Anything).Return(
		func(_, _, _, _ string, report any) error {
			if s.lose != nil && s.lose() {
				return errors.New("the migration has had as many signals as one may")
			}
			if s.lost != nil && s.lost() {
				return &temporal.UnknownExternalWorkflowExecutionError{}
			}
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
		s.mu.Lock()
		defer s.mu.Unlock()
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
	answers(s, workflows.EnsureAccessActivity, func(in workflows.EnsureAccessInput) (workflows.Effective, error) {
		effective, err := given(in.Change)
		effective.Rest = s.rest
		return effective, err
	})
	answers(s, workflows.UpdateCanaryActivity, func(in workflows.UpdateInput) (workflows.Updated, error) {
		return workflows.Updated{Since: time.Unix(2000, 0)}, cmp.Or(s.updating(in), s.hold())
	})
	answers(s, workflows.ApplyUpdateActivity, func(in workflows.ApplyUpdateInput) (workflows.Applied, error) {
		return workflows.Applied{
			Updated: workflows.Updated{Since: time.Unix(2000, 0)}, Confirmed: workflows.Confirmed{State: "RUNNING", Settled: time.Unix(2001, 0)},
		}, cmp.Or(s.updating(in.UpdateInput), s.hold())
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

// hold is why an update is not made, nil where it is.
func (s *steered) hold() error {
	if s.holds == 0 {
		return nil
	}
	s.holds--
	return failure.Pause(&workflows.Problem{Reason: workflows.Paused, Message: "Migration m-1 is paused."})
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
	s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(workflows.OrderSignal, workflows.Close) }, cmp.Or(s.long, 23*time.Hour))
	spec.Target, spec.RunDeadline, spec.MaxConcurrent = workflows.Target{Mode: workflows.SSES3}, time.Hour, 20
	s.env.ExecuteWorkflow(workflows.CellWorkflow, workflows.CellInput{
		Migration: "m-1", Cell: shop, Spec: spec, TimeScale: 1, Format: s.format,
		Resume: &workflows.CellResume{
			Report: workflows.CellReport{Cell: shop, Phase: phase}, Canaries: canaries, Claimed: phase != workflows.CellResting,
			Directive: &workflows.Directive{Wave: 0, Limit: -1, MaxConcurrent: 20, Edits: spec.Rollout.Edits}, LookedBefore: 10, Limit: -1,
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
