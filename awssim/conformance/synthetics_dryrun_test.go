package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

const safeUpdates = "CloudWatch User Guide, performing safe canary updates"

func dryRunFacts() []fact {
	return []fact{
		{
			name: "DryRunShowsTheCanaryAsItWouldBe", status: confirmed, mutates: true, needs: []subject{canary, key, otherKey},
			source: safeUpdates,
			check: func(x *trial) {
				id := x.dryRun(canary, otherKey)
				if would, is := x.dryRunOf(canary, id), x.canary(canary); keyOf(would) != x.id(otherKey) || keyOf(is) != x.id(key) {
					x.Errorf("would be under %s, is under %s", keyOf(would), keyOf(is))
				}
			},
		},
		{
			name: "DryRunIsCommittedByItsId", status: confirmed, mutates: true, needs: []subject{canary, otherKey}, source: safeUpdates,
			check: func(x *trial) {
				id := x.dryRun(canary, otherKey)
				if c := x.edit(canary, &awssynthetics.UpdateCanaryInput{DryRunId: &id}); keyOf(c) != x.id(otherKey) {
					x.Errorf("the key is %s", keyOf(c))
				}
			},
		},
		{
			name: "DryRunIdGoesWithAScheduleOnly", status: confirmed, mutates: true, needs: []subject{canary, otherKey},
			source: "API_UpdateCanary, DryRunId",
			check: func(x *trial) {
				id := x.dryRun(canary, otherKey)
				in := x.under(otherKey)
				in.DryRunId = &id
				x.refused(x.update(canary, in), validation)
				same := x.canary(canary).Schedule.Expression
				x.edit(canary, &awssynthetics.UpdateCanaryInput{DryRunId: &id, Schedule: &types.CanaryScheduleInput{Expression: same}})
			},
		},
		{
			name: "OneDryRunAtATime", status: confirmed, mutates: true, needs: []subject{canary, otherKey},
			source: safeUpdates + "; the code is inferred",
			check: func(x *trial) {
				x.startDryRun(canary, otherKey)
				_, err := x.synthetics.StartCanaryDryRun(x.ctx, x.dryRunInput(canary, otherKey))
				x.refused(err, conflict)
			},
		},
		{
			name: "DryRunIdWithRunTypeCanaryRunIsRefused", status: confirmed, mutates: true, needs: []subject{canary, otherKey},
			source: "API_GetCanaryRuns, RunType",
			check: func(x *trial) {
				id := x.dryRun(canary, otherKey)
				_, err := x.synthetics.GetCanaryRuns(x.ctx, &awssynthetics.GetCanaryRunsInput{
					Name: x.named(canary), DryRunId: &id, RunType: types.RunTypeCanaryRun,
				})
				x.refused(err, validation)
			},
		},
		{
			name: "RunsOfDryRunsAreListedWhenAskedForOnly", status: confirmed, mutates: true, needs: []subject{canary, otherKey},
			source: "API_GetCanaryRuns, RunType",
			check: func(x *trial) {
				dry := x.runOfDryRun(canary, x.dryRun(canary, otherKey))
				if x.recorded(canary)[*dry.Id] {
					x.Error("it is listed unasked")
				}
			},
		},
		{
			name: "DryRunNeedsARuntime", status: confirmed, mutates: true, needs: []subject{oldVisual, otherKey},
			source: safeUpdates + "; the code is inferred",
			check: func(x *trial) {
				_, err := x.synthetics.StartCanaryDryRun(x.ctx, x.dryRunInput(oldVisual, otherKey))
				x.refused(err, validation)
			},
		},
		{
			name: "FailedDryRunCannotBeCommitted", status: confirmed, mutates: true, needs: []subject{failingCanary, otherKey},
			source: safeUpdates + "; the code is inferred",
			check: func(x *trial) {
				id := x.dryRun(failingCanary, otherKey)
				x.refused(x.update(failingCanary, &awssynthetics.UpdateCanaryInput{DryRunId: &id}), validation, conflict)
			},
		},
		{
			name: "DryRunOfAStoppedCanaryRuns", status: inferred, mutates: true, needs: []subject{stoppedCanary, otherKey}, source: safeUpdates,
			check: func(x *trial) {
				if r := x.runOfDryRun(stoppedCanary, x.dryRun(stoppedCanary, otherKey)); r.Status.State != types.CanaryRunStatePassed {
					x.Errorf("%s", text(r.Status))
				}
			},
		},
		{
			name: "DryRunShowsAMissingAccess", status: inferred, mutates: true, needs: []subject{canary, forbiddenKey},
			source: "a dry run executes as the canary's role, with the settings of its request",
			check: func(x *trial) {
				if r := x.runOfDryRun(canary, x.dryRun(canary, forbiddenKey)); r.Status.StateReasonCode != types.CanaryRunStateReasonCodeExecutionFailure {
					x.Errorf("%s", text(r.Status))
				}
			},
		},
		{
			name: "DryRunWritesUnderTheNewKey", status: unconfirmed, mutates: true, needs: []subject{canary, otherKey},
			source: safeUpdates, question: switchOf("dry_run_uses_new_key", func(s *settings) *bool { return &s.DryRunUsesNewKey }),
			ask: func(x *trial) bool {
				r := x.runOfDryRun(canary, x.dryRun(canary, otherKey))
				return x.encryption(*r.ArtifactS3Location) == x.id(otherKey)
			},
		},
		{
			name: "UpdateDuringADryRunIsAConflict", status: unconfirmed, mutates: true, needs: []subject{canary, otherKey},
			source:   "ConflictException: a conflicting operation is already in progress",
			question: switchOf("dry_run_blocks_update", func(s *settings) *bool { return &s.DryRunBlocksUpdate }),
			ask: func(x *trial) bool {
				x.putBack(canary)
				id := x.startDryRun(canary, otherKey)
				err := x.again(canary)
				x.dryRunEnded(canary, id)
				return code(err) == conflict
			},
		},
	}
}

func (x *trial) dryRunInput(s, to subject) *awssynthetics.StartCanaryDryRunInput {
	return &awssynthetics.StartCanaryDryRunInput{Name: x.named(s), ArtifactConfig: x.toKey(to)}
}

// startDryRun begins a dry run under a key, and sees to it that it is over when the trial ends.
func (x *trial) startDryRun(s, to subject) (id string) {
	x.Helper()
	x.settled(s)
	out, err := x.synthetics.StartCanaryDryRun(x.ctx, x.dryRunInput(s, to))
	x.must(err)
	id = *out.DryRunConfig.DryRunId
	x.Cleanup(func() { x.dryRunEnded(s, id) })
	return id
}

// dryRun makes a dry run under a key and waits for its end.
func (x *trial) dryRun(s, to subject) (id string) {
	x.Helper()
	id = x.startDryRun(s, to)
	x.dryRunEnded(s, id)
	return id
}

func (x *trial) dryRunEnded(s subject, id string) {
	x.Helper()
	x.eventually(settling, "the dry run ends", func() bool {
		runs := x.runsOfDryRun(s, id)
		for _, r := range runs {
			if r.Status.State == types.CanaryRunStateRunning {
				return false
			}
		}
		return len(runs) > 0
	})
}

func (x *trial) runsOfDryRun(s subject, id string) []types.CanaryRun {
	x.Helper()
	out, err := x.synthetics.GetCanaryRuns(x.ctx, &awssynthetics.GetCanaryRunsInput{Name: x.named(s), DryRunId: aws.String(id)})
	x.must(err)
	return out.CanaryRuns
}

func (x *trial) runOfDryRun(s subject, id string) types.CanaryRun {
	x.Helper()
	return x.runsOfDryRun(s, id)[0]
}

// dryRunOf is the canary as it would be after the dry run is committed.
func (x *trial) dryRunOf(s subject, id string) *types.Canary {
	x.Helper()
	out, err := x.synthetics.GetCanary(x.ctx, &awssynthetics.GetCanaryInput{Name: x.named(s), DryRunId: &id})
	x.must(err)
	return out.Canary
}
