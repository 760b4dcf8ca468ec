package activities

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
)

// use is the canaries' role writing under a key.
func (w *world) use(key string) workflows.Use {
	return workflows.Use{RoleARN: w.role("canary"), Location: "shop-artifacts/canary/x", BucketRegion: region, Encryption: w.under(key)}
}

func (w *world) survey(in workflows.SurveyInput) workflows.Survey {
	w.t.Helper()
	in.Cell = cell
	return must[workflows.Survey](w, workflows.SurveyAccessActivity, in)
}

// route is how the canaries' role can come to use a key.
func (w *world) route(key string) workflows.Route {
	w.t.Helper()
	return w.survey(workflows.SurveyInput{Uses: []workflows.Use{w.use(key)}}).Routes[0]
}

func TestSurveyRoutes(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	if r := w.route("old"); !strings.HasPrefix(r.Effective, "grant ") || r.Foreign || !r.Delegated || !r.ReadablePolicy {
		t.Errorf("the old key, which the role uses by a grant: %+v", r)
	}
	if r := w.route("new"); r.Effective != "" || r.GrantID != "" || r.Grant != nil || r.RolePolicy != nil || r.KeyPolicy != nil {
		t.Errorf("the new key, to which every way is open: %+v", r)
	}
	if r := w.route(shared); !r.Foreign || r.ReadablePolicy || r.Grant != nil || r.KeyPolicy == nil {
		t.Errorf("a foreign key that allows grants, and whose policy can't be read: %+v", r)
	}
	if r := w.route(private); !r.Foreign || r.Grant == nil || r.Grant.Metadata["operation"] != "kms:CreateGrant" {
		t.Errorf("a foreign key that allows nothing: %+v", r)
	}
	if n := len(w.mutations("kms:CreateGrant")); n != 0 {
		t.Errorf("%d grants: a survey changes nothing", n)
	}
}

func TestSurveyRoutesThroughAGuardrail(t *testing.T) {
	w := newWorld(t, denying(`{"Effect": "Deny", "Action": "kms:CreateGrant", "Resource": "*"}`))
	if r := w.route("new"); r.Grant == nil || r.RolePolicy != nil || !r.Delegated {
		t.Errorf("got %+v, want grants closed and the role's policy open", r)
	}
}

func TestSurveySeesAnExplicitDeny(t *testing.T) {
	deny := fleet.Document(`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]}`)
	boundary := fleet.Document(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`)
	for name, edit := range map[string]func(*fleet.Role){
		"a deny of the role":    func(r *fleet.Role) { r.Inline = map[string]fleet.Document{"deny": deny} },
		"an attached deny":      func(r *fleet.Role) { r.Attached = map[string]fleet.Document{"deny": deny} },
		"a boundary without it": func(r *fleet.Role) { r.Boundary = boundary },
	} {
		w := newWorld(t, func(f *fleet.Fleet) {
			for i := range f.Roles {
				if f.Roles[i].Name == "canary" {
					edit(&f.Roles[i])
				}
			}
		})
		if r := w.route("new"); r.Denied == nil || r.Denied.Reason != workflows.AccessDenied {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

func TestSurveyOld(t *testing.T) {
	oldKey := shop + "/" + region + "/old"
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), func(f *fleet.Fleet) {
		f.Grants = append(f.Grants,
			fleet.Grant{Key: shop + "/" + region + "/disabled", Role: shop + "/canary", Name: "forgotten"},
			fleet.Grant{Key: oldKey, Role: shop + "/other", Name: "of another role"},
		)
	})
	missing := w.key("new")[:len(w.key("new"))-12] + "000000000000"
	survey := w.survey(workflows.SurveyInput{Old: []workflows.Pair{
		w.pair("old"), w.pair("old"), w.pair("new"), w.pair("disabled"),
		w.pair(shared), w.pair(private), {RoleARN: w.role("canary"), KeyARN: missing},
	}})
	grants := map[string]int{}
	for _, g := range survey.Old {
		if g.RoleARN != w.role("canary") || g.GrantID == "" || g.Method != workflows.ByGrant || !g.Foreign || g.Document == "" {
			t.Errorf("%+v is not a grant of the role's, with what it gives", g)
		}
		grants[g.KeyARN]++
	}
	if diff := cmp.Diff(map[string]int{w.key("old"): 1, w.key("disabled"): 1}, grants); diff != "" {
		t.Errorf("grants by key (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]workflows.Pair{w.pair(private)}, survey.Unlisted); diff != "" {
		t.Errorf("pairs whose grants could not be listed (-want +got):\n%s", diff)
	}
}

// TestSurveyListsGrantsByThePage asks for all grants of a key at once where a page holds them, and else for those of each role,
// and finds the same either way.
func TestSurveyListsGrantsByThePage(t *testing.T) {
	for name, test := range map[string]struct {
		others int // grants to a role that is not asked about
		calls  int64
	}{
		"a page":            {99, 1},
		"more than a page":  {100, 1 + 2},
		"many times a page": {300, 1 + 2},
	} {
		w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), func(f *fleet.Fleet) {
			for i := range test.others {
				f.Grants = append(f.Grants, fleet.Grant{Key: shop + "/" + region + "/old", Role: shop + "/third", Name: fmt.Sprint(i)})
			}
			f.Roles = append(f.Roles, fleet.Role{Account: shop, Name: "third", Template: "canary"})
		})
		pairs := []workflows.Pair{w.pair("old"), {RoleARN: w.role("other"), KeyARN: w.key("old")}}
		survey := w.survey(workflows.SurveyInput{Old: append(pairs, pairs...)})
		if len(survey.Old) != 1 || survey.Old[0].RoleARN != w.role("canary") {
			t.Errorf("%s: found %+v, want the canaries' role's grant", name, survey.Old)
		}
		if n := w.sim.World.Calls.Counts()["kms:ListGrants"]; n != test.calls {
			t.Errorf("%s: grants were listed by %d calls, want %d", name, n, test.calls)
		}
	}
}

// TestSurveyAsksPatiently: a survey of many roles that failed at one throttled question would begin anew with all of them.
func TestSurveyAsksPatiently(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	w.fails(fault.Rule{Service: "kms", Operation: "CreateGrant", Throttle: 1, Times: 3}) // as many attempts as other calls have
	if r := w.route("new"); r.Grant != nil {
		t.Errorf("got %+v, want a grant that may be made", r)
	}
	if n := w.sim.World.Calls.Counts()["kms:CreateGrant"]; n != 4 {
		t.Errorf("asked %d times, want 3 that were throttled and one more", n)
	}
}

// policies gives the canaries' role inline policies.
func policies(inline map[string]string) func(*fleet.Fleet) {
	return func(f *fleet.Fleet) {
		for i := range f.Roles {
			if f.Roles[i].Name != "canary" {
				continue
			}
			f.Roles[i].Inline = map[string]fleet.Document{}
			for name, statement := range inline {
				f.Roles[i].Inline[name] = fleet.Document(`{"Version": "2012-10-17", "Statement": [` + statement + `]}`)
			}
		}
	}
}

// TestSurveyListsWhatMayGo is the rule of removal: rekey's own and what is for this role and key alone where that is
// asked for; whatever is wider is left and told.
func TestSurveyListsWhatMayGo(t *testing.T) {
	key := newWorld(t).key("old") // the same in every world
	own := workflows.RolePolicyName(key)
	statement := func(action, resource string) string {
		return `{"Effect": "Allow", "Action": ` + action + `, "Resource": ` + resource + `}`
	}
	inline := map[string]string{
		own:         statement(`["kms:GenerateDataKey", "kms:Decrypt"]`, `"`+key+`"`),
		"only":      statement(`["kms:GenerateDataKey", "kms:Decrypt"]`, `"`+key+`"`),
		"wider":     statement(`["kms:Decrypt", "s3:PutObject"]`, `["`+key+`", "arn:aws:s3:::b/*"]`),
		"unrelated": statement(`"s3:GetObject"`, `"*"`),
		"all-keys":  statement(`"kms:Decrypt"`, `"*"`),
	}
	for name, test := range map[string]struct {
		foreign      bool
		remove, left []string
	}{
		"own alone":       {false, []string{own}, []string{"all-keys", "only", "wider"}},
		"foreign as well": {true, []string{"only", own}, []string{"all-keys", "wider"}},
	} {
		w := newWorld(t, policies(inline))
		survey := w.survey(workflows.SurveyInput{Old: []workflows.Pair{w.pair("old")}, RemoveForeign: test.foreign})
		var remove, left []string
		for _, c := range survey.Old {
			remove = append(remove, c.PolicyName)
		}
		for _, l := range survey.Left {
			left = append(left, l.Change.PolicyName)
			if restorable := l.Change.PolicyName == "only"; (l.Change.Document != "") != restorable {
				t.Errorf("%s: %s is left with the document %q, want one: %t", name, l.Change.PolicyName, l.Change.Document, restorable)
			}
		}
		if diff := cmp.Diff(test.remove, remove); diff != "" {
			t.Errorf("%s, to remove (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(test.left, left); diff != "" {
			t.Errorf("%s, left (-want +got):\n%s", name, diff)
		}
	}
}

// TestSurveyLeavesAndTellsWiderAccess: what gives the role more than the old key stays and is told. That the key leaves its
// use to the policies of the account is no access of the role's by itself.
func TestSurveyLeavesAndTellsWiderAccess(t *testing.T) {
	const everything = `{"Effect": "Allow", "Action": "*", "Resource": "*"}`
	statement := func(sid, principal, condition string) string {
		return `{"Sid": "` + sid + `", "Effect": "Allow", "Principal": ` + principal + `, "Action": "kms:*", "Resource": "*"` + condition + `}`
	}
	root := statement("Root", `{"AWS": "arn:aws:iam::`+shop+`:root"}`, "")
	caller := func(account string) string {
		return `, "Condition": {"StringEquals": {"kms:CallerAccount": "` + account + `"}}`
	}
	for name, test := range map[string]struct {
		key, role string
		left      []string
	}{
		"the account's root alone":              {root, "", nil},
		"a role that may do anything":           {root, everything, []string{"p"}},
		"a role that the key's policy ignores":  {statement("Vault", `{"AWS": "arn:aws:iam::`+vault+`:root"}`, ""), everything, nil},
		"a role that is denied it nevertheless": {root, everything + `, {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}`, nil},
		"everyone of the account":               {statement("All", `"*"`, caller(shop)), "", []string{"All"}},
		"everyone of another account":           {statement("All", `"*"`, caller(vault)), "", nil},
		"everyone, perhaps":                     {statement("All", `"*"`, `, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}`), "", []string{"All"}},
	} {
		edits := []func(*fleet.Fleet){func(f *fleet.Fleet) {
			f.Keys[0].Policy = fleet.Document(`{"Version": "2012-10-17", "Statement": [
				{"Sid": "Rekey", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::` + shop + `:role/rekey-member"}, "Action": ["kms:GetKeyPolicy", "kms:ListGrants"], "Resource": "*"}, ` + test.key + `]}`)
		}}
		if test.role != "" {
			edits = append(edits, policies(map[string]string{"p": test.role}))
		}
		w := newWorld(t, edits...)
		survey := w.survey(workflows.SurveyInput{Old: []workflows.Pair{w.pair("old")}})
		var left []string
		for _, l := range survey.Left {
			left = append(left, l.Change.PolicyName+l.Change.Sid)
		}
		if diff := cmp.Diff(test.left, left); diff != "" || survey.Old != nil {
			t.Errorf("%s, to remove %+v, left (-want +got):\n%s", name, survey.Old, diff)
		}
	}
}

func TestSurveyRoles(t *testing.T) {
	trust := fleet.Document(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"}]}`)
	w := newWorld(t, func(f *fleet.Fleet) {
		f.Roles = append(f.Roles, fleet.Role{Account: shop, Name: "shared", Template: "canary", Trust: trust})
	})
	gone := "arn:aws:iam::" + shop + ":role/gone"
	survey := w.survey(workflows.SurveyInput{Old: []workflows.Pair{
		w.pair("old"), {RoleARN: w.role("shared"), KeyARN: w.key("old")}, {RoleARN: gone, KeyARN: w.key("old")},
	}})
	for i := range survey.Roles {
		if r := &survey.Roles[i]; (r.InlineSize > 0) == r.Missing {
			t.Errorf("the inline policies of %s have %d characters", r.ARN, r.InlineSize)
		} else {
			r.InlineSize = 0 // of the template's policies
		}
	}
	want := []workflows.RoleFacts{
		{ARN: w.role("canary")}, {ARN: w.role("shared"), TrustedBy: []string{"ec2.amazonaws.com"}}, {ARN: gone, Missing: true},
	}
	if diff := cmp.Diff(want, survey.Roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

func TestSurveyTellsWhatItCouldNotRead(t *testing.T) {
	w := newWorld(t, denying(`{"Effect": "Deny", "Action": ["iam:GetAccountAuthorizationDetails", "kms:ListGrants", "kms:GetKeyPolicy"], "Resource": "*"}`))
	survey := w.survey(workflows.SurveyInput{
		Uses: []workflows.Use{w.use("new")}, Old: []workflows.Pair{w.pair("old")},
		Successions: []workflows.Succession{{Old: w.key("old"), New: w.under("new")}},
	})
	if r := survey.Roles[0]; r.Missing || r.Unread == nil || r.Unread.Metadata["operation"] != "iam:GetAccountAuthorizationDetails" {
		t.Errorf("the role is %+v", r)
	}
	if diff := cmp.Diff([]workflows.Pair{w.pair("old")}, survey.Unlisted); diff != "" {
		t.Errorf("unlisted (-want +got):\n%s", diff)
	}
	if len(survey.Viewers) != 1 || len(survey.Viewers[0].Unread) != 3 {
		t.Errorf("viewers: %+v, want three places that could not be read", survey.Viewers)
	}
	if r := survey.Routes[0]; r.Grant == nil || r.ReadablePolicy {
		t.Errorf("a grant that could not be read back is no way: %+v", r)
	}
}

func TestSurveyWrites(t *testing.T) {
	only := func(key string) string {
		return `{"Sid": "OnlyTheOldKey", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::shop-artifacts/*",
			"Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "` + key + `"}}}`
	}
	key := newWorld(t).key("old")
	w := newWorld(t, func(f *fleet.Fleet) {
		f.Buckets[0].Policy = fleet.Document(`{"Version": "2012-10-17", "Statement": [` + only(key) + `]}`)
	})
	survey := w.survey(workflows.SurveyInput{Uses: []workflows.Use{w.use("new"), w.use("old")}})
	if len(survey.Writes) != 1 || survey.Writes[0].Use != w.use("new") {
		t.Fatalf("got %+v, want the new key denied", survey.Writes)
	}
	if p := survey.Writes[0].Problem; p.Reason != workflows.BucketPolicyDenies || p.Metadata["sid"] != "OnlyTheOldKey" {
		t.Errorf("got %+v", p)
	}
	elsewhere := w.use("new")
	elsewhere.Location = "vault-artifacts/x"
	survey = w.survey(workflows.SurveyInput{Uses: []workflows.Use{elsewhere}})
	if len(survey.Writes) != 1 || survey.Writes[0].Problem.Reason != workflows.BucketNotReadable {
		t.Errorf("got %+v, want a bucket that can't be looked into", survey.Writes)
	}
}

// TestSurveyTellsOfABucketPolicyThatItCouldNotRead: it may deny the new encryption, and a bucket without one does not.
func TestSurveyTellsOfABucketPolicyThatItCouldNotRead(t *testing.T) {
	w := newWorld(t)
	if survey := w.survey(workflows.SurveyInput{Uses: []workflows.Use{w.use("new")}}); survey.Writes != nil {
		t.Errorf("got %+v of a bucket without a policy", survey.Writes)
	}
	w = newWorld(t, denying(`{"Effect": "Deny", "Action": "s3:GetBucketPolicy", "Resource": "*"}`))
	survey := w.survey(workflows.SurveyInput{Uses: []workflows.Use{w.use("new")}})
	if len(survey.Writes) != 1 || survey.Writes[0].Problem != nil {
		t.Fatalf("got %+v, want a notice alone", survey.Writes)
	}
	if n := survey.Writes[0].Notice; n.Reason != workflows.BucketNotReadable || n.Metadata["operation"] != "s3:GetBucketPolicy" {
		t.Errorf("got %+v", n)
	}
}

// TestSurveySeesADenyBesideAnAllow: a policy that may deny makes what another allows uncertain, and one that allows an
// action each suffice together.
func TestSurveySeesADenyBesideAnAllow(t *testing.T) {
	allow := func(action string) string {
		return `{"Effect": "Allow", "Action": "` + action + `", "Resource": "*"}`
	}
	for name, test := range map[string]struct {
		inline map[string]string
		want   string
	}{
		"one for all":  {map[string]string{"all": allow("kms:*")}, "policy all"},
		"one for each": {map[string]string{"a": allow("kms:Decrypt"), "b": allow("kms:GenerateDataKey")}, "policy b and policy a"},
		"only for one": {map[string]string{"a": allow("kms:Decrypt")}, ""},
		"denied, perhaps": {map[string]string{"all": allow("kms:*"), "some": `{"Effect": "Deny", "Action": "kms:*", "Resource": "*",
			"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}`}, ""},
	} {
		w := newWorld(t, policies(test.inline))
		if r := w.route("new"); r.Effective != test.want || r.Denied != nil {
			t.Errorf("%s: got %q, %v, want %q", name, r.Effective, r.Denied, test.want)
		}
	}
}

// TestSurveyPlaces: what a role may do at a new location without rekey, and the room that rekey's policy takes.
func TestSurveyPlaces(t *testing.T) {
	const place = "shop-artifacts/new/x"
	all := []string{"s3:GetObject", "s3:PutObject", "s3:GetBucketLocation", "s3:ListAllMyBuckets"}
	own := func(location string) (name, statements string) {
		s3 := "arn:aws:s3:::"
		return workflows.RolePolicyName(location), `{"Sid":"RekeyArtifacts","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"` + s3 + location + `/*"},
			{"Sid":"RekeyArtifactBucket","Effect":"Allow","Action":["s3:GetBucketLocation"],"Resource":"` + s3 + `shop-artifacts"},
			{"Sid":"RekeyBuckets","Effect":"Allow","Action":["s3:ListAllMyBuckets"],"Resource":"*"}`
	}
	same, sameText := own(place)
	above, aboveText := own("shop-artifacts/new")
	for name, test := range map[string]struct {
		inline map[string]string
		bucket string // a statement of the bucket's policy
		want   workflows.Place
	}{
		"nothing":         {nil, "", workflows.Place{Missing: all}},
		"everything":      {map[string]string{"all": `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`}, "", workflows.Place{}},
		"another bucket":  {map[string]string{"all": `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}`}, "", workflows.Place{Missing: all}},
		"the bucket's":    {map[string]string{"list": `{"Effect":"Allow","Action":"s3:List*","Resource":"*"}`}, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + shop + `:role/canary"},"Action":"s3:*","Resource":["arn:aws:s3:::shop-artifacts","arn:aws:s3:::shop-artifacts/*"]}`, workflows.Place{}},
		"denied by it":    {map[string]string{"all": `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`}, `{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::shop-artifacts/*"}`, workflows.Place{Missing: []string{"s3:GetObject"}}},
		"rekey's":         {map[string]string{same: sameText}, "", workflows.Place{Missing: all, PolicyThere: true}},
		"rekey's, to go":  {map[string]string{above: aboveText}, "", workflows.Place{Missing: all}},
		"in some places":  {map[string]string{"own": `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::shop-artifacts/new/${aws:PrincipalTag/team}/*"}`}, "", workflows.Place{Missing: all}},
		"only to write":   {map[string]string{"own": `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::shop-artifacts/new/*"}`}, "", workflows.Place{Missing: []string{"s3:GetObject", "s3:GetBucketLocation", "s3:ListAllMyBuckets"}}},
		"only some of it": {map[string]string{"own": `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::shop-artifacts/new/x/logs/*"}`}, "", workflows.Place{Missing: all}},
	} {
		w := newWorld(t, func(f *fleet.Fleet) {
			f.Roles = slices.DeleteFunc(f.Roles, func(r fleet.Role) bool { return r.Name == "canary" })
			f.Roles = append(f.Roles, fleet.Role{Account: shop, Name: "canary", Trust: lambdaAlone})
			if test.bucket != "" {
				f.Buckets[0].Policy = fleet.Document(`{"Version": "2012-10-17", "Statement": [` + test.bucket + `]}`)
			}
		}, policies(test.inline))
		use := w.use("new")
		use.Location, use.Moves = place, true
		survey := w.survey(workflows.SurveyInput{Uses: []workflows.Use{use, use}})
		if len(survey.Places) != 1 {
			t.Fatalf("%s: got %+v", name, survey.Places)
		}
		got := survey.Places[0]
		if (got.PolicyGrowth == 0) != test.want.PolicyThere {
			t.Errorf("%s: rekey's policy takes %d characters", name, got.PolicyGrowth)
		}
		got.PolicyGrowth, test.want.RoleARN, test.want.Location = 0, w.role("canary"), place
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

const lambdaAlone = fleet.Document(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`)

func TestSurveyViewers(t *testing.T) {
	key := newWorld(t).key("old")
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), func(f *fleet.Fleet) {
		reads := fleet.Document(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "` + key + `"}]}`)
		f.Roles = append(f.Roles, fleet.Role{Account: shop, Name: "analyst", Template: "canary", Inline: map[string]fleet.Document{"reads": reads}})
		f.Grants = append(f.Grants, fleet.Grant{Key: shop + "/" + region + "/old", Role: shop + "/other"})
	})
	ask := func(to workflows.Encryption) []workflows.Viewer {
		survey := w.survey(workflows.SurveyInput{
			Uses: []workflows.Use{w.use("new")}, Successions: []workflows.Succession{{Old: key, New: to}},
		})
		if len(survey.Viewers) == 0 {
			return nil
		}
		return survey.Viewers[0].Viewers
	}
	got := ask(w.under("new"))
	if len(got) != 2 || got[0].PrincipalARN != w.role("analyst") || got[0].How != "policy reads of the role" || got[1].PrincipalARN != w.role("other") {
		t.Errorf("got %+v, want the analyst and the other role", got)
	}
	if got := ask(workflows.Encryption{Mode: workflows.SSES3}); got != nil {
		t.Errorf("got %+v: SSE-S3 needs no key", got)
	}
}

// TestSurveyViewersOfOtherAccounts: who else can decrypt is told by what the key's policy says of other accounts, and by
// their roles where they are selected.
func TestSurveyViewersOfOtherAccounts(t *testing.T) {
	key := newWorld(t).key("old")
	reads := fleet.Document(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "` + key + `"}]}`)
	owner := `{"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::` + shop + `:root"}, "Action": "kms:*", "Resource": "*"}`
	decrypt := func(principal, condition string) string {
		return `, {"Sid": "Read", "Effect": "Allow", "Principal": ` + principal + `, "Action": "kms:Decrypt", "Resource": "*"` + condition + `}`
	}
	policy := func(index int, statements string) func(*fleet.Fleet) {
		return func(f *fleet.Fleet) {
			f.Keys[index].Policy = fleet.Document(`{"Version": "2012-10-17", "Statement": [` + owner + statements + `]}`)
		}
	}
	const old, renewed = 0, 1 // in the fleet
	analyst := func(f *fleet.Fleet) {
		f.Roles = append(f.Roles, fleet.Role{Account: vault, Name: "analyst", Template: "canary", Inline: map[string]fleet.Document{"reads": reads}})
	}
	member := func(f *fleet.Fleet) {
		f.Roles = append(f.Roles, fleet.Role{Account: vault, Name: "rekey-member", Template: "member", TrustedBy: []string{hub + "/user/worker"}, ExternalID: externalID})
	}
	root := "arn:aws:iam::" + vault + ":root"
	theirs := decrypt(`{"AWS": "`+root+`"}`, "")
	role := "arn:aws:iam::" + vault + ":role/analyst"
	for name, test := range map[string]struct {
		edits    []func(*fleet.Fleet)
		accounts []string
		want     []string
		unread   []string
	}{
		"the account's own root":            {[]func(*fleet.Fleet){policy(old, "")}, nil, nil, nil},
		"another account":                   {[]func(*fleet.Fleet){policy(old, theirs)}, nil, []string{root}, nil},
		"another account, by its number":    {[]func(*fleet.Fleet){policy(old, decrypt(`{"AWS": "`+vault+`"}`, ""))}, nil, []string{root}, nil},
		"another account, on both keys":     {[]func(*fleet.Fleet){policy(old, theirs), policy(renewed, theirs)}, nil, nil, nil},
		"everyone, if":                      {[]func(*fleet.Fleet){policy(old, decrypt(`"*"`, `, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}`))}, nil, []string{"*"}, nil},
		"a selected account":                {[]func(*fleet.Fleet){policy(old, theirs), member, analyst}, []string{shop, vault}, []string{role, root}, nil},
		"a selected one, on both keys":      {[]func(*fleet.Fleet){policy(old, theirs), policy(renewed, theirs), member, analyst}, []string{shop, vault}, []string{role}, nil},
		"one that is not selected":          {[]func(*fleet.Fleet){policy(old, theirs), member, analyst}, []string{shop}, []string{root}, nil},
		"one that the key leaves nothing":   {[]func(*fleet.Fleet){policy(old, ""), member, analyst}, []string{shop, vault}, nil, nil},
		"a selected one that is not let in": {[]func(*fleet.Fleet){policy(old, theirs), analyst}, []string{shop, vault}, []string{root}, []string{"the roles of account " + vault}},
	} {
		w := newWorld(t, test.edits...)
		survey := w.survey(workflows.SurveyInput{
			Uses: []workflows.Use{w.use("new")}, Successions: []workflows.Succession{{Old: key, New: w.under("new")}}, Accounts: test.accounts,
		})
		lost := workflows.ViewersLost{}
		if len(survey.Viewers) > 0 {
			lost = survey.Viewers[0]
		}
		var got []string
		for _, v := range lost.Viewers {
			got = append(got, v.PrincipalARN)
			if v.How == "" {
				t.Errorf("%s: it is not told how %s may decrypt", name, v.PrincipalARN)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(test.unread, lost.Unread); diff != "" {
			t.Errorf("%s, unread (-want +got):\n%s", name, diff)
		}
	}
}

func TestResolveKeys(t *testing.T) {
	w := newWorld(t, func(f *fleet.Fleet) {
		f.Keys = append(f.Keys,
			fleet.Key{Account: shop, Region: region, Name: "signing", Spec: "RSA_2048", Usage: "SIGN_VERIFY"},
			fleet.Key{Account: shop, Region: "us-east-1", Name: "us"},
		)
	})
	us := w.names.Key("us", shop, "us-east-1")
	missing := w.key("new")[:len(w.key("new"))-12] + "000000000000"
	one := func(key string) workflows.Target {
		return workflows.Target{Mode: workflows.SSEKMS, KeyARNs: []string{key}}
	}
	for name, test := range map[string]struct {
		target workflows.Target
		region string
		arn    string
		reason workflows.Reason
	}{
		"a key":                  {one(w.key("new")), region, w.key("new"), ""},
		"of another account":     {one(w.key(shared)), region, w.key(shared), ""},
		"disabled":               {one(w.key("disabled")), region, w.key("disabled"), workflows.KeyNotUsable},
		"asymmetric":             {one(w.key("signing")), region, w.key("signing"), workflows.KeyNotUsable},
		"missing":                {one(missing), region, missing, workflows.KeyNotUsable},
		"not to be described":    {one(w.key(private)), region, w.key(private), workflows.KeyNotUsable},
		"none for the Region":    {one(us), region, "", workflows.NoKeyForRegion},
		"an alias":               {workflows.Target{Mode: workflows.SSEKMS, KeyAlias: "alias/new"}, region, w.key("new"), ""},
		"an alias that is none":  {workflows.Target{Mode: workflows.SSEKMS, KeyAlias: "alias/none"}, region, "", workflows.KeyNotUsable},
		"a template of an alias": {workflows.Target{Mode: workflows.SSEKMS, KeyTemplate: "arn:aws:kms:{region}:{account}:alias/new"}, region, w.key("new"), ""},
		"a template into another Region": {workflows.Target{Mode: workflows.SSEKMS, KeyTemplate: "arn:aws:kms:us-east-1:{account}:alias/new"},
			region, "", workflows.KeyInWrongRegion},
	} {
		got := must[[]workflows.KeyFacts](w, workflows.ResolveKeysActivity, workflows.ResolveInput{Cell: cell, Target: test.target, Regions: []string{test.region}})
		var reason workflows.Reason
		if got[0].Problem != nil {
			reason = got[0].Problem.Reason
		}
		if got[0].ARN != test.arn || reason != test.reason {
			t.Errorf("%s: got %+v %v", name, got[0], got[0].Problem)
		}
		if none := name == "missing" || name == "an alias that is none"; got[0].Missing != none {
			t.Errorf("%s: missing is %v: one that may not be described may exist", name, got[0].Missing)
		}
	}
}
