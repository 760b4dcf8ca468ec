package servicetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/service"
	"rekey/workflows"
)

// operator is who calls in these tests.
var operator = workflows.Caller{Name: "dns:operator.example", Verified: true}

// running starts a migration whose plan is approved, with a cell of those canaries.
func (s Stage) running(t *testing.T, canaries ...workflows.Canary) (id string) {
	t.Helper()
	id = s.start(t).Input.ID
	s.Plan(t, id, "d1")
	s.Cell(t, id, testCell, canaries)
	if _, err := s.Approve(t.Context(), id, workflows.Approval{Digest: "d1", By: operator}); err != nil {
		t.Fatal(err)
	}
	return id
}

// lastControl is the last line of a migration's log.
func lastControl(v workflows.MigrationView) workflows.Control {
	if len(v.Controls) == 0 {
		return workflows.Control{}
	}
	return v.Controls[len(v.Controls)-1]
}

func (s Stage) testControl(t *testing.T) {
	id := s.running(t)
	for _, step := range []struct {
		verb  workflows.Verb
		call  func(context.Context) (workflows.MigrationView, error)
		state workflows.State // after it
	}{
		{workflows.PauseVerb, func(ctx context.Context) (workflows.MigrationView, error) {
			return s.Pause(ctx, id, workflows.Pause{Reason: "why", By: operator})
		}, workflows.PausedState},
		{workflows.ResumeVerb, func(ctx context.Context) (workflows.MigrationView, error) {
			return s.Resume(ctx, id, workflows.Resume{Reason: "why", By: operator})
		}, workflows.Running},
		{workflows.RolloutVerb, func(ctx context.Context) (workflows.MigrationView, error) {
			return s.ChangeRollout(ctx, id, workflows.RolloutChange{MaxConcurrent: new(3), Reason: "why", By: operator})
		}, workflows.Running},
		{workflows.CancelVerb, func(ctx context.Context) (workflows.MigrationView, error) {
			return s.Cancel(ctx, id, workflows.Cancellation{Reason: "why", By: operator})
		}, workflows.CancelledState},
		{workflows.RollBackVerb, func(ctx context.Context) (workflows.MigrationView, error) {
			return s.RollBack(ctx, id, workflows.RollBack{Reason: "why", By: operator})
		}, workflows.RollingBack},
	} {
		before, err := s.Migration(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		after, err := step.call(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", step.verb, err)
		}
		want := workflows.Control{Verb: step.verb, By: operator, From: before.State, Detail: "why", Time: lastControl(after).Time}
		if diff := cmp.Diff(want, lastControl(after)); diff != "" || want.Time.IsZero() || after.State != step.state {
			t.Errorf("%s: %s, want %s; the log (-want +got):\n%s", step.verb, after.State, step.state, diff)
		}
		if step.verb == workflows.RolloutVerb && after.MaxConcurrent != 3 {
			t.Errorf("%d at a time, want 3", after.MaxConcurrent)
		}
	}
	_, err := s.Advance(t.Context(), id, workflows.Advance{Wave: 0, By: operator})
	wantProblem(t, err, workflows.WrongState, map[string]string{"migration_id": id, "state": "ROLLING_BACK"})
}

func (s Stage) testParts(t *testing.T) {
	id := s.running(t, workflows.Canary{Cell: testCell, Recorded: workflows.Settings{Name: "checkout"}, State: workflows.Pending})
	checkout := workflows.Part{Cell: &testCell, Canary: "checkout"}
	paused, err := s.Pause(t.Context(), id, workflows.Pause{Part: checkout, By: operator})
	if err != nil || paused.State != workflows.Running || len(paused.Pauses) != 1 {
		t.Fatalf("paused: %+v, %v", paused, err)
	}
	want := workflows.Pause{Part: checkout, Cause: workflows.ByOperator, By: operator, Time: paused.Pauses[0].Time}
	if diff := cmp.Diff(want, paused.Pauses[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	resumed, err := s.Resume(t.Context(), id, workflows.Resume{Part: checkout, By: operator})
	if err != nil || len(resumed.Pauses) != 0 {
		t.Errorf("resumed: %+v, %v", resumed, err)
	}
	missing := workflows.Part{Cell: &testCell, Canary: "basket"}
	_, err = s.Pause(t.Context(), id, workflows.Pause{Part: missing})
	wantProblem(t, err, workflows.PartNotFound, map[string]string{"migration_id": id, "part": missing.String()})
}

func (s Stage) testEnd(t *testing.T) {
	id := s.running(t, workflows.Canary{Cell: testCell, Recorded: workflows.Settings{Name: "checkout"}, State: workflows.Migrated})
	_, err := s.Close(t.Context(), id, workflows.Closing{})
	wantProblem(t, err, workflows.WrongState, map[string]string{"migration_id": id, "state": "RUNNING"})
	if _, err := s.Cancel(t.Context(), id, workflows.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Retry(t.Context(), id, workflows.Retry{Names: []string{"checkout"}, By: operator})
	wantProblem(t, err, workflows.NothingToRetry, map[string]string{"migration_id": id})
	closing := workflows.Closing{URI: "file:///evidence", Reason: "done", By: operator}
	view, err := s.Close(t.Context(), id, closing)
	if err != nil || view.Closing == nil || view.Closing.URI != closing.URI || view.Closing.By != operator {
		t.Errorf("closing: %+v, %v", view, err)
	}
	// It goes on until the evidence is written; then the workflow ends, and takes no more.
	Eventually(t, func(ctx context.Context) bool {
		view, err := s.Migration(ctx, id)
		return err == nil && view.State == workflows.ClosedState
	})
	Eventually(t, func(ctx context.Context) bool {
		_, err := s.Close(ctx, id, closing)
		return errors.Is(err, service.ErrNotFound)
	})
}
