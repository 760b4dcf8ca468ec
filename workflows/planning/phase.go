package planning

import (
	"slices"

	"rekey/workflows"
)

// KeepsPhase reports whether a canary is one whose edit may wait for a run that is due: it is updated, runs by itself, and its
// runs prove the update. Whether it has a rate, its schedule tells.
func KeepsPhase(c workflows.Canary) bool {
	return c.Action == workflows.Migrate && (c.Proving == workflows.ByRun || c.Proving == workflows.ByDryRun) && runs(c.Recorded)
}

// runs reports whether a canary runs by itself, now or in a moment.
func runs(s workflows.Settings) bool {
	return slices.Contains([]string{"RUNNING", "STARTING", "UPDATING"}, s.State)
}
