package authz_test

import (
	"strings"
	"testing"

	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/policy"
)

const (
	home, foreign = "111111111111", "222222222222"
	role          = "arn:aws:iam::111111111111:role/canary"
	user          = "arn:aws:iam::111111111111:user/ann"
	key           = "arn:aws:kms:eu-west-1:111111111111:key/k"
	foreignKey    = "arn:aws:kms:eu-west-1:222222222222:key/x"
	object        = "arn:aws:s3:::bucket/object"
)

// world is what a test says about one principal and one resource.
type world struct {
	identity, boundary, guard, resource string
	owner                               string
	grants                              []authz.Grant
}

func (w world) Identity(string) (authz.Identity, bool) {
	id := authz.Identity{Boundary: read(w.boundary, policy.Identity)}
	if w.identity != "" {
		id.Policies = append(id.Policies, read(w.identity, policy.Identity))
	}
	return id, true
}

func (w world) ServiceControlPolicies(string) []*policy.Policy {
	if w.guard == "" {
		return nil
	}
	return []*policy.Policy{read(w.guard, policy.Identity)}
}

func (w world) OrganizationID(string) string { return "o-1" }

func (w world) ResourcePolicy(string) (authz.Attached, bool) {
	return authz.Attached{Account: w.owner, Policy: read(w.resource, policy.Key)}, true
}

func (w world) Granted(authz.Request) []authz.Grant { return w.grants }

func read(doc string, kind policy.Kind) *policy.Policy {
	if doc == "" {
		return nil
	}
	p, err := policy.Parse(doc, kind)
	if err != nil {
		panic(err)
	}
	return p
}

func says(effect, principal string) string {
	doc := `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"*","Resource":"*"`
	if principal != "" {
		doc += `,"Principal":{"AWS":"` + principal + `"}`
	}
	return doc + `}}`
}

var (
	allow = says("Allow", "")
	deny  = says("Deny", "")
)

func TestAuthorize(t *testing.T) {
	tests := map[string]struct {
		world     world
		principal string
		action    string
		resource  string
		session   string
		// suffices and ignores are the engine's switches.
		suffices, ignores bool
		// want is a part of the refusal, empty when allowed.
		want string
	}{
		"nothing allows":                      {world: world{owner: home}, want: "no identity-based policy"},
		"identity allows":                     {world: world{owner: home, identity: allow}},
		"resource names the role":             {world: world{owner: home, resource: says("Allow", role)}},
		"resource names the account":          {world: world{owner: home, resource: says("Allow", home)}, want: "no identity-based policy"},
		"resource denies":                     {world: world{owner: home, identity: allow, resource: says("Deny", role)}, want: "explicit deny in a resource-based policy"},
		"identity denies":                     {world: world{owner: home, identity: deny, resource: says("Allow", role)}, want: "explicit deny in an identity-based policy"},
		"organization denies":                 {world: world{owner: home, identity: allow, guard: deny}, want: "explicit deny in a service control policy"},
		"boundary denies":                     {world: world{owner: home, identity: allow, boundary: deny}, want: "explicit deny in a permissions boundary"},
		"boundary doesn't allow":              {world: world{owner: home, identity: allow, boundary: only("s3:GetObject")}, want: "no permissions boundary"},
		"boundary limits the named role":      {world: world{owner: home, resource: says("Allow", role), boundary: only("s3:GetObject")}, want: "no permissions boundary"},
		"boundary doesn't limit a named user": {principal: user, world: world{owner: home, resource: says("Allow", user), boundary: only("s3:GetObject")}},
		"session policy doesn't allow":        {world: world{owner: home, identity: allow}, session: only("s3:GetObject"), want: "no session policy"},
		"across accounts, identity alone":     {world: world{owner: foreign, identity: allow}, want: "no resource-based policy"},
		"across accounts, resource alone":     {world: world{owner: foreign, resource: says("Allow", role)}, want: "no identity-based policy"},
		"across accounts, both":               {world: world{owner: foreign, identity: allow, resource: says("Allow", home)}},
		"root in its account":                 {principal: identity.Root(home).ARN, world: world{owner: home}},
		"root beyond it":                      {principal: identity.Root(home).ARN, world: world{owner: foreign}, want: "no resource-based policy"},

		"key: identity alone": {action: "kms:Decrypt", resource: key, world: world{owner: home, identity: allow}, want: "no resource-based policy"},
		"key: delegated":      {action: "kms:Decrypt", resource: key, world: world{owner: home, identity: allow, resource: says("Allow", home)}},
		"key: delegated, but no policy": {
			action: "kms:Decrypt", resource: key, world: world{owner: home, resource: says("Allow", home)}, want: "no identity-based policy",
		},
		"key: names the role":   {action: "kms:Decrypt", resource: key, world: world{owner: home, resource: says("Allow", role)}},
		"key: grant":            {action: "kms:Decrypt", resource: key, world: world{owner: home, grants: granted(home, false)}},
		"key: root by identity": {principal: identity.Root(home).ARN, action: "kms:Decrypt", resource: key, world: world{owner: home}, want: "no resource-based policy"},
		"key: grant to the account": {
			action: "kms:Decrypt", resource: key, world: world{owner: home, grants: granted(home, true)}, want: "no resource-based policy",
		},
		"key: grant to the account, and identity": {
			action: "kms:Decrypt", resource: key, world: world{owner: home, identity: allow, grants: granted(home, true)},
		},
		"key: grant against a denial": {
			action: "kms:Decrypt", resource: key, world: world{owner: home, grants: granted(home, false), resource: says("Deny", role)},
			want: "explicit deny in a resource-based policy",
		},
		"key: grant beyond the boundary": {
			action: "kms:Decrypt", resource: key, world: world{owner: home, grants: granted(home, false), boundary: only("s3:*")},
			want: "no permissions boundary",
		},
		"key: grant beyond the boundary, if ignored": {
			action: "kms:Decrypt", resource: key, ignores: true,
			world: world{owner: home, grants: granted(home, false), boundary: only("s3:*")},
		},
		"foreign key: policy names the role": {
			action: "kms:Decrypt", resource: foreignKey, world: world{owner: foreign, resource: says("Allow", role)}, want: "no identity-based policy",
		},
		"foreign key: policies on both sides": {
			action: "kms:Decrypt", resource: foreignKey, world: world{owner: foreign, identity: allow, resource: says("Allow", role)},
		},
		"foreign key: grant from here": {action: "kms:Decrypt", resource: foreignKey, world: world{owner: foreign, grants: granted(home, false)}},
		"foreign key: grant from there": {
			action: "kms:Decrypt", resource: foreignKey, world: world{owner: foreign, grants: granted(foreign, false)}, want: "no resource-based policy",
		},
		"foreign key: grant from there, and identity": {
			action: "kms:Decrypt", resource: foreignKey, world: world{owner: foreign, identity: allow, grants: granted(foreign, false)},
		},
		"foreign key: grant from there, if it suffices": {
			action: "kms:Decrypt", resource: foreignKey, suffices: true,
			world: world{owner: foreign, grants: granted(foreign, false)},
		},
		"role: trusted by name":            {action: "sts:AssumeRole", resource: role + "2", world: world{owner: home, resource: says("Allow", role)}},
		"role: identity alone":             {action: "sts:AssumeRole", resource: role + "2", world: world{owner: home, identity: allow}, want: "no resource-based policy"},
		"role: trusted across, identity":   {action: "sts:AssumeRole", resource: "arn:aws:iam::222222222222:role/r", world: world{owner: foreign, identity: allow, resource: says("Allow", role)}},
		"role: trusted across, no policy":  {action: "sts:AssumeRole", resource: "arn:aws:iam::222222222222:role/r", world: world{owner: foreign, resource: says("Allow", role)}, want: "no identity-based policy"},
		"no resource, identity":            {action: "kms:ListAliases", resource: "*", world: world{identity: allow}},
		"no resource, nothing":             {action: "kms:ListAliases", resource: "*", world: world{}, want: "no identity-based policy"},
		"condition on what AWS says":       {world: world{owner: home, identity: conditional("aws:PrincipalOrgID", "o-1")}},
		"condition on the caller's ARN":    {world: world{owner: home, identity: conditional("aws:PrincipalArn", role)}},
		"condition on the owner":           {world: world{owner: home, identity: conditional("aws:ResourceAccount", home)}},
		"condition on the request's own":   {world: world{owner: home, identity: conditional("s3:prefix", "p")}},
		"condition that the request lacks": {world: world{owner: home, identity: conditional("s3:delimiter", "/")}, want: "no identity-based policy"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := &authz.Engine{
				Identities: tt.world, Guardrails: tt.world, Keys: tt.world, Grants: tt.world, Buckets: tt.world, Trusts: tt.world,
				GrantFromOwnerAccountSuffices: tt.suffices, GrantsIgnoreBoundary: tt.ignores,
			}
			r := authz.Request{
				Principal: identity.Principal{Account: home, ARN: role, SessionName: "run", SessionPolicy: tt.session},
				Action:    "s3:PutObject", Resource: object, Context: map[string]string{"s3:prefix": "p"},
			}
			if tt.principal != "" {
				r.Principal = identity.Principal{Account: home, ARN: tt.principal}
			}
			if tt.action != "" {
				r.Action, r.Resource = tt.action, tt.resource
			}
			err := e.Authorize(r)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// only is a policy that allows one action.
func only(action string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"*"}}`
}

func conditional(key, value string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"` + key + `":"` + value + `"}}}}`
}

func granted(issuer string, toAccount bool) []authz.Grant {
	return []authz.Grant{{Issuer: issuer, ToAccount: toAccount}}
}
