package service

import (
	"cmp"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// defaultRevokeWatch is for how long runs are watched after old access was removed, where a spec says nothing.
const defaultRevokeWatch = 15 * time.Minute

// fromPolicies are policies of the API with the defaults filled in; the API's comments promise these.
func fromPolicies(p *rekeyv1.Policies) workflows.Policies {
	return workflows.Policies{
		Access:         cmp.Or(fromEnum[workflows.AccessPolicy](p.GetAccess(), accessPolicyPrefix), workflows.AccessAuto),
		DryRun:         cmp.Or(fromEnum[workflows.DryRunPolicy](p.GetDryRun(), dryRunPolicyPrefix), workflows.DryRunWhenPossible),
		Baseline:       cmp.Or(fromEnum[workflows.BaselinePolicy](p.GetBaseline(), baselinePolicyPrefix), workflows.BaselineFromProvenRun),
		AtRest:         cmp.Or(fromEnum[workflows.AtRestPolicy](p.GetAtRest(), atRestPolicyPrefix), workflows.AtRestDryRun),
		Viewers:        cmp.Or(fromEnum[workflows.ViewerPolicy](p.GetViewers(), viewerPolicyPrefix), workflows.ViewersReport),
		CarryOver:      p.GetCarryOver(),
		RemoveForeign:  p.GetRemoveForeignPolicies(),
		RetiredKeyARNs: p.GetRetiredKmsKeyArns(),
		ManagedTags:    p.GetManagedTags(),
	}
}

func toPolicies(p workflows.Policies) *rekeyv1.Policies {
	return &rekeyv1.Policies{
		Access:                toEnum[rekeyv1.AccessPolicy](rekeyv1.AccessPolicy_value, accessPolicyPrefix, p.Access),
		DryRun:                toEnum[rekeyv1.DryRunPolicy](rekeyv1.DryRunPolicy_value, dryRunPolicyPrefix, p.DryRun),
		Baseline:              toEnum[rekeyv1.BaselinePolicy](rekeyv1.BaselinePolicy_value, baselinePolicyPrefix, p.Baseline),
		AtRest:                toEnum[rekeyv1.AtRestPolicy](rekeyv1.AtRestPolicy_value, atRestPolicyPrefix, p.AtRest),
		Viewers:               toEnum[rekeyv1.ViewerPolicy](rekeyv1.ViewerPolicy_value, viewerPolicyPrefix, p.Viewers),
		CarryOver:             p.CarryOver,
		RemoveForeignPolicies: p.RemoveForeign,
		RetiredKmsKeyArns:     p.RetiredKeyARNs,
		ManagedTags:           p.ManagedTags,
	}
}

func fromTarget(t *rekeyv1.Target) workflows.Target {
	return workflows.Target{
		Mode: fromEnum[workflows.Mode](t.GetMode(), modePrefix), KeyARNs: t.GetKmsKeyArns(), KeyAlias: t.GetKmsAlias(),
		KeyTemplate: t.GetKmsKeyTemplate(), Location: t.GetArtifactLocation(),
	}
}

func toTarget(t workflows.Target) *rekeyv1.Target {
	return &rekeyv1.Target{
		Mode: toMode(t.Mode), KmsKeyArns: t.KeyARNs, KmsAlias: t.KeyAlias, KmsKeyTemplate: t.KeyTemplate, ArtifactLocation: t.Location,
	}
}
