package demo

import (
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	// budget is how many canaries may fail. In the demo's fleet more do, the fifth of them in wave 1: see expected.yaml.
	budget = 4
	// raised is the budget that the operator gives it then: the fleet's failures stay within it.
	raised = 10
	// secondWave is how much of the fleet the second wave takes, in percent; what is left is the third.
	secondWave = 40
)

// steered is a spec with what the demo shows of steering: waves, a failure budget, and approvals of two people of whom
// none is the creator.
func steered(spec *rekeyv1.MigrationSpec) *rekeyv1.MigrationSpec {
	spec = proto.CloneOf(spec)
	spec.Rollout = &rekeyv1.Rollout{
		Waves: []*rekeyv1.WaveSpec{
			{Take: &rekeyv1.WaveSpec_Coverage{Coverage: true}},
			{Take: &rekeyv1.WaveSpec_Percent{Percent: secondWave}},
		},
		Budget: &rekeyv1.FailureBudget{Count: new(int32(budget))},
	}
	spec.Approval = &rekeyv1.ApprovalPolicy{Required: new(int32(len(approvers))), ExcludeCreator: true}
	return spec
}
