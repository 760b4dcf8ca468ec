package migration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// conclude enters the state in which the migration rests, after every cell rests.
func (m *migration) conclude(ctx workflow.Context) error {
	migrated, wanted := m.cells.done(), m.view.Plan.Counts.ToMigrate
	if m.in.Format > 0 {
		wanted = m.cells.wanted()
	}
	switch {
	case m.view.Cancel != nil:
		return m.enter(ctx, workflows.CancelledState, m.view.Cancel.Reason)
	case migrated == wanted:
		return m.enter(ctx, workflows.Succeeded, "")
	case m.in.Format == 0:
		return m.enter(ctx, workflows.Failed, fmt.Sprintf("%d of %d canaries did not get to the end.", wanted-migrated, wanted))
	}
	return m.enter(ctx, workflows.Failed, fmt.Sprintf("%d of %d canaries did not get to the end: %s.", wanted-migrated, wanted, m.ends()))
}

// ends says in which states the canaries rest that did not get to the end.
func (m *migration) ends() string {
	var list []string
	rested := m.cells.progress().States
	for _, state := range []workflows.CanaryState{
		workflows.CanaryFailed, workflows.Unverified, workflows.Returned, workflows.CanaryCancelled, workflows.Blocked,
	} {
		if n := rested[state]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, strings.ToLower(string(state))))
		}
	}
	return strings.Join(list, ", ")
}

// linger is how long a migration that changed nothing stays open after it rests, for callers who still speak to it:
// an update that meets a closing workflow is not answered.
const linger = time.Minute

// exportAgain is when evidence is exported again that could not be, of a migration that ends by itself.
const exportAgain = 24 * time.Hour

// rest keeps the migration open until the baselines of before can't be restored any more, or somebody closes it, and then
// ends it with its cells. What changed nothing ends soon. It reports whether the migration has ended.
func (m *migration) rest(ctx workflow.Context) (bool, error) {
	if m.closing.IsZero() {
		m.closing = workflow.Now(ctx).Add(linger)
		if m.view.Begun() {
			m.closing = m.closing.Add(workflows.Poll{Scale: m.in.TimeScale}.Delay(workflows.RestPeriod))
			if m.in.Resume == nil {
				return false, errHandOn // a query to a resting migration then replays next to nothing
			}
		}
	}
	for now := workflow.Now(ctx); now.Before(m.closing) && !m.isClosing(); now = workflow.Now(ctx) {
		woken := func() bool { return !m.view.State.Rests() || m.isClosing() || m.mustHandOn(ctx) }
		if _, err := workflow.AwaitWithTimeout(ctx, m.closing.Sub(now), woken); err != nil {
			return false, err
		}
		if !m.view.State.Rests() {
			m.closing = time.Time{}
			return false, nil
		}
		if m.mustHandOn(ctx) {
			return false, errHandOn
		}
	}
	m.ending = true
	m.reviewed = false // once more, before nobody looks any more
	if err := m.review(ctx); err != nil {
		return false, err
	}
	if exported, err := m.export(ctx); err != nil || !exported {
		return false, err
	}
	if err := m.closed(ctx); err != nil {
		return false, err
	}
	m.order(ctx, workflows.Close, func(*workflows.CellReport) bool { return true })
	return true, nil
}

// isClosing reports whether the migration is about to end, by itself or because somebody closes it.
func (m *migration) isClosing() bool { return m.view.Closing != nil || m.ending }

// closed enters the end, where somebody or the rollout's format asks for it.
func (m *migration) closed(ctx workflow.Context) error {
	if m.in.Format == 0 {
		return nil
	}
	if !m.view.Begun() && m.view.Closing == nil {
		return nil // it changed nothing, and its state says why
	}
	because := "It rested until the recorded baselines could not be put back any more."
	if m.view.Closing != nil {
		because = m.view.Closing.Reason
	}
	reasons := []string{fmt.Sprintf("Closed as %s.", m.view.State), m.view.RestReason, because}
	reasons = slices.DeleteFunc(reasons, func(s string) bool { return s == "" })
	m.view.Ended = workflow.Now(ctx)
	return m.enter(ctx, workflows.ClosedState, strings.Join(reasons, " "))
}
