package demo

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/internal/client/clienttest"
)

func TestDifferences(t *testing.T) {
	migrated := Outcome{State: "MIGRATED", OldAccess: "REVOKED"}
	held := Outcome{State: "MIGRATED", OldAccess: "HELD", Reason: "OLD_ACCESS_IN_USE"}
	cases := map[string]struct {
		reason    string
		want, got Outcomes
		say       []string
	}{
		"Same": {
			reason: "nothing is said where all is as expected",
			want:   Outcomes{"a": migrated, "b": held}, got: Outcomes{"a": migrated, "b": held},
		},
		"Other": {
			reason: "a canary that ended otherwise is told with both outcomes",
			want:   Outcomes{"a": migrated, "b": migrated}, got: Outcomes{"a": migrated, "b": held},
			say: []string{"b: expected MIGRATED, old access REVOKED, is MIGRATED, old access HELD (OLD_ACCESS_IN_USE)"},
		},
		"Missing": {
			reason: "a canary that the migration does not have is a difference",
			want:   Outcomes{"a": migrated}, got: Outcomes{},
			say: []string{"a: expected MIGRATED, old access REVOKED, is not there"},
		},
		"Unforeseen": {
			reason: "so is one that nobody expected",
			want:   Outcomes{}, got: Outcomes{"z": {State: "MIGRATED", Baseline: "CONFIRMED"}},
			say: []string{"z: expected not there, is MIGRATED, baseline CONFIRMED"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var say []string
			for _, d := range tc.want.Differences(tc.got) {
				say = append(say, d.String())
			}
			if diff := cmp.Diff(tc.say, say); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestActual(t *testing.T) {
	want := Outcomes{
		clienttest.Payments + "/us-east-1/pay-report": {State: "MIGRATED", OldAccess: "HELD", Reason: "OLD_ACCESS_IN_USE"},
		clienttest.Payments + "/us-east-1/pay-api":    {State: "MIGRATED", Baseline: "CONFIRMED", OldAccess: "REVOKED"},
		clienttest.Shop + "/us-east-1/shop-home":      {State: "MIGRATED", OldAccess: "NONE"},
		clienttest.Shop + "/eu-west-1/shop-old":       {State: "BLOCKED", Reason: "RUNTIME_DEPRECATED"},
	}
	if diff := cmp.Diff(want, Actual(clienttest.Canaries())); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// Every canary of the fleet that the migration selects has an expectation, and no other one has.
func TestEveryCanaryOfTheFleetIsExpected(t *testing.T) {
	f, err := Fleet()
	if err != nil {
		t.Fatal(err)
	}
	world, err := ReadWorld(f)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := Expected()
	if err != nil {
		t.Fatal(err)
	}
	selected := Outcomes{}
	for _, c := range f.Canaries {
		if slices.Contains(world.Spec.GetSelection().GetRegions(), c.Region) {
			canary := f.Names().Account(c.Account) + "/" + c.Region + "/" + c.Name
			selected[canary] = expected[canary]
		}
	}
	for _, d := range expected.Differences(selected) {
		t.Error(d)
	}
	if len(selected) == len(f.Canaries) {
		t.Error("the fleet has no canary in a Region that is not selected: nothing would be held")
	}
}

func TestWorldOfTheFleet(t *testing.T) {
	f, err := Fleet()
	if err != nil {
		t.Fatal(err)
	}
	world, err := ReadWorld(f)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(world.Spec.GetSelection().GetAccountIds()); got != len(f.Accounts)-1 {
		t.Errorf("%d accounts are selected, want all of %d but the hub", got, len(f.Accounts))
	}
	if got := world.Spec.GetTarget().GetKmsKeyArns(); len(got) != 2 {
		t.Errorf("the target keys are %v, want one for each of two Regions", got)
	}
	if c := world.Credentials; c.AccessKeyID == "" || c.SecretAccessKey == "" || c.MemberRole != "rekey-member" || c.ExternalID != "rekey-demo" {
		t.Errorf("the hub's credentials are not complete: member role %q, external id %q", c.MemberRole, c.ExternalID)
	}
}
