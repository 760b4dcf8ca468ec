package policydoc

import (
	"cmp"
	"slices"
	"strings"
)

// Request is something that a principal may or may not do.
type Request struct {
	Principal string // ARN
	Action    string
	Resource  string
	Context   Context
}

// Effect is what a policy says about a request.
type Effect int

// The effects. The zero value is None: no statement is about the request.
const (
	None     Effect = iota
	Allow           // a statement allows it, and none denies it
	Deny            // a statement denies it
	Doubtful        // a statement may deny it, or only one that is not understood may allow it
)

// Decision is what a policy says about a request, with the statement that decides it.
type Decision struct {
	Effect Effect
	Sid    string
}

// Identity is what a policy of a role or user says about a request.
func (d Document) Identity(r Request) Decision {
	return d.decide(r, func(Statement) bool { return true })
}

// Resource is what a policy of a key or bucket says about a request by a principal whom it names. A deny for the
// principal's account as a whole denies it too, though an allow for the account only delegates (IAM User Guide,
// reference_policies_elements_principal).
func (d Document) Resource(r Request) Decision {
	account := accountOf(r.Principal)
	return d.decide(r, func(s Statement) bool { return s.names(r.Principal) || !s.Allows && s.delegates(account) })
}

// Delegation is what a key's policy says about an account as a whole: whether policies of that account may allow the
// request. No policy of the account overcomes a deny that names the principal.
func (d Document) Delegation(account string, r Request) Decision {
	return d.decide(r, func(s Statement) bool { return s.delegates(account) || !s.Allows && s.names(r.Principal) })
}

func (d Document) decide(r Request, concerns func(Statement) bool) Decision {
	result := Decision{}
	doubtful := func(s Statement) { result = Decision{Doubtful, s.Sid} }
	for _, s := range d.Statements {
		if !concerns(s) {
			continue
		}
		switch held := s.applies(r.Action, r.Resource, r.Context); {
		case held == False:
		case !s.Allows && held == True:
			return Decision{Deny, s.Sid}
		case !s.Allows:
			doubtful(s)
		case held == True && result.Effect != Doubtful:
			result = Decision{Allow, s.Sid}
		case held == Unknown && result.Effect == None:
			doubtful(s)
		case held == True && !d.mayDeny(r, concerns):
			result = Decision{Allow, s.Sid} // the doubt was about another allow
		}
	}
	return result
}

// mayDeny reports whether a statement that is not understood may deny the request.
func (d Document) mayDeny(r Request, concerns func(Statement) bool) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return !s.Allows && concerns(s) && s.applies(r.Action, r.Resource, r.Context) == Unknown
	})
}

// Grantee is a principal whom a key's policy allows something: a role, a user, a session, an account as a whole by its
// root or number, or "*" for everyone (also for everyone but some).
type Grantee struct {
	Principal string
	// Sid is that of the statement, Condition its conditions in short; empty where it has none.
	Sid, Condition string
}

// Grantees are the principals of a key's policy whom its statements allow an action, AWS's services left out, each as
// often as a statement has it. An id, which stands for a principal that is gone, is none (IAM User Guide,
// reference_policies_elements_principal).
func (d Document) Grantees(action string) []Grantee {
	var list []Grantee
	for _, s := range d.Statements {
		if !s.Allows || !s.isAbout(action) {
			continue
		}
		principals := s.Principals
		if s.NotPrincipal {
			principals = []string{"*"}
		}
		for _, p := range principals {
			if p == "*" || strings.HasPrefix(p, "arn:") || isAccount(p) {
				list = append(list, Grantee{Principal: p, Sid: cmp.Or(s.Sid, "without a Sid"), Condition: s.conditionText()})
			}
		}
	}
	return list
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// TrustedBy are the principals that may assume a role by its trust policy, other than the Lambda service.
func (d Document) TrustedBy() []string {
	var list []string
	for _, s := range d.Statements {
		if !s.Allows {
			continue
		}
		if s.NotPrincipal {
			list = append(list, "everyone but some")
			continue
		}
		for _, p := range slices.Concat(s.Principals, s.Services, s.Others) {
			if p != "lambda.amazonaws.com" {
				list = append(list, p)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// OnlyFor reports whether a role's policy gives nothing but the use of one key, so that nothing else is lost with it.
func (d Document) OnlyFor(key string) bool {
	for _, s := range d.Statements {
		if !s.Allows || len(s.NotActions)+len(s.NotResources) > 0 || len(s.Resources) == 0 || !s.onlyKMS() {
			return false
		}
		if slices.ContainsFunc(s.Resources, func(r string) bool { return r != key }) {
			return false
		}
	}
	return len(d.Statements) > 0
}

// OnlyUse reports whether a statement of a key's policy gives one principal the use of the key, and nothing else to
// nobody else.
func (s Statement) OnlyUse(principal string) bool {
	one := len(s.Principals) == 1 && s.Principals[0] == principal && len(s.Services)+len(s.Others) == 0 && !s.NotPrincipal
	return s.Allows && one && len(s.NotActions)+len(s.NotResources) == 0 && s.onlyKMS()
}

func (s Statement) onlyKMS() bool {
	return len(s.Actions) > 0 && !slices.ContainsFunc(s.Actions, func(a string) bool {
		return !strings.HasPrefix(strings.ToLower(a), "kms:")
	})
}

// Mentions reports whether a statement is about an action on a resource for a principal in some way, conditions aside.
// An empty principal means whoever the policy belongs to.
func (s Statement) Mentions(principal, action, resource string) bool {
	return s.isAbout(action) && s.covers(resource) != False && (principal == "" || s.names(principal))
}
