package worker

import (
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"rekey/workflows"
	"rekey/workflows/activities/access"
	"rekey/workflows/activities/baseline"
	"rekey/workflows/activities/census"
	"rekey/workflows/activities/compare"
	"rekey/workflows/activities/control"
	"rekey/workflows/activities/dryrun"
	"rekey/workflows/activities/encryption"
	"rekey/workflows/activities/evidence"
	"rekey/workflows/activities/proof"
	"rekey/workflows/activities/registry"
	"rekey/workflows/activities/runs"
	"rekey/workflows/activities/selection"
	"rekey/workflows/activities/settle"
)

// RegisterActivities registers every activity under the name that the contract gives it.
func RegisterActivities(r worker.ActivityRegistry, config Config, c client.Client) {
	owners := registry.Temporal{Client: c}
	for name, f := range activities(config, owners, owners) {
		r.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
}

// activities are the activities by name.
func activities(config Config, registries registry.Registries, keys registry.Keys) map[string]any {
	entry := config.Access
	accesses := access.New(entry)
	encryptions := encryption.New(entry)
	controls := control.New(entry)
	proofs := proof.New(entry)
	dryRuns := dryrun.New(entry, proofs.ProveRuns)
	baselines := baseline.New(entry)
	applied := settle.New(settle.Steps{
		Update: encryptions.UpdateCanary, SetBaseline: baselines.SetBaseline, Confirm: encryptions.ConfirmUpdate,
	})
	shared := registry.New(registries, keys)
	polls := runs.New(entry, proofs.ProveRuns)
	censuses := census.New(entry)
	return map[string]any{
		workflows.ResolveSelectionActivity: selection.New(entry).ResolveSelection,

		workflows.TakeCensusActivity:   censuses.TakeCensus,
		workflows.ResolveKeysActivity:  accesses.ResolveKeys,
		workflows.SurveyAccessActivity: accesses.SurveyAccess,

		workflows.ReadCanariesActivity:  censuses.ReadCanaries,
		workflows.CountCanariesActivity: censuses.CountCanaries,

		workflows.EnsureAccessActivity: accesses.EnsureAccess,
		workflows.RevokeActivity:       accesses.Revoke,
		workflows.AwaitDenialActivity:  accesses.AwaitDenial,

		workflows.BeginDryRunActivity:   dryRuns.BeginDryRun,
		workflows.StartDryRunActivity:   dryRuns.StartDryRun,
		workflows.AwaitDryRunActivity:   dryRuns.AwaitDryRun,
		workflows.UpdateCanaryActivity:  encryptions.UpdateCanary,
		workflows.ConfirmUpdateActivity: encryptions.ConfirmUpdate,
		workflows.StartCanaryActivity:   controls.StartCanary,
		workflows.StopCanaryActivity:    controls.StopCanary,
		workflows.AwaitRunsActivity:     polls.AwaitRuns,
		workflows.LastRunsActivity:      polls.LastRuns,
		workflows.ProveRunsActivity:     proofs.ProveRuns,
		workflows.SetBaselineActivity:   baselines.SetBaseline,
		workflows.ApplyUpdateActivity:   applied.ApplyUpdate,
		workflows.ApplyBaselineActivity: applied.ApplyBaseline,
		workflows.CompareActivity:       compare.New(entry).Compare,

		workflows.ClaimActivity:    shared.Claim,
		workflows.ReleaseActivity:  shared.Release,
		workflows.LeaseActivity:    shared.Lease,
		workflows.EndLeaseActivity: shared.EndLease,
		workflows.EndUsesActivity:  shared.EndUses,
		workflows.LocksActivity:    shared.Locks,

		workflows.EditKeyPolicyActivity:  shared.EditKeyPolicy,
		workflows.WriteKeyPolicyActivity: accesses.WriteKeyPolicy,

		workflows.WriteEvidenceActivity: evidence.New(entry, config.Evidence).WriteEvidence,
	}
}
