package servicetest

import (
	"slices"
	"time"

	"rekey/workflows"
)

// Cancel ends the migration at once, or a part of it: its canaries that wait are cancelled.
func (m *StandIn) Cancel(in workflows.Cancellation, now time.Time) error {
	v := &m.View
	switch {
	case v.Cancel != nil:
		return nil
	case v.State.Rests(), v.RollBack != nil, !in.Part.IsAll() && !m.is(workflows.Running, workflows.PausedState):
		return m.wrongState("cancelled")
	}
	if err := m.has(in.Part); err != nil {
		return err
	}
	m.took(workflows.Control{Verb: workflows.CancelVerb, By: in.By, Time: now, From: v.State, Part: in.Part, Detail: in.Reason})
	m.each(in.Part, func(c *workflows.Canary) {
		if c.State == workflows.Pending {
			c.State = workflows.CanaryCancelled
		}
	})
	if in.Part.IsAll() {
		in.Time = now
		v.Cancel, v.Pauses, v.State, v.StateReason = &in, nil, workflows.CancelledState, in.Reason
	}
	return nil
}

// RollBack begins to put canaries back.
func (m *StandIn) RollBack(in workflows.RollBack, now time.Time) error {
	v := &m.View
	if v.Approval == nil || m.is(workflows.Planning, workflows.AwaitingApproval, workflows.Planned, workflows.ClosedState) {
		return m.wrongState("rolled back")
	}
	if err := m.has(in.Part); err != nil {
		return err
	}
	if v.State == workflows.RollingBack {
		return nil
	}
	m.took(workflows.Control{Verb: workflows.RollBackVerb, By: in.By, Time: now, From: v.State, Part: in.Part, Detail: in.Reason})
	if in.Part.IsAll() || v.State.Rests() {
		in.Time = now
		v.RollBack, v.State, v.StateReason = &in, workflows.RollingBack, in.Reason
	}
	return nil
}

// retriable are the states of canaries that did not get to the end.
var retriable = []workflows.CanaryState{
	workflows.CanaryFailed, workflows.Blocked, workflows.Unverified, workflows.CanaryCancelled, workflows.Returned,
}

// Retry begins to plan canaries anew.
func (m *StandIn) Retry(in workflows.Retry, now time.Time) error {
	v := &m.View
	if !m.is(workflows.Succeeded, workflows.Failed, workflows.CancelledState, workflows.RolledBackState) || v.Approval == nil {
		return m.wrongState("retried")
	}
	if err := m.has(in.Part); err != nil {
		return err
	}
	taken := 0
	m.each(in.Part, func(c *workflows.Canary) {
		named := len(in.Names) == 0 || slices.Contains(in.Names, c.Recorded.Name)
		if named && (slices.Contains(retriable, c.State) || c.IsHeld()) {
			taken++
			c.State, c.Retries = workflows.Pending, c.Retries+1
		}
	})
	if taken == 0 {
		return &workflows.Problem{
			Reason:   workflows.NothingToRetry,
			Message:  "No canary of migration " + v.ID + " can be taken up again.",
			NextStep: "List its canaries to see where they are.",
			Metadata: map[string]string{"migration_id": v.ID},
		}
	}
	m.took(workflows.Control{Verb: workflows.RetryVerb, By: in.By, Time: now, From: v.State, Part: in.Part, Detail: in.Reason})
	v.Plan, v.Approval, v.Approvals, v.Cancel, v.RollBack, v.State = nil, nil, nil, nil, nil, workflows.Planning
	return nil
}

// Close ends the migration.
func (m *StandIn) Close(in workflows.Closing, now time.Time) error {
	v := &m.View
	if !v.State.Rests() {
		return m.wrongState("closed")
	}
	m.took(workflows.Control{Verb: workflows.CloseVerb, By: in.By, Time: now, From: v.State, Detail: in.Reason})
	in.Time = now
	v.Closing, v.State = &in, workflows.ClosedState
	if !in.Discard {
		v.Evidence = in.URI
	}
	return nil
}

// each does something to every canary of a part.
func (m *StandIn) each(part workflows.Part, do func(*workflows.Canary)) {
	for cell, canaries := range m.Canaries {
		canaries = slices.Clone(canaries)
		for i := range canaries {
			if part.Covers(cell, waveOf(canaries[i]), canaries[i].Recorded.Name) {
				do(&canaries[i])
			}
		}
		m.Canaries[cell] = canaries
	}
}

// waveOf is the number of a canary's wave, -1 for none.
func waveOf(c workflows.Canary) int {
	if c.Wave == nil {
		return -1
	}
	return *c.Wave
}
