package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"rekey/awssim/sim"
)

// clock is the time that the other side goes by.
type clock interface {
	Now() time.Time
	// Wait returns when d has passed there.
	Wait(ctx context.Context, d time.Duration)
}

// simulatedClock is that of a simulation in this process. Its time passes when somebody waits, and at no other time
// worth mentioning, so that what a fact finds doesn't depend on how busy the machine is.
type simulatedClock struct{ sim *sim.Sim }

func (c simulatedClock) Now() time.Time { return c.sim.World.Clock.Now() }

func (c simulatedClock) Wait(_ context.Context, d time.Duration) { c.sim.World.Clock.Advance(d) }

// distantClock runs scale times faster than this machine's, which said since when that one said start.
type distantClock struct {
	start, since time.Time
	scale        float64
}

// clockOf asks a simulation behind an endpoint for its time; AWS, which has no such answer, goes by real time.
func clockOf(ctx context.Context, endpoint string) clock {
	now := time.Now()
	aws := distantClock{now, now, 1}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_awssim/clock", http.NoBody)
	if endpoint == "" || err != nil {
		return aws
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return aws
	}
	defer answer.Body.Close()
	var shown struct {
		Now   time.Time
		Scale float64
	}
	if json.NewDecoder(answer.Body).Decode(&shown) != nil || shown.Scale <= 0 {
		return aws
	}
	return distantClock{shown.Now, time.Now(), shown.Scale}
}

func (c distantClock) Now() time.Time {
	return c.start.Add(time.Duration(float64(time.Since(c.since)) * c.scale))
}

func (c distantClock) Wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(time.Duration(float64(d) / c.scale))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
