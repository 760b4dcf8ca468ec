// Package canary is the story of one canary: grant the new key, prove it by a dry run, update the canary, wait for a
// run, set the new baseline; and the way back. The last step, revoking the old access, belongs to the cell, because
// roles are shared.
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

// ErrTurningBack ends a wait because the canary is to be put back.
var ErrTurningBack = errors.New("turning back")

// Cell is what a story needs of the cell that it is told in.
type Cell interface {
	// Access gives a permission on behalf of a canary; canaries that share it share the call. It ends with ErrHandedOn.
	Access(ctx workflow.Context, by *workflows.Canary, change *workflows.AccessChange) (*workflows.Effective, error)
	// Settled waits until a permission that was given has existed for the settling time. It ends with ErrHandedOn, and with
	// ErrTurningBack when the canary turns back.
	Settled(ctx workflow.Context, by *workflows.Canary, change *workflows.AccessChange) error
	// Saw is told how old access was, in AWS's time, when a dry run was denied for its being young, or passed; Aged waits until
	// permissions are as old as is likely to do, and ends as Settled does.
	Saw(age time.Duration, denied bool)
	Aged(ctx workflow.Context, by *workflows.Canary, changes []workflows.AccessChange) error
	// Resumed waits while the canary is paused, and Reopened after a worker held a change of it. Both end with ErrHandedOn.
	Resumed(ctx workflow.Context, by *workflows.Canary) error
	Reopened(ctx workflow.Context, by *workflows.Canary) error
	// Turn waits until a canary's edit is to be made within a minute, and answers when; zero for at any time. It ends with
	// ErrHandedOn, and with ErrTurningBack when the canary turns back.
	Turn(ctx workflow.Context, by *workflows.Canary) (time.Time, error)
	// Subject is on whose behalf something is changed for the canary.
	Subject(by *workflows.Canary) workflows.Subject
	// Runs waits for completed runs of a canary, one per browser. It ends with ErrNotInTime after the deadline, with
	// ErrHandedOn, and with ErrTurningBack when the canary is to be put back.
	Runs(ctx workflow.Context, w *workflows.Waiting, deadline time.Time) (*workflows.Ready, error)
	// HandingOn reports whether stories are to end at their next boundary.
	HandingOn(ctx workflow.Context) bool
	// Wait is a context for a call that the story waits for. It ends when the cell hands on; done is told that the call has.
	Wait(ctx workflow.Context) (waiting workflow.Context, done func())
	// Changed is told whenever the canary's record has changed.
	Changed()
	// Migration is the migration's id.
	Migration() string
	// Spec is what the migration was asked for.
	Spec() workflows.Spec
	// RunDeadline is how long a step may wait for a run, in real time.
	RunDeadline() time.Duration
	// Lean reports whether activities do several steps in one: of what was begun before, each has its own.
	Lean() bool
	// Poll is how often a waiting activity looks, given in AWS's time.
	Poll(every time.Duration) workflows.Poll
}

// story is one canary on its way. Its record is all that a new run of the workflow needs to go on.
type story struct {
	*workflows.Canary
	cell Cell
	// turn is when its edit is to be made, on Temporal's clock; zero for at any time. The way back does not wait for it.
	turn time.Time
	// applied is what became of the update that was made last, where one activity makes it and sees it settle.
	applied workflows.Applied
}

// Tell brings a canary to the end of its story: to the revoke step, or to the state in which it rests before it.
// It returns ErrHandedOn, and no other error.
func Tell(ctx workflow.Context, c *workflows.Canary, cell Cell) error {
	s := &story{Canary: c, cell: cell}
	if s.State == workflows.Pending {
		s.State, s.Begun, s.Earlier = workflows.Migrating, workflow.Now(ctx), nil
		s.Problem, s.Before, s.Excused = nil, "", false // which an earlier attempt came to
		step := s.Step                                  // where a canary goes on that is retried
		if step == workflows.NoStep {
			step = first(s.Action)
		}
		s.enter(ctx, step)
	}
	for s.State == workflows.Migrating && s.Step != workflows.RevokeStep {
		if cell.HandingOn(ctx) {
			return ErrHandedOn
		}
		err := s.next(ctx)
		if errors.Is(err, ErrHandedOn) {
			return ErrHandedOn
		} else if err != nil && !errors.Is(err, ErrTurningBack) {
			s.fail(ctx, err)
		}
	}
	return s.stop(ctx)
}

// next does what is next: it turns back where the canary is to be put back, and begins no step that changes something
// while it is paused.
func (s *story) next(ctx workflow.Context) error {
	if !s.onlyWaits() {
		if err := s.cell.Resumed(ctx, s.Canary); err != nil {
			return err
		}
	}
	if TurnsBack(s.Canary) {
		s.goBack(ctx)
		return nil
	}
	return s.step(ctx)
}

// TurnsBack reports whether a canary is to be put back, and is not on its way yet.
func TurnsBack(c *workflows.Canary) bool { return c.TurnBack && !isBack(c.Step) }

// turnsBack is an error where the canary turns back, before a step waits for something once more.
func (s *story) turnsBack() error {
	if TurnsBack(s.Canary) {
		return ErrTurningBack
	}
	return nil
}

// onlyWaits reports whether the step begins with waiting for a run, which changes nothing.
func (s *story) onlyWaits() bool {
	return (s.Step == workflows.RunStep || s.Step == workflows.ReturnRunStep) && s.Proving != workflows.ByOneRun
}

// Return turns a canary that rests towards its recorded settings; Tell brings it there.
func Return(ctx workflow.Context, c *workflows.Canary, cell Cell) {
	s := &story{Canary: c, cell: cell}
	s.Before, s.State, s.Problem, s.TurnBack = s.State, workflows.Migrating, s.rolledBack(), false
	s.enter(ctx, workflows.RestoreStep)
}

// Unfinished reports whether a canary's story is to be begun or taken up again.
func Unfinished(c workflows.Canary) bool {
	return c.State == workflows.Pending || c.State == workflows.Migrating && c.Step != workflows.RevokeStep || c.Started
}

func first(a workflows.Action) workflows.Step {
	if a == workflows.RevokeOnly {
		return workflows.RevokeStep
	}
	return workflows.GrantStep
}

// step does what is next, and enters the step after it.
func (s *story) step(ctx workflow.Context) error {
	switch s.Step {
	case workflows.GrantStep:
		return s.grant(ctx)
	case workflows.ProveStep:
		return s.prove(ctx)
	case workflows.UpdateStep:
		return s.update(ctx)
	case workflows.RunStep:
		return s.proveRun(ctx)
	case workflows.BaselineStep:
		return s.rebase(ctx)
	case workflows.RestoreStep:
		return s.restore(ctx)
	case workflows.ReturnStep:
		return s.putBack(ctx)
	case workflows.ReturnRunStep:
		return s.proveReturn(ctx)
	default: // workflows.ReturnBaselineStep
		return s.returnBaseline(ctx)
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
	if s.Step == workflows.RestoreStep {
		s.rest(ctx, s.Before, notReturnable(s.Recorded, p)) // it stays on its new settings
		return
	}
	untouched := slices.Contains([]workflows.Step{workflows.GrantStep, workflows.ProveStep, workflows.UpdateStep}, s.Step)
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
		Message:  fmt.Sprintf("No run proved the settings of canary %s in time.", s.Recorded.Name),
		NextStep: "Look at the canary's runs. The access to both keys is kept, so nothing is lost by waiting.",
		Metadata: map[string]string{"since": s.Since.UTC().Format(time.RFC3339)},
	}
	if s.Step == workflows.BaselineStep || s.Step == workflows.ReturnBaselineStep {
		p.Reason = workflows.BaselineNotConfirmed
		p.Message = fmt.Sprintf("No passed run set and confirmed the baseline of canary %s in time.", s.Recorded.Name)
	}
	return p
}

// refusals are the reasons for which a canary is not even begun: it was left as it is.
var refusals = []workflows.Reason{
	workflows.CanaryChanged, workflows.CanaryGone, workflows.CanaryNotUpdatable, workflows.CanaryStopped,
	workflows.AccessNotFound, workflows.PolicyFull, workflows.KeyPolicyConflict,
	workflows.DryRunDenied, workflows.DryRunFailed, workflows.KeyNotUsable,
}

// isBack reports whether the story is on the way back.
func (s *story) isBack() bool { return isBack(s.Step) }

func isBack(step workflows.Step) bool {
	switch step {
	case workflows.RestoreStep, workflows.ReturnStep, workflows.ReturnRunStep, workflows.ReturnBaselineStep:
		return true
	default:
		return false
	}
}

// want are the encryption and location that the story is on its way to.
func (s *story) want() (workflows.Encryption, string) {
	if s.isBack() {
		return s.Recorded.From, s.Recorded.Location
	}
	return s.To, s.ToLocation
}

// before are the settings that the canary had before its last update.
func (s *story) before() workflows.Settings {
	before := s.Recorded
	if s.isBack() {
		before.From, before.Location = s.To, s.ToLocation
	}
	return before
}

// watch begins to follow runs that started after the canary's last update was answered.
func (s *story) watch() *watch {
	w := workflows.Waiting{Name: s.Recorded.Name, ID: s.Recorded.ID, Since: s.Since, Browsers: s.Recorded.Browsers, Likely: s.likely()}
	if s.cell.Lean() {
		w.Prove = s.wanted(true)
	}
	return newWatch(w, s.GrantedAt, s.cell.Spec().AccessSettle)
}

// likely is when the run that follows the canary's last update is likely to be over: a canary with a schedule runs at once when an
// edit has settled (CloudWatch User Guide, Editing or deleting a canary). Zero where it is not known how long its runs take.
func (s *story) likely() time.Time {
	if s.RunTime == 0 || s.Settled.IsZero() {
		return time.Time{}
	}
	return s.Settled.Add(s.RunTime)
}

// wanted is what runs are to show; with the settings of before, where AWS may put those back.
func (s *story) wanted(mayRevert bool) *workflows.Wanted {
	to, location := s.want()
	w := &workflows.Wanted{BucketRegion: s.bucketRegion(), Encryption: to, Location: location}
	if mayRevert {
		before := s.before()
		w.Before = &workflows.Placed{Encryption: before.From, Location: before.Location}
	}
	return w
}

// beginWait sets the deadline of the step's wait, once: a story that was handed on keeps its own.
func (s *story) beginWait(ctx workflow.Context) time.Time {
	if s.Deadline.IsZero() {
		s.Deadline = workflow.Now(ctx).Add(s.cell.RunDeadline())
	}
	return s.Deadline
}

func (s *story) summary(what string) string { return s.Recorded.Name + ": " + what }
