package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// The dimensions of the matrix. A batch is a migration: where to, how access is given, what becomes of baselines. A case
// is a canary of it: where from, on which runtime, with how many baselines, on whose role.
const (
	managed  = "default"
	sses3    = "sse-s3"
	ownKey   = "own"     // a key of the canaries' account
	otherKey = "foreign" // a key of another account
	sameKey  = "same"    // the encryption stays
)

// batch is one migration of the matrix.
type batch struct {
	to       string
	method   rekeyv1.AccessPolicy
	baseline rekeyv1.BaselinePolicy
	moves    bool // to another artifact location
	viewers  bool // somebody reads under the old keys, one of whom is carried over

	old     string // how roles have their old access: "" for grants, fleet.AccessRolePolicy or fleet.AccessKeyPolicy
	removes bool   // the old access, which is not rekey's
}

func (b batch) String() string {
	words := []string{"to-" + b.to}
	if b.moves {
		words = append(words, "moved")
	}
	if b.method != 0 {
		words = append(words, suffix(b.method, "ACCESS_POLICY_"))
	}
	if b.baseline != 0 {
		words = append(words, suffix(b.baseline, "BASELINE_POLICY_"))
	}
	if b.viewers {
		words = append(words, "viewers")
	}
	if b.old != "" {
		words = append(words, "from_"+b.old)
	}
	if b.removes {
		words = append(words, "removed")
	}
	return strings.Join(words, ",")
}

func suffix(value fmt.Stringer, prefix string) string {
	return strings.ToLower(strings.TrimPrefix(value.String(), prefix))
}

// batches are all of the matrix, or those that stand for it.
func batches(small bool) []batch {
	keep := rekeyv1.BaselinePolicy_BASELINE_POLICY_KEEP
	next := rekeyv1.BaselinePolicy_BASELINE_POLICY_NEXT_RUN
	if small {
		return []batch{
			{to: managed},
			{to: ownKey, method: rekeyv1.AccessPolicy_ACCESS_POLICY_ROLE_POLICY, moves: true, baseline: next},
			{to: otherKey, method: rekeyv1.AccessPolicy_ACCESS_POLICY_KEY_POLICY, viewers: true},
			{to: sses3, baseline: keep, old: fleet.AccessKeyPolicy},
			{to: ownKey, old: fleet.AccessRolePolicy, removes: true},
		}
	}
	list := []batch{
		{to: managed}, {to: sses3}, {to: sameKey, moves: true}, {to: managed, moves: true}, {to: otherKey, moves: true},
		{to: ownKey, moves: true, method: rekeyv1.AccessPolicy_ACCESS_POLICY_ROLE_POLICY},
		{to: ownKey, baseline: keep}, {to: ownKey, baseline: next}, {to: otherKey, moves: true, baseline: next},
		{to: ownKey, viewers: true}, {to: otherKey, viewers: true}, {to: managed, viewers: true},
		{to: sses3, old: fleet.AccessKeyPolicy}, {to: ownKey, old: fleet.AccessKeyPolicy, removes: true},
		{to: managed, old: fleet.AccessRolePolicy}, {to: otherKey, old: fleet.AccessRolePolicy, removes: true},
	}
	for _, to := range []string{ownKey, otherKey} {
		for method := rekeyv1.AccessPolicy_ACCESS_POLICY_AUTO; method <= rekeyv1.AccessPolicy_ACCESS_POLICY_EXISTING; method++ {
			list = append(list, batch{to: to, method: method})
		}
	}
	return list
}

// scenario is one canary of a batch.
type scenario struct {
	name     string
	from     string
	browsers int // with a baseline; 0 for none
	runtime  string
	sharing  string
}

// How a canary's role is shared.
const (
	alone    = "alone"    // with nobody
	together = "together" // with another canary of the migration
	outsider = "outsider" // with one that is not selected, and stays under the old encryption
)

// The runtimes: without dry runs, with them, with baselines in the plural only, and of the other family that has them.
var runtimes = map[string]string{
	"old": "syn-nodejs-puppeteer-9.1", "dry": "syn-nodejs-puppeteer-10.0", "new": "syn-nodejs-puppeteer-12.0", "pw": "syn-nodejs-playwright-5.1",
}

// scenarios are the canaries of a batch. A small matrix takes every seventh, so that every value of a dimension comes
// up over its batches.
func scenarios(small bool, offset int) []scenario {
	var list []scenario
	n := offset
	for _, from := range []string{managed, sses3, ownKey, otherKey} {
		for _, runtime := range []string{"old", "dry", "new", "pw"} {
			for _, browsers := range []int{0, 1, 2} {
				for _, sharing := range []string{alone, together, outsider} {
					if browsers == 2 && runtime != "new" && runtime != "pw" {
						continue // two browsers came with puppeteer 11.0 and playwright 3.0
					}
					if n++; small && n%7 != 0 {
						continue
					}
					name := fmt.Sprintf("m-%s-%s-%d-%s", from, runtime, browsers, sharing)
					list = append(list, scenario{name, from, browsers, runtime, sharing})
				}
			}
		}
	}
	return list
}

// rows are the systems of AWS's page that a case exercises.
func (b batch) rows(c scenario, grants []*rekeyv1.AccessChange) []string {
	var rows []string
	add := func(row string, when bool) {
		if when {
			rows = append(rows, row)
		}
	}
	uses := func(m rekeyv1.AccessMethod) bool {
		return slices.ContainsFunc(grants, func(g *rekeyv1.AccessChange) bool { return g.GetMethod() == m && g.GetKmsKeyArn() != "" })
	}
	add("S1", c.from == managed || b.to == managed)
	add("S2", c.from == sses3 || b.to == sses3)
	add("S3", c.from == ownKey || b.to == ownKey)
	add("S4", c.from == otherKey || b.to == otherKey)
	_, keyed := oldKeys[c.from]
	add("S5", uses(rekeyv1.AccessMethod_ACCESS_METHOD_ROLE_POLICY) || keyed && b.old == fleet.AccessRolePolicy)
	add("S6", uses(rekeyv1.AccessMethod_ACCESS_METHOD_KEY_POLICY) || keyed && b.old == fleet.AccessKeyPolicy)
	add("S7", b.viewers && c.from == ownKey)
	add("S8", b.viewers && c.from == otherKey)
	add("S9", c.browsers > 0 && b.baseline == rekeyv1.BaselinePolicy_BASELINE_POLICY_KEEP)
	add("S10", c.browsers > 0 && b.baseline != rekeyv1.BaselinePolicy_BASELINE_POLICY_KEEP)
	add("S11", b.moves)
	return rows
}

// already reports whether the canary has what the batch gives.
func (b batch) already(c scenario) bool {
	return !b.moves && b.to == c.from && (b.to == managed || b.to == sses3)
}

// oldKeys and newKeys are the fleet's names of the keys.
var (
	oldKeys = map[string]string{ownKey: "shop/eu-west-1/k", otherKey: "central/eu-west-1/k"}
	newKeys = map[string]string{ownKey: "shop/eu-west-1/l", otherKey: "central/eu-west-1/l"}
)

// newBucket is where the artifacts go that move.
const newBucket = "shop-elsewhere"

// fleetOf is the world of a batch.
func fleetOf(t *testing.T, b batch, cases []scenario) *fleet.Fleet {
	t.Helper()
	f := parse(t, "", " []\n")
	f.Keys = append(f.Keys, fleet.Key{Account: "central", Region: ireland, Name: "k", SharedWith: []string{"shop", "pay"}})
	f.Buckets = append(f.Buckets, fleet.Bucket{Name: newBucket, Account: "shop", Region: ireland})
	f.Roles = append(f.Roles, fleet.Role{
		Account: "central", Name: "rekey-member", Template: "member", TrustedBy: []string{"arn:aws:iam::" + hub + ":user/rekey"}, ExternalID: externalID,
	}, fleet.Role{Account: "shop", Name: "analyst", Template: "canary"}, fleet.Role{Account: "pay", Name: "auditor", Template: "canary"})
	if b.viewers {
		for _, key := range oldKeys {
			f.Grants = append(f.Grants,
				fleet.Grant{Key: key, Role: "shop/analyst", Operations: []string{"Decrypt"}},
				fleet.Grant{Key: key, Role: "pay/auditor", Operations: []string{"Decrypt"}})
		}
	}
	for _, c := range cases {
		b.add(f, c)
	}
	return f
}

// add adds a case's canary with its role, and the one that shares it.
func (b batch) add(f *fleet.Fleet, c scenario) {
	role := fleet.Role{Account: "shop", Name: c.name, Template: "canary", Buckets: []string{"cw-syn-results-" + shop + "-" + ireland}}
	if key, ok := newKeys[b.to]; ok && b.method == rekeyv1.AccessPolicy_ACCESS_POLICY_EXISTING {
		role.Inline = map[string]fleet.Document{"owned-by-iac": fleet.Document(
			`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "` + f.Names().Key(key, "", "") + `"}]}`)}
	}
	f.Roles = append(f.Roles, role)
	canary := fleet.Canary{
		Account: "shop", Region: ireland, Name: c.name, Role: c.name, Runtime: runtimes[c.runtime], Schedule: "rate(10 minutes)", Access: b.old,
	}
	if c.from != managed {
		canary.Encryption = &fleet.Encryption{Mode: "SSE_S3"}
		if key, ok := oldKeys[c.from]; ok {
			canary.Encryption = &fleet.Encryption{Mode: "SSE_KMS", Key: key}
		}
	}
	companion := canary
	if c.browsers > 0 {
		canary.Screenshots = []fleet.Screenshot{
			{Name: "home", Ignore: []string{"0,0,200,40"}, Changing: []string{"10,10,120,30"}}, {Name: "cart"}, {Name: "advert", Excluded: true},
		}
	}
	if c.browsers == 2 {
		canary.Browsers = []string{"CHROME", "FIREFOX"}
	}
	f.Canaries = append(f.Canaries, canary)
	switch c.sharing {
	case together:
		companion.Name = c.name + "-too"
		f.Canaries = append(f.Canaries, companion)
	case outsider:
		companion.Name = strings.Replace(c.name, "m-", "o-", 1)
		f.Canaries = append(f.Canaries, companion)
	}
}
