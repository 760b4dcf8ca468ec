// Package authz decides who may do what in the simulated AWS, over all accounts: identity policies,
// permissions boundaries, service control policies, resource policies and KMS grants.
package authz

import "rekey/awssim/identity"

// Request asks whether a principal may act on a resource.
type Request struct {
	Principal identity.Principal
	// Action is IAM's name of the operation, for example "kms:GenerateDataKey".
	Action string
	// Resource is the ARN of what is acted on, "*" for actions that have no resource.
	Resource string
	// Context holds the condition keys that have one value, for example kms:ViaService. The keys that
	// follow from the principal and the resource (aws:PrincipalArn, aws:PrincipalAccount,
	// kms:CallerAccount, aws:ResourceAccount, ...) need not be given.
	Context map[string]string
	// Multi holds the condition keys that have several values, for example kms:GrantOperations.
	Multi map[string][]string
	// IdentityOnly leaves the resource's own policy out: what the resource is to the caller was judged
	// elsewhere, for example by the grant that names the caller's account.
	IdentityOnly bool
}

// Authorizer answers requests.
type Authorizer interface {
	// Authorize is nil when the request is allowed, and otherwise an *apierr.Error with Denied set whose
	// message names the caller, the action, the resource and the kind of policy that was missing or denied.
	Authorize(r Request) error
}
