package activities

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
)

const (
	grantName = "rekey-0123456789abcdef0123456789abcdef"
	settle    = 5 * time.Minute
)

// grant asks for a role's use of a key by a grant.
func (w *world) grant(role, key string) workflows.EnsureAccessInput {
	return workflows.EnsureAccessInput{
		Cell: cell, Settle: settle, Poll: poll,
		Change: workflows.AccessChange{Method: workflows.ByGrant, RoleARN: w.role(role), KeyARN: w.key(key), GrantName: grantName},
	}
}

// rolePolicy asks for a role's use of a key by a policy of the role.
func (w *world) rolePolicy(role, key string) workflows.EnsureAccessInput {
	in := w.grant(role, key)
	in.Change = workflows.AccessChange{
		Method: workflows.ByRolePolicy, RoleARN: in.Change.RoleARN, KeyARN: in.Change.KeyARN,
		PolicyName: workflows.RolePolicyName(in.Change.KeyARN),
	}
	return in
}

// pair is the canaries' role and a key.
func (w *world) pair(key string) workflows.Pair {
	return workflows.Pair{RoleARN: w.role("canary"), KeyARN: w.key(key)}
}

const shared, private = vault + "/" + region + "/shared", vault + "/" + region + "/private"

func TestEnsureAccess(t *testing.T) {
	w := newWorld(t)
	in := w.grant("canary", "new")
	w.fails(fault.Rule{Service: "kms", Operation: "ListGrants", Stale: 1, StaleSeconds: 1e6})
	_, err := run[workflows.Effective](w, workflows.EnsureAccessActivity, in)
	waits(t, err) // what is answered has been read back
	w.fails()
	got, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, in)
	if err != nil {
		t.Fatal(err)
	}
	made := w.mutations("kms:CreateGrant")
	if early := got.Since.Sub(made[0].Time).Abs(); early > time.Second {
		t.Errorf("since %s, was made at %s", got.Since, made[0].Time)
	}
	if left := settle - w.sim.World.Clock.Now().Sub(made[0].Time); got.Rest < left || got.Rest > settle+2*time.Second { // whole seconds
		t.Errorf("%s are left of the settling time of %s", got.Rest, settle)
	}
	want := in.Change
	want.GrantID = got.Change.GrantID
	if got.Change != want || got.Change.GrantID == "" {
		t.Errorf("got %+v", got.Change)
	}
	w.sim.World.Clock.Advance(settle + 2*time.Second) // AWS tells whole seconds
	again := must[workflows.Effective](w, workflows.EnsureAccessActivity, in)
	if again.Rest != 0 || again.Change != got.Change || len(w.mutations("kms:CreateGrant")) != 1 {
		t.Errorf("a repeat makes %d grants and answers %+v", len(w.mutations("kms:CreateGrant")), again)
	}
}

func TestEnsureAccessLostAnswer(t *testing.T) {
	w := newWorld(t)
	w.fails(fault.Rule{Service: "kms", Operation: "CreateGrant", FailAfter: 1, Times: 2})
	if _, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, w.grant("canary", "new")); err != nil {
		t.Fatal(err)
	}
	if n := len(w.sim.World.KMS.Grants(w.key("new"))); n != 1 {
		t.Errorf("%d grants, want one: the name makes the call safe to repeat", n)
	}
}

func TestEnsureAccessOnAForeignKey(t *testing.T) {
	w := newWorld(t)
	if _, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, w.grant("canary", shared)); err != nil {
		t.Fatal(err)
	}
	for _, e := range w.mutations("kms:CreateGrant") {
		if !strings.Contains(e.Principal, "::"+shop+":") {
			t.Errorf("the grant was issued by %s; from the canary's account alone it suffices", e.Principal)
		}
	}
}

func TestEnsureAccessRefused(t *testing.T) {
	for name, test := range map[string]struct {
		edit   func(*fleet.Fleet)
		role   string
		key    string
		reason workflows.Reason
	}{
		"by a guardrail":     {denying(`{"Effect": "Deny", "Action": "kms:CreateGrant", "Resource": "*"}`), "canary", "new", workflows.AccessDenied},
		"by the foreign key": {func(*fleet.Fleet) {}, "canary", private, workflows.AccessDenied},
		"disabled key":       {func(*fleet.Fleet) {}, "canary", "disabled", workflows.KeyNotUsable},
		"quota": {func(f *fleet.Fleet) {
			f.World.GrantQuota = 1
			f.Grants = append(f.Grants, fleet.Grant{Key: shop + "/" + region + "/new", Role: shop + "/other"})
		}, "canary", "new", workflows.AWSRefused},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.edit)
			_, err := run[workflows.Effective](w, workflows.EnsureAccessActivity, w.grant(test.role, test.key))
			refused(t, err, test.reason)
		})
	}
}

func TestEnsureAccessByRolePolicy(t *testing.T) {
	w := newWorld(t)
	in := w.rolePolicy("canary", "new")
	got, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, in)
	if err != nil || got.Change != in.Change || got.Rest != settle {
		t.Fatalf("got %+v, %v; IAM does not tell a policy's age, so all of the settling time is left", got, err)
	}
	if got := must[workflows.Effective](w, workflows.EnsureAccessActivity, in); got.Change != in.Change || len(w.mutations("iam:PutRolePolicy")) != 1 {
		t.Errorf("a repeat writes %d policies", len(w.mutations("iam:PutRolePolicy")))
	}
	use := workflows.Use{RoleARN: w.role("canary"), Location: "shop-artifacts/canary/x", BucketRegion: region, Encryption: w.under("new")}
	survey := must[workflows.Survey](w, workflows.SurveyAccessActivity, workflows.SurveyInput{Cell: cell, Uses: []workflows.Use{use}})
	if r := survey.Routes[0]; !r.PolicyThere || !strings.Contains(r.Effective, in.Change.PolicyName) {
		t.Errorf("the survey sees %+v", r)
	}
}

func TestEnsureAccessWithoutRoomInTheRole(t *testing.T) {
	statement := `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::` + strings.Repeat("b", 60) + `/` + strings.Repeat("k", 9_900) + `"}`
	w := newWorld(t, func(f *fleet.Fleet) {
		f.Roles = append(f.Roles, fleet.Role{Account: shop, Name: "full", Template: "canary", Inline: map[string]fleet.Document{
			"big": fleet.Document(`{"Version": "2012-10-17", "Statement": [` + statement + `]}`),
		}})
	})
	_, err := run[workflows.Effective](w, workflows.EnsureAccessActivity, w.rolePolicy("full", "new"))
	if about := refused(t, err, workflows.PolicyFull); about["limit"] != "10240" {
		t.Errorf("the problem is about %v", about)
	}
	if n := len(w.mutations("iam:PutRolePolicy")); n != 0 {
		t.Errorf("%d policies written", n)
	}
}

func TestEnsureExistingAccess(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	in := w.grant("canary", "old")
	in.Change = workflows.AccessChange{Method: workflows.Existing, RoleARN: in.Change.RoleARN, KeyARN: in.Change.KeyARN, There: true}
	if got := must[workflows.Effective](w, workflows.EnsureAccessActivity, in); got.Rest != 0 {
		t.Errorf("got %+v: what was there when the plan was made has settled", got)
	}
	in.Change.KeyARN = w.key("new")
	_, err := run[workflows.Effective](w, workflows.EnsureAccessActivity, in)
	refused(t, err, workflows.AccessNotFound)
	if n := len(w.mutations("kms:CreateGrant")); n != 0 {
		t.Errorf("%d grants: existing access is only verified", n)
	}
}

// edit has rekey change the new key's policy.
func (w *world) edit(present bool, roles ...string) []*workflows.Problem {
	w.t.Helper()
	in := workflows.KeyPolicyInput{KeyARN: w.key("new")}
	for _, role := range roles {
		in.Edits = append(in.Edits, workflows.KeyEdit{Account: shop, Present: present, Settle: settle, Poll: poll, Change: workflows.AccessChange{
			Method: workflows.ByKeyPolicy, RoleARN: w.role(role), KeyARN: w.key("new"), Sid: workflows.KeyPolicySid,
		}})
	}
	return must[workflows.KeyPolicyResult](w, workflows.WriteKeyPolicyActivity, in).Problems
}

// statements are those of the new key's policy, by Sid.
func (w *world) statements() map[string]string {
	w.t.Helper()
	k, ok := w.sim.World.KMS.Key(w.key("new"))
	if !ok {
		w.t.Fatal("no key")
	}
	var doc struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(k.Policy), &doc); err != nil {
		w.t.Fatal(err)
	}
	list := map[string]string{}
	for _, raw := range doc.Statement {
		var s struct{ Sid string }
		if err := json.Unmarshal(raw, &s); err != nil {
			w.t.Fatal(err)
		}
		list[s.Sid] = string(raw)
	}
	return list
}

func TestWriteKeyPolicyPacksRolesIntoOneStatement(t *testing.T) {
	w := newWorld(t)
	before := w.statements()
	for _, p := range w.edit(true, "canary", "other") {
		if p != nil {
			t.Fatal(p)
		}
	}
	after := w.statements()
	own := after[workflows.KeyPolicySid]
	if len(after) != len(before)+1 || !strings.Contains(own, w.role("canary")) || !strings.Contains(own, w.role("other")) {
		t.Errorf("got %v, want one statement for both roles", after)
	}
	w.edit(true, "canary")
	if n := len(w.mutations("kms:PutKeyPolicy")); n != 1 {
		t.Errorf("%d writes, want one: both roles in one, and none for what is there", n)
	}
	w.edit(false, "canary", "other")
	for sid, text := range before {
		if w.statements()[sid] != text {
			t.Errorf("statement %q of others is %s, want %s", sid, w.statements()[sid], text)
		}
	}
	if len(w.statements()) != len(before) {
		t.Errorf("got %v: a statement without roles goes", w.statements())
	}
}

// TestWriteKeyPolicyWithoutDeletedRoles deletes a role that has come into rekey's statement, where it is an id from then
// on, and has it among the edits all the same: KMS takes no policy that names either.
func TestWriteKeyPolicyWithoutDeletedRoles(t *testing.T) {
	w := newWorld(t)
	w.edit(true, "other")
	w.sim.World.IAM.RemoveRole(w.role("other"))
	problems := w.edit(true, "canary", "other")
	if problems[0] != nil {
		t.Errorf("the role that exists: %v", problems[0])
	}
	if p := problems[1]; p == nil || p.Reason != workflows.AWSRefused || p.Metadata["role_arn"] != w.role("other") {
		t.Errorf("the role that does not exist: %v", p)
	}
	got := w.statements()[workflows.KeyPolicySid]
	if !strings.Contains(got, w.role("canary")) || strings.Contains(got, w.role("other")) {
		t.Errorf("rekey's statement is %s", got)
	}
	if p := w.edit(false, "other")[0]; p != nil {
		t.Errorf("what is not there is taken out: %v", p)
	}
}

// TestWriteKeyPolicyTakesAForeignEditIntoAccount has somebody put back the policy that they had read before, with a
// statement of theirs, right after rekey wrote: KMS has no lock.
func TestWriteKeyPolicyTakesAForeignEditIntoAccount(t *testing.T) {
	for name, test := range map[string]struct {
		times  int
		reason workflows.Reason
	}{
		"once":    {1, ""},
		"forever": {100, workflows.KeyPolicyConflict},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			theirs := `{"Version": "2012-10-17", "Statement": [` + w.statements()["Owner"] + `,
				{"Sid": "Foreign", "Effect": "Allow", "Principal": {"AWS": "` + w.role("other") + `"}, "Action": "kms:Decrypt", "Resource": "*"}]}`
			w.after["TrentService.PutKeyPolicy"] = func() {
				if test.times--; test.times >= 0 {
					if err := w.sim.World.KMS.SetKeyPolicy(w.key("new"), theirs); err != nil {
						t.Error(err)
					}
				}
			}
			p := w.edit(true, "canary")[0]
			if test.reason != "" {
				if p == nil || p.Reason != test.reason {
					t.Fatalf("got %v, want %s", p, test.reason)
				}
				return
			}
			got := w.statements()
			if p != nil || got["Foreign"] == "" || !strings.Contains(got[workflows.KeyPolicySid], w.role("canary")) {
				t.Errorf("got %v, %v, want the foreign statement and rekey's", got, p)
			}
		})
	}
}

// TestForeignStatementsAreNotOverwritten edits a statement of others' that is not as a plan listed it: it is neither
// removed nor put back over theirs.
func TestForeignStatementsAreNotOverwritten(t *testing.T) {
	w := newWorld(t)
	listed := `{"Sid": "Foreign", "Effect": "Allow", "Principal": {"AWS": "` + w.role("other") + `"}, "Action": "kms:*", "Resource": "*"}`
	theirs := `{"Version": "2012-10-17", "Statement": [` + w.statements()["Owner"] + `,` + strings.Replace(listed, "kms:*", "kms:Decrypt", 1) + `]}`
	if err := w.sim.World.KMS.SetKeyPolicy(w.key("new"), theirs); err != nil {
		t.Fatal(err)
	}
	before := w.statements()
	for _, present := range []bool{true, false} {
		result := must[workflows.KeyPolicyResult](w, workflows.WriteKeyPolicyActivity, workflows.KeyPolicyInput{
			KeyARN: w.key("new"), Edits: []workflows.KeyEdit{{Account: shop, Present: present, Change: workflows.AccessChange{
				Method: workflows.ByKeyPolicy, RoleARN: w.role("other"), KeyARN: w.key("new"), Sid: "Foreign", Foreign: true, Document: listed,
			}}},
		})
		if p := result.Problems[0]; p == nil || p.Reason != workflows.WiderAccess {
			t.Errorf("present %v: got %v, want it left as it is", present, p)
		}
	}
	if diff := cmp.Diff(before, w.statements()); diff != "" {
		t.Errorf("the policy was changed:\n%s", diff)
	}
}
