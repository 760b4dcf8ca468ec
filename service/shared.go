package service

import (
	"context"
	"sync"
	"time"

	"rekey/workflows"
)

// shared asks migrations for whoever wants to know, and lets those who come at the same time share an answer: a migration
// that a thousand callers read is asked one question at a time, not a thousand.
//
// Every answer is to a question that was asked after its caller came, so that it shows what that caller has just done. Who
// comes while a question is under way waits for the next one.
type shared struct {
	ask     func(ctx context.Context, migration string) (workflows.MigrationView, error)
	timeout time.Duration // of a question

	mu sync.Mutex
	// next is what is to be asked when the question under way is answered, by migration: nil where nobody waits for it, and
	// no entry where no question is under way.
	next map[string]*question
}

// question is one that several wait for.
type question struct {
	answered chan struct{}
	view     workflows.MigrationView // not to be changed: it is everybody's
	err      error
}

func newShared(ask func(context.Context, string) (workflows.MigrationView, error), timeout time.Duration) *shared {
	return &shared{ask: ask, timeout: timeout, next: map[string]*question{}}
}

// view is a migration as it is now. Who does not wait for the answer leaves the question to the others.
func (s *shared) view(ctx context.Context, migration string) (workflows.MigrationView, error) {
	q := s.join(ctx, migration)
	select {
	case <-q.answered:
		return q.view, q.err
	case <-ctx.Done():
		return workflows.MigrationView{}, ctx.Err()
	}
}

func (s *shared) join(ctx context.Context, migration string) *question {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, busy := s.next[migration]
	if q == nil {
		q = &question{answered: make(chan struct{})}
		s.next[migration] = q
	}
	if !busy {
		go s.run(context.WithoutCancel(ctx), migration)
	}
	return q
}

// run asks one question after the other, until nobody waits for one. Who came while one was asked that nobody answered is
// told so, too: it has waited for nothing long enough.
func (s *shared) run(ctx context.Context, migration string) {
	for q := s.take(migration); q != nil; q = s.take(migration) {
		q.view, q.err = s.once(ctx, migration)
		close(q.answered)
		if q.err == nil || !passes(q.err) {
			continue
		}
		if later := s.drop(migration); later != nil {
			later.err = q.err
			close(later.answered)
		}
	}
}

// once asks a migration. A panic is an error of whoever waits, and not the end of the server.
func (s *shared) once(ctx context.Context, migration string) (view workflows.MigrationView, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			err = newPanicked(ctx, value)
		}
	}()
	return s.ask(ctx, migration)
}

// take is the next question, which is under way from now on; nil where there is none, and no question under way any more.
func (s *shared) take(migration string) *question {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.next[migration]
	if q == nil {
		delete(s.next, migration)
	} else {
		s.next[migration] = nil
	}
	return q
}

// drop takes the next question away without asking it.
func (s *shared) drop(migration string) *question {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.next[migration]
	s.next[migration] = nil
	return q
}
