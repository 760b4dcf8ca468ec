// Package baseline sets the visual baseline of a canary.
package baseline

import (
	"context"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// Activities sets baselines.
type Activities struct {
	access *aws.Access
}

// New is a setter of baselines that enters accounts through access.
func New(access *aws.Access) *Activities { return &Activities{access} }

// SetBaseline makes runs the baseline of a canary, one per browser, with the screenshots and ignore areas that
// were recorded, unless they are its baseline. The request names the canary and its visual references, and
// nothing else; it is sent once an attempt, so that a repeat always reads first. The answer has the references that
// were sent, or found set: of a baseline that was recorded before its run, they name the screenshots that the run
// brought.
//
// The canary must have the encryption To and otherwise be as recorded; only the run that its baseline comes from
// may be any, since that is what is being replaced. It ends with CANARY_GONE, CANARY_CHANGED or
// CANARY_NOT_UPDATABLE, and with NotYet while another operation is in progress; in all these cases nothing was
// done. AWS refuses runs of more than 31 days ago (AWS_REFUSED; Synthetics API, VisualReferenceInput).
func (a *Activities) SetBaseline(ctx context.Context, in workflows.SetBaselineInput) (workflows.Updated, error) {
	var api Synthetics = synthetics.NewFromConfig(a.access.Config(in.Cell, "synthetics"))
	name := in.Recorded.Name
	canary, err := canaries.Get(ctx, api, name)
	if err != nil {
		call := aws.Call{Operation: "synthetics:GetCanary", Resource: name, Cell: in.Cell}
		return workflows.Updated{}, failure.Classified(aws.Classify(call, err))
	}
	d := decide(in, canary)
	switch {
	case d.problem != nil:
		return workflows.Updated{}, failure.Refuse(d.problem)
	case d.wait != "":
		return workflows.Updated{}, failure.Wait(d.wait, in.Poll.Delay(in.Poll.Every))
	case d.done && canary.Timeline != nil && canary.Timeline.LastModified != nil:
		return workflows.Updated{Since: *canary.Timeline.LastModified, Visual: d.references}, nil
	}
	since, err := set(ctx, api, in.Cell, request(in.Recorded, d.references))
	return workflows.Updated{Since: since, Visual: d.references}, err
}

// set sends the request, and answers the first whole second by which AWS had answered.
func set(ctx context.Context, api Synthetics, cell workflows.Cell, in *synthetics.UpdateCanaryInput) (time.Time, error) {
	call := aws.Call{Operation: "synthetics:UpdateCanary", Resource: awssdk.ToString(in.Name), Cell: cell}
	out, err := api.UpdateCanary(ctx, in, func(o *synthetics.Options) { o.RetryMaxAttempts = 1 })
	if err != nil {
		return time.Time{}, failure.Classified(aws.Classify(call, err))
	}
	since, ok := aws.AnsweredBy(out.ResultMetadata)
	if !ok {
		// The next attempt finds the baseline set, and answers the canary's own date.
		return time.Time{}, failure.Retry(aws.Undated(call), 0)
	}
	return since, nil
}
