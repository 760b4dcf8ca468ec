// Package dryrun lets a canary run with new settings before it has them (CloudWatch User Guide, Performing safe canary
// updates).
package dryrun

import (
	"context"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/aws/smithy-go/middleware"
	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// Prover looks at the objects of runs, as ProveRuns does.
type Prover func(context.Context, workflows.ProveInput) ([]workflows.RunProof, error)

// Activities makes dry runs.
type Activities struct {
	access *aws.Access
	prove  Prover
}

// New is a maker of dry runs that enters accounts through access, and has their runs proven by prove.
func New(access *aws.Access, prove Prover) *Activities { return &Activities{access, prove} }

// BeginDryRun answers AWS's time before a first dry run is asked for. It is recorded before that, so that every attempt to
// start one can tell it from those of others, and of other times.
func (a *Activities) BeginDryRun(ctx context.Context, in workflows.BeginDryRunInput) (workflows.DryRunBegin, error) {
	l := a.look(in.Cell, in.Name)
	_, metadata, err := canaries.Look(ctx, l.api, l.name)
	if err != nil {
		return workflows.DryRunBegin{}, l.classify("synthetics:GetCanary", err)
	}
	at, err := l.dated("synthetics:GetCanary", metadata)
	return workflows.DryRunBegin{At: at}, err
}

// StartDryRun starts a dry run of a canary with an encryption and an artifact location, and nothing else changed. The
// request has no client token, so a dry run with those settings that began since in.Since, and is none of in.Not, is taken
// instead: an earlier attempt may have started it. Dry runs are at-least-once.
//
// It takes its place in the line of such calls before it looks, and ends to come again where that is too long.
//
// Where in.Since is missing the first attempt begins: it remembers AWS's time before it asks for anything.
//
// The canary must be as recorded. It ends with CANARY_GONE, CANARY_CHANGED, CANARY_NOT_UPDATABLE or DRY_RUN_FAILED (AWS
// refuses one), and with NotYet while the canary, or another dry run of it, is at work. In all these cases none was
// started.
func (a *Activities) StartDryRun(ctx context.Context, in workflows.DryRunInput) (workflows.DryRunStarted, error) {
	l := a.look(in.Cell, in.Recorded.Name)
	ctx, leave, err := a.access.Enter(ctx, in.Cell, "synthetics", "StartCanaryDryRun")
	if err != nil {
		return workflows.DryRunStarted{}, l.classify("synthetics:StartCanaryDryRun", err)
	}
	defer leave()
	canary, metadata, err := canaries.Look(ctx, l.api, l.name)
	if err != nil {
		return workflows.DryRunStarted{}, l.classify("synthetics:GetCanary", err)
	}
	isFirst := in.Since.IsZero() && !activity.HasHeartbeatDetails(ctx) // none can have begun since now
	if err := l.begin(ctx, &in, metadata); err != nil {
		return workflows.DryRunStarted{}, err
	}
	found, err := l.startOrTake(ctx, in, canary, isFirst)
	return workflows.DryRunStarted{DryRun: found, Since: in.Since}, err
}

// begin sets since when dry runs are the caller's own, where that is not known: as an earlier attempt remembered it, or now.
func (l look) begin(ctx context.Context, in *workflows.DryRunInput, metadata middleware.Metadata) error {
	if !in.Since.IsZero() {
		return nil
	}
	if activity.HasHeartbeatDetails(ctx) {
		return activity.GetHeartbeatDetails(ctx, &in.Since)
	}
	at, err := l.dated("synthetics:GetCanary", metadata)
	if err != nil {
		return err
	}
	in.Since = at
	if in.Granted.After(at) {
		in.Since = in.Granted
	}
	activity.RecordHeartbeat(ctx, in.Since)
	return nil
}

// startOrTake starts a dry run of a canary that takes one, unless one is known; the first needs no look for others.
func (l look) startOrTake(ctx context.Context, in workflows.DryRunInput, canary types.Canary, isFirst bool) (workflows.DryRun, error) {
	now := canaries.Settings(canary)
	switch standing := canaries.StandingOf(canary); {
	case standing == canaries.Busy:
		return workflows.DryRun{}, failure.Wait(canaries.BusyMessage(canary), in.Poll.Delay(in.Poll.Every))
	case standing != canaries.Settled:
		return workflows.DryRun{}, failure.Refuse(canaries.NotUpdatable(now))
	}
	if changed := canaries.Changed(in.Recorded, now); len(changed) > 0 {
		return workflows.DryRun{}, failure.Refuse(canaries.Drifted(l.name, changed))
	}
	if !isFirst {
		if found, err := l.known(ctx, in); err != nil || found != nil {
			return value(found), err
		}
	}
	return l.start(ctx, in)
}

func value(d *workflows.DryRun) workflows.DryRun {
	if d == nil {
		return workflows.DryRun{}
	}
	return *d
}

// look is one look at a canary.
type look struct {
	api  Synthetics
	cell workflows.Cell
	name string
}

func (a *Activities) look(cell workflows.Cell, name string) look {
	return look{api: synthetics.NewFromConfig(a.access.Config(cell, "synthetics")), cell: cell, name: name}
}

// known is a dry run of the wanted settings that an earlier attempt started, nil when there is none.
func (l look) known(ctx context.Context, in workflows.DryRunInput) (*workflows.DryRun, error) {
	out, err := l.api.GetCanaryRuns(ctx, &synthetics.GetCanaryRunsInput{Name: awssdk.String(l.name), RunType: types.RunTypeDryRun})
	if err != nil {
		return nil, l.classify("synthetics:GetCanaryRuns", err)
	}
	for _, run := range out.CanaryRuns {
		if run.DryRunConfig == nil || run.Timeline == nil {
			continue
		}
		id, started := awssdk.ToString(run.DryRunConfig.DryRunId), awssdk.ToTime(run.Timeline.Started)
		if id == "" || slices.Contains(in.Not, id) || started.Before(in.Since) {
			continue
		}
		same, err := l.isOf(ctx, id, in)
		if err != nil {
			return nil, err
		}
		if same {
			return &workflows.DryRun{ID: id, Started: started}, nil
		}
	}
	return nil, nil
}

// isOf reports whether a dry run is one of the wanted settings.
func (l look) isOf(ctx context.Context, id string, in workflows.DryRunInput) (bool, error) {
	out, err := l.api.GetCanary(ctx, &synthetics.GetCanaryInput{Name: awssdk.String(l.name), DryRunId: awssdk.String(id)})
	switch {
	case aws.IsMissing(err):
		return false, nil
	case err != nil:
		return false, l.classify("synthetics:GetCanary", err)
	case out.Canary == nil:
		return false, nil
	}
	return canaries.Has(canaries.Settings(*out.Canary), in.To, in.ToLocation), nil
}

func (l look) start(ctx context.Context, in workflows.DryRunInput) (workflows.DryRun, error) {
	out, err := l.api.StartCanaryDryRun(ctx, request(in), func(o *synthetics.Options) { o.RetryMaxAttempts = 1 })
	if err != nil {
		problem, retry := aws.Classify(l.call("synthetics:StartCanaryDryRun"), err)
		if !retry && problem.Reason == workflows.AWSRefused { // a problem that passes tells when to come again
			problem = failed(l.name, "", problem.Message)
		}
		return workflows.DryRun{}, failure.Classified(problem, retry)
	}
	if out.DryRunConfig == nil || awssdk.ToString(out.DryRunConfig.DryRunId) == "" {
		return workflows.DryRun{}, failure.Refuse(failed(l.name, "", "AWS gave it no id"))
	}
	since, err := l.dated("synthetics:StartCanaryDryRun", out.ResultMetadata)
	if err != nil {
		return workflows.DryRun{}, err
	}
	return workflows.DryRun{ID: *out.DryRunConfig.DryRunId, Started: since}, nil
}

// request names what differs, so that a commit changes nothing else.
func request(in workflows.DryRunInput) *synthetics.StartCanaryDryRunInput {
	request := &synthetics.StartCanaryDryRunInput{Name: awssdk.String(in.Recorded.Name)}
	if in.Recorded.From != in.To {
		request.ArtifactConfig = canaries.Config(in.To)
	}
	if to := canaries.Location(in.ToLocation); to != "" && to != canaries.Location(in.Recorded.Location) {
		request.ArtifactS3Location = awssdk.String("s3://" + to)
	}
	return request
}

func failed(name, id, why string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.DryRunFailed,
		Message:  "A dry run of canary " + name + " could not be made: " + why,
		NextStep: "Mend what AWS names, or allow an update without a dry run by policy, and migrate the canary again.",
		Metadata: map[string]string{"dry_run_id": id, "aws_reason": why},
	}
}

// dated is AWS's time of an answer, or the end of an attempt to which AWS told none.
func (l look) dated(operation string, metadata middleware.Metadata) (time.Time, error) {
	at, ok := aws.ServerTime(metadata)
	if !ok {
		return at, failure.Retry(aws.Undated(l.call(operation)), 0)
	}
	return at, nil
}

func (l look) call(operation string) aws.Call {
	return aws.Call{Operation: operation, Resource: l.name, Cell: l.cell}
}

func (l look) classify(operation string, err error) error {
	return failure.Classified(aws.Classify(l.call(operation), err))
}
