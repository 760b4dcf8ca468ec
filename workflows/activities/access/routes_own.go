package access

import (
	"fmt"
	"slices"

	"rekey/workflows"
	"rekey/workflows/policydoc"
)

// Limits of policies.
const (
	maxInline    = workflows.MaxInline
	maxKeyPolicy = workflows.MaxKeyPolicy
)

// ownPolicy is rekey's policy of a role for a key, or for an artifact location.
func ownPolicy(roleARN, keyARN, location string) workflows.AccessChange {
	return workflows.AccessChange{
		Method: workflows.ByRolePolicy, RoleARN: roleARN, KeyARN: keyARN, Location: location,
		PolicyName: workflows.RolePolicyName(keyARN + location),
	}
}

// givesOwn reports whether rekey's own policy is there as rekey writes it.
func givesOwn(role *person, own workflows.AccessChange) bool {
	return slices.ContainsFunc(role.policies, func(p named) bool {
		return p.inline && p.name == own.PolicyName && policydoc.SameJSON(p.text, roleDocument(own))
	})
}

// inlineSize is how many characters the inline policies of a role have, but for one.
func inlineSize(role *person, but string) int {
	size := 0
	for _, p := range role.policies {
		if p.inline && p.name != but {
			size += policydoc.Length(p.text)
		}
	}
	return size
}

// inlineGrowth is how many characters a role's inline policies grow by with rekey's own.
func inlineGrowth(role *person, own workflows.AccessChange) int {
	return inlineSize(role, own.PolicyName) + policydoc.Length(roleDocument(own)) - inlineSize(role, "")
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
	size := inlineSize(role, "") + inlineGrowth(role, ownPolicy(pair.RoleARN, pair.KeyARN, ""))
	return full("the inline policies of "+pair.RoleARN, size, maxInline)
}

// roomInKey is why the role can't be put into rekey's statement of the key's policy, as far as is known before, and how
// many bytes the policy would have with it.
func roomInKey(key *keyView, pair workflows.Pair) (int, *workflows.Problem) {
	if key.policy == nil {
		return 0, key.noPolicy
	}
	text, err := withRoles(*key.policy, key.arn, []string{pair.RoleARN}, nil)
	if err != nil {
		return 0, &workflows.Problem{Reason: workflows.Internal, Message: err.Error()}
	}
	return len(text), full("the policy of key "+key.arn, len(text), maxKeyPolicy)
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
