// Package encryption changes the encryption of a canary's artifacts, and confirms that AWS did.
package encryption

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// Activities changes encryptions.
type Activities struct {
	access *aws.Access
}

// New is a changer of encryptions that enters accounts through access.
func New(access *aws.Access) *Activities { return &Activities{access} }

// UpdateCanary asks AWS to give a canary an encryption and an artifact location, unless it has them. The request names
// the canary and what differs, and nothing else, so that nothing else can change; or it commits a dry run by its id, and
// names nothing (Synthetics API, UpdateCanary, DryRunId). It is sent once an attempt, so that a repeat
// always reads first, when it has its place in the line of such calls. The canary's turn is waited for; its state is not:
// ConfirmUpdate does that.
//
// It ends with CANARY_GONE, CANARY_CHANGED or CANARY_NOT_UPDATABLE when the canary is not there, not as recorded,
// or takes no update, with CANARY_STOPPED when it does not run (unless that is allowed, or it is to be restored), with
// DRY_RUN_FAILED when AWS does not commit the dry run, with KEY_NOT_USABLE when the key does not encrypt (NOT_RETURNABLE when
// the canary is to be restored to it), and with NotYet while its turn has not come or another operation is in progress. In all
// these cases nothing was done.
func (a *Activities) UpdateCanary(ctx context.Context, in workflows.UpdateInput) (workflows.Updated, error) {
	if err := awaitTurn(ctx, in.Turn); err != nil {
		return workflows.Updated{}, err
	}
	ctx, leave, err := a.access.Enter(ctx, in.Cell, "synthetics", "UpdateCanary")
	if err != nil {
		return workflows.Updated{}, failure.Classified(aws.Classify(updating(in), err))
	}
	defer leave()
	api := a.synthetics(in.Cell)
	canary, err := canaries.Get(ctx, api, in.Recorded.Name)
	if err != nil {
		return workflows.Updated{}, failure.Classified(aws.Classify(reading(in.Cell, in.Recorded.Name), err))
	}
	switch d := decide(in, canary); {
	case d.problem != nil:
		return workflows.Updated{}, failure.Refuse(d.problem)
	case d.wait != "":
		return workflows.Updated{}, failure.Wait(d.wait, in.Poll.Delay(in.Poll.Every))
	case d.done:
		return unchanged(in, canary)
	}
	if err := a.checkKey(ctx, in); err != nil {
		return workflows.Updated{}, err
	}
	since, err := update(ctx, api, in, canaries.Settings(canary))
	return workflows.Updated{Since: since}, err
}

// update asks for the new settings, and answers the first whole second by which AWS had answered.
func update(ctx context.Context, api Synthetics, in workflows.UpdateInput, now workflows.Settings) (time.Time, error) {
	call := updating(in)
	out, err := api.UpdateCanary(ctx, request(in, now), once)
	if err != nil {
		problem, retry := aws.Classify(call, err)
		if in.DryRunID != "" && !retry && problem.Reason == workflows.AWSRefused {
			return time.Time{}, failure.Refuse(notCommitted(in, problem))
		}
		return time.Time{}, failure.Classified(problem, retry)
	}
	since, ok := aws.AnsweredBy(out.ResultMetadata)
	if !ok {
		// The next attempt finds the settings changed, and answers the canary's own date.
		return time.Time{}, failure.Retry(aws.Undated(call), 0)
	}
	return since, nil
}

func notCommitted(in workflows.UpdateInput, because *workflows.Problem) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.DryRunFailed,
		Message:  "AWS did not commit dry run " + in.DryRunID + " of canary " + in.Recorded.Name + ": " + because.Message,
		NextStep: "Nothing to do: the canary is updated directly.",
		Metadata: map[string]string{"dry_run_id": in.DryRunID, "aws_reason": because.Message},
	}
}

// ConfirmUpdate reads a canary back after an update. While AWS is at work it ends with NotYet. It ends with
// ROLLED_BACK_BY_AWS when the canary has settled without the wanted settings, with CANARY_NOT_UPDATABLE when it has
// them and stands in ERROR, and with CANARY_GONE.
//
// AWS answers an update before it does it, and where it fails puts the old settings back, of which only the
// canary's state reason tells. Old settings without a reason may be a late read, so they are looked at for a while
// before they count.
func (a *Activities) ConfirmUpdate(ctx context.Context, in workflows.ConfirmInput) (workflows.Confirmed, error) {
	canary, metadata, err := canaries.Look(ctx, a.synthetics(in.Cell), in.Name)
	if err != nil {
		return workflows.Confirmed{}, failure.Classified(aws.Classify(reading(in.Cell, in.Name), err))
	}
	settled, ok := aws.AnsweredBy(metadata)
	if !ok {
		return workflows.Confirmed{}, failure.Retry(aws.Undated(reading(in.Cell, in.Name)), 0)
	}
	switch d := judge(in, canary, isPatient(in, canary, settled, waited(ctx, in))); {
	case d.problem != nil:
		return workflows.Confirmed{}, failure.Refuse(d.problem)
	case d.wait != "":
		return workflows.Confirmed{}, failure.Wait(d.wait, in.Poll.Delay(in.Poll.Every))
	}
	return workflows.Confirmed{State: string(canaries.State(canary)), Settled: settled}, nil
}

// waited is how long the looking has lasted, all attempts taken together, on Temporal's clock.
func waited(ctx context.Context, in workflows.ConfirmInput) time.Duration {
	info := activity.GetInfo(ctx)
	if !in.Begun.IsZero() {
		return info.StartedTime.Sub(in.Begun)
	}
	return info.StartedTime.Sub(info.ScheduledTime)
}

func (a *Activities) synthetics(cell workflows.Cell) Synthetics {
	return synthetics.NewFromConfig(a.access.Config(cell, "synthetics"))
}

func reading(cell workflows.Cell, name string) aws.Call {
	return aws.Call{Operation: "synthetics:GetCanary", Resource: name, Cell: cell}
}

func updating(in workflows.UpdateInput) aws.Call {
	return aws.Call{Operation: "synthetics:UpdateCanary", Resource: in.Recorded.Name, Cell: in.Cell}
}

// once keeps the SDK from repeating a request of which it can't know whether it took effect.
func once(o *synthetics.Options) { o.RetryMaxAttempts = 1 }

// unchanged answers for a canary that has the encryption already. Synthetics moves LastModified with other changes
// too, such as a start, so it may lie later than the change of the encryption, and never before it.
func unchanged(in workflows.UpdateInput, c types.Canary) (workflows.Updated, error) {
	if c.Timeline == nil || c.Timeline.LastModified == nil {
		return workflows.Updated{}, failure.Retry(aws.Undated(reading(in.Cell, in.Recorded.Name)), 0)
	}
	return workflows.Updated{Since: *c.Timeline.LastModified}, nil
}
