package conformance

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

func stateFacts() []fact {
	return []fact{
		{
			name: "UpdateOfARunningCanaryNeedsNoStop", status: confirmed, mutates: true, needs: []subject{canary, otherKey},
			source: "CloudFormation's handler, UpdateHandler.java", check: updateReturnsTo(canary, types.CanaryStateRunning),
		},
		{
			name: "UpdateOfAReadyCanaryEndsReady", status: confirmed, mutates: true, needs: []subject{readyCanary, otherKey},
			source: "CloudFormation's handler, UpdateHandler.java", check: updateReturnsTo(readyCanary, types.CanaryStateReady),
		},
		{
			name: "UpdateOfAStoppedCanaryEndsStopped", status: confirmed, mutates: true, needs: []subject{stoppedCanary, otherKey},
			source: "CloudFormation's handler, UpdateHandler.java", check: updateReturnsTo(stoppedCanary, types.CanaryStateStopped),
		},
		{
			name: "UpdateOfACanaryInErrorIsTaken", status: confirmed, mutates: true, lasting: true, needs: []subject{errorCanary, key},
			source: "CloudFormation's handler; CloudWatch User Guide, troubleshooting: update the canary again",
			check:  func(x *trial) { x.must(x.update(errorCanary, x.under(key))) },
		},
		{
			name: "UpdateWhileUpdatingIsAConflict", status: confirmed, mutates: true, needs: []subject{canary, otherKey},
			source: "API_UpdateCanary, ConflictException; CloudFormation's handler",
			check: func(x *trial) {
				x.whileUpdating(canary, func() error { return x.again(canary) })
			},
		},
		{
			name: "StartAndStopWhileUpdatingAreConflicts", status: inferred, mutates: true, needs: []subject{canary, otherKey},
			source: "ConflictException: a conflicting operation is already in progress",
			check: func(x *trial) {
				x.whileUpdating(canary, func() error {
					_, err := x.synthetics.StopCanary(x.ctx, &awssynthetics.StopCanaryInput{Name: x.named(canary)})
					return err
				})
				x.settled(canary)
				x.whileUpdating(canary, func() error {
					_, err := x.synthetics.StartCanary(x.ctx, &awssynthetics.StartCanaryInput{Name: x.named(canary)})
					return err
				})
			},
		},
		{
			name: "StopOfAStoppedCanaryIsAConflict", status: confirmed, mutates: true, needs: []subject{stoppedCanary},
			source: "CloudFormation's handler, DeleteHandler.java; Terraform, stopCanary: both swallow it",
			check:  func(x *trial) { x.refused(x.stop(stoppedCanary), conflict) },
		},
		{
			name: "StopNeedsARunningCanary", status: confirmed, mutates: true, needs: []subject{readyCanary},
			source: "CloudWatch User Guide, managing multilocation canaries",
			check:  func(x *trial) { x.refused(x.stop(readyCanary), conflict) },
		},
		{
			name: "StartOfARunningCanaryIsAConflict", status: inferred, mutates: true, needs: []subject{canary},
			source: "CloudWatch User Guide, managing multilocation canaries: a start needs READY or STOPPED; the code is inferred",
			check:  func(x *trial) { x.refused(x.start(canary), conflict) },
		},
		{
			name: "FailedUpdateShowsInStateReasonAlone", status: confirmed, mutates: true, lasting: true, needs: []subject{doomedCanary, otherKey},
			source: "CloudFormation's handler, UpdateHandler.java, handleCanaryInStateRunning",
			check: func(x *trial) {
				before := x.canary(doomedCanary).Status.State
				c := x.doomedEdit()
				if c.Status.State != before || aws.ToString(c.Status.StateReason) == "" {
					x.Errorf("%s", text(c.Status))
				}
			},
		},
		{
			name: "FailedUpdateKeepsThePreviousSettings", status: inferred, mutates: true, lasting: true, needs: []subject{doomedCanary, otherKey},
			source: "the codes ROLLBACK_COMPLETE and ROLLBACK_FAILED",
			check: func(x *trial) {
				before := x.canary(doomedCanary)
				if c := x.doomedEdit(); text(c.ArtifactConfig) != text(before.ArtifactConfig) {
					x.Errorf("%s became %s", text(before.ArtifactConfig), text(c.ArtifactConfig))
				}
			},
		},
		{
			name: "StartedRunOnceCanaryRunsOnceAndStops", status: confirmed, mutates: true, needs: []subject{onceCanary},
			source: "API_CanaryScheduleInput; CloudFormation's handler",
			check: func(x *trial) {
				known := x.history(onceCanary)
				x.must(x.start(onceCanary))
				x.next(onceCanary, known)
				x.eventually(settling, "the canary is STOPPED", func() bool {
					return x.canary(onceCanary).Status.State == types.CanaryStateStopped
				})
			},
		},
		{
			name: "RunOnceCanaryUpdatedWhileRunningEndsStopped", status: confirmed, mutates: true, needs: []subject{onceCanary, otherKey},
			source: "CloudFormation's handler, UpdateHandler.java: its run finishes meanwhile",
			check: func(x *trial) {
				x.must(x.start(onceCanary))
				x.settled(onceCanary)
				x.must(x.update(onceCanary, x.under(otherKey)))
				x.eventually(settling, "the canary is STOPPED", func() bool {
					return x.canary(onceCanary).Status.State == types.CanaryStateStopped
				})
			},
		},
		{
			name: "StopHidesTheRunInFlight", status: confirmed, mutates: true, needs: []subject{slowCanary, otherKey},
			source: "API_StopCanary: the run completes, but isn't recorded", check: stopHidesTheRun,
		},
		{
			name: "StartRaisesLastModified", status: inferred, mutates: true, needs: []subject{stoppedCanary},
			source: "AWS CLI, get-canary sample: LastModified equals LastStarted",
			check: func(x *trial) {
				before := x.canary(stoppedCanary).Timeline
				x.must(x.start(stoppedCanary))
				after := x.settled(stoppedCanary).Timeline
				if !after.LastModified.After(*before.LastModified) || !after.LastStarted.After(*before.LastStarted) {
					x.Errorf("%s became %s", text(before), text(after))
				}
			},
		},
	}
}

// again asks for the edit that whileUpdating is in the middle of, without arranging to undo it a second time.
func (x *trial) again(s subject) error {
	in := x.under(otherKey)
	in.Name = x.named(s)
	_, err := x.synthetics.UpdateCanary(x.ctx, in)
	return err
}

// whileUpdating expects a Conflict from what is asked during an edit. What is taken may have come
// after the edit was done, and is asked for again.
func (x *trial) whileUpdating(s subject, ask func() error) {
	x.Helper()
	const attempts = 5
	before := x.settled(s)
	for range attempts {
		x.must(x.update(s, x.under(otherKey)))
		if err := ask(); err != nil {
			x.refused(err, conflict)
			return
		}
		x.restore(s, before)
	}
	x.Errorf("it is taken during each of %d edits", attempts)
}

// doomedEdit is the canary after an edit that fails; where it is done after all, there is nothing to be learnt.
func (x *trial) doomedEdit() *types.Canary {
	x.Helper()
	c := x.edit(doomedCanary, x.under(otherKey))
	if aws.ToString(c.Status.StateReason) == "" && keyOf(c) == x.id(otherKey) {
		x.Skip("the update has not failed")
	}
	return c
}

func updateReturnsTo(s subject, want types.CanaryState) func(*trial) {
	return func(x *trial) {
		x.must(x.update(s, x.under(otherKey)))
		if c := x.canary(s); c.Status.State != types.CanaryStateUpdating && keyOf(c) != x.id(otherKey) {
			x.Errorf("the canary is %s right after the answer, and not yet under the key", c.Status.State)
		}
		c := x.settled(s)
		if c.Status.State != want || keyOf(c) != x.id(otherKey) || aws.ToString(c.Status.StateReason) != "" {
			x.Errorf("%s under %s", text(c.Status), keyOf(c))
		}
	}
}

// stopHidesTheRun edits a canary, which makes it run, and stops it in the middle of the run.
func stopHidesTheRun(x *trial) {
	known := x.history(slowCanary)
	x.edit(slowCanary, x.under(otherKey))
	var inFlight types.CanaryRun
	x.eventually(settling, "a run is in flight", func() bool {
		for _, r := range x.runs(slowCanary) {
			if !known[*r.Id] && r.Status.State == types.CanaryRunStateRunning {
				inFlight = r
				return true
			}
		}
		return false
	})
	x.must(x.stop(slowCanary))
	x.settled(slowCanary)
	x.eventually(settling, "the run's artifacts are there", func() bool {
		return x.encryption(*inFlight.ArtifactS3Location) != ""
	})
	x.pass(10 * time.Second)
	for _, r := range x.runs(slowCanary) {
		if *r.Id == *inFlight.Id && r.Status.State != types.CanaryRunStateRunning {
			x.Errorf("the run is recorded: %s", text(r.Status))
		}
	}
}
