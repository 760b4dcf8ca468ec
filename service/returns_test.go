package service_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

// forecast asks what a roll back of a part would do.
func forecast(t *testing.T, h *servicetest.Harness, id string, part *rekeyv1.Part) *rekeyv1.RollBackForecast {
	t.Helper()
	before := h.Fake.View(id)
	reply, err := h.Client.RollBackMigration(t.Context(), &rekeyv1.RollBackMigrationRequest{MigrationId: id, Part: part, ValidateOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if reply.GetMigration().GetId() != id || h.Fake.View(id).Revision != before.Revision {
		t.Errorf("%v; nothing may be changed", reply.GetMigration())
	}
	return reply.GetForecast()
}

// returning creates a migration that rests, with canaries in three cells, of which one is gone.
func returning(t *testing.T, h *servicetest.Harness) (id string, cells []workflows.Cell) {
	t.Helper()
	id = planned(t, h)
	cells = h.Fake.View(id).Spec.Cells()
	put := func(cell workflows.Cell, name string, change func(*workflows.Canary)) workflows.Canary {
		c := canaryOf(cell, name, workflows.Migrated)
		c.Wave = new(0)
		change(&c)
		return c
	}
	h.Fake.SetCanaries(id, cells[0],
		put(cells[0], "fine", func(*workflows.Canary) {}),
		put(cells[0], "old", func(c *workflows.Canary) {
			c.Recorded.Visual, c.RollBackUntil = []workflows.VisualReference{{BaseRunID: "run-1"}}, time.Unix(1000, 0)
		}),
		put(cells[0], "untouched", func(c *workflows.Canary) { c.State, c.Wave = workflows.Skipped, nil }))
	h.Fake.SetCanaries(id, cells[1], put(cells[1], "stuck", func(c *workflows.Canary) {
		c.State, c.Wave = workflows.CanaryFailed, new(1)
		c.Problem = &workflows.Problem{Reason: workflows.NotReturnable, Message: "Its key is gone.", NextStep: "Find it."}
	}))
	h.Fake.SetCanaries(id, cells[2], put(cells[2], "lost", func(*workflows.Canary) {}))
	h.Fake.LoseCell(id, cells[2], true)
	h.Fake.Edit(id, func(v *workflows.MigrationView) {
		v.State, v.Approval, v.Waves = workflows.Succeeded, &workflows.Approval{Digest: digest}, make([]workflows.Wave, 3)
	})
	return id, cells
}

func TestRollBackForecast(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id, cells := returning(t, h)
	name := func(cell workflows.Cell, name string) *rekeyv1.CanaryName {
		return &rekeyv1.CanaryName{AccountId: cell.Account, Region: cell.Region, CanaryName: name}
	}
	part := func(cell workflows.Cell) *rekeyv1.Part {
		return &rekeyv1.Part{Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: cell.Account, Region: cell.Region}}}
	}
	old := &rekeyv1.RollBackObstacle{
		Canary: name(cells[0], "old"), Problem: &rekeyv1.Problem{Reason: rekeyv1.ErrorReason_ERROR_REASON_BASELINE_NOT_RESTORABLE, Message: "Too old."},
	}
	stuck := &rekeyv1.RollBackObstacle{Canary: name(cells[1], "stuck"), Problem: &rekeyv1.Problem{
		Reason: rekeyv1.ErrorReason_ERROR_REASON_NOT_RETURNABLE, Message: "Its key is gone.", NextStep: "Find it.",
	}}
	for reason, test := range map[string]struct {
		part *rekeyv1.Part
		want *rekeyv1.RollBackForecast
	}{
		"everything": {nil, &rekeyv1.RollBackForecast{
			Returnable: 2, FreshBaselines: 1, NotReturnable: 1, CellsNotAsked: 1, Obstacles: []*rekeyv1.RollBackObstacle{old, stuck},
		}},
		"a wave": {&rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: 1}}, &rekeyv1.RollBackForecast{
			NotReturnable: 1, Obstacles: []*rekeyv1.RollBackObstacle{stuck},
		}},
		"a wave that has nobody": {&rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: 2}}, &rekeyv1.RollBackForecast{}},
		"a cell": {part(cells[0]), &rekeyv1.RollBackForecast{
			Returnable: 2, FreshBaselines: 1, Obstacles: []*rekeyv1.RollBackObstacle{old},
		}},
		"a cell that is gone": {part(cells[2]), &rekeyv1.RollBackForecast{CellsNotAsked: 1}},
		"a canary": {&rekeyv1.Part{Part: &rekeyv1.Part_Canary{Canary: name(cells[0], "fine")}}, &rekeyv1.RollBackForecast{
			Returnable: 1,
		}},
	} {
		got := forecast(t, h, id, test.part)
		if diff := cmp.Diff(test.want, got, protocmp.Transform(), protocmp.IgnoreFields(&rekeyv1.RollBackObstacle{}, "roll_back_until")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
	if until := forecast(t, h, id, nil).GetObstacles()[0].GetRollBackUntil().AsTime(); !until.Equal(time.Unix(1000, 0)) {
		t.Errorf("the baseline could be put back until %v", until)
	}
}

func TestRollBackForecastIsRefused(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id, cells := returning(t, h)
	ask := func(part *rekeyv1.Part) error {
		_, err := h.Client.RollBackMigration(t.Context(), &rekeyv1.RollBackMigrationRequest{MigrationId: id, Part: part, ValidateOnly: true})
		return err
	}
	for named, part := range map[string]*rekeyv1.Part{
		"wave 9": unknown,
		"canary basket of account 111111111111 in eu-central-1": {Part: &rekeyv1.Part_Canary{Canary: &rekeyv1.CanaryName{
			AccountId: cells[0].Account, Region: cells[0].Region, CanaryName: "basket",
		}}},
		"account 222222222222 in eu-west-1": {Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: cells[3].Account, Region: cells[3].Region}}},
	} {
		wantError(t, ask(part), wanted{codes.NotFound, "PART_NOT_FOUND", map[string]string{"migration_id": id, "part": named}})
	}
	for state, changed := range map[workflows.State]func(*workflows.MigrationView){
		workflows.AwaitingApproval: func(*workflows.MigrationView) {},
		workflows.ClosedState:      func(*workflows.MigrationView) {},
		workflows.CancelledState:   func(v *workflows.MigrationView) { v.Approval = nil },
	} {
		h.Fake.Edit(id, func(v *workflows.MigrationView) { v.State = state; changed(v) })
		wantError(t, ask(nil), wanted{codes.FailedPrecondition, "WRONG_STATE", map[string]string{"migration_id": id, "state": string(state)}})
	}
	// Where nobody needs to approve, a plan that runs was not approved.
	h.Fake.Edit(id, func(v *workflows.MigrationView) {
		v.State, v.Spec.Approval = workflows.Running, &workflows.ApprovalPolicy{Required: 0}
	})
	if err := ask(nil); err != nil {
		t.Error(err)
	}
}

// silent are cells that do not say what a roll back would do.
type silent struct {
	*servicetest.Fake
	err error
}

// Returns fails.
func (s silent) Returns(context.Context, string, workflows.Cell, workflows.Part) (workflows.ReturnsPage, error) {
	return workflows.ReturnsPage{}, s.err
}

func TestRollBackForecastCountsCellsThatDoNotAnswer(t *testing.T) {
	for reason, test := range map[string]struct {
		err     error
		refused *wanted
	}{
		"no worker answers for them": {fmt.Errorf("asking: %w", service.ErrNoWorker), nil},
		"they are gone":              {fmt.Errorf("asking: %w", service.ErrNotFound), nil},
		"Temporal is away":           {service.ErrUnavailable, &wanted{code: codes.Unavailable, reason: "TEMPORAL_UNAVAILABLE"}},
	} {
		t.Run(reason, func(t *testing.T) {
			w := silent{servicetest.NewFake(), test.err}
			h := servicetest.New(t, service.Config{Workflows: w})
			h.Fake = w.Fake
			id, _ := returning(t, h)
			if test.refused != nil {
				_, err := h.Client.RollBackMigration(t.Context(), &rekeyv1.RollBackMigrationRequest{MigrationId: id, ValidateOnly: true})
				wantError(t, err, *test.refused)
				return
			}
			if got := forecast(t, h, id, nil); !cmp.Equal(got, &rekeyv1.RollBackForecast{CellsNotAsked: 3}, protocmp.Transform()) {
				t.Errorf("%v, want all three cells not asked", got)
			}
		})
	}
}

// counting counts the cells that are asked what a roll back would do, and how many of them at a time. Each waits until
// several are asked, so that a service that asks one after the other does not get on.
type counting struct {
	*servicetest.Fake
	asked, now, most atomic.Int64
	several          chan struct{}
}

// Returns counts and answers.
func (c *counting) Returns(ctx context.Context, id string, cell workflows.Cell, part workflows.Part) (workflows.ReturnsPage, error) {
	c.asked.Add(1)
	now := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); {
		most = c.most.Load()
	}
	if now == 4 {
		select {
		case <-c.several:
		default:
			close(c.several)
		}
	}
	select {
	case <-c.several:
		return c.Fake.Returns(ctx, id, cell, part)
	case <-ctx.Done():
		return workflows.ReturnsPage{}, ctx.Err()
	}
}

func TestRollBackForecastAsksABoundedNumberOfCells(t *testing.T) {
	w := &counting{Fake: servicetest.NewFake(), several: make(chan struct{})}
	h := servicetest.New(t, service.Config{Workflows: w, QueryTimeout: time.Minute, UpdateTimeout: time.Minute})
	h.Fake = w.Fake
	spec := servicetest.Spec()
	spec.Selection.AccountIds = many(250, "%012d")
	created, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetMigration().GetId()
	for _, cell := range w.View(id).Spec.Cells() { // 500
		var canaries []workflows.Canary
		for i := range 3 {
			c := canaryOf(cell, fmt.Sprintf("canary-%d", i), workflows.CanaryFailed)
			c.Problem = &workflows.Problem{Reason: workflows.NotReturnable, Message: "Its key is gone."}
			canaries = append(canaries, c)
		}
		w.SetCanaries(id, cell, canaries...)
	}
	w.Edit(id, func(v *workflows.MigrationView) {
		v.State, v.Approval = workflows.Failed, &workflows.Approval{Digest: digest}
	})
	got := forecast(t, h, id, nil)
	if got.GetNotReturnable() != 3*400 || got.GetCellsNotAsked() != 100 || len(got.GetObstacles()) != 100 {
		t.Errorf("%d can't be put back, %d cells were not asked, %d obstacles; want 1200, 100 and 100",
			got.GetNotReturnable(), got.GetCellsNotAsked(), len(got.GetObstacles()))
	}
	if asked, most := w.asked.Load(), w.most.Load(); asked != 400 || most > 8 {
		t.Errorf("%d cells were asked, %d at a time; want 400, and at most 8", asked, most)
	}
}
