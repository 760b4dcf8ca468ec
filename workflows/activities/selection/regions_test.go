package selection

import (
	"testing"

	"rekey/workflows"
)

func TestPassing(t *testing.T) {
	told := asking{}
	denied := asking{problem: &workflows.Problem{Message: "denied"}}
	silent := asking{problem: &workflows.Problem{Message: "silent"}, retry: true}
	for name, test := range map[string]struct {
		reason  string
		asked   []asking
		patient bool
		again   bool
	}{
		"all told":                  {"", []asking{told, told}, true, false},
		"one denied":                {"it will be denied again", []asking{told, denied}, true, false},
		"one silent":                {"it may answer later", []asking{told, silent}, true, true},
		"one silent for long":       {"the others need not wait for it", []asking{told, silent}, false, false},
		"silent beside one denied":  {"somebody answered, so it is about the account", []asking{denied, silent}, false, false},
		"all silent for long":       {"nobody answered, so it is not about the accounts", []asking{silent, silent}, false, true},
		"no account at all to tell": {"", nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := passing(test.asked, test.patient) != nil; got != test.again {
				t.Errorf("%s: another attempt %v, want %v", test.reason, got, test.again)
			}
		})
	}
}
