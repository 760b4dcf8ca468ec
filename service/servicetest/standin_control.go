package servicetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rekey/workflows"
)

// Approve lets the plan run.
func (m *StandIn) Approve(in workflows.Approval, now time.Time) error {
	v := &m.View
	switch {
	case v.Approval != nil && v.Approval.Digest == in.Digest:
		return nil
	case v.State != workflows.AwaitingApproval:
		return m.wrongState("approved")
	case v.Plan.Digest != in.Digest:
		return &workflows.Problem{
			Reason:   workflows.PlanDigestMismatch,
			Message:  fmt.Sprintf("The plan of migration %s has the digest %s, not %s.", v.ID, v.Plan.Digest, in.Digest),
			NextStep: "Read the plan that waits for approval, and approve its digest.",
			Metadata: map[string]string{"migration_id": v.ID, "plan_digest": v.Plan.Digest, "given": in.Digest},
		}
	}
	m.took(workflows.Control{Verb: workflows.ApproveVerb, By: in.By, Time: now, From: v.State, Detail: in.Comment})
	in.Time = now
	v.Approval, v.Approvals, v.State = &in, []workflows.Approval{in}, workflows.Running
	return nil
}

// Pause pauses the whole, or a part.
func (m *StandIn) Pause(in workflows.Pause, now time.Time) error {
	v := &m.View
	if !m.is(workflows.Running, workflows.PausedState, workflows.RollingBack) {
		return m.wrongState("paused")
	}
	if err := m.has(in.Part); err != nil {
		return err
	}
	if slices.ContainsFunc(v.Pauses, func(p workflows.Pause) bool { return p.Part.Same(in.Part) }) {
		return nil
	}
	m.took(workflows.Control{Verb: workflows.PauseVerb, By: in.By, Time: now, From: v.State, Part: in.Part, Detail: in.Reason})
	in.Cause, in.Time = workflows.ByOperator, now
	v.Pauses = append(slices.Clip(v.Pauses), in)
	if in.Part.IsAll() {
		v.State = workflows.PausedState
	}
	return nil
}

// Resume ends the pause of the whole, or of a part.
func (m *StandIn) Resume(in workflows.Resume, now time.Time) error {
	v := &m.View
	if !m.is(workflows.Running, workflows.PausedState, workflows.RollingBack) {
		return m.wrongState("resumed")
	}
	if err := m.has(in.Part); err != nil {
		return err
	}
	i := slices.IndexFunc(v.Pauses, func(p workflows.Pause) bool { return p.Part.Same(in.Part) })
	if i < 0 {
		return nil
	}
	if err := m.overdrawn(); err != nil && v.Pauses[i].Cause == workflows.ByBudget {
		return err
	}
	m.took(workflows.Control{Verb: workflows.ResumeVerb, By: in.By, Time: now, From: v.State, Part: in.Part, Detail: in.Reason})
	v.Pauses = slices.Delete(slices.Clone(v.Pauses), i, i+1)
	if in.Part.IsAll() {
		m.goOn()
	}
	return nil
}

// goOn lets the migration go on as it did before it was paused.
func (m *StandIn) goOn() {
	m.View.State = workflows.Running
	if m.View.RollBack != nil {
		m.View.State = workflows.RollingBack
	}
}

// Advance ends the bake of a wave, or the pause after it.
func (m *StandIn) Advance(in workflows.Advance, now time.Time) error {
	v := &m.View
	after := func(p workflows.Pause) bool {
		return p.Cause == workflows.ByInconclusive || p.Cause == workflows.ByWave
	}
	bakes := in.Wave < len(v.Waves) && v.Waves[in.Wave].State == workflows.WaveBaking
	if !bakes && !slices.ContainsFunc(v.Pauses, after) {
		return cmp.Or(m.overdrawn(), m.wrongState("advanced"))
	}
	m.took(workflows.Control{
		Verb: workflows.AdvanceVerb, By: in.By, Time: now, From: v.State, Part: workflows.Part{Wave: &in.Wave}, Detail: in.Reason,
	})
	v.Waves = slices.Clone(v.Waves)
	if in.Wave < len(v.Waves) {
		v.Waves[in.Wave].State, v.Waves[in.Wave].Ended = workflows.WaveJudged, now
	}
	v.Pauses = slices.DeleteFunc(slices.Clone(v.Pauses), after)
	m.goOn()
	return nil
}

// ChangeRollout changes what is set.
func (m *StandIn) ChangeRollout(in workflows.RolloutChange, now time.Time) error {
	v := &m.View
	if !m.is(workflows.AwaitingApproval, workflows.Running, workflows.PausedState, workflows.RollingBack) {
		return m.wrongState("changed")
	}
	for _, wave := range in.Waves {
		if err := m.has(workflows.Part{Wave: &wave.Wave}); err != nil {
			return err
		}
	}
	m.took(workflows.Control{Verb: workflows.RolloutVerb, By: in.By, Time: now, From: v.State, Detail: in.Reason})
	set(&v.MaxConcurrent, in.MaxConcurrent)
	set(&v.Rollout.MaxTotal, in.MaxTotal)
	set(&v.Rollout.StartsPerMinute, in.StartsPerMinute)
	v.Rollout.Edits = cmp.Or(in.Edits, v.Rollout.Edits)
	if in.Budget != nil || in.NoBudget {
		v.Rollout.Budget = in.Budget
	}
	return nil
}

func set(value, change *int) {
	if change != nil {
		*value = *change
	}
}

// Confirm takes note.
func (m *StandIn) Confirm(in workflows.Confirmation, now time.Time) error {
	if m.View.Approval == nil {
		return m.wrongState("confirmed")
	}
	m.took(workflows.Control{Verb: workflows.ConfirmVerb, By: in.By, Time: now, From: m.View.State})
	return nil
}
