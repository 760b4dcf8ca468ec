package access

import (
	"context"
	"fmt"
	"time"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// minDelay is the least real time between two looks at access; readBack is how long after it was given the first one comes.
const (
	minDelay = time.Second
	readBack = 500 * time.Millisecond
)

// method is a way to give access. Key policies are not among them: their key's owner edits them.
type method interface {
	// look is since when the access has existed, on AWS's clock, and false where there is none. Where AWS does not tell
	// since when, it is the time of the look, and known is false.
	look(ctx context.Context) (found found, there bool, err error)
	// give makes the access. It is read back by the next look.
	give(ctx context.Context) error
}

// found is access that is there.
type found struct {
	change workflows.AccessChange
	since  time.Time
	// old says that since is when the access was made, and not only when it was seen.
	old bool
	now time.Time // AWS's date of the look
}

// EnsureAccess gives a role or a viewer a permission by a grant or a role policy of the given name, unless it is there,
// and answers since when it has been; or it verifies existing access. What it answers was read back: where that shows nothing
// shortly after giving, it ends with NotYet. A change that carries a document is put back as it was.
//
// Access takes effect with a delay: a grant usually in less than five minutes (KMS Developer Guide, grants), a role's
// policy in a time that AWS does not name (IAM User Guide, troubleshooting). What is left of the settling time is
// answered; the workflow waits for it.
//
// It ends with KEY_NOT_USABLE, ACCESS_DENIED, ACCESS_NOT_FOUND, POLICY_FULL, AWS_REFUSED (a quota is used up, or the role
// does not exist) or CELL_NOT_REACHABLE.
func (a *Activities) EnsureAccess(ctx context.Context, in workflows.EnsureAccessInput) (workflows.Effective, error) {
	m, err := a.method(in)
	if err != nil {
		return workflows.Effective{}, err
	}
	access, there, err := m.look(ctx)
	if err != nil {
		return workflows.Effective{}, err
	}
	if !there {
		if access, err = give(ctx, m, max(in.Poll.Delay(in.Poll.Every), minDelay)); err != nil {
			return workflows.Effective{}, err
		}
	}
	effective := workflows.Effective{Change: access.change, Since: access.since}
	switch {
	case access.old:
		effective.Rest = max(remaining(access.since, access.now, in.Settle), 0)
	case !in.Change.There:
		effective.Rest = in.Settle
	}
	return effective, nil
}

// give makes the access, and reads it back.
func give(ctx context.Context, m method, again time.Duration) (found, error) {
	if err := m.give(ctx); err != nil {
		return found{}, err
	}
	select {
	case <-time.After(readBack):
	case <-ctx.Done():
		return found{}, ctx.Err()
	}
	access, there, err := m.look(ctx)
	if err == nil && !there {
		err = failure.Wait("the access was given and is read back next", again)
	}
	return access, err
}

func (a *Activities) method(in workflows.EnsureAccessInput) (method, error) {
	switch in.Change.Method {
	case workflows.ByGrant:
		return &grant{a: a, key: a.keys(in.Cell, in.Change.KeyARN), change: in.Change, cell: in.Cell}, nil
	case workflows.ByRolePolicy:
		return &rolePolicy{api: a.iam(in.Cell), change: in.Change, cell: in.Cell}, nil
	case workflows.Existing:
		return &existing{a: a, change: in.Change, cell: in.Cell}, nil
	case workflows.ByKeyPolicy: // the key's workflow gives it
	}
	return nil, failure.Refuse(&workflows.Problem{
		Reason:   workflows.Internal,
		Message:  fmt.Sprintf("access by %s is not given here", in.Change.Method),
		NextStep: "This is a fault of rekey; report it.",
	})
}

// remaining is how long access has still to be there until it counts as effective; none when zero or less. Both
// instants are AWS's, in whole seconds, so an age is up to a second too high: that second is waited too.
func remaining(created, now time.Time, settle time.Duration) time.Duration {
	if settle <= 0 {
		return 0
	}
	return settle + time.Second - now.Sub(created)
}
