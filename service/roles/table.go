package roles

import (
	"slices"

	"rekey/workflows"
)

// Anywhere stands for every account.
const Anywhere = "*"

// Table says who may do what. What no rule allows is not allowed. A nil table allows everybody everything.
type Table struct {
	rules []rule
	// anyName lets names count that no certificate verified.
	anyName bool
}

// rule gives its roles to its members in its accounts.
type rule struct {
	Members  []member  `yaml:"members"`
	Roles    []Role    `yaml:"roles"`
	Accounts []account `yaml:"accounts"`
}

// WithAnyName is the table for a server under development: names that no certificate verified count as if one had.
func (t *Table) WithAnyName() *Table {
	return &Table{rules: t.rules, anyName: true}
}

// Reach tells in which accounts a caller has a role.
func (t *Table) Reach(caller workflows.Caller, role Role) Reach {
	if t == nil {
		return Reach{everywhere: true}
	}
	reach := Reach{accounts: map[string]bool{}}
	for _, r := range t.rules {
		if !r.gives(role) || !r.admits(caller, t.anyName) {
			continue
		}
		for _, a := range r.Accounts {
			reach.everywhere = reach.everywhere || a == Anywhere
			reach.accounts[string(a)] = true
		}
	}
	return reach
}

func (r rule) gives(role Role) bool {
	return slices.ContainsFunc(r.Roles, func(has Role) bool { return has.gives(role) })
}

// admits reports whether a caller is a member. A name that nobody verified is anybody's: only "*" admits it, unless any
// name counts.
func (r rule) admits(caller workflows.Caller, anyName bool) bool {
	return slices.ContainsFunc(r.Members, func(m member) bool {
		return m.everybody || (caller.Verified || anyName) && m.matches(caller.Name)
	})
}

// Reach is where a caller has a role.
type Reach struct {
	everywhere bool
	accounts   map[string]bool
}

// IsEverywhere reports whether it is every account, those that are not known yet included.
func (r Reach) IsEverywhere() bool { return r.everywhere }

// IsNowhere reports whether it is no account.
func (r Reach) IsNowhere() bool { return !r.everywhere && len(r.accounts) == 0 }

// Covers reports whether a scope lies within reach. If not, missing is an account of it that does not, Anywhere for a scope
// that may be about any; and empty where the caller has the role for no account at all.
func (r Reach) Covers(s Scope) (missing string, ok bool) {
	if r.everywhere {
		return "", true
	}
	if r.IsNowhere() {
		return "", false
	}
	if s.everywhere {
		return Anywhere, false
	}
	for _, account := range s.accounts {
		if !r.accounts[account] {
			return account, false
		}
	}
	return "", true
}
