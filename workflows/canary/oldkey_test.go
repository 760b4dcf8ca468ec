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
