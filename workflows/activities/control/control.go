// Package control starts a canary at rest for a run, and stops it again.
package control

import (
	"context"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// Synthetics is what starting and stopping asks of CloudWatch Synthetics.
type Synthetics interface {
	canaries.Getter
	DescribeCanariesLastRun(context.Context, *synthetics.DescribeCanariesLastRunInput, ...func(*synthetics.Options)) (*synthetics.DescribeCanariesLastRunOutput, error)
	StartCanary(context.Context, *synthetics.StartCanaryInput, ...func(*synthetics.Options)) (*synthetics.StartCanaryOutput, error)
	StopCanary(context.Context, *synthetics.StopCanaryInput, ...func(*synthetics.Options)) (*synthetics.StopCanaryOutput, error)
}

// Activities starts and stops canaries.
type Activities struct {
	access *aws.Access
}

// New is a starter and stopper that enters accounts through access.
func New(access *aws.Access) *Activities { return &Activities{access} }

// StartCanary starts a canary that is READY or STOPPED, and says whether rekey did: one that somebody else started is not
// rekey's to stop. An earlier attempt that was not answered counts as rekey's, if the canary was started after it was
// last seen resting.
//
// It ends with CANARY_GONE, CANARY_NOT_UPDATABLE (another state), and NotYet while the canary is at work.
func (a *Activities) StartCanary(ctx context.Context, in workflows.StartInput) (workflows.Started, error) {
	api := a.synthetics(in.Cell)
	canary, err := get(ctx, api, in.Cell, in.Name, in.ID)
	if err != nil {
		return workflows.Started{}, err
	}
	switch canaries.State(canary) {
	case types.CanaryStateRunning, types.CanaryStateStarting:
		again := in.Repeated || activity.GetInfo(ctx).Attempt > 1
		return workflows.Started{Ours: again && startedSince(canary, in.Settled)}, nil
	case types.CanaryStateReady, types.CanaryStateStopped:
	default:
		if canaries.StandingOf(canary) != canaries.Busy {
			return workflows.Started{}, failure.Refuse(canaries.NotUpdatable(canaries.Settings(canary)))
		}
		return workflows.Started{}, failure.Wait(canaries.BusyMessage(canary), in.Poll.Delay(in.Poll.Every))
	}
	_, err = api.StartCanary(ctx, &synthetics.StartCanaryInput{Name: awssdk.String(in.Name)}, once)
	if err != nil {
		return workflows.Started{}, classify(in.Cell, in.Name, "synthetics:StartCanary", err)
	}
	return workflows.Started{Ours: true}, nil
}

// startedSince reports whether a canary was started at or after an instant; both are AWS's (Synthetics API,
// CanaryTimeline.LastStarted; that it is the canary's start and not a run's is inferred from AWS's samples).
func startedSince(c types.Canary, since time.Time) bool {
	return c.Timeline != nil && !awssdk.ToTime(c.Timeline.LastStarted).Before(since)
}

// StopCanary stops a canary that rekey started, once no run of it is in flight: a stop would keep that run from being
// recorded (Synthetics API, StopCanary). It ends well when the canary is read back as stopped, or gone, and with NotYet
// until then.
func (a *Activities) StopCanary(ctx context.Context, in workflows.StopInput) error {
	api := a.synthetics(in.Cell)
	canary, err := get(ctx, api, in.Cell, in.Name, in.ID)
	switch {
	case failure.Is(err, workflows.CanaryGone):
		return nil
	case err != nil:
		return err
	}
	wait := func(why string) error { return failure.Wait(why, in.Poll.Delay(in.Poll.Every)) }
	switch canaries.State(canary) {
	case types.CanaryStateStopped, types.CanaryStateReady:
		return nil
	case types.CanaryStateRunning:
	default:
		return wait(canaries.BusyMessage(canary))
	}
	running, err := isRunning(ctx, api, in)
	if err != nil {
		return err
	}
	if running {
		return wait("a run of the canary goes on")
	}
	_, err = api.StopCanary(ctx, &synthetics.StopCanaryInput{Name: awssdk.String(in.Name)}, once)
	// A canary that has stopped by itself meanwhile answers with a conflict, as one that is at work does: the next look
	// tells which (AWS's CloudFormation handler takes it so too).
	if err != nil && aws.Code(err) != "ConflictException" {
		return classify(in.Cell, in.Name, "synthetics:StopCanary", err)
	}
	return wait("the canary is being stopped")
}

func isRunning(ctx context.Context, api Synthetics, in workflows.StopInput) (bool, error) {
	out, err := api.DescribeCanariesLastRun(ctx, &synthetics.DescribeCanariesLastRunInput{Names: []string{in.Name}})
	if err != nil {
		return false, classify(in.Cell, in.Name, "synthetics:DescribeCanariesLastRun", err)
	}
	for _, last := range out.CanariesLastRun {
		if r := last.LastRun; r != nil && r.Status != nil && r.Status.State == types.CanaryRunStateRunning {
			return true, nil
		}
	}
	return false, nil
}

func get(ctx context.Context, api Synthetics, cell workflows.Cell, name, id string) (types.Canary, error) {
	canary, err := canaries.Get(ctx, api, name)
	if err != nil {
		return canary, classify(cell, name, "synthetics:GetCanary", err)
	}
	if awssdk.ToString(canary.Id) != id {
		return canary, failure.Refuse(aws.Gone(name))
	}
	return canary, nil
}

func classify(cell workflows.Cell, name, operation string, err error) error {
	return failure.Classified(aws.Classify(aws.Call{Operation: operation, Resource: name, Cell: cell}, err))
}

func (a *Activities) synthetics(cell workflows.Cell) Synthetics {
	return synthetics.NewFromConfig(a.access.Config(cell, "synthetics"))
}

// once keeps the SDK from repeating a request of which it can't know whether it took effect.
func once(o *synthetics.Options) { o.RetryMaxAttempts = 1 }
