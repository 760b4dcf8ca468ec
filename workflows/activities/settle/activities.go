// Package settle sends an update of a canary and sees it settle, in one activity: what was sent is remembered from one
// attempt to the next by the activity's heartbeat.
package settle

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// firstLook bounds how long, in real time, an attempt that has sent an update stays for a first look. Longer waits are the
// server's, which occupy no worker.
const firstLook = 5 * time.Second

// Steps are the activities of which those of this package are made.
type Steps struct {
	Update      func(context.Context, workflows.UpdateInput) (workflows.Updated, error)
	SetBaseline func(context.Context, workflows.SetBaselineInput) (workflows.Updated, error)
	Confirm     func(context.Context, workflows.ConfirmInput) (workflows.Confirmed, error)
}

// Activities applies updates.
type Activities struct {
	steps Steps
}

// New applies updates by those steps.
func New(steps Steps) *Activities { return &Activities{steps} }

// ApplyUpdate is UpdateCanary, followed by ConfirmUpdate: it ends as the first does, and answers what the second finds. Until
// AWS has settled the update it ends with NotYet.
//
// A worker that is killed between the request and the first heartbeat leaves the next attempt to find what AWS made of it:
// the new settings, with the date of the canary's last change; or the old ones, for which the request is sent once more.
func (a *Activities) ApplyUpdate(ctx context.Context, in workflows.ApplyUpdateInput) (workflows.Applied, error) {
	confirm := confirming(in.Cell, in.Recorded, in.To, in.ToLocation, in.Poll)
	return a.apply(ctx, confirm, in.Limit, func() (workflows.Updated, error) { return a.steps.Update(ctx, in.UpdateInput) })
}

// ApplyBaseline is SetBaseline, followed by ConfirmUpdate, as ApplyUpdate is.
func (a *Activities) ApplyBaseline(ctx context.Context, in workflows.ApplyBaselineInput) (workflows.Applied, error) {
	confirm := confirming(in.Cell, in.Recorded, in.To, in.ToLocation, in.Poll)
	return a.apply(ctx, confirm, in.Limit, func() (workflows.Updated, error) { return a.steps.SetBaseline(ctx, in.SetBaselineInput) })
}

// confirming asks whether the canary that was recorded has settled with what it was to have.
func confirming(
	cell workflows.Cell, recorded workflows.Settings, to workflows.Encryption, location string, poll workflows.Poll,
) workflows.ConfirmInput {
	return workflows.ConfirmInput{Cell: cell, Name: recorded.Name, ID: recorded.ID, To: to, ToLocation: location, Poll: poll}
}

// sent is what an attempt remembers of an update: its answer, and when it was sent, on Temporal's clock.
type sent struct {
	workflows.Updated
	At time.Time `json:"at"`
}

// apply sends the update, unless an earlier attempt has, and looks once whether it has settled.
func (a *Activities) apply(
	ctx context.Context, in workflows.ConfirmInput, limit time.Duration, send func() (workflows.Updated, error),
) (workflows.Applied, error) {
	before, err := remembered(ctx)
	if err != nil {
		return workflows.Applied{}, err
	}
	if before == nil {
		updated, err := send()
		if err != nil {
			return workflows.Applied{}, err
		}
		before = &sent{updated, activity.GetInfo(ctx).StartedTime}
		var done context.CancelFunc
		ctx, done = aws.ToTheEnd(ctx) // one that is called off from now on still looks what came of it
		defer done()
		wait(ctx, min(in.Poll.Delay(in.Poll.Every), firstLook))
	}
	in.Visual, in.Begun = before.Visual, before.At
	applied := workflows.Applied{Updated: before.Updated}
	applied.Confirmed, err = a.steps.Confirm(ctx, in)
	switch {
	case err == nil:
		return applied, nil
	case failure.IsRefusal(err):
		applied.Problem = failure.Problem(err)
		return applied, nil
	case failure.IsWait(err) && activity.GetInfo(ctx).StartedTime.Sub(before.At) >= limit:
		applied.Late = true
		return applied, nil
	}
	activity.RecordHeartbeat(ctx, *before)
	return workflows.Applied{}, err
}

// remembered is what an earlier attempt has sent; nil for none.
func remembered(ctx context.Context) (*sent, error) {
	if !activity.HasHeartbeatDetails(ctx) {
		return nil, nil
	}
	var before sent
	err := activity.GetHeartbeatDetails(ctx, &before)
	return &before, err
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
