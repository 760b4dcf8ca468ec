// Package version is how workflow code meets other versions of rekey: those that wrote what it is to carry out, and those
// that are to go on where it ends.
package version

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// Require refuses work of a format that this code does not know. It panics, which fails the workflow task and not the
// workflow: nothing is done and nothing lost, Temporal repeats the task, and a newer worker takes it up. To carry it out as if
// it were of the newest known format would be to misread it.
func Require(format int) {
	if format > workflows.NewestFormat {
		panic(fmt.Sprintf("this work is of format %d, and this worker knows formats up to %d: an older worker took it, "+
			"replace it with one of the server's version (docs/upgrades.md)", format, workflows.NewestFormat))
	}
}

// Outlived reports whether a run is to hand on to a new one: because its history has become long, or because another
// version of the worker is to go on with it. The latter is told to workflows that are pinned to a version only.
func Outlived(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetTargetWorkerDeploymentVersionChanged()
}

// HandOn is the error by which a run ends and a new one of the same workflow goes on, on the version of the worker that
// is the current one. Without worker versioning that is whichever worker takes it.
func HandOn(ctx workflow.Context, kind string, in any) error {
	return workflow.NewContinueAsNewErrorWithOptions(ctx, workflow.ContinueAsNewErrorOptions{
		InitialVersioningBehavior: workflow.ContinueAsNewVersioningBehaviorAutoUpgrade,
	}, kind, in)
}
