package proof

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// lookForReversal marks the runs with wrong settings of a canary that has its settings of before again: AWS has put them
// back, or somebody has. A canary that AWS is at work on says nothing.
func (a *Activities) lookForReversal(ctx context.Context, in workflows.ProveInput, proofs []workflows.RunProof) error {
	wrong := slices.ContainsFunc(proofs, func(p workflows.RunProof) bool { return p.Finding == workflows.WrongKey })
	if in.Before == nil || !wrong {
		return nil
	}
	var api canaries.Getter = synthetics.NewFromConfig(a.access.Config(in.Cell, "synthetics"))
	canary, err := canaries.Get(ctx, api, in.Name)
	if err != nil {
		call := aws.Call{Operation: "synthetics:GetCanary", Resource: in.Name, Cell: in.Cell}
		return failure.Classified(aws.Classify(call, err))
	}
	now := canaries.Settings(canary)
	if canaries.StandingOf(canary) == canaries.Busy || now.ID != in.Before.ID ||
		!canaries.Has(now, in.Before.From, in.Before.Location) || canaries.Has(now, in.Want, in.WantLocation) {
		return nil
	}
	for i := range proofs {
		proofs[i].Reverted = proofs[i].Finding == workflows.WrongKey
	}
	return nil
}
