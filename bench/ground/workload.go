package ground

import (
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// Workload is the migration that is under way. The same workload is the same fleet.
type Workload struct {
	Canaries    int    `json:"canaries"`
	PerCell     int    `json:"canaries_per_cell"`
	Concurrency int    `json:"concurrency_per_cell"`
	Seed        uint64 `json:"seed"`
	// TimeScale is how many simulated seconds pass in a real one.
	TimeScale float64 `json:"time_scale"`
	// Schedule is that of every canary; edits are spread over its interval.
	Schedule string `json:"schedule"`
	// Settle is how long, in real time, every canary waits for its access, in the middle of its story.
	Settle time.Duration `json:"settle_ns"`
	// RunDuration is how long, in AWS's time, every run takes; a canary waits for one after its edit. The simulation's own when 0.
	RunDuration time.Duration `json:"run_duration_ns,omitempty"`
	// AtOnce has canaries edited as soon as can be: none waits for its turn.
	AtOnce bool `json:"edits_at_once,omitempty"`
	// StartsPerMinute is how many canaries a cell begins in a minute of AWS's time; as many as can be when 0.
	StartsPerMinute int `json:"starts_per_minute_per_cell,omitempty"`
}

// regionsPerAccount is how many Regions every account of the fleet has.
const regionsPerAccount = 2

// Cells is how many cells the fleet has.
func (w Workload) Cells() int {
	perAccount := regionsPerAccount * max(w.PerCell, 1)
	return regionsPerAccount * max((w.Canaries+perAccount-1)/perAccount, 1)
}

func (w Workload) fleet() *fleet.Fleet {
	f := fleet.Generate(fleet.GeneratorConfig{
		Seed: w.Seed, Accounts: w.Cells() / regionsPerAccount, RegionsPerAccount: regionsPerAccount, Canaries: w.Canaries,
		Schedule: w.Schedule, CentralTarget: true, TimeScale: w.TimeScale,
	})
	for i := range f.Canaries {
		f.Canaries[i].RunDuration = w.RunDuration
	}
	return f
}

// Spec selects the whole fleet. Without dry runs every canary waits for its access to settle, and that is how long a
// benchmark has.
func (w Workload) Spec(f *fleet.Fleet) *rekeyv1.MigrationSpec {
	var keys []string
	for _, key := range f.TargetKeys() { // one for each account that it is shared with
		if !slices.Contains(keys, key.ARN) {
			keys = append(keys, key.ARN)
		}
	}
	settle := min(time.Duration(float64(w.Settle)*w.TimeScale), time.Hour) // as long as the API allows
	return &rekeyv1.MigrationSpec{
		Selection: Everything(f),
		Target:    &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArns: keys},
		Rollout:   w.rollout(),
		Policies:  &rekeyv1.Policies{DryRun: rekeyv1.DryRunPolicy_DRY_RUN_POLICY_NEVER},
		Waits:     &rekeyv1.Waits{AccessSettle: durationpb.New(settle), RevokeWatch: durationpb.New(0)},
	}
}

// Everything selects a whole fleet, all of whose accounts have the same Regions.
func Everything(f *fleet.Fleet) *rekeyv1.Selection {
	all := &rekeyv1.Selection{}
	for _, account := range f.Accounts {
		if account.ID != fleet.HubAccount {
			all.AccountIds, all.Regions = append(all.AccountIds, account.ID), account.Regions
		}
	}
	return all
}

func (w Workload) rollout() *rekeyv1.Rollout {
	r := &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: Number(w.Concurrency), MaxStartsPerMinutePerCell: Number(w.StartsPerMinute)}
	if w.AtOnce {
		r.Edits = rekeyv1.EditTiming_EDIT_TIMING_AT_ONCE
	}
	return r
}

// Number is a number as the API takes it, bounded by what that can hold.
func Number(n int) int32 { return int32(max(min(n, math.MaxInt32), 0)) } //nolint:gosec // it is bounded
