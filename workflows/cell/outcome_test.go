package cell

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

const role, oldKey, newKey, viewer = "arn:aws:iam::1:role/r", "arn:aws:kms:x:1:key/old", "arn:aws:kms:x:1:key/new", "arn:aws:iam::1:role/v"

// item is a canary that goes from the old key to the new one, with a viewer who is carried over.
func item(state workflows.CanaryState, step workflows.Step, hold workflows.Reason) workflows.Canary {
	c := workflows.Canary{
		Recorded: workflows.Settings{Name: string(state), RoleARN: role, From: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: oldKey}},
		To:       workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: newKey},
		Grants: []workflows.AccessChange{
			{Method: workflows.ByGrant, RoleARN: role, KeyARN: newKey, GrantName: "n"},
			{Method: workflows.ByGrant, RoleARN: viewer, KeyARN: newKey, GrantName: "v", DecryptOnly: true},
		},
		Revokes: []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: role, KeyARN: oldKey, GrantID: "o"}},
		State:   state, Step: step, Problem: &workflows.Problem{Reason: workflows.AccessProblem},
	}
	if hold != "" {
		c.Hold = &workflows.Problem{Reason: hold}
	}
	return c
}

// TestKept says what stays registered for a canary that rests: what no setting of it shows.
func TestKept(t *testing.T) {
	was, is, sees := workflows.Pair{RoleARN: role, KeyARN: oldKey}, workflows.Pair{RoleARN: role, KeyARN: newKey}, workflows.Pair{RoleARN: viewer, KeyARN: newKey}
	rebased := item(workflows.CanaryFailed, workflows.RunStep, "")
	rebased.Problem = &workflows.Problem{Reason: workflows.RolledBackByAWS}
	rolledBack := rebased
	rebased.Baseline = &workflows.Baseline{State: workflows.BaselineOld, NextRun: true}
	confirmed := item(workflows.Migrated, workflows.RevokeStep, workflows.ManagedByIaC)
	confirmed.Confirmed = true
	for name, test := range map[string]struct {
		item workflows.Canary
		want []workflows.Pair
	}{
		"migrated":                             {item(workflows.Migrated, workflows.RevokeStep, ""), []workflows.Pair{sees}},
		"migrated, managed by IaC":             {item(workflows.Migrated, workflows.RevokeStep, workflows.ManagedByIaC), []workflows.Pair{sees, was}},
		"migrated, its source confirmed":       {confirmed, []workflows.Pair{sees}},
		"migrated, a run missed the old key":   {item(workflows.Migrated, workflows.RevokeStep, workflows.AccessRestored), []workflows.Pair{sees, was}},
		"unverified":                           {item(workflows.Unverified, workflows.RunStep, ""), []workflows.Pair{was, is, sees}},
		"failed in mid-way":                    {item(workflows.CanaryFailed, workflows.RunStep, ""), []workflows.Pair{was, is, sees}},
		"failed before anything of it changed": {item(workflows.CanaryFailed, workflows.ProveStep, ""), nil},
		"put back by AWS":                      {rolledBack, nil},
		"put back by AWS after a run that may be its baseline": {rebased, []workflows.Pair{was, is, sees}},
		"migrated, its baseline kept":                          {item(workflows.Migrated, workflows.RevokeStep, workflows.BaselineKept), []workflows.Pair{sees}},
		"returned":                                             {item(workflows.Returned, workflows.ReturnRunStep, ""), nil},
	} {
		if diff := cmp.Diff(test.want, kept(test.item)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestViewersKeepTheNewKey has two canaries with one viewer, of which one goes back: the viewer of the other stays.
func TestViewersKeepTheNewKey(t *testing.T) {
	c := newCell(workflows.CellInput{})
	c.canaries = []workflows.Canary{item(workflows.Migrated, workflows.RevokeStep, ""), item(workflows.Returned, workflows.ReturnRunStep, "")}
	for i := range c.canaries {
		c.canaries[i].Granted = c.canaries[i].Grants
	}
	for _, list := range c.removable() {
		if needed := list.Needed != nil; needed != (list.Pair.RoleARN == viewer) {
			t.Errorf("%v is needed: %v", list.Pair, list.Needed)
		}
	}
}
