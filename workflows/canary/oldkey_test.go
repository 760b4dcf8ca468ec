package canary

import (
	"testing"

	"rekey/workflows"
)

func TestEncrypts(t *testing.T) {
	managed := &workflows.Problem{Reason: workflows.KeyNotUsable, Message: "AWS manages it"}
	for why, test := range map[string]struct {
		key  workflows.KeyFacts
		want bool
	}{
		"enabled":                           {workflows.KeyFacts{State: "Enabled"}, true},
		"AWS manages it: it wrote with it":  {workflows.KeyFacts{State: "Enabled", Problem: managed}, true},
		"its primary Region is changing":    {workflows.KeyFacts{State: "Updating"}, true},
		"disabled":                          {workflows.KeyFacts{State: "Disabled"}, false},
		"to be deleted":                     {workflows.KeyFacts{State: "PendingDeletion"}, false},
		"its material is to be imported":    {workflows.KeyFacts{State: "PendingImport"}, false},
		"its key store is not connected":    {workflows.KeyFacts{State: "Unavailable"}, false},
		"there is none (State is not told)": {workflows.KeyFacts{Missing: true}, false},
	} {
		if got := encrypts(test.key); got != test.want {
			t.Errorf("%s: got %v", why, got)
		}
	}
}

// TestWhatIsGivenAgainIsNew gives old access again that was there when the plan was made: it is looked for by what it is, not
// by an id that it has no more, and it is waited for like any that is new.
func TestWhatIsGivenAgainIsNew(t *testing.T) {
	listed := workflows.AccessChange{Method: workflows.ByGrant, RoleARN: "r", KeyARN: "k", GrantName: "n", GrantID: "old", There: true}
	s := &story{Canary: &workflows.Canary{Revokes: []workflows.AccessChange{listed}}}
	if again := s.removed()[0]; again.GrantID != "" || again.There || !again.Same(listed) {
		t.Errorf("got %+v", again)
	}
	if s.Revokes[0] != listed {
		t.Errorf("the plan's item was changed: %+v", s.Revokes[0])
	}
}
