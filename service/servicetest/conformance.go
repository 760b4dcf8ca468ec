package servicetest

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/service"
	"rekey/workflows"
)

// Stage is an implementation of service.Workflows, with what lets its migrations move.
type Stage struct {
	service.Workflows
	// World is what the live census reads.
	World *World
	// Plan brings a migration to AWAITING_APPROVAL, with a plan of that digest.
	Plan func(t *testing.T, id, digest string)
	// Cell starts a cell of a migration, with those canaries.
	Cell func(t *testing.T, id string, cell workflows.Cell, canaries []workflows.Canary)
	// HandOn lets a migration's workflow continue as new.
	HandOn func(t *testing.T, id string)
	// End ends a migration's workflow.
	End func(t *testing.T, id string)
}

// FakeStage is the stage of a fake.
func FakeStage(f *Fake) Stage {
	return Stage{
		Workflows: f,
		World:     f.World,
		Plan: func(_ *testing.T, id, digest string) {
			f.Edit(id, func(v *workflows.MigrationView) {
				v.State, v.Plan = workflows.AwaitingApproval, &workflows.Plan{Digest: digest}
			})
		},
		Cell: func(_ *testing.T, id string, cell workflows.Cell, canaries []workflows.Canary) {
			f.SetCanaries(id, cell, canaries...)
		},
		HandOn: func(*testing.T, string) {},
		End:    func(_ *testing.T, id string) { f.End(id) },
	}
}

// TestWorkflows holds an implementation to what the service relies on.
func TestWorkflows(t *testing.T, stage Stage) {
	t.Run("a migration is started once", stage.testStart)
	t.Run("what is not there is not found", stage.testNotFound)
	t.Run("a plan is approved by its digest", stage.testApprove)
	t.Run("a migration is cancelled once", stage.testCancel)
	t.Run("each control verb does its own", stage.testControl)
	t.Run("a part is paused, resumed, and refused where there is none", stage.testParts)
	t.Run("what rests is retried and closed", stage.testEnd)
	t.Run("what has ended answers, and takes no updates", stage.testEnded)
	t.Run("a migration tells the cells that may have something", stage.testCells)
	t.Run("a cell tells its canaries by pages", stage.testCanaries)
	t.Run("a cell tells what a roll back would do", stage.testReturns)
	t.Run("a listing shows each migration once", stage.testList)
	t.Run("preparing may be repeated", stage.testPrepare)
	t.Run("a census is shared while it runs", stage.testCensus)
	t.Run("a selection is held", stage.testSelection)
	t.Run("a summary is begun once", stage.testSummary)
}

var testCell = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}

// start starts a migration of an id that was never used.
func (s Stage) start(t *testing.T) service.Start {
	t.Helper()
	start := service.Start{
		Input: workflows.MigrationInput{
			ID:        "m-" + strings.ToLower(rand.Text())[:20],
			Spec:      workflows.Spec{Accounts: []string{testCell.Account}, Regions: []string{testCell.Region}},
			TimeScale: 1,
		},
		Record: service.Record{DisplayName: "a name", Request: "a digest", Created: time.Now().UTC().Round(0)},
	}
	if err := s.Start(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	return start
}

func (s Stage) testStart(t *testing.T) {
	start := s.start(t)
	record, err := s.Recorded(t.Context(), start.Input.ID)
	if err != nil || !cmp.Equal(record, start.Record) {
		t.Errorf("recorded %+v, %v; want %+v", record, err, start.Record)
	}
	view, err := s.Migration(t.Context(), start.Input.ID)
	if err != nil || view.ID != start.Input.ID || view.State != workflows.Planning || !cmp.Equal(view.Spec, start.Input.Spec) {
		t.Errorf("migration %+v, %v", view, err)
	}
	s.wantStarted(t, start, "while it runs")
	s.HandOn(t, start.Input.ID)
	s.wantStarted(t, start, "after it continued as new")
	if record, err := s.Recorded(t.Context(), start.Input.ID); err != nil || !cmp.Equal(record, start.Record) {
		t.Errorf("recorded %+v, %v after it continued as new; want %+v", record, err, start.Record)
	}
	s.End(t, start.Input.ID)
	s.wantStarted(t, start, "after it ended")
}

func (s Stage) wantStarted(t *testing.T, start service.Start, when string) {
	t.Helper()
	if err := s.Start(t.Context(), start); !errors.Is(err, service.ErrAlreadyStarted) {
		t.Errorf("starting it again %s: %v, want ErrAlreadyStarted", when, err)
	}
}

func (s Stage) testNotFound(t *testing.T) {
	const unknown = "m-00000000000000000000"
	start := s.start(t)
	calls := map[string]func() error{
		"Recorded":  func() error { _, err := s.Recorded(t.Context(), unknown); return err },
		"Migration": func() error { _, err := s.Migration(t.Context(), unknown); return err },
		"Approve":   func() error { _, err := s.Approve(t.Context(), unknown, workflows.Approval{}); return err },
		"Cancel":    func() error { _, err := s.Cancel(t.Context(), unknown, workflows.Cancellation{}); return err },
		"Canaries of a cell that was not started": func() error {
			_, err := s.Canaries(t.Context(), start.Input.ID, testCell, workflows.CanariesFilter{Limit: 1})
			return err
		},
		"Canary of a cell that was not started": func() error {
			_, err := s.Canary(t.Context(), start.Input.ID, testCell, "checkout")
			return err
		},
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, service.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
}

func (s Stage) testApprove(t *testing.T) {
	id := s.start(t).Input.ID
	_, err := s.Approve(t.Context(), id, workflows.Approval{Digest: "d1"})
	wantProblem(t, err, workflows.WrongState, map[string]string{"migration_id": id, "state": "PLANNING"})
	s.Plan(t, id, "d1")
	_, err = s.Approve(t.Context(), id, workflows.Approval{Digest: "d2"})
	wantProblem(t, err, workflows.PlanDigestMismatch, map[string]string{"migration_id": id, "plan_digest": "d1", "given": "d2"})
	for range 2 {
		view, err := s.Approve(t.Context(), id, workflows.Approval{Digest: "d1", Comment: "go"})
		if err != nil || view.State != workflows.Running || view.Approval == nil || view.Approval.Comment != "go" {
			t.Fatalf("approved: %+v, %v", view, err)
		}
	}
}

func wantProblem(t *testing.T, err error, reason workflows.Reason, metadata map[string]string) {
	t.Helper()
	problem, ok := errors.AsType[*workflows.Problem](err)
	if !ok {
		t.Fatalf("%v, want a problem with the reason %s", err, reason)
	}
	if problem.Reason != reason || problem.Message == "" || problem.NextStep == "" || !cmp.Equal(problem.Metadata, metadata) {
		t.Errorf("%+v, want %s with %v, a message and a next step", problem, reason, metadata)
	}
}

func (s Stage) testCancel(t *testing.T) {
	id := s.start(t).Input.ID
	for range 2 {
		view, err := s.Cancel(t.Context(), id, workflows.Cancellation{Reason: "not today"})
		if err != nil || view.State != workflows.CancelledState || view.Cancel == nil || view.Cancel.Reason != "not today" {
			t.Fatalf("cancelled: %+v, %v", view, err)
		}
	}
}

func (s Stage) testEnded(t *testing.T) {
	id := s.start(t).Input.ID
	s.Plan(t, id, "d1")
	s.End(t, id)
	view, err := s.Migration(t.Context(), id)
	if err != nil || view.State != workflows.AwaitingApproval {
		t.Errorf("migration %+v, %v", view, err)
	}
	if _, err := s.Approve(t.Context(), id, workflows.Approval{Digest: "d1"}); !errors.Is(err, service.ErrNotFound) {
		t.Errorf("approving: %v, want ErrNotFound", err)
	}
	if _, err := s.Cancel(t.Context(), id, workflows.Cancellation{}); !errors.Is(err, service.ErrNotFound) {
		t.Errorf("cancelling: %v, want ErrNotFound", err)
	}
}

func (s Stage) testCanaries(t *testing.T) {
	id := s.start(t).Input.ID
	named := func(name string, state workflows.CanaryState) workflows.Canary {
		return workflows.Canary{Cell: testCell, Recorded: workflows.Settings{Name: name}, State: state}
	}
	a, b, c := named("a", workflows.Pending), named("b", workflows.Skipped), named("c", workflows.Pending)
	s.Cell(t, id, testCell, []workflows.Canary{a, b, c})
	for _, test := range []struct {
		reason string
		filter workflows.CanariesFilter
		want   workflows.CanariesPage
	}{
		{"a full page says that others follow", workflows.CanariesFilter{Limit: 2}, workflows.CanariesPage{Canaries: []workflows.Canary{a, b}, More: true}},
		{"a page goes on after a name", workflows.CanariesFilter{After: "b", Limit: 2}, workflows.CanariesPage{Canaries: []workflows.Canary{c}}},
		{"states are filtered", workflows.CanariesFilter{States: []workflows.CanaryState{workflows.Pending}, Limit: 2}, workflows.CanariesPage{Canaries: []workflows.Canary{a, c}}},
		{"an exactly full page is the last", workflows.CanariesFilter{Limit: 3}, workflows.CanariesPage{Canaries: []workflows.Canary{a, b, c}}},
	} {
		page, err := s.Canaries(t.Context(), id, testCell, test.filter)
		if diff := cmp.Diff(test.want, page); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", test.reason, err, diff)
		}
	}
	if got, err := s.Canary(t.Context(), id, testCell, "b"); err != nil || got == nil || !cmp.Equal(*got, b) {
		t.Errorf("canary b: %+v, %v", got, err)
	}
	if got, err := s.Canary(t.Context(), id, testCell, "bb"); err != nil || got != nil {
		t.Errorf("canary bb: %+v, %v; want none", got, err)
	}
}

func (s Stage) testPrepare(t *testing.T) {
	for range 2 {
		if err := s.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func (s Stage) testList(t *testing.T) {
	first, second := s.start(t), s.start(t)
	s.HandOn(t, first.Input.ID)
	s.Plan(t, second.Input.ID, "d1")
	// The listing may lag behind: it is awaited.
	Eventually(t, func(ctx context.Context) bool {
		return s.listed(ctx, t, second.Input.ID, workflows.AwaitingApproval) == 1 &&
			s.listed(ctx, t, first.Input.ID, workflows.Planning) == 1 &&
			s.listed(ctx, t, first.Input.ID) == 1
	})
	if n := s.listed(t.Context(), t, first.Input.ID, workflows.AwaitingApproval, workflows.Succeeded); n != 0 {
		t.Errorf("listed %d times under another state", n)
	}
}

// listed counts a migration in a listing, of which it takes page after page, and checks what is shown of it.
func (s Stage) listed(ctx context.Context, t *testing.T, id string, states ...workflows.State) int {
	t.Helper()
	n, listing := 0, service.Listing{States: states, Size: 1}
	for {
		page, err := s.Migrations(ctx, listing)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Migrations {
			if m.ID != id {
				continue
			}
			n++
			record, err := s.Recorded(ctx, id)
			if err != nil || m.DisplayName != record.DisplayName || !m.Created.Equal(record.Created) || m.State == "" {
				t.Errorf("listed as %+v, recorded as %+v, %v", m, record, err)
			}
		}
		if listing.Token = page.Next; len(page.Next) == 0 {
			return n
		}
	}
}

// Eventually waits for a condition until the test's patience (a minute) is at its end.
func Eventually(tb testing.TB, condition func(context.Context) bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !condition(ctx) {
		select {
		case <-again.C:
		case <-ctx.Done():
			tb.Fatal("the condition was not met in time")
		}
	}
}
