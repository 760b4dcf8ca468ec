package cell

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/guard"
	"rekey/workflows/waves"
)

// compares reports whether anybody asks how migrated canaries do beside others: there are waves to judge, or a budget to
// charge.
func (c *cell) compares() bool {
	rollout := c.in.Spec.Rollout
	return c.in.Format > 0 && (len(rollout.Waves) > 0 || rollout.Budget != nil || c.steering.Limit != waves.Unbounded)
}

// lookBefore notes, before the cell's canaries of a wave are begun, which of all that are not migrated fail already: what those
// do later says nothing.
func (c *cell) lookBefore(ctx workflow.Context) {
	if !c.compares() || c.lookedBefore >= c.steering.Wave {
		return
	}
	c.lookedBefore = c.steering.Wave
	found, err := c.compare(ctx, "look who fails already", nil, c.others(func(workflows.Canary) bool { return true }))
	if err != nil {
		workflow.GetLogger(ctx).Warn("it can't be told who fails already", "error", err)
		return
	}
	for i := range c.canaries {
		if item := &c.canaries[i]; item.Begun.IsZero() {
			item.FailedBefore = slices.Contains(found.Failing, item.Recorded.Name)
		}
	}
}

// weigh excuses a canary that no run proved in time, if canaries that were not migrated fail like those that were: no budget
// is charged with an outage.
func (c *cell) weigh(ctx workflow.Context, item *workflows.Canary) {
	if !c.compares() || c.steering.ChargeOutages || !isUnclear(*item) {
		return
	}
	migrated := append(c.migratedOf(-1), watched(*item))
	found, err := c.compare(ctx, item.Recorded.Name+": compare with others", migrated, c.control())
	if err != nil {
		workflow.GetLogger(ctx).Warn("a failure is charged because it can't be compared", "canary", item.Recorded.Name, "error", err)
		return
	}
	item.Excused = guard.Excused(found.Migrated, found.Control)
}

// isWeighed reports whether a canary that rests unproven is still being compared with others: it keeps its permit until then,
// and no budget is charged with it yet.
func (c *cell) isWeighed(place int) bool {
	return c.telling[place] && c.compares() && !c.steering.ChargeOutages && isUnclear(c.canaries[place])
}

// isUnclear reports whether a canary rests unverified where a proof was to come.
func isUnclear(item workflows.Canary) bool {
	return item.State == workflows.Unverified && item.Problem != nil &&
		(item.Problem.Reason == workflows.NotProvenInTime || item.Problem.Reason == workflows.BaselineNotConfirmed)
}

func (c *cell) compare(ctx workflow.Context, summary string, migrated, control []workflows.Watched) (workflows.Comparison, error) {
	return call.Do[workflows.Comparison](ctx, call.Read, workflows.CompareActivity, summary,
		workflows.CompareInput{Cell: c.in.Cell, Migrated: migrated, Control: control})
}

// control are the canaries that were not begun, and did not fail before.
func (c *cell) control() []workflows.Watched {
	return c.others(func(item workflows.Canary) bool { return !item.FailedBefore })
}

// others are the canaries that were not begun, of those that are so.
func (c *cell) others(are func(workflows.Canary) bool) []workflows.Watched {
	var list []workflows.Watched
	for _, item := range c.canaries {
		if item.Begun.IsZero() && are(item) {
			list = append(list, workflows.Watched{Name: item.Recorded.Name})
		}
	}
	return list
}

// migratedOf are the migrated canaries of a wave, or of all for -1, that run by themselves and did not fail before.
func (c *cell) migratedOf(wave int) []workflows.Watched {
	var list []workflows.Watched
	for _, item := range c.canaries {
		if runsOn(item) && !item.FailedBefore && (wave < 0 || waveOf(&item) == wave) {
			list = append(list, watched(item))
		}
	}
	return list
}

// runsOn reports whether a canary is migrated, but for its old access, and goes on running by itself.
func runsOn(item workflows.Canary) bool {
	return migrated(item) && (item.Proving == workflows.ByRun || item.Proving == workflows.ByDryRun) &&
		item.Step == workflows.RevokeStep && item.Action == workflows.Migrate
}

func watched(item workflows.Canary) workflows.Watched {
	return workflows.Watched{Name: item.Recorded.Name, Since: item.Since}
}
