package lasting_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/journal"
	"rekey/durable/kill/lasting"
	"rekey/durable/kill/scenario"
)

// entry is a change by rekey in the shop of a play.
func entry(play int, action, resource string, detail map[string]string) journal.Entry {
	shop := fmt.Sprintf("200000%06d", play)
	return journal.Entry{
		Kind: journal.Mutation, Account: shop, Action: action, Resource: "arn:aws:x:eu-west-1:" + shop + ":" + resource,
		Principal: "arn:aws:sts::" + shop + ":assumed-role/rekey-member/rekey", Detail: detail,
	}
}

func granted(play int) journal.Entry {
	return entry(play, "kms:CreateGrant", "key/k", map[string]string{
		"grantId": fmt.Sprintf("%064d", play), "created": fmt.Sprintf("2026-01-01T00:00:%02dZ", play), "grantName": "rekey-0123456789abcdef",
	})
}

func updated(play int) journal.Entry {
	return entry(play, "synthetics:UpdateCanary", "canary:one", map[string]string{
		"before": "SSE_S3", "after": "arn:k", "dry": fmt.Sprintf("0000000%d-0000-0000-0000-000000000000", play),
	})
}

func tried(play int) journal.Entry {
	return entry(play, "synthetics:StartCanaryDryRun", "canary:one", map[string]string{"dry": "d"})
}

func policy(play int, before, after string) journal.Entry {
	of := func(principals string) string {
		return `{"Statement":[{"Sid":"Owner","Principal":{"AWS":"root"}},{"Sid":"Rekey","Principal":{"AWS":[` + principals + `]}}]}`
	}
	return entry(play, "kms:PutKeyPolicy", "key/k", map[string]string{"before": of(before), "policy": of(after)})
}

// TestCompare holds plays against the first one: what a kill may change is no difference, and everything else is.
func TestCompare(t *testing.T) {
	undisturbed := []journal.Entry{granted(1), tried(1), updated(1), policy(1, ``, `"one","two"`)}
	for name, test := range map[string]struct {
		entries []journal.Entry
		equal   bool
	}{
		"the same in another play, with other ids":      {[]journal.Entry{granted(2), tried(2), updated(2), policy(2, ``, `"one","two"`)}, true},
		"in another order":                              {[]journal.Entry{tried(2), updated(2), policy(2, ``, `"one","two"`), granted(2)}, true},
		"another dry run":                               {[]journal.Entry{granted(2), tried(2), tried(2), updated(2), policy(2, ``, `"one","two"`)}, true},
		"the policy in two writes":                      {[]journal.Entry{granted(2), tried(2), updated(2), policy(2, ``, `"two"`), policy(2, `"two"`, `"two","one"`)}, true},
		"no dry run":                                    {[]journal.Entry{granted(2), updated(2), policy(2, ``, `"one","two"`)}, false},
		"an update that is missing":                     {[]journal.Entry{granted(2), tried(2), policy(2, ``, `"one","two"`)}, false},
		"an update made twice":                          {[]journal.Entry{granted(2), tried(2), updated(2), updated(2), policy(2, ``, `"one","two"`)}, false},
		"a principal that is missing":                   {[]journal.Entry{granted(2), tried(2), updated(2), policy(2, ``, `"one"`)}, false},
		"a write of the policy that changes nothing":    {[]journal.Entry{granted(2), tried(2), updated(2), policy(2, ``, `"one","two"`), policy(2, `"one","two"`, `"two","one"`)}, false},
		"a change by rekey that nobody else made":       {[]journal.Entry{granted(2), tried(2), updated(2), policy(2, ``, `"one","two"`), entry(2, "kms:RevokeGrant", "key/k", nil)}, false},
		"a change that is not rekey's, and a run's end": {append([]journal.Entry{granted(2), tried(2), updated(2), policy(2, ``, `"one","two"`)}, journal.Entry{Kind: journal.Mutation, Principal: "owner"}, journal.Entry{Kind: journal.Run}), true},
	} {
		t.Run(name, func(t *testing.T) {
			common := scenario.Names{}.Common
			diff := lasting.Compare(lasting.Of(undisturbed, common), lasting.Of(test.entries, common))
			if (diff == "") != test.equal {
				t.Errorf("equal is to be %t; the difference is\n%s", test.equal, diff)
			}
		})
	}
}

// TestRepeated counts what at-least-once cost.
func TestRepeated(t *testing.T) {
	common := scenario.Names{}.Common
	once := lasting.Of([]journal.Entry{tried(1)}, common)
	thrice := lasting.Of([]journal.Entry{tried(2), tried(2), tried(2)}, common)
	if diff := cmp.Diff([]int{2, 0}, []int{lasting.Repeated(once, thrice), lasting.Repeated(thrice, once)}); diff != "" {
		t.Error(diff)
	}
}

// TestLines tells what is missing and what is too much, as often as it is, and nothing of the order.
func TestLines(t *testing.T) {
	want, got := []string{"a", "b", "b", "c"}, []string{"c", "b", "d", "d"}
	difference := lasting.Lines(want, got)
	if diff := cmp.Diff("- a\n- b\n+ d\n+ d\n", difference); diff != "" {
		t.Errorf("the difference (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("+ d\n+ d\n", lasting.Surplus(difference)); diff != "" {
		t.Errorf("what is too much of it (-want +got):\n%s", diff)
	}
}
