package clock

import (
	"context"
	"time"
)

// Real is the machine's time, for what belongs to the transport: signatures, sessions, rates of calls.
func Real() time.Time { return time.Now() }

// WaitReal waits until d of real time has passed or the context ends.
func WaitReal(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
