package migration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
	"rekey/workflows/waves"
)

// mayChange refuses to change the rollout of what does not go on, or of waves that there are not or that were judged.
func (m *migration) mayChange(_ workflow.Context, in workflows.RolloutChange) error {
	states := append(slices.Clone(underWay), workflows.AwaitingApproval)
	if err := m.mayOf("changed", workflows.Part{}, states); err != nil {
		return err
	}
	for _, w := range in.Waves {
		if w.Wave >= len(m.view.Waves) || m.view.Waves[w.Wave].State == workflows.WaveJudged {
			return failure.Refuse(m.partNotFound(fmt.Sprintf("wave %d that is not judged yet", w.Wave)))
		}
	}
	return nil
}

// change changes how the migration goes on.
func (m *migration) change(ctx workflow.Context, in workflows.RolloutChange) (workflows.MigrationView, error) {
	if !m.changes(in) {
		return m.shown(), nil
	}
	m.log(ctx, workflows.Control{Verb: workflows.RolloutVerb, By: in.By, Detail: describe(in)})
	set(&m.view.MaxConcurrent, in.MaxConcurrent)
	set(&m.view.Rollout.MaxTotal, in.MaxTotal)
	set(&m.view.Rollout.StartsPerMinute, in.StartsPerMinute)
	if in.Edits != "" {
		m.view.Rollout.Edits = in.Edits
	}
	if in.Budget != nil || in.NoBudget {
		m.view.Rollout.Budget = in.Budget
		m.view.Budget.Allowed = waves.Allowed(in.Budget, m.budgeted())
	}
	for _, change := range in.Waves {
		w := &m.view.Waves[change.Wave]
		set(&w.Spec.BakeTime, change.BakeTime)
		set(&w.Spec.BakeRuns, change.BakeRuns)
		set(&w.Spec.PauseAfter, change.PauseAfter)
		if change.Budget != nil {
			w.Spec.Budget = change.Budget
			w.Budget.Allowed = waves.Allowed(change.Budget, w.Canaries)
		}
	}
	m.turn()
	m.changed(ctx)
	return m.shown(), nil
}

// budgeted is how many canaries the budget of the whole is a share of: those of the plan that runs.
func (m *migration) budgeted() int {
	n := 0
	for _, w := range m.view.Waves[min(m.first, len(m.view.Waves)):] {
		n += w.Canaries
	}
	return n
}

// changes reports whether a change changes anything.
func (m *migration) changes(in workflows.RolloutChange) bool {
	differs := func(now int, to *int) bool { return to != nil && *to != now }
	return differs(m.view.MaxConcurrent, in.MaxConcurrent) || differs(m.view.Rollout.MaxTotal, in.MaxTotal) ||
		differs(m.view.Rollout.StartsPerMinute, in.StartsPerMinute) || in.Edits != "" && in.Edits != m.view.Rollout.Edits || len(in.Waves) > 0 ||
		in.NoBudget && m.view.Rollout.Budget != nil || in.Budget != nil && !sameBudget(m.view.Rollout.Budget, in.Budget)
}

func sameBudget(a, b *workflows.Budget) bool {
	return a != nil && b != nil && sameNumber(a.Count, b.Count) && sameNumber(a.Percent, b.Percent)
}

func sameNumber(a, b *int) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// describe says what a change changes, for the log.
func describe(in workflows.RolloutChange) string {
	var words []string
	number := func(name string, n *int) {
		if n != nil {
			words = append(words, fmt.Sprintf("%s %d", name, *n))
		}
	}
	number("max_concurrent_canaries_per_cell", in.MaxConcurrent)
	number("max_concurrent_canaries", in.MaxTotal)
	number("max_starts_per_minute_per_cell", in.StartsPerMinute)
	if in.Edits != "" {
		words = append(words, "edits "+string(in.Edits))
	}
	if in.NoBudget {
		words = append(words, "no budget")
	}
	if in.Budget != nil {
		words = append(words, "budget "+describeBudget(*in.Budget))
	}
	for _, w := range in.Waves {
		words = append(words, describeWave(w))
	}
	if in.Reason != "" {
		words = append(words, "("+in.Reason+")")
	}
	return strings.Join(words, " ")
}

func describeBudget(b workflows.Budget) string {
	var words []string
	if b.Count != nil {
		words = append(words, fmt.Sprintf("%d canaries", *b.Count))
	}
	if b.Percent != nil {
		words = append(words, fmt.Sprintf("%d %%", *b.Percent))
	}
	return strings.Join(words, " ")
}

func describeWave(w workflows.WaveChange) string {
	words := []string{fmt.Sprintf("wave %d", w.Wave)}
	if w.BakeTime != nil {
		words = append(words, "bake_time "+w.BakeTime.Round(time.Second).String())
	}
	if w.BakeRuns != nil {
		words = append(words, fmt.Sprintf("bake_runs %d", *w.BakeRuns))
	}
	if w.Budget != nil {
		words = append(words, "budget "+describeBudget(*w.Budget))
	}
	if w.PauseAfter != nil {
		words = append(words, fmt.Sprintf("pause_after %t", *w.PauseAfter))
	}
	return strings.Join(words, " ")
}
