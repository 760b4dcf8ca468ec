package scenario

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
)

// Play is one play of the scenario.
type Play struct {
	// Number is the play's own, from 1 to 999,999: its accounts carry it.
	Number int
	// API is how it calls rekey. It has to be patient: rekey's processes are killed meanwhile.
	API *client.Client
	// Heard is told of every message of a watch.
	Heard func()

	migrations map[string]string // ids by the names below
}

// Stage is a part of the scenario. A play ends with any of them.
type Stage struct {
	Name string
	play func(ctx context.Context, p *Play) error
}

// The migrations.
const (
	// Grants takes most canaries of the shop in waves, and gives access by grants.
	Grants = "grants"
	// Keys takes the canaries of pay, and gives access by the policy of central's key.
	Keys = "keys"
	// Late takes a canary that Grants leaves, and gives access by the policy of the role that both share.
	Late = "late"
)

// Stages are the scenario: two migrations side by side, one after another, one that goes back, and the end of all.
func Stages() []Stage {
	return []Stage{
		{"migrate", func(ctx context.Context, p *Play) error { return p.each(ctx, p.migrate, Grants, Keys) }},
		{"hand over", func(ctx context.Context, p *Play) error { return p.each(ctx, p.migrate, Late) }},
		{"roll back", func(ctx context.Context, p *Play) error { return p.each(ctx, p.rollBack, Grants, Keys) }},
		{"close", func(ctx context.Context, p *Play) error { return p.each(ctx, p.close, Grants, Keys, Late) }},
	}
}

// Run plays the stages up to and including the one of that index. Ended is told of each.
func (p *Play) Run(ctx context.Context, last int, ended func(ctx context.Context, stage int) error) error {
	p.migrations = map[string]string{}
	for i, stage := range Stages()[:last+1] {
		if err := stage.play(ctx, p); err != nil {
			return fmt.Errorf("stage %q: %w", stage.Name, err)
		}
		if err := ended(ctx, i); err != nil {
			return fmt.Errorf("after stage %q: %w", stage.Name, err)
		}
	}
	return nil
}

// each does something with migrations side by side.
func (p *Play) each(ctx context.Context, do func(ctx context.Context, name string) (string, error), names ...string) error {
	group, ctx := errgroup.WithContext(ctx)
	ids := make([]string, len(names))
	for i, name := range names {
		group.Go(func() error {
			id, err := do(ctx, name)
			ids[i] = id
			if err != nil {
				return fmt.Errorf("migration %q: %w", name, err)
			}
			return nil
		})
	}
	err := group.Wait()
	for i, name := range names {
		p.migrations[name] = ids[i]
	}
	return err
}

// migrate takes a migration from its creation to its rest.
func (p *Play) migrate(ctx context.Context, name string) (string, error) {
	created, err := p.API.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{
		RequestId: name + "-" + strconv.Itoa(p.Number), Spec: spec(name, p.Number),
	})
	if err != nil {
		return "", fmt.Errorf("create: %w", err)
	}
	id := created.GetMigration().GetId()
	planned, err := p.await(ctx, id, rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL)
	if err != nil {
		return id, err
	}
	_, err = p.API.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: planned.GetPlan().GetDigest()})
	if err != nil {
		return id, fmt.Errorf("approve: %w", err)
	}
	_, err = p.await(ctx, id, rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED)
	return id, err
}

func (p *Play) rollBack(ctx context.Context, name string) (string, error) {
	id := p.migrations[name]
	if _, err := p.API.RollBackMigration(ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: id, Reason: "the scenario"}); err != nil {
		return id, fmt.Errorf("roll back: %w", err)
	}
	_, err := p.await(ctx, id, rekeyv1.MigrationState_MIGRATION_STATE_ROLLED_BACK)
	return id, err
}

func (p *Play) close(ctx context.Context, name string) (string, error) {
	id := p.migrations[name]
	if _, err := p.API.CloseMigration(ctx, &rekeyv1.CloseMigrationRequest{MigrationId: id}); err != nil {
		return id, fmt.Errorf("close: %w", err)
	}
	return id, p.closed(ctx, id)
}

// lookEvery lies between two looks at a migration that is being closed: a watch ends when the migration rests, which it does
// already.
const lookEvery = 250 * time.Millisecond

func (p *Play) closed(ctx context.Context, id string) error {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		got, err := p.API.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: id})
		if err != nil || got.GetMigration().GetState() == rekeyv1.MigrationState_MIGRATION_STATE_CLOSED {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-again.C:
		}
	}
}

// await watches a migration until it is in a state. One that comes to rest elsewhere will not get there.
func (p *Play) await(ctx context.Context, id string, wanted rekeyv1.MigrationState) (*rekeyv1.Migration, error) {
	last, err := client.Watch{API: p.API, ID: id}.Follow(ctx, func(m *rekeyv1.Migration) (bool, error) {
		p.Heard()
		return m.GetState() == wanted, nil
	})
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	if last.GetState() != wanted {
		return nil, fmt.Errorf("it is %s and not %s: %s", last.GetState(), wanted, last.GetStateReason())
	}
	return last, nil
}
