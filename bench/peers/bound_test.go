package peers

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// near forgives what floating point makes of seconds.
var near = cmpopts.EquateApprox(0, 1e-9)

func TestBound(t *testing.T) {
	load := Workload{Canaries: 200, Accounts: 1, Regions: 2, Seed: 1, TimeScale: 5, Updates: 2}
	limited := func(edit func(*Workload)) Workload {
		w := load
		w.Limited = true
		edit(&w)
		return w
	}
	// A grant's 30 seconds hide the dry run's 8; the update takes 5, its run begins 2 later and takes 5.
	const waits = (30 + 5 + 2 + 5) / 5.0
	tests := map[string]struct {
		reason string
		load   Workload
		want   Bound
	}{
		"without limits": {
			reason: "only one canary's waits are left", load: load,
			want: Bound{Seconds: waits, Waits: waits},
		},
		"with limits": {
			reason: "100 canaries a cell at two updates a second, of which a second's worth waits for nothing; dry runs are limited alike",
			load:   limited(func(*Workload) {}),
			want:   Bound{Seconds: waits + 49, Waits: waits, Queue: Queue{"synthetics:UpdateCanary", 49}},
		},
		"visual canaries": {
			reason: "a baseline is an update and a run more",
			load:   limited(func(w *Workload) { w.VisualEvery = 10 }),
			want: Bound{
				Seconds: waits + 12/5.0 + 54, Waits: waits + 12/5.0, Queue: Queue{"synthetics:UpdateCanary", 54},
			},
		},
		"a fleet that the limits don't hold up": {
			reason: "what AWS takes at once needs no queue",
			load:   limited(func(w *Workload) { w.Canaries = 4 }),
			want:   Bound{Seconds: waits, Waits: waits},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.load.bound()
			if diff := cmp.Diff(tt.want, got, near, cmpopts.IgnoreFields(Bound{}, "Least")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// Every canary is updated once and proven by a dry run and a run; roles that are shared need less than a grant each.
func TestLeastCallsPerCanary(t *testing.T) {
	got := Workload{Canaries: 200, Accounts: 1, Regions: 2, Seed: 1, TimeScale: 5, VisualEvery: 10, SharedRoleEvery: 4}.bound().Least
	want := map[string]float64{
		"kms:CreateGrant": got["kms:CreateGrant"], "kms:RevokeGrant": got["kms:CreateGrant"], "kms:ListGrants": got["kms:CreateGrant"],
		"synthetics:StartCanaryDryRun": 1, "synthetics:UpdateCanary": 1.1, "synthetics:GetCanary": 1.1,
		"synthetics:GetCanaryRuns": 2.1, "s3:ListObjectsV2": 2, "s3:HeadObject": 2,
	}
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if grants := got["kms:CreateGrant"]; grants <= 0 || grants >= 1 {
		t.Errorf("%g grants for each canary, though roles are shared", grants)
	}
}

func TestStretch(t *testing.T) {
	load := Workload{Accounts: 1, Regions: 1, Limited: true, Updates: 2}
	at := []float64{10, 10, 10.5, 11, 11.5, 12} // two at once, and then two a second: all that AWS takes
	got := stretch("synthetics:UpdateCanary", at, load)
	want := Stretch{Operation: "synthetics:UpdateCanary", Calls: 6, From: 10, Until: 12, Used: 1}
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Errorf("a full stretch (-want +got):\n%s", diff)
	}
	if got := stretch("synthetics:UpdateCanary", at[:1], load); got.Used != 0 || math.IsNaN(got.Used) {
		t.Errorf("one call uses %g of its limit", got.Used)
	}
}
