package servicetest

import (
	"context"
	"fmt"
	"time"

	"rekey/service"
	"rekey/workflows"
)

// Approve approves as StandIn does.
func (f *Fake) Approve(_ context.Context, id string, approval workflows.Approval) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).Approve, approval)
}

// Cancel cancels as StandIn does.
func (f *Fake) Cancel(_ context.Context, id string, cancellation workflows.Cancellation) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).Cancel, cancellation)
}

// RollBack rolls back as StandIn does.
func (f *Fake) RollBack(_ context.Context, id string, rollBack workflows.RollBack) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).RollBack, rollBack)
}

// Confirm confirms as StandIn does.
func (f *Fake) Confirm(_ context.Context, id string, confirmation workflows.Confirmation) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).Confirm, confirmation)
}

// Pause pauses as StandIn does.
func (f *Fake) Pause(_ context.Context, id string, pause workflows.Pause) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).Pause, pause)
}

// Resume resumes as StandIn does.
func (f *Fake) Resume(_ context.Context, id string, resume workflows.Resume) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).Resume, resume)
}

// Retry retries as StandIn does.
func (f *Fake) Retry(_ context.Context, id string, retry workflows.Retry) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).Retry, retry)
}

// Advance advances as StandIn does.
func (f *Fake) Advance(_ context.Context, id string, advance workflows.Advance) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).Advance, advance)
}

// ChangeRollout changes as StandIn does.
func (f *Fake) ChangeRollout(_ context.Context, id string, change workflows.RolloutChange) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).ChangeRollout, change)
}

// Close closes as StandIn does.
func (f *Fake) Close(_ context.Context, id string, closing workflows.Closing) (workflows.MigrationView, error) {
	return update(f, id, (*StandIn).Close, closing)
}

// update carries out a verb, unless the workflow has ended.
func update[In any](f *Fake, id string, do func(*StandIn, In, time.Time) error, in In) (workflows.MigrationView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, err := f.ask(id)
	if err != nil {
		return workflows.MigrationView{}, err
	}
	if m.closed {
		return workflows.MigrationView{}, fmt.Errorf("updating: %w", service.ErrNotFound)
	}
	if err := do(&m.StandIn, in, time.Now().UTC()); err != nil {
		return workflows.MigrationView{}, err
	}
	m.closed = m.View.State == workflows.ClosedState
	return m.View, nil
}

// Cells returns a page of a migration's cells.
func (f *Fake) Cells(_ context.Context, id string, filter workflows.CellsFilter) (workflows.CellsPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, err := f.ask(id)
	if err != nil {
		return workflows.CellsPage{}, err
	}
	return m.CellsPage(filter), nil
}

// Canaries returns a page of a cell's canaries.
func (f *Fake) Canaries(_ context.Context, id string, cell workflows.Cell, filter workflows.CanariesFilter) (workflows.CanariesPage, error) {
	canaries, err := f.cell(id, cell)
	return CanariesPage(canaries, filter), err
}

// Canary returns one canary of a cell.
func (f *Fake) Canary(_ context.Context, id string, cell workflows.Cell, name string) (*workflows.Canary, error) {
	canaries, err := f.cell(id, cell)
	return Canary(canaries, name), err
}

// Returns tells what a roll back would do in a cell.
func (f *Fake) Returns(_ context.Context, id string, cell workflows.Cell, part workflows.Part) (workflows.ReturnsPage, error) {
	canaries, err := f.cell(id, cell)
	return Returns(canaries, part, time.Now()), err
}

// cell returns the canaries of a cell that was started.
func (f *Fake) cell(id string, cell workflows.Cell) ([]workflows.Canary, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, err := f.ask(id)
	if err != nil {
		return nil, err
	}
	canaries, ok := m.Canaries[cell]
	switch {
	case m.Lost[cell]:
		return nil, fmt.Errorf("asking a cell: %w", service.ErrNoWorker)
	case !ok:
		return nil, fmt.Errorf("asking a cell: %w", service.ErrNotFound)
	}
	return canaries, nil
}
