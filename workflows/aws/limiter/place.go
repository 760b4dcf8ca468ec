package limiter

import (
	"context"
	"sync/atomic"
)

type placeKey struct{}

// place is one in a limiter's line that is held for the context's next call.
type place struct {
	in   *Limiter
	used atomic.Bool
}

// Enter takes a place in the line for the first call that is made with the context that it answers: who would be put off is so
// before it has looked at anything, and what the others look at is not old when they call. A place that is not used
// is given up by leave. The error is a *Busy.
func (l *Limiter) Enter(ctx context.Context) (with context.Context, leave func(), err error) {
	// As patient as one who has looked: of a shorter line turns pass when those who were put off don't come again, because their
	// cell has called them off.
	visitOf(ctx).count()
	if err := l.join(ctx); err != nil {
		return nil, nil, err
	}
	p := &place{in: l}
	leave = func() {
		if !p.used.Swap(true) {
			l.leave()
		}
	}
	return context.WithValue(ctx, placeKey{}, p), leave, nil
}

// placed reports whether the context holds a place in the line, which it does once.
func (l *Limiter) placed(ctx context.Context) bool {
	p, ok := ctx.Value(placeKey{}).(*place)
	return ok && p.in == l && !p.used.Swap(true)
}
