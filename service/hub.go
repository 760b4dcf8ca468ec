package service

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"rekey/workflows"
)

// pollsAtATime is how many watched migrations are asked for news at the same time; the others take turns, and are a little
// late.
const pollsAtATime = 32

// hub polls each watched migration once, however many watch it.
type hub struct {
	query    func(ctx context.Context, migration string) (workflows.MigrationView, error)
	interval time.Duration
	patience time.Duration
	turns    *semaphore.Weighted

	mu    sync.Mutex
	feeds map[string]*feed
}

func newHub(query func(context.Context, string) (workflows.MigrationView, error), interval, patience time.Duration) *hub {
	return &hub{
		query: query, interval: interval, patience: patience,
		turns: semaphore.NewWeighted(pollsAtATime), feeds: map[string]*feed{},
	}
}

// join begins to watch a migration. The first who joins starts the poller; who joins must leave. It reports whether others
// watch already.
func (h *hub) join(migration string) (f *feed, joined bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, joined = h.feeds[migration]
	if !joined {
		ctx, stop := context.WithCancel(context.Background())
		f = &feed{stop: stop, done: make(chan struct{}), changed: make(chan struct{})}
		h.feeds[migration] = f
		go func() {
			defer close(f.done)
			h.poll(ctx, migration, f)
		}()
	}
	f.watchers++
	return f, joined
}

// refresh asks a migration for whoever joined a feed that others watch already: what that knows may be older than what the
// caller has just done. Where there is no answer the poller's is waited for.
func (h *hub) refresh(ctx context.Context, migration string, f *feed) {
	asked := time.Now()
	if view, err := h.query(ctx, migration); err == nil {
		f.set(news{view: &view, asked: asked})
	}
}

// leave ends a watch. The last who leaves stops the poller.
func (h *hub) leave(migration string, f *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f.watchers--
	if f.watchers == 0 {
		f.stop()
		delete(h.feeds, migration)
	}
}

// poll feeds what the migration answers, until nobody watches it.
func (h *hub) poll(ctx context.Context, migration string, f *feed) {
	answered := time.Now()
	for ctx.Err() == nil {
		if h.turns.Acquire(ctx, 1) != nil {
			return
		}
		asked := time.Now()
		view, err := h.query(ctx, migration)
		h.turns.Release(1)
		switch {
		case err == nil:
			answered = time.Now()
			f.set(news{view: &view, asked: asked})
		case ctx.Err() == nil:
			f.set(news{view: f.last(), err: err, final: !passes(err) || time.Since(answered) >= h.patience})
		}
		pause(ctx, h.interval)
	}
}

// passes reports whether an error is one that passes: a worker, or Temporal, is away.
func passes(err error) bool { return errors.Is(err, ErrNoWorker) || errors.Is(err, ErrUnavailable) }

// feed is the latest news of one migration. It holds no queue: whoever is slow finds the changes folded into one.
type feed struct {
	watchers int // guarded by the hub's lock
	stop     context.CancelFunc
	done     chan struct{} // closed when the poller has ended

	mu      sync.Mutex
	news    news
	told    time.Time     // when the news came
	changed chan struct{} // closed when the news change
}

// news are what is known of a migration.
type news struct {
	// view is the migration's last answer, nil before the first.
	view *workflows.MigrationView
	// asked is when that answer was asked for.
	asked time.Time
	// err is why there was no newer answer; final says that none is waited for any longer.
	err   error
	final bool
}

// latest returns the news, and a channel that is closed when there are others.
func (f *feed) latest() (news, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.news, f.changed
}

func (f *feed) last() *workflows.MigrationView {
	n, _ := f.latest()
	return n.view
}

// set tells the watchers, unless it is no news. An older answer is none where the newer one came while it was asked for; one
// that was asked for after that tells of a workflow that was reset.
func (f *feed) set(n news) {
	f.mu.Lock()
	defer f.mu.Unlock()
	late := n.err == nil && n.revision() < f.news.revision() && n.asked.Before(f.told)
	if n.same(f.news) || late {
		return
	}
	f.news, f.told = n, time.Now()
	close(f.changed)
	f.changed = make(chan struct{})
}

// same reports whether a watcher would not see the difference.
func (n news) same(other news) bool {
	return n.final == other.final && (n.err == nil) == (other.err == nil) && n.revision() == other.revision()
}

// revision is that of the view, or one before every other.
func (n news) revision() int64 {
	if n.view == nil {
		return -1
	}
	return n.view.Revision
}

// pause waits, but not longer than the context lives.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
