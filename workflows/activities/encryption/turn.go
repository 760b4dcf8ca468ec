package encryption

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"rekey/workflows/failure"
)

// nearBy is how long, in real time, an attempt stays for a turn that is near. The server brings attempts back about a second
// late: longer waits are its, and the last of a wait is the attempt's own.
const nearBy = 3 * time.Second

// awaitTurn waits until a canary may be edited: an instant on Temporal's clock, by which attempts are dated too. While it is
// far the attempt ends with NotYet. One that has passed is not waited for, nor is a zero one.
func awaitTurn(ctx context.Context, turn time.Time) error {
	left := turn.Sub(activity.GetInfo(ctx).StartedTime)
	switch {
	case left <= 0:
		return nil
	case left > nearBy:
		return failure.Wait("the canary is edited when its next run is due", left-nearBy/2)
	}
	select {
	case <-time.After(left):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
