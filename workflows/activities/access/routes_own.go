package access

import (
	"fmt"
	"slices"

	"rekey/workflows"
	"rekey/workflows/policydoc"
)

// Limits of policies.
const (
	// maxInline is how many characters a role's inline policies may have together, white space not counted (IAM User
	// Guide, reference_iam-quotas).
	maxInline = 10_240
	// maxKeyPolicy is how many bytes a key's policy may have (KMS Developer Guide, resource-limits).
	maxKeyPolicy = 32_768
)

// givesOwn reports whether rekey's own policy of the role gives it the key.
func givesOwn(role *person, pair workflows.Pair) bool {
	name := workflows.RolePolicyName(pair.KeyARN)
	return slices.ContainsFunc(role.policies, func(p named) bool {
		return p.inline && p.name == name && policydoc.SameJSON(p.text, roleDocument(workflows.AccessChange{KeyARN: pair.KeyARN}))
	})
}

// inOwnStatement reports whether a role is a principal of rekey's statement of a key's policy.
func inOwnStatement(doc policydoc.Document, role string) bool {
	return slices.ContainsFunc(doc.Statements, func(s policydoc.Statement) bool {
		return s.Sid == workflows.KeyPolicySid && slices.Contains(s.Principals, role)
	})
}

// roomInRole is why rekey's policy can't be put into the role, as far as is known before.
func roomInRole(people *people, role *person, pair workflows.Pair) *workflows.Problem {
	switch {
	case people.unread != nil:
		return people.unread
	case role == nil:
		return nil // that the role is missing is told by itself
	}
	own := workflows.AccessChange{Method: workflows.ByRolePolicy, KeyARN: pair.KeyARN, PolicyName: workflows.RolePolicyName(pair.KeyARN)}
	size := policydoc.Length(roleDocument(own))
	for _, p := range role.policies {
		if p.inline && p.name != own.PolicyName {
			size += policydoc.Length(p.text)
		}
	}
	return full("the inline policies of "+pair.RoleARN, size, maxInline)
}

// roomInKey is why the role can't be put into rekey's statement of the key's policy, as far as is known before.
func roomInKey(key *keyView, pair workflows.Pair) *workflows.Problem {
	if key.policy == nil {
		return key.noPolicy
	}
	text, err := withRoles(*key.policy, key.arn, []string{pair.RoleARN}, nil)
	if err != nil {
		return &workflows.Problem{Reason: workflows.Internal, Message: err.Error()}
	}
	return full("the policy of key "+key.arn, len(text), maxKeyPolicy)
}

// full is the problem of a policy that has no room, nil when it has.
func full(policy string, size, limit int) *workflows.Problem {
	if size <= limit {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.PolicyFull,
		Message:  fmt.Sprintf("There is no room for rekey's statement in %s: it would have %d of at most %d characters.", policy, size, limit),
		NextStep: "Make room, or choose another access policy, and create the migration anew.",
		Metadata: map[string]string{"policy": policy, "size": fmt.Sprint(size), "limit": fmt.Sprint(limit)},
	}
}
