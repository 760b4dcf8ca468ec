package scenario

import "testing"

func TestCommonNames(t *testing.T) {
	for name, test := range map[string]struct {
		text, want string
		play       int
	}{
		"a role":           {"arn:aws:iam::200000000012:role/one", "arn:aws:iam::shop:role/one", 12},
		"a key":            {"arn:aws:kms:eu-west-1:900000000003:key/" + newKey, "arn:aws:kms:eu-west-1:central:key/new", 3},
		"somebody else's":  {"arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root", 0},
		"the hub":          {Hub, Hub, 0},
		"a run":            {"run 8f14e45f-ceea-467a-9f2b-0123456789ab", "run ID", 0},
		"a grant of rekey": {"rekey-0123456789abcdef of m-0123456789abcdefghij", "rekey-OWN of MIGRATION", 0},
		"a time":           {"at 2026-01-02T03:04:05.678Z", "at TIME", 0},
		"a longer number":  {"2000000000123", "2000000000123", 0},
		"ordinary words":   {"checkout: update to SSE_KMS", "checkout: update to SSE_KMS", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var names Names
			if got := names.Common(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := names.Play(test.text); got != test.play {
				t.Errorf("got play %d, want %d", got, test.play)
			}
		})
	}
}

// TestFleet makes the world of two plays, which the simulation takes.
func TestFleet(t *testing.T) {
	f, err := Fleet([]int{1, 999_999}, 60, 1)
	if err != nil {
		t.Fatal(err)
	}
	if accounts, canaries := len(f.Accounts), len(f.Canaries); accounts != 7 || canaries != 20 {
		t.Errorf("%d accounts and %d canaries, want three and ten of each play, and the hub", accounts, canaries)
	}
}
