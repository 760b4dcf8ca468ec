package servicetest

import (
	"context"
	"fmt"
	"time"

	"rekey/service"
	"rekey/workflows"
)

// Approve does what the migration workflow does.
func (f *Fake) Approve(_ context.Context, id string, approval workflows.Approval) (workflows.MigrationView, error) {
	return f.update(id, func(v *workflows.MigrationView) error {
		switch {
		case v.Approval != nil && v.Approval.Digest == approval.Digest:
			return nil
		case v.State != workflows.AwaitingApproval:
			return wrongState(v, "approved")
		case v.Plan.Digest != approval.Digest:
			return &workflows.Problem{
				Reason:   workflows.PlanDigestMismatch,
				Message:  fmt.Sprintf("The plan of migration %s has the digest %s, not %s.", id, v.Plan.Digest, approval.Digest),
				NextStep: "Read the plan that waits for approval, and approve its digest.",
				Metadata: map[string]string{"migration_id": id, "plan_digest": v.Plan.Digest, "given": approval.Digest},
			}
		}
		approval.Time = time.Now().UTC()
		v.Approval, v.State = &approval, workflows.Running
		v.Revision++
		return nil
	})
}

// Cancel does what the migration workflow does.
func (f *Fake) Cancel(_ context.Context, id string, cancellation workflows.Cancellation) (workflows.MigrationView, error) {
	return f.update(id, func(v *workflows.MigrationView) error {
		switch {
		case v.Cancel != nil:
			return nil
		case v.State.Rests():
			return wrongState(v, "cancelled")
		}
		cancellation.Time = time.Now().UTC()
		v.Cancel, v.State, v.StateReason = &cancellation, workflows.CancelledState, cancellation.Reason
		v.Revision++
		return nil
	})
}

// RollBack does what the migration workflow does.
func (f *Fake) RollBack(_ context.Context, id string, rollBack workflows.RollBack) (workflows.MigrationView, error) {
	return f.update(id, func(v *workflows.MigrationView) error {
		switch {
		case v.RollBack != nil:
			return nil
		case v.Approval == nil || !v.State.Rests():
			return wrongState(v, "rolled back")
		}
		rollBack.Time = time.Now().UTC()
		v.RollBack, v.State, v.StateReason = &rollBack, workflows.RollingBack, rollBack.Reason
		v.Revision++
		return nil
	})
}

// Confirm does what the migration workflow does.
func (f *Fake) Confirm(_ context.Context, id string, _ workflows.Confirmation) (workflows.MigrationView, error) {
	return f.update(id, func(v *workflows.MigrationView) error {
		if v.Approval == nil {
			return wrongState(v, "confirmed")
		}
		return nil
	})
}

// update carries out an update, unless the workflow has ended.
func (f *Fake) update(id string, do func(*workflows.MigrationView) error) (workflows.MigrationView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, err := f.ask(id)
	if err != nil {
		return workflows.MigrationView{}, err
	}
	if m.closed {
		return workflows.MigrationView{}, fmt.Errorf("updating: %w", service.ErrNotFound)
	}
	if err := do(&m.view); err != nil {
		return workflows.MigrationView{}, err
	}
	return m.view, nil
}

func wrongState(v *workflows.MigrationView, verb string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.WrongState,
		Message:  fmt.Sprintf("Migration %s is %s and can't be %s.", v.ID, v.State, verb),
		NextStep: "Get the migration to see where it is.",
		Metadata: map[string]string{"migration_id": v.ID, "state": string(v.State)},
	}
}

// Canaries returns a page of a cell's canaries.
func (f *Fake) Canaries(_ context.Context, id string, cell workflows.Cell, filter workflows.CanariesFilter) (workflows.CanariesPage, error) {
	canaries, err := f.cell(id, cell)
	page := workflows.CanariesPage{}
	for _, c := range canaries {
		if c.Recorded.Name <= filter.After || !filter.Admits(c) {
			continue
		}
		if len(page.Canaries) == filter.Limit {
			page.More = true
			break
		}
		page.Canaries = append(page.Canaries, c)
	}
	return page, err
}

// Canary returns one canary of a cell.
func (f *Fake) Canary(_ context.Context, id string, cell workflows.Cell, name string) (*workflows.Canary, error) {
	canaries, err := f.cell(id, cell)
	for _, c := range canaries {
		if c.Recorded.Name == name {
			return &c, nil
		}
	}
	return nil, err
}

// cell returns the canaries of a cell that was started.
func (f *Fake) cell(id string, cell workflows.Cell) ([]workflows.Canary, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, err := f.ask(id)
	if err != nil {
		return nil, err
	}
	canaries, ok := m.canaries[cell]
	if !ok {
		return nil, fmt.Errorf("asking a cell: %w", service.ErrNotFound)
	}
	return canaries, nil
}
