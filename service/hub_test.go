package service

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"rekey/workflows"
)

func TestPollerEndsWhenTheLastWatcherLeaves(t *testing.T) {
	answer := func(context.Context, string) (workflows.MigrationView, error) {
		return workflows.MigrationView{Revision: 1}, nil
	}
	h := newHub(answer, time.Hour, time.Hour)
	first, _ := h.join("m-1")
	second, joined := h.join("m-1")
	if first != second || !joined {
		t.Fatal("two watchers of a migration have two feeds")
	}
	h.leave("m-1", first)
	select {
	case <-first.done:
		t.Fatal("the poller has ended while somebody watches")
	default:
	}
	h.leave("m-1", second)
	<-first.done
	if len(h.feeds) != 0 {
		t.Errorf("%d feeds are left", len(h.feeds))
	}
	third, joined := h.join("m-1")
	defer h.leave("m-1", third)
	if third == first || joined {
		t.Error("a watcher joined a feed that has ended")
	}
}

func TestFeedHoldsTheLatestOnly(t *testing.T) {
	f := &feed{changed: make(chan struct{})}
	_, changed := f.latest()
	for revision := range int64(100) {
		f.set(news{view: &workflows.MigrationView{Revision: revision}})
	}
	<-changed
	n, changed := f.latest()
	if n.view.Revision != 99 {
		t.Errorf("the latest revision is %d", n.view.Revision)
	}
	f.set(news{view: &workflows.MigrationView{Revision: 99}})
	select {
	case <-changed:
		t.Error("the same revision was news")
	default:
	}
}

// TestWhoJoinsSeesWhatIsNow: the poller of those who watch already asks only now and then, and whoever has just resumed a
// migration is not to be told that it is paused.
func TestWhoJoinsSeesWhatIsNow(t *testing.T) {
	var revision atomic.Int64
	revision.Store(1)
	asked := make(chan struct{}, 1)
	answer := func(context.Context, string) (workflows.MigrationView, error) {
		defer func() { asked <- struct{}{} }()
		return workflows.MigrationView{Revision: revision.Load()}, nil
	}
	h := newHub(answer, time.Hour, time.Hour)
	first, _ := h.join("m-1")
	defer h.leave("m-1", first)
	_, changed := first.latest()
	<-asked
	if n, _ := first.latest(); n.view == nil {
		<-changed
	}
	revision.Store(2)
	second, _ := h.join("m-1")
	defer h.leave("m-1", second)
	h.refresh(t.Context(), "m-1", second)
	if n, _ := second.latest(); n.view.Revision != 2 {
		t.Errorf("who joined was told of revision %d, want 2", n.view.Revision)
	}
	second.set(news{view: &workflows.MigrationView{Revision: 1}}) // an answer that was long on its way
	if n, _ := second.latest(); n.view.Revision != 2 {
		t.Errorf("an older answer took the place of a newer one: %d", n.view.Revision)
	}
	second.set(news{view: &workflows.MigrationView{Revision: 1}, asked: time.Now()}) // the workflow was reset
	if n, _ := second.latest(); n.view.Revision != 1 {
		t.Errorf("a reset is not told of: %d", n.view.Revision)
	}
}

// TestPollersTakeTurns: as many migrations as there are watches may be watched, and each is asked twice a second.
func TestPollersTakeTurns(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	var atOnce, most atomic.Int32
	h := newHub(func(context.Context, string) (workflows.MigrationView, error) {
		most.Store(max(most.Load(), atOnce.Add(1)))
		asked <- struct{}{}
		<-answer
		atOnce.Add(-1)
		return workflows.MigrationView{}, nil
	}, time.Hour, time.Hour)
	const migrations = 3 * pollsAtATime
	for i := range migrations {
		id := fmt.Sprint("m-", i)
		f, _ := h.join(id)
		defer h.leave(id, f)
	}
	for range pollsAtATime {
		<-asked
	}
	for range migrations - pollsAtATime { // every turn that ends lets another poller ask
		answer <- struct{}{}
		<-asked
	}
	close(answer)
	if n := most.Load(); n != pollsAtATime {
		t.Errorf("%d migrations were asked at the same time, want %d", n, pollsAtATime)
	}
}
