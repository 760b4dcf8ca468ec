package play

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rekey/durable/faults/script"
	rekeyv1 "rekey/gen/rekey/v1"
)

// lookEvery is how often an operator looks at a migration, in real time.
const lookEvery = 150 * time.Millisecond

// patience is for how long (simulated) something that needs an operator is left alone.
const patience = 3 * time.Minute

// operate takes a migration from its creation to its last rest: it approves the plan in its time, and settles what pauses
// it.
func (p *Play) operate(ctx context.Context, i int) error {
	m := p.Script.Migrations[i]
	if i == 0 {
		defer p.begun() // it may never be approved
	}
	if err := p.until(ctx, m.Create); err != nil {
		return fmt.Errorf("migration %s was never created: %w", Letter(i), err)
	}
	if err := p.create(ctx, i); err != nil {
		return err
	}
	if err := p.rest(ctx, i); err != nil {
		return err
	}
	// The worst is over: what failed is tried again, and what is to be undone is.
	if m.Retry {
		_, err := p.Stage.API.RetryMigration(ctx, &rekeyv1.RetryMigrationRequest{MigrationId: p.ID(i), Reason: "again"})
		p.tell("retry %s: %v", Letter(i), err)
		if err := p.rest(ctx, i); err != nil {
			return err
		}
	}
	if m.RollBack {
		p.tell("roll back %s: %v", Letter(i), p.verb(ctx, script.RollBack, p.ID(i)))
		return p.rest(ctx, i)
	}
	return nil
}

func (p *Play) create(ctx context.Context, i int) error {
	reply, err := p.Stage.API.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{
		RequestId: fmt.Sprintf("seed-%d-%s", p.Script.Seed, Letter(i)), Spec: p.Script.Migrations[i].Spec,
	})
	if err != nil {
		return fmt.Errorf("creating migration %s: %w", Letter(i), err)
	}
	p.mu.Lock()
	p.ids[i] = reply.GetMigration().GetId()
	p.mu.Unlock()
	p.tell("create %s: %s", Letter(i), p.ID(i))
	return nil
}

// rest looks at a migration until it rests, and the script is at its end so that nothing wakes it any more.
func (p *Play) rest(ctx context.Context, i int) error {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	var last *rekeyv1.Migration
	var waiting time.Duration // since when it has needed somebody
	for {
		reply, err := p.Stage.API.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: p.ID(i)})
		switch m := reply.GetMigration(); {
		case err != nil && status.Code(err) != codes.Unavailable && status.Code(err) != codes.DeadlineExceeded: // a worker restarts
			return fmt.Errorf("looking at migration %s: %w", Letter(i), err)
		case err != nil:
		case isResting(m) && p.isOver():
			p.Migrations[i] = m
			p.tell("%s rests as %s: %s", Letter(i), m.GetState(), m.GetStateReason())
			return nil
		default:
			if last = m; i == 0 && isResting(m) {
				p.begun()
			}
			if !needsSomebody(m) {
				waiting = 0
			} else if waiting == 0 {
				waiting = p.now()
			}
			if waiting > 0 && p.isTime(i, m, waiting) {
				p.settle(ctx, i, m)
				waiting = 0
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("migration %s is %s, %s, and does not rest", Letter(i), last.GetState(), last.GetStateReason())
		}
	}
}

// begun tells that the first migration is under way, or will never be.
func (p *Play) begun() { p.once.Do(func() { close(p.approved) }) }

func isResting(m *rekeyv1.Migration) bool {
	return m.GetEndTime() != nil && m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_ROLLING_BACK
}

func needsSomebody(m *rekeyv1.Migration) bool {
	return m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL ||
		len(m.GetPauses()) > 0 && m.GetEndTime() == nil
}

// isTime reports whether somebody acts now on what a migration needs: an approval in its time, a pause after a while; what an
// operator paused waits for the script to resume it.
func (p *Play) isTime(i int, m *rekeyv1.Migration, since time.Duration) bool {
	if m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL {
		return p.now() >= since+p.Script.Migrations[i].Approve
	}
	for _, pause := range m.GetPauses() {
		if pause.GetCause() == rekeyv1.PauseCause_PAUSE_CAUSE_OPERATOR && !p.isOver() {
			return false
		}
	}
	return p.now() >= since+patience
}

// settle approves a plan, or takes a migration out of its pause: on, or to its end.
func (p *Play) settle(ctx context.Context, i int, m *rekeyv1.Migration) {
	id, on := m.GetId(), !p.Script.Migrations[i].GiveUp
	var err error
	switch {
	case m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL:
		_, err = p.Stage.API.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: m.GetPlan().GetDigest()})
		p.tell("approve %s, %d to migrate: %v", Letter(i), m.GetPlan().GetToMigrate(), err)
		if i == 0 && err == nil {
			p.begun()
		}
		return
	case !on:
		err = p.verb(ctx, script.Cancel, id)
	default:
		if _, err = p.Stage.API.UpdateRollout(ctx, &rekeyv1.UpdateRolloutRequest{MigrationId: id, NoBudget: true}); err == nil {
			err = p.verb(ctx, script.Resume, id)
		}
	}
	p.tell("%s, which is %s, goes on: %t, %v", Letter(i), m.GetStateReason(), on, err)
}
