package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rekey/workflows"
)

// What a call on Workflows can end with, besides a *workflows.Problem and errors of the context.
var (
	// ErrNotFound says that there is no such workflow, or for an update also that it has ended.
	ErrNotFound = errors.New("no such workflow")
	// ErrAlreadyStarted says that there is, or was, a workflow of that id.
	ErrAlreadyStarted = errors.New("workflow already started")
	// ErrNoWorker says that no worker answered in time.
	ErrNoWorker = errors.New("no worker answered")
	// ErrUnavailable says that Temporal did not answer, or refuses work for now.
	ErrUnavailable = errors.New("Temporal is unavailable")
	// ErrTemporalOverloaded is an ErrUnavailable: Temporal has more to do than it takes.
	ErrTemporalOverloaded = fmt.Errorf("%w: it takes no more work", ErrUnavailable)
)

// Workflows is what the service needs of Temporal, in the words of the contract. Temporal implements it, and
// servicetest has a fake; both pass servicetest.TestWorkflows.
//
// Every method may end with ErrUnavailable; those that ask a workflow may also end with ErrNotFound and
// ErrNoWorker. A workflow that has ended is found, and answers, as long as its history is retained.
type Workflows interface {
	Fleet
	// Start starts a migration. It ends with ErrAlreadyStarted when the id was ever used.
	Start(ctx context.Context, start Start) error
	// Recorded returns what Start recorded of a migration. It asks no worker.
	Recorded(ctx context.Context, migration string) (Record, error)
	// Migration returns a migration as it is now.
	Migration(ctx context.Context, migration string) (workflows.MigrationView, error)
	// The control verbs answer with the migration as it is then. A refusal is a *workflows.Problem.

	// Approve approves a migration's plan.
	Approve(ctx context.Context, migration string, approval workflows.Approval) (workflows.MigrationView, error)
	// Cancel cancels a migration, or a part of it.
	Cancel(ctx context.Context, migration string, cancellation workflows.Cancellation) (workflows.MigrationView, error)
	// RollBack puts the canaries of a migration, or of a part of it, back.
	RollBack(ctx context.Context, migration string, rollBack workflows.RollBack) (workflows.MigrationView, error)
	// Confirm confirms that the source of managed canaries was changed.
	Confirm(ctx context.Context, migration string, confirmation workflows.Confirmation) (workflows.MigrationView, error)
	// Pause pauses a migration, or a part of it.
	Pause(ctx context.Context, migration string, pause workflows.Pause) (workflows.MigrationView, error)
	// Resume ends a pause.
	Resume(ctx context.Context, migration string, resume workflows.Resume) (workflows.MigrationView, error)
	// Retry takes canaries up again that did not get to the end.
	Retry(ctx context.Context, migration string, retry workflows.Retry) (workflows.MigrationView, error)
	// Advance ends the bake of a wave, or the pause after it.
	Advance(ctx context.Context, migration string, advance workflows.Advance) (workflows.MigrationView, error)
	// ChangeRollout changes how a migration goes on.
	ChangeRollout(ctx context.Context, migration string, change workflows.RolloutChange) (workflows.MigrationView, error)
	// Close ends a migration after its evidence was written; it answers when it has begun to.
	Close(ctx context.Context, migration string, closing workflows.Closing) (workflows.MigrationView, error)

	// Migrations lists migrations, each once. It asks no worker, and may lag behind a little.
	Migrations(ctx context.Context, listing Listing) (Page, error)
	// Cells returns a page of a migration's cells that may have canaries which the filter admits, by account and Region, from
	// the cell From on, which need not be one of them. What cells tell may lag behind a little.
	Cells(ctx context.Context, migration string, filter workflows.CellsFilter) (workflows.CellsPage, error)
	// Canaries returns a page of a cell's canaries.
	Canaries(ctx context.Context, migration string, cell workflows.Cell, filter workflows.CanariesFilter) (workflows.CanariesPage, error)
	// Canary returns one canary of a cell, nil when the cell has none of that name.
	Canary(ctx context.Context, migration string, cell workflows.Cell, name string) (*workflows.Canary, error)
	// Returns tells what a roll back of a part would do in a cell.
	Returns(ctx context.Context, migration string, cell workflows.Cell, part workflows.Part) (workflows.ReturnsPage, error)

	// Prepare makes Temporal ready for migrations: it registers the search attributes. It may be repeated.
	Prepare(ctx context.Context) error
	// Check reports whether Temporal can be reached.
	Check(ctx context.Context) error
}

// Start is a migration to start, with what is recorded beside it for listings and repeated requests.
type Start struct {
	Input workflows.MigrationInput
	Record
}

// Record is what is known of a migration without asking it.
type Record struct {
	DisplayName string
	// Request is the digest of the request that created the migration.
	Request string
	Created time.Time
}

// Listing asks for a page of migrations in one of the states; no states mean all of them.
type Listing struct {
	States []workflows.State
	Size   int
	// Token is the Next of the page before; empty for the first.
	Token []byte
}

// Page is a page of a listing. Next is empty on the last one.
type Page struct {
	Migrations []Summary
	Next       []byte
}

// Summary is a migration as listings show it.
type Summary struct {
	ID          string
	DisplayName string
	State       workflows.State
	Created     time.Time
}
