// Package nextstep tells what a migration would have to see to first, as far as a canary itself tells.
package nextstep

import (
	"slices"

	"rekey/workflows"
	"rekey/workflows/runtime"
	"rekey/workflows/schedule"
)

// Of is the next step with a canary, given which runtime versions AWS has deprecated. What nothing can be done about comes
// first, then what an operator could mend.
func Of(s workflows.Settings, deprecated []string) workflows.NextStep {
	switch {
	case s.PrimaryRegion != "":
		return workflows.StepSeePrimary
	case s.From.Mode == workflows.SSEKMS:
		return workflows.StepNone
	case !Updatable(s) || slices.Contains(deprecated, s.Runtime) || !runtime.Parse(s.Runtime).EncryptsArtifacts():
		return workflows.StepMend
	case Stopped(s) || RunsOnce(s):
		return workflows.StepDecideAtRest
	case !DryRuns(s):
		return workflows.StepMigrateWithoutDryRun
	}
	return workflows.StepMigrate
}

// Updatable reports whether the canary is in a state that is known to take an update.
func Updatable(s workflows.Settings) bool {
	return slices.Contains([]string{"RUNNING", "STARTING", "UPDATING"}, s.State) || Stopped(s)
}

// Stopped reports whether the canary's state says that it does not run by itself.
func Stopped(s workflows.Settings) bool {
	return slices.Contains([]string{"STOPPED", "STOPPING", "READY"}, s.State)
}

// RunsOnce reports whether the canary runs only when it is started. A schedule that is not understood is none of those.
func RunsOnce(s workflows.Settings) bool {
	parsed, err := schedule.Parse(s.Schedule)
	return err == nil && parsed.Once()
}

// DryRuns reports whether a dry run of the canary may be made. A baseline that waits for the next run would be in its
// way: whether a dry run counts as that run is not documented.
func DryRuns(s workflows.Settings) bool {
	pending := slices.ContainsFunc(s.Visual, func(v workflows.VisualReference) bool {
		return v.BaseRunID == "nextrun" || v.BaseRunID == "lastrun"
	})
	return runtime.Parse(s.Runtime).DryRuns() && !pending
}
