package matrix

import (
	"context"
	"sync"
	"time"

	"rekey/durable/kill/point"
	"rekey/durable/kill/tap"
	"rekey/internal/stack"
)

// watch follows the plays of a batch by the points that they come to, and holds each at its target until somebody was
// killed.
type watch struct {
	held chan *hold

	mu    sync.Mutex
	plays map[int]*progress
}

// progress is how far a play is.
type progress struct {
	// target is where it is to be held until the victim is killed; nil for a play that is left alone. hit says that it was.
	target *sighting
	victim string
	hit    bool
	stage  int
	// seen are the points that it has come to, in their order.
	seen []sighting
	// restarted is when the victim answered again after it was killed at the target; recovery is how long after that it
	// took the play to its next point.
	restarted time.Time
	recovery  time.Duration
}

// sighting is a point that a play came to in one of its stages.
type sighting struct {
	point.Point
	stage int
}

// hold is a play that is held at its target.
type hold struct {
	play    int
	victim  string
	by      string
	kind    point.Kind
	verdict chan error
}

func newWatch() *watch { return &watch{plays: map[int]*progress{}} }

// begin begins to follow the plays of a batch.
func (w *watch) begin(parts []part) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held, w.plays = make(chan *hold, len(parts)), map[int]*progress{}
	for _, p := range parts {
		w.plays[p.number] = &progress{target: p.target, victim: p.victim}
	}
}

// Reached implements tap.Watcher.
func (w *watch) Reached(ctx context.Context, by string, e point.Event) error {
	h := w.saw(by, e)
	if h == nil {
		return nil
	}
	w.held <- h // there is room for one of each play
	select {
	case err := <-h.verdict:
		return err
	case <-ctx.Done():
		return tap.ErrGone
	}
}

// saw notes a point. It returns a hold when the point is the play's target, the first time.
func (w *watch) saw(by string, e point.Event) *hold {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.plays[e.Play]
	if !ok {
		return nil // an earlier batch's, whose world is gone
	}
	at := sighting{e.Point, p.stage}
	p.seen = append(p.seen, at)
	if p.victim == by || p.victim == stack.Temporal {
		p.recovers()
	}
	if p.target == nil || p.hit || *p.target != at {
		return nil
	}
	p.hit = true
	return &hold{play: e.Play, victim: p.victim, by: by, kind: e.Kind, verdict: make(chan error, 1)}
}

// recovers notes that the play goes on, once the victim answers again. What others do meanwhile is no recovery of the victim.
func (p *progress) recovers() {
	if !p.restarted.IsZero() && p.recovery == 0 {
		p.recovery = time.Since(p.restarted)
	}
}

// heard notes that the play was told something by the server.
func (w *watch) heard(play int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.plays[play]; p.victim == stack.Server {
		p.recovers()
	}
}

// release lets a held message go on, or not where the death of the victim has ended it: what a process sent, or waits for, ends
// with the process, and what passes between a process and Temporal with either.
func (h *hold) release() {
	if h.by == h.victim || h.victim == stack.Temporal && h.kind != point.Call {
		h.verdict <- tap.ErrGone
		return
	}
	h.verdict <- nil
}

// unhit is how many plays have not come to their targets.
func (w *watch) unhit() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, p := range w.plays {
		if p.target != nil && !p.hit {
			n++
		}
	}
	return n
}

// again notes that the process answers that was killed while these were held.
func (w *watch) again(held []*hold) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range held {
		w.plays[h.play].restarted = time.Now()
	}
}

// passed notes that a stage of a play has ended.
func (w *watch) passed(play, stage int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.plays[play].stage = stage + 1
	w.plays[play].recovers() // by then, whatever was killed
}

// of is how far a play has come.
func (w *watch) of(play int) progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *w.plays[play]
}
