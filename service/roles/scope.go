package roles

import "slices"

// Scope is the accounts that something is about.
type Scope struct {
	everywhere bool
	accounts   []string // sorted
}

// Everywhere is the scope of what may be about any account, such as a selection by organizational units: which accounts
// they come to is found out later, and may change until then.
func Everywhere() Scope { return Scope{everywhere: true} }

// In is the scope of some accounts, less those that are excluded.
func In(accounts, excluded []string) Scope {
	within := slices.DeleteFunc(slices.Clone(accounts), func(a string) bool { return slices.Contains(excluded, a) })
	slices.Sort(within)
	return Scope{accounts: within}
}
