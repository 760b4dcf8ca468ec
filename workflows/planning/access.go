package planning

import (
	"fmt"

	"rekey/workflows"
)

// access chooses how the canary's role gets what it needs: the same for all canaries of a role and key.
func (d *draft) access() {
	if d.Action == workflows.RevokeOnly {
		return
	}
	if d.To.Mode == workflows.SSEKMS && d.To != d.Recorded.From {
		route, ok := d.route()
		if !ok {
			return // its problem is set
		}
		d.Grants, d.Problem = choose(route, d.Policies.Access)
	}
	if d.Problem == nil && d.moves() {
		d.place()
	}
}

// route is how the role can come to use the new key. One that was not surveyed is a fault of rekey, and blocks.
func (d *draft) route() (workflows.Route, bool) {
	pair := workflows.Pair{RoleARN: d.Recorded.RoleARN, KeyARN: d.To.KeyARN}
	for _, r := range d.Survey.Routes {
		if r.Pair == pair {
			return r, true
		}
	}
	d.Problem = closed(workflows.Route{Pair: pair}, "the access of the role could not be surveyed")
	return workflows.Route{}, false
}

// choose are the access changes for a role and key, or why there is no way.
func choose(r workflows.Route, policy workflows.AccessPolicy) ([]workflows.AccessChange, *workflows.Problem) {
	if r.Denied != nil {
		return nil, closed(r, r.Denied.Message)
	}
	switch policy {
	case workflows.AccessGrant:
		return open(r.Grant, r, grant(r, "the policy asks for grants"))
	case workflows.AccessRole:
		return open(rolePolicyAlone(r), r, rolePolicy(r, "the policy asks for role policies"))
	case workflows.AccessKey:
		return keyPolicies(r, "the policy asks for key policies")
	case workflows.AccessExisting:
		if r.Effective == "" {
			return nil, notFound(r)
		}
		return []workflows.AccessChange{existing(r)}, nil
	case workflows.AccessAuto:
	}
	return automatic(r)
}

// automatic picks the least change that is known to suffice.
func automatic(r workflows.Route) ([]workflows.AccessChange, *workflows.Problem) {
	switch {
	case r.GrantID != "":
		return []workflows.AccessChange{grant(r, "rekey's grant is there already")}, nil
	case r.PolicyThere && rolePolicyAlone(r) == nil:
		return []workflows.AccessChange{rolePolicy(r, "rekey's role policy is there already")}, nil
	case r.Effective != "":
		return []workflows.AccessChange{existing(r)}, nil
	case r.Grant == nil && r.Foreign:
		return []workflows.AccessChange{grant(r, "a grant made from the role's account suffices for a key of another account")}, nil
	case r.Grant == nil:
		return []workflows.AccessChange{grant(r, "a grant is the least change")}, nil
	case rolePolicyAlone(r) == nil:
		return []workflows.AccessChange{rolePolicy(r, "a grant can't be made: "+r.Grant.Message)}, nil
	}
	return keyPolicies(r, "a grant can't be made: "+r.Grant.Message)
}

// rolePolicyAlone is why a role policy does not suffice by itself: it works only where the key's policy lets the role's
// account give access (KMS Developer Guide, policy-evaluation). What a foreign key's policy says can't always be read;
// then it is tried, and a run decides.
func rolePolicyAlone(r workflows.Route) *workflows.Problem {
	switch {
	case r.RolePolicy != nil:
		return r.RolePolicy
	case r.Delegated || r.Foreign && !r.ReadablePolicy:
		return nil
	}
	return &workflows.Problem{Message: "the key's policy does not let the role's account give access by IAM policies"}
}

// keyPolicies are the key policy and, for a key of another account, the role policy: AWS asks for both there (KMS
// Developer Guide, key-policy-modifying-external-accounts).
func keyPolicies(r workflows.Route, why string) ([]workflows.AccessChange, *workflows.Problem) {
	statement := workflows.AccessChange{
		Method: workflows.ByKeyPolicy, RoleARN: r.Pair.RoleARN, KeyARN: r.Pair.KeyARN,
		Sid: workflows.KeyPolicySid, There: r.StatementThere, Why: why,
	}
	if !r.Foreign {
		return open(r.KeyPolicy, r, statement)
	}
	obstacle := r.KeyPolicy
	if obstacle == nil {
		obstacle = r.RolePolicy
	}
	return open(obstacle, r, statement, rolePolicy(r, "a key of another account needs both policies"))
}

func grant(r workflows.Route, why string) workflows.AccessChange {
	return workflows.AccessChange{
		Method: workflows.ByGrant, RoleARN: r.Pair.RoleARN, KeyARN: r.Pair.KeyARN,
		GrantName: r.GrantName, GrantID: r.GrantID, There: r.GrantID != "", Why: why,
	}
}

func rolePolicy(r workflows.Route, why string) workflows.AccessChange {
	return workflows.AccessChange{
		Method: workflows.ByRolePolicy, RoleARN: r.Pair.RoleARN, KeyARN: r.Pair.KeyARN,
		PolicyName: workflows.RolePolicyName(r.Pair.KeyARN), There: r.PolicyThere, Why: why,
	}
}

func existing(r workflows.Route) workflows.AccessChange {
	return workflows.AccessChange{
		Method: workflows.Existing, RoleARN: r.Pair.RoleARN, KeyARN: r.Pair.KeyARN, There: true,
		Why: "the role can use the key already: " + r.Effective,
	}
}

// open are the changes, unless something is in the way.
func open(obstacle *workflows.Problem, r workflows.Route, changes ...workflows.AccessChange) ([]workflows.AccessChange, *workflows.Problem) {
	if obstacle == nil {
		return changes, nil
	}
	if obstacle.Reason == workflows.PolicyFull {
		return nil, obstacle
	}
	return nil, closed(r, obstacle.Message)
}

func closed(r workflows.Route, why string) *workflows.Problem {
	p := &workflows.Problem{
		Reason:   workflows.NoAccessMethod,
		Message:  fmt.Sprintf("Role %s can't be given the use of key %s: %s.", r.Pair.RoleARN, r.Pair.KeyARN, why),
		NextStep: "Mend what is in the way, or choose another access policy, and create the migration anew.",
		Metadata: map[string]string{"role_arn": r.Pair.RoleARN, "kms_key_arn": r.Pair.KeyARN},
	}
	for name, way := range map[string]*workflows.Problem{
		"denied": r.Denied, "grant": r.Grant, "role_policy": r.RolePolicy, "key_policy": r.KeyPolicy,
	} {
		if way != nil {
			p.Metadata[name] = way.Message
		}
	}
	return p
}

func notFound(r workflows.Route) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.AccessNotFound,
		Message:  fmt.Sprintf("Role %s has no access to key %s, and the policy leaves permissions to others.", r.Pair.RoleARN, r.Pair.KeyARN),
		NextStep: "Let whoever owns the permissions give the role kms:GenerateDataKey and kms:Decrypt on the key, and create the migration anew.",
		Metadata: map[string]string{"role_arn": r.Pair.RoleARN, "kms_key_arn": r.Pair.KeyARN},
	}
}
