package planning

import (
	"fmt"
	"testing"

	"rekey/workflows"
)

// crowd is a cell of many canaries, as a test makes each.
func crowd(n int, change func(i int, s *workflows.Settings)) Observed {
	var list []workflows.Settings
	for i := range n {
		list = append(list, running(func(s *workflows.Settings) {
			s.Name, s.ID = fmt.Sprintf("canary-%03d", i), fmt.Sprint(i)
			change(i, s)
		}))
	}
	return observed(list...)
}

// TestRoomOfARole: the policies of all locations and keys of a role have to fit together, which shows before anything is
// changed.
func TestRoomOfARole(t *testing.T) {
	const growth = 400
	for name, tc := range map[string]struct {
		size, key int // of the role's inline policies, and what the new key's adds
		location  func(i int) string
		edit      func(*workflows.Place)
		fit       int // of 60 canaries of one role
	}{
		"one location for each": {0, 0, func(i int) string { return fmt.Sprintf("new/%d", i) }, nil, 25},
		"beside other policies": {4_240, 0, func(i int) string { return fmt.Sprintf("new/%d", i) }, nil, 15},
		"beside the key's":      {4_000, 300, func(i int) string { return fmt.Sprintf("new/%d", i) }, nil, 14},
		"one for all":           {4_240, 300, func(int) string { return "new/all" }, nil, 60},
		"some there already": {4_240, 0, func(i int) string { return fmt.Sprintf("new/%d", i) },
			func(p *workflows.Place) { p.PolicyThere = p.Location < "new/3" }, 23 + 15},
		"permitted already": {10_000, 0, func(i int) string { return fmt.Sprintf("new/%d", i) },
			func(p *workflows.Place) { p.Missing = nil }, 60},
		"full": {10_000, 0, func(i int) string { return fmt.Sprintf("new/%d", i) }, nil, 0},
	} {
		o := crowd(60, func(int, *workflows.Settings) {})
		o.Policies.Access = workflows.AccessGrant
		if tc.key > 0 {
			o.Policies.Access = workflows.AccessRole
		}
		for i := range o.Survey.Roles {
			o.Survey.Roles[i].InlineSize = tc.size
			o.Survey.Routes[i].RolePolicyGrowth = tc.key
		}
		for i, s := range o.Census.Canaries {
			o.Census.Moves = append(o.Census.Moves, workflows.Move{Name: s.Name, Location: tc.location(i), BucketRegion: "eu-west-1"})
			place := workflows.Place{RoleARN: role, Location: tc.location(i), Missing: []string{"s3:PutObject"}, PolicyGrowth: growth}
			if tc.edit != nil {
				tc.edit(&place)
			}
			o.Survey.Places = append(o.Survey.Places, place)
		}
		fit := 0
		for _, item := range Freeze(o).Canaries {
			switch {
			case item.State == workflows.Pending:
				fit++
			case reasonOf(item.Problem) != workflows.PolicyFull || item.Problem.Metadata["limit"] != "10240" || len(item.Grants) > 0:
				t.Errorf("%s: %s is %s: %v", name, item.Recorded.Name, item.State, item.Problem)
			}
		}
		if fit != tc.fit {
			t.Errorf("%s: %d canaries fit, want %d", name, fit, tc.fit)
		}
	}
}

// TestRoomOfAKey: the roles of a cell share one statement of the key's policy.
func TestRoomOfAKey(t *testing.T) {
	roleOf := func(i int) string { return fmt.Sprintf("arn:aws:iam::111111111111:role/%03d", i) }
	each := len(roleOf(0)) + len(`"",`)
	o := crowd(20, func(i int, s *workflows.Settings) { s.RoleARN = roleOf(i / 2) }) // two canaries of each role
	o.Policies.Access = workflows.AccessKey
	for i := range o.Survey.Routes {
		o.Survey.Routes[i].Foreign = false
		o.Survey.Routes[i].KeyPolicySize = workflows.MaxKeyPolicy - 4*each // with one of them
	}
	for i, item := range Freeze(o).Canaries {
		var want workflows.Reason
		if i >= 2*5 {
			want = workflows.PolicyFull
		}
		if reasonOf(item.Problem) != want {
			t.Errorf("%s of %s: got %v, want %q", item.Recorded.Name, item.Recorded.RoleARN, item.Problem, want)
		}
	}
}
