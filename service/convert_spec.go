package service

import (
	"cmp"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// What a spec gets where it says nothing; the API's comments promise these.
const (
	defaultMaxConcurrent = 20
	defaultAccessSettle  = 5 * time.Minute
	defaultRunDeadline   = 3 * time.Hour
	defaultApprovals     = 1
	defaultValidFor      = 7 * 24 * time.Hour
)

// fromSpec is a spec of the API with the defaults filled in. A wait of 0 seconds is one that was asked for.
func fromSpec(s *rekeyv1.MigrationSpec) workflows.Spec {
	spec := workflows.Spec{
		DisplayName:   s.GetDisplayName(),
		Target:        fromTarget(s.GetTarget()),
		MaxConcurrent: cmp.Or(int(s.GetRollout().GetMaxConcurrentCanariesPerCell()), defaultMaxConcurrent),
		AccessSettle:  durationOr(s.GetWaits().GetAccessSettle(), defaultAccessSettle),
		RunDeadline:   durationOr(s.GetWaits().GetRunDeadline(), defaultRunDeadline),
		Policies:      fromPolicies(s.GetPolicies()),
		Rollout:       fromRollout(s.GetRollout()),
		Approval:      fromApprovalPolicy(s.GetApproval()),
	}
	spec.Policies.RevokeWatch = durationOr(s.GetWaits().GetRevokeWatch(), defaultRevokeWatch)
	selectInto(&spec, s.GetSelection())
	return spec
}

// selectInto fills in what a spec selects.
func selectInto(spec *workflows.Spec, s *rekeyv1.Selection) {
	spec.Accounts, spec.Regions = s.GetAccountIds(), s.GetRegions()
	spec.OUs, spec.Organization = s.GetOrganizationalUnitIds(), s.GetOrganization()
	spec.Excluded, spec.EnabledRegions = s.GetExcludedAccountIds(), s.GetEnabledRegions()
	spec.NamePatterns = s.GetNamePatterns()
	filter := s.GetCanaries()
	spec.Canaries = workflows.CanaryFilter{
		Tags: filter.GetTags(), RuntimePatterns: filter.GetRuntimePatterns(), KeyARNs: filter.GetKmsKeyArns(),
		RolePatterns: filter.GetRolePatterns(), Modes: fromEnums[workflows.Mode](filter.GetEncryptionModes(), modePrefix),
	}
}

func fromApprovalPolicy(p *rekeyv1.ApprovalPolicy) *workflows.ApprovalPolicy {
	policy := &workflows.ApprovalPolicy{
		Required: defaultApprovals, ExcludeCreator: p.GetExcludeCreator(), ValidFor: durationOr(p.GetValidFor(), defaultValidFor),
	}
	if p != nil && p.Required != nil {
		policy.Required = int(p.GetRequired())
	}
	return policy
}

func toSpec(s workflows.Spec) *rekeyv1.MigrationSpec {
	return &rekeyv1.MigrationSpec{
		DisplayName: s.DisplayName,
		Selection:   toSelection(s),
		Target:      toTarget(s.Target),
		Rollout:     toRollout(s.Rollout, s.MaxConcurrent),
		Waits: &rekeyv1.Waits{
			AccessSettle: durationpb.New(s.AccessSettle), RunDeadline: durationpb.New(s.RunDeadline),
			RevokeWatch: durationpb.New(s.Policies.RevokeWatch),
		},
		Policies: toPolicies(s.Policies),
		Approval: toApprovalPolicy(s.Approval),
	}
}

func toSelection(s workflows.Spec) *rekeyv1.Selection {
	return &rekeyv1.Selection{
		AccountIds:            s.Accounts,
		Regions:               s.Regions,
		NamePatterns:          s.NamePatterns,
		OrganizationalUnitIds: s.OUs,
		Organization:          s.Organization,
		ExcludedAccountIds:    s.Excluded,
		EnabledRegions:        s.EnabledRegions,
		Canaries:              toCanaryFilter(s.Canaries),
	}
}

// toCanaryFilter is a filter on the wire; one that admits everything is none.
func toCanaryFilter(f workflows.CanaryFilter) *rekeyv1.CanaryFilter {
	filter := &rekeyv1.CanaryFilter{
		Tags: f.Tags, RuntimePatterns: f.RuntimePatterns, KmsKeyArns: f.KeyARNs, RolePatterns: f.RolePatterns,
	}
	for _, mode := range f.Modes {
		filter.EncryptionModes = append(filter.EncryptionModes, toMode(mode))
	}
	if proto.Size(filter) == 0 {
		return nil
	}
	return filter
}

func toApprovalPolicy(p *workflows.ApprovalPolicy) *rekeyv1.ApprovalPolicy {
	if p == nil {
		return nil
	}
	return &rekeyv1.ApprovalPolicy{
		Required: new(count(p.Required)), ExcludeCreator: p.ExcludeCreator, ValidFor: durationpb.New(p.ValidFor),
	}
}

func toSelected(s workflows.Selected) *rekeyv1.Selected {
	if s == (workflows.Selected{}) {
		return nil
	}
	return &rekeyv1.Selected{Accounts: count(s.Accounts), Regions: count(s.Regions), Cells: count(s.Cells)}
}

// durationOr is a duration of the API, or the default where there is none; 0 is one that was asked for.
func durationOr(d *durationpb.Duration, otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return d.AsDuration()
}
