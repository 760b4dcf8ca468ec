package service

import (
	"context"
	"testing"
	"time"

	"rekey/workflows"
)

func TestPollerEndsWhenTheLastWatcherLeaves(t *testing.T) {
	answer := func(context.Context, string) (workflows.MigrationView, error) {
		return workflows.MigrationView{Revision: 1}, nil
	}
	h := newHub(answer, time.Hour, time.Hour)
	first, second := h.join("m-1"), h.join("m-1")
	if first != second {
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
	third := h.join("m-1")
	defer h.leave("m-1", third)
	if third == first {
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
