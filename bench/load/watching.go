package load

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Watches is what the watchers saw.
type Watches struct {
	Watchers int `json:"watchers"`
	Messages int `json:"messages"`
	// Resumed is how many times a watch was taken up again with its cursor.
	Resumed int `json:"resumed"`
	// States are what one watcher saw that nobody cut off.
	States []string `json:"states"`
	// Lost are watchers that saw other states than that one, or not the end; Back those to whom something older came later.
	Lost int `json:"lost"`
	Back int `json:"back"`
	// FirstAll is how long it took until every watcher had its first message, and EndAll how long after the first of them
	// had seen the end the last one had, in milliseconds.
	FirstAll float64 `json:"all_have_first_message_ms"`
	EndAll   float64 `json:"all_have_seen_the_end_ms"`
}

// watching is all watchers. The first of them is the reference: it has a connection of its own, which nobody cuts.
type watching struct {
	bench    *bench
	conns    []atomic.Pointer[caller]
	watchers []*watcher
	running  *errgroup.Group
	stop     context.CancelFunc
	firstAll time.Duration
}

// watch opens all watches, and returns when each has shown something.
func (b *bench) watch(ctx context.Context) (*watching, error) {
	ctx, stop := context.WithCancel(ctx)
	w := &watching{bench: b, conns: make([]atomic.Pointer[caller], connections+1), stop: stop}
	for i := range w.conns {
		if err := w.connect(i); err != nil {
			w.close()
			return nil, err
		}
	}
	began := time.Now()
	var ready sync.WaitGroup
	w.running, ctx = errgroup.WithContext(ctx)
	for i := range b.load.Watchers + 1 {
		n := 0
		if i > 0 {
			n = 1 + i%connections
		}
		one := &watcher{dial: w.conns[n].Load}
		w.watchers = append(w.watchers, one)
		ready.Add(1)
		once := sync.OnceFunc(ready.Done)
		w.running.Go(func() error {
			defer once()
			return one.follow(ctx, b.id, once)
		})
	}
	ready.Wait()
	w.firstAll = time.Since(began)
	if ctx.Err() != nil {
		return w, w.running.Wait()
	}
	return w, nil
}

// connect replaces a connection by a new one.
func (w *watching) connect(i int) error {
	c, err := w.bench.dial()
	if err != nil {
		return err
	}
	if old := w.conns[i].Swap(c); old != nil {
		_ = old.conn.Close()
	}
	return nil
}

// cut closes every second connection of the watchers, as a network or a proxy does.
func (w *watching) cut() {
	for i := 2; i < len(w.conns); i += 2 {
		_ = w.connect(i) // dials nothing yet
	}
}

func (w *watching) close() {
	w.stop()
	for i := range w.conns {
		if c := w.conns[i].Load(); c != nil {
			_ = c.conn.Close()
		}
	}
}

// endIn is how long the migration may take to end once nothing holds it up.
const endIn = 10 * time.Minute

// await waits until every watch has ended, and holds what they saw against the reference.
func (w *watching) await(ctx context.Context) (Watches, error) {
	late := time.AfterFunc(endIn, w.stop)
	defer late.Stop()
	if err := w.running.Wait(); err != nil {
		return Watches{}, fmt.Errorf("a watch failed: %w", err)
	}
	reference := w.watchers[0]
	seen := Watches{Watchers: len(w.watchers) - 1, FirstAll: milliseconds(w.firstAll)}
	for _, state := range reference.states {
		seen.States = append(seen.States, state.String())
	}
	first, last := reference.ended, reference.ended
	for _, one := range w.watchers[1:] {
		seen.Messages += one.messages
		seen.Resumed += one.resumed
		if !slices.Equal(one.states, reference.states) {
			seen.Lost++
		}
		if one.back > 0 {
			seen.Back++
		}
		if one.ended.Before(first) {
			first = one.ended
		}
		if one.ended.After(last) {
			last = one.ended
		}
	}
	seen.EndAll = milliseconds(last.Sub(first))
	if end := reference.states[len(reference.states)-1]; end != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		return seen, fmt.Errorf("the migration ended as %s", end)
	}
	return seen, ctx.Err()
}
