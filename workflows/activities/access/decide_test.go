package access

import (
	"fmt"
	"slices"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/failure"
)

const (
	role = "arn:aws:iam::111122223333:role/canary"
	key  = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

var created = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func listedGrant(id, name string, age time.Duration, operations ...types.GrantOperation) types.GrantListEntry {
	return types.GrantListEntry{
		GrantId: awssdk.String(id), Name: awssdk.String(name), Operations: operations,
		CreationDate: awssdk.Time(created.Add(-age)),
	}
}

func TestNamed(t *testing.T) {
	const name = "rekey-1"
	constrained := listedGrant("c", name, 0, operations...)
	constrained.Constraints = &types.GrantConstraints{}
	for why, test := range map[string]struct {
		grants []types.GrantListEntry
		want   string
	}{
		"none":                           {nil, ""},
		"ours":                           {[]types.GrantListEntry{listedGrant("a", name, 0, operations...)}, "a"},
		"more operations are enough":     {[]types.GrantListEntry{listedGrant("a", name, 0, "Encrypt", "Decrypt", "GenerateDataKey")}, "a"},
		"one operation is not enough":    {[]types.GrantListEntry{listedGrant("a", name, 0, "Decrypt")}, ""},
		"another name is not ours":       {[]types.GrantListEntry{listedGrant("a", "other", 0, operations...)}, ""},
		"constraints make it unreliable": {[]types.GrantListEntry{constrained}, ""},
		"the oldest is effective first":  {[]types.GrantListEntry{listedGrant("a", name, 0, operations...), listedGrant("b", name, time.Hour, operations...)}, "b"},
	} {
		got := ""
		if g := ownGrant(test.grants, name); g != nil {
			got = *g.GrantId
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", why, got, test.want)
		}
	}
}

func TestRemaining(t *testing.T) {
	for why, test := range map[string]struct {
		age, settle, want time.Duration
	}{
		"new":                              {0, 5 * time.Minute, 5*time.Minute + time.Second},
		"half way":                         {2 * time.Minute, 4 * time.Minute, 2*time.Minute + time.Second},
		"the seconds' rounding is waited":  {5 * time.Minute, 5 * time.Minute, time.Second},
		"settled":                          {5*time.Minute + time.Second, 5 * time.Minute, 0},
		"no settling asked for":            {0, 0, 0},
		"AWS's two clocks disagree little": {-time.Second, time.Minute, time.Minute + 2*time.Second},
	} {
		if got := remaining(created, created.Add(test.age), test.settle); got != test.want {
			t.Errorf("%s: got %s, want %s", why, got, test.want)
		}
	}
}

func TestFacts(t *testing.T) {
	usable := types.KeyMetadata{
		KeyState: types.KeyStateEnabled, KeyUsage: types.KeyUsageTypeEncryptDecrypt, KeySpec: types.KeySpecSymmetricDefault,
		KeyManager: types.KeyManagerTypeCustomer, Arn: awssdk.String(key),
	}
	for name, edit := range map[string]func(*types.KeyMetadata){
		"disabled":    func(m *types.KeyMetadata) { m.KeyState = types.KeyStateDisabled },
		"deleting":    func(m *types.KeyMetadata) { m.KeyState = types.KeyStatePendingDeletion },
		"asymmetric":  func(m *types.KeyMetadata) { m.KeySpec = types.KeySpecRsa2048 },
		"for signing": func(m *types.KeyMetadata) { m.KeyUsage = types.KeyUsageTypeSignVerify },
		"AWS's own":   func(m *types.KeyMetadata) { m.KeyManager = types.KeyManagerTypeAws },
		"nothing":     func(m *types.KeyMetadata) { *m = types.KeyMetadata{} },
	} {
		m := usable
		edit(&m)
		f := facts("eu-west-1", &m)
		if f.Problem == nil || f.Problem.Reason != workflows.KeyNotUsable || f.Problem.Metadata["key_state"] != string(m.KeyState) {
			t.Errorf("%s: got %+v", name, f)
		}
	}
	if f := facts("eu-west-1", &usable); f.Problem != nil || f.State != "Enabled" {
		t.Errorf("a usable key: got %+v", f)
	}
}

func TestHeld(t *testing.T) {
	pair := workflows.Pair{RoleARN: role, KeyARN: key}
	uses := func(s workflows.Settings) consumer {
		s.Name = "shop"
		return consumer{cell: workflows.Cell{Account: "111122223333", Region: "eu-west-2"}, settings: s}
	}
	unread := []region{{"eu-west-3", &workflows.Problem{Message: "denied", Metadata: map[string]string{"aws_code": "AccessDenied"}}}}
	onKey := workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: key}
	const consumerARN = "arn:aws:synthetics:eu-west-2:111122223333:canary:shop"
	for name, test := range map[string]struct {
		why      string
		needed   *workflows.Problem
		seen     observation
		reason   workflows.Reason
		metadata map[string]string
	}{
		"nobody":             {"", nil, observation{}, "", nil},
		"the migration does": {"", &workflows.Problem{Reason: workflows.OldAccessInUse}, observation{}, workflows.OldAccessInUse, nil},
		"artifacts": {
			"in another Region too: roles are global", nil,
			observation{canaries: []consumer{uses(workflows.Settings{RoleARN: role, From: onKey})}},
			workflows.OldAccessInUse, map[string]string{"consumer": consumerARN},
		},
		"environment variables": {
			"its function needs the key at every start", nil,
			observation{canaries: []consumer{uses(workflows.Settings{RoleARN: role, EnvironmentKeyARN: key})}},
			workflows.OldAccessInUse, map[string]string{"consumer": consumerARN, "use": "its environment variables"},
		},
		"another role": {"", nil, observation{canaries: []consumer{uses(workflows.Settings{RoleARN: "other", From: onKey})}}, "", nil},
		"another key":  {"", nil, observation{canaries: []consumer{uses(workflows.Settings{RoleARN: role})}}, "", nil},
		"unread Region": {
			"canaries may be there", nil, observation{unsearched: unread},
			workflows.RegionNotSearched, map[string]string{"region": "eu-west-3", "aws_code": "AccessDenied"},
		},
		"not searched at all": {
			"", nil, observation{failed: &workflows.Problem{Reason: workflows.AccessDenied}}, workflows.AccessDenied, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := held(workflows.RevokePair{Pair: pair, Needed: test.needed}, test.seen)
			if p == nil {
				p = &workflows.Problem{}
			}
			if p.Reason != test.reason {
				t.Fatalf("%s: got %q, want %q", test.why, p.Reason, test.reason)
			}
			for k, v := range test.metadata {
				if p.Metadata[k] != v {
					t.Errorf("%s: metadata %s is %q, want %q", test.why, k, p.Metadata[k], v)
				}
			}
		})
	}
}

func TestLeft(t *testing.T) {
	listed := []workflows.AccessChange{{GrantID: "a"}, {GrantID: "b"}}
	there, gone := left(listed, []types.GrantListEntry{listedGrant("b", "", 0), listedGrant("foreign", "", 0)})
	if len(there) != 1 || there[0].GrantID != "b" || len(gone) != 1 || gone[0].GrantID != "a" {
		t.Errorf("got %v and %v: exactly the listed grants that exist are removed", there, gone)
	}
	if len(listed) != 2 {
		t.Error("the plan's list was changed")
	}
}

func TestLeftByName(t *testing.T) {
	listed := []workflows.AccessChange{{GrantName: "rekey-1"}, {GrantName: "rekey-2"}, {}}
	there, gone := left(listed, []types.GrantListEntry{listedGrant("a", "rekey-1", 0), listedGrant("b", "", 0), listedGrant("c", "other", 0)})
	if len(there) != 1 || there[0].GrantID != "a" || len(gone) != 2 {
		t.Errorf("got %v and %v: a grant without an id is the one of its name", there, gone)
	}
	if listed[0].GrantID != "" {
		t.Error("the plan's list was changed")
	}
}

func TestSample(t *testing.T) {
	const prefix = "shop/visualBaseReference/"
	keys := []string{prefix}
	for _, folder := range []string{"CHROME/", "FIREFOX/"} {
		for i := range 12 {
			keys = append(keys, fmt.Sprintf("%s%s%02d.png", prefix, folder, i))
		}
	}
	got := sample(prefix, keys)
	if len(got) != maxObjects || !slices.Contains(got, prefix+"CHROME/00.png") || !slices.Contains(got, prefix+"FIREFOX/00.png") {
		t.Errorf("got %v: a few, at least one of every folder", got)
	}
	if slices.Contains(got, prefix) {
		t.Error("a folder is no screenshot")
	}
}

// TestWhatIsNotUnderstoodCloses: a policy that rekey can't read counts neither as none nor as an allow.
func TestWhatIsNotUnderstoodCloses(t *testing.T) {
	const lambda = `{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	const all = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	const garbage = `{"Statement":{"Effect":"Perhaps"}}`
	detail := func(trust, boundary string, inline ...string) *person {
		d := iamtypes.RoleDetail{Arn: awssdk.String(role), AssumeRolePolicyDocument: awssdk.String(trust)}
		if boundary != "" {
			d.PermissionsBoundary = &iamtypes.AttachedPermissionsBoundary{PermissionsBoundaryArn: awssdk.String("boundary")}
		}
		for i, text := range inline {
			d.RolePolicyList = append(d.RolePolicyList, iamtypes.PolicyDetail{
				PolicyName: awssdk.String(fmt.Sprint("p", i)), PolicyDocument: awssdk.String(text),
			})
		}
		return read(d, map[string]string{"boundary": boundary})
	}
	for name, test := range map[string]struct {
		role       *person
		by, denied string
		trusted    int
	}{
		"understood":       {detail(lambda, all, all), "policy p0", "", 0},
		"trust policy":     {detail(garbage, "", all), "policy p0", "", 1},
		"boundary":         {detail(lambda, garbage, all), "", "its permissions boundary was not understood", 0},
		"a policy of many": {detail(lambda, "", all, garbage), "", "", 0},
	} {
		by, denied := test.role.allowing(actions, key, nil)
		if by != test.by || denied != test.denied || len(test.role.trustedBy()) != test.trusted {
			t.Errorf("%s: got %q, %q, trusted by %v", name, by, denied, test.role.trustedBy())
		}
	}
	b := &bucket{name: "b"}
	if b.understand(garbage); b.policy != nil || b.unknown == nil {
		t.Errorf("a bucket's policy: got %+v", b)
	}
}

func TestObserve(t *testing.T) {
	throttled := reading{problem: &workflows.Problem{Reason: workflows.AWSRefused}, retry: true}
	putOff := reading{retry: true, problem: &workflows.Problem{
		Reason: workflows.AWSRefused, Metadata: map[string]string{failure.RetryAfter: "4s"},
	}}
	denied := reading{problem: &workflows.Problem{Reason: workflows.AccessDenied}}
	read := reading{found: []consumer{{settings: workflows.Settings{Name: "shop"}}}}
	for why, test := range map[string]struct {
		results    []reading
		patient    bool
		retry      bool
		canaries   int
		unsearched string
	}{
		"all read":                               {[]reading{read, read}, true, false, 2, ""},
		"a denial won't go by":                   {[]reading{read, denied}, true, false, 1, "eu-west-2"},
		"throttling may":                         {[]reading{throttled, read}, true, true, 1, ""},
		"and is not waited for for ever":         {[]reading{throttled, read}, false, false, 1, "eu-west-1"},
		"whose turn it is not yet is waited for": {[]reading{putOff, read}, false, true, 1, ""},
		"what passes comes before denied":        {[]reading{denied, throttled}, true, true, 0, "eu-west-1"},
	} {
		o, passing := observe([]string{"eu-west-1", "eu-west-2"}, test.results, test.patient)
		if (passing != nil) != test.retry || len(o.canaries) != test.canaries {
			t.Errorf("%s: got %+v, %v", why, o, passing)
		}
		if got := names(o.unsearched); got != test.unsearched {
			t.Errorf("%s: not searched are %q, want %q", why, got, test.unsearched)
		}
	}
}
