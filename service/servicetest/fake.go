package servicetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rekey/service"
	"rekey/workflows"
)

// Fake is a Temporal with workers, in memory. A migration that is started stays in PLANNING until a test edits it;
// its cells have the canaries that a test gave them. All methods may be called at any time.
type Fake struct {
	// World is what the live census reads.
	World *World
	fleet fleetRuns

	mu         sync.Mutex
	migrations map[string]*migration
	workerErr  error
	serverErr  error
	queries    map[string]int
	asked      chan struct{} // closed when the next query has been answered
}

// migration is one that was started.
type migration struct {
	StandIn
	start  service.Start
	closed bool
}

// NewFake returns an empty one.
func NewFake() *Fake {
	return &Fake{
		World: NewWorld(), fleet: fleetRuns{runs: map[string]*fleetRun{}, all: map[string]*fleetRun{}},
		migrations: map[string]*migration{}, queries: map[string]int{}, asked: make(chan struct{}),
	}
}

// Edit changes a migration, and counts its revision up.
func (f *Fake) Edit(id string, edit func(*workflows.MigrationView)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.migrations[id]
	edit(&m.View)
	m.View.Revision++
	m.View.Updated = time.Now().UTC()
}

// View is a migration as it is now.
func (f *Fake) View(id string) workflows.MigrationView {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.migrations[id].View
}

// Started is what a migration was started with.
func (f *Fake) Started(id string) service.Start {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.migrations[id].start
}

// SetCanaries starts a cell of a migration, with those canaries.
func (f *Fake) SetCanaries(id string, cell workflows.Cell, canaries ...workflows.Canary) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.migrations[id].SetCanaries(cell, canaries)
}

// LoseCell ends a cell's workflow without its having been told to, and the migration knows. Its history answers for it, unless
// that is gone too.
func (f *Fake) LoseCell(id string, cell workflows.Cell, answers bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.migrations[id].Lost[cell] = !answers
}

// End ends a migration's workflow. It still answers queries, but takes no more updates.
func (f *Fake) End(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.migrations[id].closed = true
}

// FailWorkers lets everything that needs a worker end with an error; nil makes it well again.
func (f *Fake) FailWorkers(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.workerErr = err
}

// FailTemporal lets everything end with an error; nil makes it well again.
func (f *Fake) FailTemporal(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.serverErr = err
}

// Queries is how many questions a migration and its cells were asked.
func (f *Fake) Queries(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queries[id]
}

// AwaitQuery waits until a migration has answered a question that was asked after this call began.
func (f *Fake) AwaitQuery(ctx context.Context, id string) error {
	first := f.Queries(id)
	for {
		f.mu.Lock()
		asked, n := f.asked, f.queries[id]
		f.mu.Unlock()
		if n > first {
			return nil
		}
		select {
		case <-asked:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Start starts a migration.
func (f *Fake) Start(_ context.Context, start service.Start) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.serverErr != nil {
		return f.serverErr
	}
	if f.migrations[start.Input.ID] != nil {
		return fmt.Errorf("starting: %w", service.ErrAlreadyStarted)
	}
	f.migrations[start.Input.ID] = &migration{start: start, StandIn: NewStandIn(start.Input, start.Created)}
	return nil
}

// Recorded returns what Start was given.
func (f *Fake) Recorded(_ context.Context, id string) (service.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, err := f.find(id, f.serverErr)
	if err != nil {
		return service.Record{}, err
	}
	return m.start.Record, nil
}

// find returns a migration, or the error that is in the way.
func (f *Fake) find(id string, err error) (*migration, error) {
	m := f.migrations[id]
	if err == nil && m == nil {
		err = fmt.Errorf("finding: %w", service.ErrNotFound)
	}
	return m, err
}

// ask finds what a worker answers for.
func (f *Fake) ask(id string) (*migration, error) {
	f.queries[id]++
	close(f.asked)
	f.asked = make(chan struct{})
	return f.find(id, cmp.Or(f.serverErr, f.workerErr))
}

// Migration returns a migration.
func (f *Fake) Migration(_ context.Context, id string) (workflows.MigrationView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, err := f.ask(id)
	if err != nil {
		return workflows.MigrationView{}, err
	}
	return m.View, nil
}

// Migrations lists migrations, newest first.
func (f *Fake) Migrations(_ context.Context, listing service.Listing) (service.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.serverErr != nil {
		return service.Page{}, f.serverErr
	}
	first, err := strconv.Atoi(cmp.Or(string(listing.Token), "0"))
	if err != nil {
		return service.Page{}, fmt.Errorf("listing: %w", err)
	}
	var all []service.Summary
	for _, m := range f.migrations {
		if len(listing.States) == 0 || slices.Contains(listing.States, m.View.State) {
			all = append(all, service.Summary{
				ID: m.View.ID, DisplayName: m.start.DisplayName, State: m.View.State, Created: m.start.Created,
			})
		}
	}
	slices.SortFunc(all, func(a, b service.Summary) int {
		return cmp.Or(b.Created.Compare(a.Created), strings.Compare(a.ID, b.ID))
	})
	all = all[min(first, len(all)):]
	if len(all) <= listing.Size {
		return service.Page{Migrations: all}, nil
	}
	return service.Page{Migrations: all[:listing.Size], Next: strconv.AppendInt(nil, int64(first+listing.Size), 10)}, nil
}

// Prepare does nothing.
func (f *Fake) Prepare(ctx context.Context) error { return f.Check(ctx) }

// Check reports what FailTemporal was told.
func (f *Fake) Check(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.serverErr
}
