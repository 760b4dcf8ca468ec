package conformance

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

// soon is how long a run that an edit causes may take to come; the schedules of the subjects are far slower.
const soon = 3 * time.Minute

func scheduleFacts() []fact {
	return []fact{
		{
			name: "EditMakesARunAtOnce", status: confirmed, mutates: true, needs: []subject{canary, otherKey},
			source: "CloudWatch User Guide, editing a canary: the schedule is reset even if it is unchanged",
			check: func(x *trial) {
				known := x.history(canary)
				x.edit(canary, x.under(otherKey))
				x.eventually(soon, "the canary runs", func() bool { return len(x.recorded(canary)) > len(known) })
			},
		},
		{
			name: "RunAfterAnEditUsesTheNewSettings", status: inferred, mutates: true, needs: []subject{canary, otherKey},
			source: "the run comes after the edit has completed",
			check: func(x *trial) {
				known := x.history(canary)
				x.edit(canary, x.under(otherKey))
				x.expectEncryption(x.next(canary, known), otherKey)
			},
		},
		{
			name: "TwoEditsMakeTwoRuns", status: inferred, mutates: true, needs: []subject{canary, key, otherKey},
			source: "each edit resets the schedule",
			check: func(x *trial) {
				known := x.history(canary)
				x.edit(canary, x.under(otherKey))
				known[*x.next(canary, known).Id] = true
				x.edit(canary, x.under(key))
				x.expectEncryption(x.next(canary, known), key)
			},
		},
		{
			name: "EditOfAStoppedCanaryMakesNoRun", status: confirmed, mutates: true, needs: []subject{stoppedCanary, readyCanary, otherKey},
			source: "CloudFormation's handler, which has to start it",
			check: func(x *trial) {
				for _, s := range []subject{stoppedCanary, readyCanary} {
					known := x.history(s)
					x.edit(s, x.under(otherKey))
					x.pass(soon)
					if now := x.recorded(s); len(now) > len(known) {
						x.Errorf("%s has run", x.id(s))
					}
				}
			},
		},
		{
			name: "RunInFlightUsesTheSettingsItStartedWith", status: inferred, mutates: true, needs: []subject{slowCanary, key, otherKey},
			source: "an edit publishes another version of the function",
			check: func(x *trial) {
				known := x.history(slowCanary)
				x.edit(slowCanary, x.under(otherKey))
				x.eventually(soon, "a run is in flight", func() bool { return len(x.recorded(slowCanary)) > len(known) })
				x.edit(slowCanary, x.under(key))
				x.expectEncryption(x.next(slowCanary, known), otherKey)
			},
		},
		{
			name: "CronCanaryRunsAfterAnEdit", status: unconfirmed, mutates: true, needs: []subject{cronCanary, otherKey},
			source:   "CloudWatch User Guide, editing a canary, which speaks of canaries with a schedule",
			question: switchOf("cron_runs_after_edit", func(s *settings) *bool { return &s.CronRunsAfterEdit }),
			ask: func(x *trial) bool {
				known := x.history(cronCanary)
				x.edit(cronCanary, x.under(otherKey))
				x.pass(soon)
				return len(x.recorded(cronCanary)) > len(known)
			},
		},
		{
			name: "EditRestartsTheDuration", status: unconfirmed, mutates: true, needs: []subject{durationCanary, otherKey},
			source:   "API_CanaryScheduleOutput counts DurationInSeconds after creation, the input's text doesn't",
			question: switchOf("edit_restarts_duration", func(s *settings) *bool { return &s.EditRestartsDuration }),
			ask:      editRestartsDuration,
		},
		{
			name: "UpdateOfArtifactsPublishesAVersion", status: unconfirmed, mutates: true, needs: []subject{readyCanary, otherKey},
			source:   "CloudWatch User Guide, sample of an EventBridge event of another update",
			question: switchOf("update_publishes_version", func(s *settings) *bool { return &s.UpdatePublishesVersion }),
			ask: func(x *trial) bool {
				before := engine(x.canary(readyCanary))
				return engine(x.edit(readyCanary, x.under(otherKey))) != before
			},
		},
	}
}

// editRestartsDuration edits a canary half-way through its duration, and looks at it when the first one is over.
func editRestartsDuration(x *trial) bool {
	x.must(x.start(durationCanary))
	c := x.settled(durationCanary)
	lasts := time.Duration(*c.Schedule.DurationInSeconds) * time.Second
	x.pass(lasts / 2)
	x.edit(durationCanary, x.under(otherKey))
	x.pass(lasts*3/2 - x.clock.Now().Sub(*c.Timeline.LastStarted))
	return x.canary(durationCanary).Status.State == types.CanaryStateRunning
}

// engine is the version of the canary's function.
func engine(c *types.Canary) string {
	arn := ""
	if c.EngineArn != nil {
		arn = *c.EngineArn
	} else if len(c.EngineConfigs) > 0 {
		arn = *c.EngineConfigs[0].EngineArn
	}
	return arn[strings.LastIndex(arn, ":")+1:]
}
