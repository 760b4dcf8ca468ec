// Package call is how workflows call activities: named policies, each with its reason, and a typed Do.
package call

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// Policy bounds one kind of activity.
type Policy struct {
	options workflow.ActivityOptions
}

// The policies. Their times are real time: they are about the workers, the network and AWS's throttling, not
// about what a canary waits for.
var (
	// Read is for activities that only look. An hour of outage is waited out before the caller hears of it.
	Read = Policy{workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute, // a census of many pages under throttling
		HeartbeatTimeout:       alive,
		ScheduleToCloseTimeout: time.Hour,
		RetryPolicy:            backoff,
	}}

	// Glance is for activities that look for somebody who waits for the answer: what can't be seen in a few minutes is told
	// so.
	Glance = Policy{workflow.ActivityOptions{
		StartToCloseTimeout:    2 * time.Minute,
		HeartbeatTimeout:       alive,
		ScheduleToCloseTimeout: 3 * time.Minute,
		RetryPolicy:            backoff,
	}}

	// Change is for activities that may change something. They are safe to repeat, so they are repeated for as
	// long as an outage of a day lasts: a canary must not be left between two steps.
	Change = Policy{workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute,
		HeartbeatTimeout:       alive,
		ScheduleToCloseTimeout: 24 * time.Hour,
		RetryPolicy:            backoff,
	}}

	// Registry is for activities that speak to the account's registry workflow: quick, and never given up.
	Registry = Policy{workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second,
		HeartbeatTimeout:    alive,
		RetryPolicy:         backoff,
	}}
)

// alive is how long a worker may be silent about an activity before another attempt is made: what a killed worker
// costs. The worker sends heartbeats by itself.
const alive = 10 * time.Second

// backoff spares a throttled AWS: it starts at a second and doubles to half a minute.
var backoff = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 2,
	MaximumInterval:    30 * time.Second,
}

// Wait is for activities that wait for something by failing with NotYet: the server tries again, at the delay
// that the activity names, until the given time is up.
func Wait(limit time.Duration) Policy {
	return Policy{workflow.ActivityOptions{
		StartToCloseTimeout:    2 * time.Minute,
		HeartbeatTimeout:       alive,
		ScheduleToCloseTimeout: limit,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    time.Second, // for failures other than NotYet
			BackoffCoefficient: 1.5,
			MaximumInterval:    30 * time.Second,
		},
	}}
}

// LastLook is for a waiting activity whose time is up: one look that happens, however long no worker was there, before
// the wait is given up. NotYet ends it at once.
var LastLook = Policy{workflow.ActivityOptions{
	StartToCloseTimeout:    15 * time.Minute, // the runs of a thousand canaries, a call each, at a few calls a second
	HeartbeatTimeout:       alive,
	ScheduleToCloseTimeout: 24 * time.Hour,
	RetryPolicy: &temporal.RetryPolicy{
		InitialInterval:        time.Second,
		BackoffCoefficient:     2,
		MaximumInterval:        30 * time.Second,
		NonRetryableErrorTypes: []string{workflows.NotYet},
	},
}}

// ToTheEnd is the policy for a call whose end is waited for when its context ends: the activity may do what it is about to do all
// the same, and then answers as ever.
func (p Policy) ToTheEnd() Policy {
	p.options.WaitForCancellation = true
	return p
}

// Do calls an activity and waits for its answer. The summary is shown beside the activity in the history, so
// that it reads like the canary's story.
func Do[Out any](ctx workflow.Context, p Policy, activity, summary string, in any) (Out, error) {
	var out Out
	err := Start(ctx, p, activity, summary, in).Get(ctx, &out)
	return out, err
}

// Run is Do for an activity that has no answer.
func Run(ctx workflow.Context, p Policy, activity, summary string, in any) error {
	return Start(ctx, p, activity, summary, in).Get(ctx, nil)
}

// Start is Do for who waits by himself. Thousands of stories wait at a time, each with a stack of its own: what is only needed to
// begin the call is not on it any more.
func Start(ctx workflow.Context, p Policy, activity, summary string, in any) workflow.Future {
	options := p.options
	options.Summary = summary
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), activity, in)
}
