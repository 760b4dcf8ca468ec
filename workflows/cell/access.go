package cell

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/call"
	"rekey/workflows/canary"
	"rekey/workflows/failure"
)

// access is a permission that is given once for all canaries that share it.
type access struct {
	key    workflows.AccessChange
	given  workflow.Future // of a *workflows.Effective
	settle workflow.Settable
	ready  time.Time // when it has existed for the settling time, on Temporal's clock; set once it is given
}

const accessPoll = 10 * time.Second // AWS's time

// key is what makes two changes one call: the permission, whatever is known of it.
func key(change *workflows.AccessChange) workflows.AccessChange {
	k := *change
	k.GrantID, k.Why, k.There = "", "", false
	return k
}

// Access gives a permission on behalf of a canary. Others that share it don't wait for that one's pause.
func (c *cell) Access(ctx workflow.Context, by *workflows.Canary, change *workflows.AccessChange) (*workflows.Effective, error) {
	for {
		given, err := c.give(ctx, by, change)
		if !failure.IsPause(err) {
			return given, err
		}
		if err := c.Reopened(ctx, by); err != nil {
			return given, err
		}
	}
}

func (c *cell) give(ctx workflow.Context, by *workflows.Canary, change *workflows.AccessChange) (*workflows.Effective, error) {
	a, asked := c.accessOf(ctx, change)
	if !asked {
		c.ask(ctx, a, c.ensure(ctx, change, true, c.Subject(by)))
	}
	var given *workflows.Effective
	err := a.given.Get(ctx, &given)
	return given, err
}

// accessOf is the access that a change is about, and whether somebody has asked for it before.
func (c *cell) accessOf(ctx workflow.Context, change *workflows.AccessChange) (a *access, asked bool) {
	a, asked = c.access[key(change)]
	if !asked {
		a = &access{key: key(change)}
		a.given, a.settle = workflow.NewFuture(ctx)
		c.access[a.key] = a
	}
	return a, asked
}

// ask waits until access is given, and tells all who wait for it.
func (c *cell) ask(ctx workflow.Context, a *access, ensured workflow.Future) {
	given := new(workflows.Effective)
	err := ensured.Get(ctx, given)
	if err == nil {
		c.isThereAgain(given.Change)
	}
	if err != nil && c.in.Format > 0 {
		delete(c.access, a.key) // who is not paused, or comes after it was mended, asks anew
	}
	a.ready = workflow.Now(ctx).Add(c.Poll(0).Delay(given.Rest))
	a.settle.Set(given, err)
}

// Settled waits until a permission has existed for the settling time. A story that was taken up again after its
// permission was given asks for it once more, which changes nothing.
func (c *cell) Settled(ctx workflow.Context, by *workflows.Canary, change *workflows.AccessChange) error {
	if _, err := c.Access(ctx, by, change); err != nil {
		return err
	}
	a, _ := c.accessOf(ctx, change)
	ready := a.ready
	return c.until(ctx, by, func() time.Time { return ready })
}

// until waits for a time, which may be put off meanwhile, unless the canary turns back or the cell hands on.
func (c *cell) until(ctx workflow.Context, by *workflows.Canary, at func() time.Time) error {
	left := func() time.Duration { return at().Sub(workflow.Now(ctx)) }
	for wait := left(); wait > 0; wait = left() {
		met, err := workflow.AwaitWithTimeout(ctx, wait, func() bool { return c.mustHandOn(ctx) || canary.TurnsBack(by) })
		switch {
		case err != nil:
			return err
		case canary.TurnsBack(by):
			return canary.ErrTurningBack
		case met:
			return canary.ErrHandedOn
		}
	}
	return nil
}

// forget is the part by which each dry run that passes lowers the age that others wait for: what was denied for good teaches a wrong
// one, and what takes effect sooner from now on would never be found out.
const forget = 32

// Saw notes how old access was, in AWS's time, when a dry run was denied for its being young, or passed.
func (c *cell) Saw(age time.Duration, denied bool) {
	if denied {
		c.young = max(c.young, min(age, c.in.Spec.AccessSettle))
		return
	}
	c.young = max(min(c.young-c.young/forget, age), 0)
}

// Aged waits until the youngest of some permissions is as old as those of the cell that were too young. It does not wait where none
// was, nor for permissions that an earlier run of the workflow gave, nor in cells of before FormatAged.
func (c *cell) Aged(ctx workflow.Context, by *workflows.Canary, changes []workflows.AccessChange) error {
	if c.in.Format < workflows.FormatAged {
		return nil
	}
	return c.until(ctx, by, func() time.Time { return c.aged(changes) })
}

// aged is when they are that old, on Temporal's clock; zero for at any time.
func (c *cell) aged(changes []workflows.AccessChange) time.Time {
	var last time.Time
	for i := range changes {
		a := c.access[key(&changes[i])]
		if c.young == 0 || a == nil || !a.given.IsReady() {
			continue
		}
		if aged := a.ready.Add(-c.Poll(0).Delay(c.in.Spec.AccessSettle - c.young)); aged.After(last) {
			last = aged
		}
	}
	return last
}

// ensure begins to give a permission, or to take one away that is a key policy's; the answer is a workflows.Effective. Key policies
// are edited by their key's owner.
func (c *cell) ensure(ctx workflow.Context, change *workflows.AccessChange, present bool, by workflows.Subject) workflow.Future {
	poll := c.Poll(accessPoll)
	if change.Method == workflows.ByKeyPolicy {
		summary := "let " + change.RoleARN + " use the key by its policy"
		if !present {
			summary = "take " + change.RoleARN + " out of the key's policy"
		}
		return call.Start(ctx, call.Change, workflows.EditKeyPolicyActivity, summary, workflows.KeyEdit{
			Account: arn.Account(change.KeyARN), Change: *change, Present: present, Settle: c.in.Spec.AccessSettle, Poll: poll, By: by,
		})
	}
	return call.Start(ctx, call.Change, workflows.EnsureAccessActivity, "give access to "+change.RoleARN,
		workflows.EnsureAccessInput{Cell: c.in.Cell, Change: *change, Settle: c.in.Spec.AccessSettle, Poll: poll, By: by})
}

// pairs are the roles and keys that the cell's canaries use or will use, old and new alike, each once.
func (c *cell) pairs() []workflows.Pair {
	var pairs []workflows.Pair
	for _, item := range c.canaries {
		if canary.Unfinished(item) {
			pairs = append(pairs, uses(item)...)
		}
	}
	return distinct(pairs)
}
