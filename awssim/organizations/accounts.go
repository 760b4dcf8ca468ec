package organizations

import (
	"net/http"
	"slices"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

type accountJSON struct {
	ID              string `json:"Id"`
	Arn             string
	Email           string
	Name            string
	State           string
	Status          string `json:",omitempty"`
	JoinedMethod    string
	JoinedTimestamp restjson.Time
}

type accountsOut struct {
	Accounts  []accountJSON
	NextToken string `json:",omitempty"`
}

func (s *Service) listAccounts(c *wire.Call, in parentIn) (accountsOut, error) {
	if err := s.permit(c, "ListAccounts", "*"); err != nil {
		return accountsOut{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids := make([]string, 0, len(s.accounts))
	for id := range s.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return s.accountPage(ids, in)
}

func (s *Service) listAccountsForParent(c *wire.Call, in parentIn) (accountsOut, error) {
	ids, err := s.childrenOf(c, "ListAccountsForParent", in)
	if err != nil {
		return accountsOut{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids = slices.DeleteFunc(ids, func(id string) bool { _, unit := s.units[id]; return unit })
	return s.accountPage(ids, in)
}

func (s *Service) accountPage(ids []string, in parentIn) (accountsOut, error) {
	out := accountsOut{Accounts: []accountJSON{}}
	ids, next, err := s.page(ids, in)
	for _, id := range ids {
		out.Accounts = append(out.Accounts, s.show(s.accounts[id]))
	}
	out.NextToken = next
	return out, err
}

func (s *Service) show(a Account) accountJSON {
	shown := accountJSON{
		ID: a.ID, Arn: s.arn("account", a.ID), Email: a.Email, Name: a.Name, State: a.State,
		JoinedMethod: "CREATED", JoinedTimestamp: restjson.Time(a.Joined),
	}
	if s.ShowStatus {
		shown.Status = status[a.State]
	}
	return shown
}

// status is the retired field's value for a state.
var status = map[string]string{
	"ACTIVE": "ACTIVE", "PENDING_ACTIVATION": "ACTIVE", "SUSPENDED": "SUSPENDED", "CLOSED": "SUSPENDED",
	"PENDING_CLOSURE": "PENDING_CLOSURE",
}

func (s *Service) arn(kind, id string) string {
	return "arn:aws:organizations::" + s.management + ":" + kind + "/" + OrganizationID + "/" + id
}

type describeAccountIn struct {
	AccountID string `json:"AccountId"`
}

type describeAccountOut struct{ Account accountJSON }

func (s *Service) describeAccount(c *wire.Call, in describeAccountIn) (describeAccountOut, error) {
	if err := s.permit(c, "DescribeAccount", s.arn("account", in.AccountID)); err != nil {
		return describeAccountOut{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a, ok := s.accounts[in.AccountID]
	if !ok {
		return describeAccountOut{}, apierr.New("AccountNotFoundException", http.StatusBadRequest,
			"You specified an account that doesn't exist.")
	}
	return describeAccountOut{s.show(a)}, nil
}
