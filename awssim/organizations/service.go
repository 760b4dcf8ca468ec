// Package organizations is the simulated Organizations: one organization with its accounts in a tree of units,
// and the service control policies on it. An account outside it can be anything.
package organizations

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/clock"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/policy"
)

// Account is a member of the organization.
type Account struct {
	// ID has 12 digits.
	ID, Name, Email string
	// State is PENDING_ACTIVATION, ACTIVE (the default), SUSPENDED, PENDING_CLOSURE or CLOSED.
	State string
	// Parent is the id of a root or unit; the root when empty.
	Parent string
	// Joined is simulated; the time of AddAccount when zero.
	Joined time.Time
}

// Unit is an organizational unit.
type Unit struct {
	// ID is ou-....
	ID, Name string
	// Parent is the id of a root or unit; the root when empty.
	Parent string
}

// Config is what a Service works with.
type Config struct {
	Clock   *clock.Clock
	Journal *journal.Journal
	Auth    authz.Authorizer
	// ShowStatus answers the retired field Status besides State (retired on 2026-09-09).
	ShowStatus bool
	// EmptyPages puts an empty page with a token in front of every list, which AWS allows.
	EmptyPages bool
}

// The ids of the one organization and its root.
const (
	OrganizationID = "o-rekeysim01"
	RootID         = "r-sim1"
)

// maxDepth is how deep units may be nested (AWS Organizations User Guide, quotas).
const maxDepth = 5

// Service is the organization. It is safe for concurrent use.
type Service struct {
	Config

	mu         sync.RWMutex
	management string
	delegated  map[string]bool
	accounts   map[string]Account
	units      map[string]Unit
	children   map[string][]string // parent id -> ids of accounts and units, sorted
	guards     map[string][]*policy.Policy
}

// New is an organization without accounts; it begins with SetManagement.
func New(c Config) *Service {
	return &Service{
		Config: c, delegated: map[string]bool{}, accounts: map[string]Account{}, units: map[string]Unit{},
		children: map[string][]string{}, guards: map[string][]*policy.Policy{},
	}
}

// SetManagement makes an account the management account. It must be added as the others are.
func (s *Service) SetManagement(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.management = account
}

// Delegate lets an account's principals read the organization.
func (s *Service) Delegate(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delegated[account] = true
}

// AddAccount adds or replaces an account. Its error names what isn't an account or a parent.
func (s *Service) AddAccount(a Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !identity.IsAccountID(a.ID) {
		return fmt.Errorf("adding account %q: not 12 digits", a.ID)
	}
	if a.State == "" {
		a.State = "ACTIVE"
	}
	if a.Joined.IsZero() {
		a.Joined = s.Clock.Now()
	}
	if a.Parent == "" {
		a.Parent = RootID
	}
	if err := s.place(a.ID, s.accounts[a.ID].Parent, a.Parent); err != nil {
		return err
	}
	s.accounts[a.ID] = a
	return nil
}

// RemoveAccount takes an account out of the organization, as LeaveOrganization and RemoveAccountFromOrganization do: it is
// listed no more, and no service control policy holds for it. Its error says that it is no member, or the management account,
// which can't leave (API_LeaveOrganization).
func (s *Service) RemoveAccount(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, member := s.accounts[id]
	switch {
	case !member:
		return fmt.Errorf("removing account %s: not in the organization", id)
	case id == s.management:
		return fmt.Errorf("removing account %s: the management account can't leave", id)
	}
	s.children[a.Parent] = slices.DeleteFunc(s.children[a.Parent], func(c string) bool { return c == id })
	delete(s.accounts, id)
	delete(s.delegated, id)
	delete(s.guards, id)
	return nil
}

// AddUnit adds or replaces a unit. Its error names the parent that doesn't exist, or says that it is nested too
// deep.
func (s *Service) AddUnit(u Unit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Parent == "" {
		u.Parent = RootID
	}
	if len(s.path(u.Parent)) > maxDepth {
		return fmt.Errorf("adding unit %s: nested deeper than %d", u.ID, maxDepth)
	}
	if err := s.place(u.ID, s.units[u.ID].Parent, u.Parent); err != nil {
		return err
	}
	s.units[u.ID] = u
	return nil
}

func (s *Service) place(id, old, parent string) error {
	if _, ok := s.units[parent]; !ok && parent != RootID {
		return fmt.Errorf("adding %s: no parent %s", id, parent)
	}
	if slices.Contains(s.path(parent), id) {
		return fmt.Errorf("adding %s: below itself", id)
	}
	s.children[old] = slices.DeleteFunc(s.children[old], func(c string) bool { return c == id })
	i, _ := slices.BinarySearch(s.children[parent], id)
	s.children[parent] = slices.Insert(s.children[parent], i, id)
	return nil
}

// SetPolicies replaces the service control policies on a root, unit or account, besides FullAWSAccess, which
// always stays. Only their explicit denies count.
func (s *Service) SetPolicies(target string, docs ...string) error {
	parsed := make([]*policy.Policy, len(docs))
	for i, doc := range docs {
		var err error
		if parsed[i], err = policy.Parse(doc, policy.Identity); err != nil {
			return fmt.Errorf("service control policy %d on %s: %w", i+1, target, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guards[target] = parsed
	return nil
}

// path is an account or unit with what is above it, up to the root. The lock must be held.
func (s *Service) path(id string) []string {
	var path []string
	for id != "" {
		path = append(path, id)
		if a, ok := s.accounts[id]; ok {
			id = a.Parent
		} else {
			id = s.units[id].Parent
		}
	}
	return path
}

// ServiceControlPolicies implements authz.Guardrails.
func (s *Service) ServiceControlPolicies(account string) []*policy.Policy {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, member := s.accounts[account]; !member || account == s.management || len(s.guards) == 0 {
		return nil
	}
	var list []*policy.Policy
	for _, id := range s.path(account) {
		list = append(list, s.guards[id]...)
	}
	return list
}

// OrganizationID implements authz.Guardrails.
func (s *Service) OrganizationID(account string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, member := s.accounts[account]; !member {
		return ""
	}
	return OrganizationID
}

// Has says whether the account is in the organization.
func (s *Service) Has(account string) bool { return s.OrganizationID(account) != "" }

// Reads says whether the account's principals may read about other accounts: the management account and
// delegated administrators.
func (s *Service) Reads(account string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return account != "" && (account == s.management || s.delegated[account])
}

// Frozen is what bound every account at one instant. It implements authz.Guardrails.
type Frozen struct {
	policies map[string][]*policy.Policy
}

// Freeze takes a snapshot.
func (s *Service) Freeze() *Frozen {
	s.mu.RLock()
	ids := make([]string, 0, len(s.accounts))
	for id := range s.accounts {
		ids = append(ids, id)
	}
	s.mu.RUnlock()
	f := &Frozen{policies: make(map[string][]*policy.Policy, len(ids))}
	for _, id := range ids {
		f.policies[id] = s.ServiceControlPolicies(id)
	}
	return f
}

// ServiceControlPolicies implements authz.Guardrails.
func (f *Frozen) ServiceControlPolicies(account string) []*policy.Policy { return f.policies[account] }

// OrganizationID implements authz.Guardrails.
func (f *Frozen) OrganizationID(account string) string {
	if _, member := f.policies[account]; !member {
		return ""
	}
	return OrganizationID
}
