package authz

import "rekey/awssim/policy"

// Identity is what an account's own policies say about one of its principals.
type Identity struct {
	// Policies are the inline and attached ones that are effective.
	Policies []*policy.Policy
	// Boundary is the permissions boundary, nil for none.
	Boundary *policy.Policy
}

// Identities knows the roles and users.
type Identities interface {
	// Identity is false for a principal that doesn't exist.
	Identity(arn string) (Identity, bool)
}

// Guardrails knows the organization.
type Guardrails interface {
	// ServiceControlPolicies bind the account's principals; none bind the management account's.
	ServiceControlPolicies(account string) []*policy.Policy
	// OrganizationID is the value of aws:PrincipalOrgID, empty for an account outside.
	OrganizationID(account string) string
}

// Attached is a resource with the policy that hangs on it.
type Attached struct {
	// Account owns the resource.
	Account string
	// Policy is nil when the resource has none.
	Policy *policy.Policy
}

// Resources knows the resources of one service that may have policies.
type Resources interface {
	// ResourcePolicy is false when the resource doesn't exist.
	ResourcePolicy(arn string) (Attached, bool)
}

// Grants knows the grants on KMS keys.
type Grants interface {
	// Granted lists those that let the request's principal (or its account) perform its action on its key
	// with its encryption context, and are effective.
	Granted(r Request) []Grant
}

// Grant is a grant that fits a request.
type Grant struct {
	// Issuer is the account that issued it.
	Issuer string
	// ToAccount says that the grantee is the principal's account rather than the principal.
	ToAccount bool
}
