package service

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rekey/workflows"
)

// oracle answers questions when it is told to.
type oracle struct {
	asked   chan struct{} // a question has come
	answers chan error
	count   int64
}

func newOracle() *oracle { return &oracle{asked: make(chan struct{}), answers: make(chan error)} }

// ask answers with a view that says how manieth question it was.
func (o *oracle) ask(context.Context, string) (workflows.MigrationView, error) {
	o.count++ // one question at a time; the race detector would see two
	n := o.count
	o.asked <- struct{}{}
	err := <-o.answers
	return workflows.MigrationView{Revision: n}, err
}

// told is what a caller of view is told.
type told struct {
	revision int64
	err      error
}

// callers let n call, and return when all of them wait.
func callers(t *testing.T, s *shared, n int) <-chan told {
	t.Helper()
	answers := make(chan told, n)
	for range n {
		q := s.join(t.Context(), "m-1") // as view does first
		go func() {
			<-q.answered
			answers <- told{q.view.Revision, q.err}
		}()
	}
	return answers
}

// TestWhoComesTogetherSharesAnAnswer, which is to a question that was asked after each of them came.
func TestWhoComesTogetherSharesAnAnswer(t *testing.T) {
	o := newOracle()
	s := newShared(o.ask, time.Hour)
	first := callers(t, s, 1)
	<-o.asked
	late := callers(t, s, 100) // while the first question is under way
	o.answers <- nil
	if got := <-first; got != (told{1, nil}) {
		t.Errorf("the first is told %v", got)
	}
	<-o.asked
	later := callers(t, s, 1)
	o.answers <- nil
	for range 100 {
		if got := <-late; got != (told{2, nil}) {
			t.Fatalf("who came during the first question is told %v, want the second answer", got)
		}
	}
	<-o.asked
	o.answers <- nil
	if got := <-later; got != (told{3, nil}) {
		t.Errorf("who came during the second question is told %v, want the third answer", got)
	}
}

// TestWhoWaitsIsToldThatNobodyAnswers: with no worker there, each question takes as long as a worker may take.
func TestWhoWaitsIsToldThatNobodyAnswers(t *testing.T) {
	gone := errors.New("disk on fire")
	tests := map[string]struct {
		err    error
		shares bool
	}{
		"no worker":             {ErrNoWorker, true},
		"no Temporal":           {ErrUnavailable, true},
		"what was not foreseen": {gone, false},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			o := newOracle()
			s := newShared(o.ask, time.Hour)
			first := callers(t, s, 1)
			<-o.asked
			second := callers(t, s, 1)
			o.answers <- test.err
			if got := <-first; !errors.Is(got.err, test.err) {
				t.Errorf("the first is told %v", got)
			}
			if !test.shares {
				<-o.asked
				o.answers <- nil
			}
			if got := <-second; errors.Is(got.err, test.err) != test.shares {
				t.Errorf("the second is told %v", got)
			}
		})
	}
}

func TestWhoGivesUpLeavesTheQuestionToOthers(t *testing.T) {
	o := newOracle()
	s := newShared(o.ask, time.Hour)
	ctx, giveUp := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if _, err := s.view(ctx, "m-1"); !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up is told %v", err)
		}
	})
	<-o.asked
	other := callers(t, s, 1)
	giveUp()
	waiting.Wait()
	o.answers <- nil
	<-o.asked
	o.answers <- nil
	if got := <-other; got.err != nil {
		t.Errorf("the other is told %v", got)
	}
}

func TestNothingIsLeftOfQuestions(t *testing.T) {
	s := newShared(func(context.Context, string) (workflows.MigrationView, error) { panic("disk on fire") }, time.Hour)
	for range 3 {
		if _, err := s.view(t.Context(), "m-1"); err == nil {
			t.Fatal("a panic is no answer")
		}
	}
	for {
		s.mu.Lock()
		left := len(s.next)
		s.mu.Unlock()
		if left == 0 {
			return
		}
	}
}
