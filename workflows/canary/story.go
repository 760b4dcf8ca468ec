// Package canary is the story of one canary: grant the new key, update the canary, wait for a run, set the new
// baseline. The fifth step, revoking the old access, belongs to the cell, because roles are shared.
package canary

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// ErrHandedOn ends a story at a step's boundary because the workflow hands on to a new run, which takes the story
// up again at the recorded step.
var ErrHandedOn = errors.New("handed on")

// ErrNotInTime ends a wait whose deadline has passed.
var ErrNotInTime = errors.New("not in time")

// Cell is what a story needs of the cell that it is told in.
type Cell interface {
	// Grant gives a role the use of a key; canaries that share both share the call.
	Grant(ctx workflow.Context, change workflows.AccessChange) (workflows.AccessChange, error)
	// Runs waits for completed runs of a canary, one per browser. It ends with ErrNotInTime after the deadline and
	// with ErrHandedOn.
	Runs(ctx workflow.Context, w workflows.Waiting, deadline time.Time) (workflows.Ready, error)
	// HandingOn reports whether stories are to end at their next boundary.
	HandingOn(ctx workflow.Context) bool
	// Changed is told whenever the canary's record has changed.
	Changed()
	// RunDeadline is how long a step may wait for a run, in real time.
	RunDeadline() time.Duration
	// Poll is how often a waiting activity looks, given in AWS's time.
	Poll(every time.Duration) workflows.Poll
}

// story is one canary on its way. Its record is all that a new run of the workflow needs to go on.
type story struct {
	*workflows.Canary
	cell Cell
}

// Tell brings a canary to the end of its story: to the revoke step, or to the state in which it rests before it.
// It returns ErrHandedOn, and no other error.
func Tell(ctx workflow.Context, c *workflows.Canary, cell Cell) error {
	s := &story{Canary: c, cell: cell}
	if s.State == workflows.Pending {
		s.State = workflows.Migrating
		s.enter(ctx, workflows.GrantStep)
	}
	for s.State == workflows.Migrating && s.Step != workflows.RevokeStep {
		if cell.HandingOn(ctx) {
			return ErrHandedOn
		}
		if err := s.step(ctx); errors.Is(err, ErrHandedOn) {
			return ErrHandedOn
		} else if err != nil {
			s.fail(ctx, err)
		}
	}
	return nil
}

// step does what is next, and enters the step after it.
func (s *story) step(ctx workflow.Context) error {
	switch s.Step {
	case workflows.GrantStep:
		return s.grant(ctx)
	case workflows.UpdateStep:
		return s.update(ctx)
	case workflows.RunStep:
		return s.proveRun(ctx)
	case workflows.BaselineStep:
		return s.rebase(ctx)
	default: // workflows.ReturnStep
		return s.goBack(ctx)
	}
}

// enter records that a step begins.
func (s *story) enter(ctx workflow.Context, step workflows.Step) {
	s.Step = step
	s.Deadline = time.Time{}
	s.Updated = workflow.Now(ctx)
	s.cell.Changed()
}

// rest records how the canary rests.
func (s *story) rest(ctx workflow.Context, state workflows.CanaryState, p *workflows.Problem) {
	s.State, s.Problem = state, p
	s.Deadline = time.Time{}
	s.Updated = workflow.Now(ctx)
	s.cell.Changed()
}

// fail records how the canary rests after a step that could not be done.
func (s *story) fail(ctx workflow.Context, err error) {
	if errors.Is(err, ErrNotInTime) {
		s.rest(ctx, workflows.Unverified, s.late())
		return
	}
	p := failure.Problem(err)
	untouched := s.Step == workflows.GrantStep || s.Step == workflows.UpdateStep
	if untouched && slices.Contains(refusals, p.Reason) {
		s.rest(ctx, workflows.Blocked, p)
		return
	}
	s.rest(ctx, workflows.CanaryFailed, p)
}

// late is why a canary is unverified: its run or its baseline did not show in time. Both accesses stay as they are,
// so that whichever settings are in force work.
func (s *story) late() *workflows.Problem {
	p := &workflows.Problem{
		Reason:   workflows.NotProvenInTime,
		Message:  fmt.Sprintf("No run proved the encryption of canary %s in time.", s.Recorded.Name),
		NextStep: "Look at the canary's runs. The access to both keys is kept, so nothing is lost by waiting.",
		Metadata: map[string]string{"since": s.Since.UTC().Format(time.RFC3339)},
	}
	if s.Step == workflows.BaselineStep {
		p.Reason = workflows.BaselineNotConfirmed
		p.Message = fmt.Sprintf("No passed run set and confirmed the new baseline of canary %s in time.", s.Recorded.Name)
	}
	return p
}

// refusals are the reasons for which a canary is not even begun: it was left as it is.
var refusals = []workflows.Reason{
	workflows.CanaryChanged, workflows.CanaryGone, workflows.CanaryNotUpdatable, workflows.CanaryStopped,
}

// waiting is what the canary waits for: runs that started after its last update was answered.
func (s *story) waiting() workflows.Waiting {
	return workflows.Waiting{
		Name: s.Recorded.Name, ID: s.Recorded.ID, Since: s.Since, Browsers: s.Recorded.Browsers,
	}
}

// beginWait sets the deadline of the step's wait, once: a story that was handed on keeps its own.
func (s *story) beginWait(ctx workflow.Context) time.Time {
	if s.Deadline.IsZero() {
		s.Deadline = workflow.Now(ctx).Add(s.cell.RunDeadline())
	}
	return s.Deadline
}

func (s *story) summary(what string) string { return s.Recorded.Name + ": " + what }
