package limiter

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// How long visitors wait in a line. They occupy one of a worker's places meanwhile, which another account could use.
const (
	// firstPatience is for one who has called nothing yet, and loses nothing by coming again.
	firstPatience = 3 * time.Second
	// laterPatience is for one who would have to repeat what it has called.
	laterPatience = 20 * time.Second
	// slack is how many times as long one stays in a line that turns out to be slower than it was.
	slack = 2
	// leastBreak and longestBreak bound after what time one who is put off is to come again: no sooner than the work of
	// it is worth, and soon enough for a line that got short.
	leastBreak, longestBreak = time.Second, time.Minute
)

// Busy is the error of a visitor who would have had to wait too long.
type Busy struct {
	// After is when to come again.
	After time.Duration
	// Rate is how many calls a second the API bears, as far as is known.
	Rate float64
}

// Error says so in words.
func (b *Busy) Error() string {
	return fmt.Sprintf("the line is too long for %.2g calls a second: come again after %s", b.Rate, b.After)
}

type visitKey struct{}

// visit is what one does in a place of the worker's. Nil is somebody who occupies none, and waits for as long as it takes.
type visit struct{ calls atomic.Int64 }

// Begin says that who calls with the context occupies a place, and would rather come again than wait for long. One whose
// turn is next waits nevertheless, however rare turns are.
func Begin(ctx context.Context) context.Context { return context.WithValue(ctx, visitKey{}, &visit{}) }

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

func (v *visit) count() {
	if v != nil {
		v.calls.Add(1)
	}
}

// patience is how long the context's visitor waits.
func patience(ctx context.Context) time.Duration {
	v := visitOf(ctx)
	if v == nil {
		return 1<<63 - 1
	}
	limit := laterPatience
	if v.calls.Load() == 0 {
		limit = firstPatience
	}
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	return limit
}
