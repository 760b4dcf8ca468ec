package gate

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"rekey/workflows"
)

// How old an answer may be, from when it was asked for: a pause that was answered after that is not in it. PauseMigration
// promises that nothing is begun later than a second after its answer.
const (
	// fresh is until when an answer serves others than those who asked.
	fresh = 500 * time.Millisecond
	// lasting is until when a call may begin on an answer. The rest of the second is for a connection to AWS.
	lasting = 750 * time.Millisecond
	// patience is how long an answer is waited for. One that comes too late to count has brought the migration into the
	// memory of its worker, so that the next comes soon.
	patience = 10 * time.Second
	// questions are how many answers may come too late before the attempt is given up.
	questions = 3
)

// Migrations are asked for their gates.
type Migrations interface {
	// Gate is what of a migration is paused. A migration that has ended holds nothing: nobody could resume it any more.
	Gate(ctx context.Context, migration string) (workflows.Gate, error)
}

// Keeper is a Gate that asks migrations, each at most once at a time, and not again while it has a fresh answer. It is safe
// for concurrent use.
//
// It fails closed: without an answer no change begins. A cell whose migration has ended begins nothing and brings what is
// under way to its end; that is not held, or access that is being restored would stay away for good.
type Keeper struct {
	migrations Migrations
	asking     singleflight.Group

	mu      sync.Mutex
	answers map[string]answer // by migration; only fresh ones matter, and older ones go when another comes
}

type answer struct {
	gate  workflows.Gate
	asked time.Time
}

// New is a keeper that knows no answers yet.
func New(m Migrations) *Keeper { return &Keeper{migrations: m, answers: map[string]answer{}} }

// Ask implements Gate.
func (k *Keeper) Ask(ctx context.Context, subjects []workflows.Subject) error {
	for range questions {
		oldest, err := k.pass(ctx, subjects)
		if err != nil {
			return err
		}
		if time.Since(oldest) < lasting {
			return nil
		}
	}
	return late(subjects)
}

// pass goes through the gates of all subjects, and answers when the oldest of the answers was asked for. A shut gate is
// asked once more, so that one that was just opened is not taken to be shut: the caller would come back at once.
func (k *Keeper) pass(ctx context.Context, subjects []workflows.Subject) (time.Time, error) {
	oldest := time.Now()
	for _, s := range subjects {
		if s.Migration == "" {
			continue // nobody's
		}
		a, known := k.known(s.Migration)
		if !known || shut(a, s) {
			var err error
			if a, err = k.ask(ctx, s.Migration); err != nil {
				return oldest, unanswered(s, err)
			}
		}
		if shut(a, s) {
			return oldest, paused(s, a.gate)
		}
		if a.asked.Before(oldest) {
			oldest = a.asked
		}
	}
	return oldest, nil
}

func shut(a answer, s workflows.Subject) bool { return a.gate.Shut(s.Cell, s.Wave, s.Canary) }

// known is a fresh answer of a migration.
func (k *Keeper) known(migration string) (answer, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.answers[migration]
	return a, ok && time.Since(a.asked) < fresh
}

// ask asks a migration, or waits with others for the answer to a question that is under way. Who asked first may give up:
// the question goes on for the others.
func (k *Keeper) ask(ctx context.Context, migration string) (answer, error) {
	answered := k.asking.DoChan(migration, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		asked := time.Now()
		gate, err := k.migrations.Gate(ctx, migration)
		if err != nil {
			return answer{}, err
		}
		a := answer{gate, asked}
		k.keep(migration, a)
		return a, nil
	})
	select {
	case r := <-answered:
		return r.Val.(answer), r.Err
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
}

func (k *Keeper) keep(migration string, a answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	maps.DeleteFunc(k.answers, func(_ string, a answer) bool { return time.Since(a.asked) >= fresh })
	k.answers[migration] = a
}
