package organizations

import (
	"net/http"
	"slices"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/authz"
	"rekey/awssim/model"
	"rekey/awssim/wire"
	"rekey/awssim/wire/awsjson"
	"rekey/awssim/wire/restjson"
)

// protocol is AWS JSON with the service's own code for throttling.
type protocol struct{ awsjson.Protocol }

// Failure implements wire.Protocol.
func (p protocol) Failure(f wire.Failure, message string) *apierr.Error {
	e := p.Protocol.Failure(f, message)
	if f == wire.Throttled {
		e.Code = "TooManyRequestsException"
	}
	return e
}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "organizations" }

// Protocol implements wire.Speaker.
func (s *Service) Protocol() wire.Protocol { return protocol{} }

// Operation implements wire.Service.
func (s *Service) Operation(c *wire.Call) string {
	return awsjson.Operation(c, "AWSOrganizationsV20161128")
}

// Serve implements wire.Service.
func (s *Service) Serve(w http.ResponseWriter, c *wire.Call) {
	operation := s.Operation(c)
	if v := model.Check("organizations", operation, restjson.Input(c)); v != nil {
		protocol{}.WriteError(w, invalid(reason(v[0])))
		return
	}
	switch operation {
	case "ListRoots":
		awsjson.Handle(s.listRoots)(w, c)
	case "ListAccounts":
		awsjson.Handle(s.listAccounts)(w, c)
	case "ListAccountsForParent":
		awsjson.Handle(s.listAccountsForParent)(w, c)
	case "ListOrganizationalUnitsForParent":
		awsjson.Handle(s.listUnitsForParent)(w, c)
	case "DescribeAccount":
		awsjson.Handle(s.describeAccount)(w, c)
	default:
		protocol{}.WriteError(w, protocol{}.Failure(wire.UnknownOperation, ""))
	}
}

// permit checks that the caller's account may read the organization and that its policies let the caller.
func (s *Service) permit(c *wire.Call, action, resource string) error {
	if !s.Has(c.Principal.Account) {
		return apierr.New("AWSOrganizationsNotInUseException", http.StatusBadRequest, "Your account is not a member of an organization.")
	}
	r := authz.Request{Principal: c.Principal, Action: "organizations:" + action, Resource: resource, IdentityOnly: true}
	if err := s.Auth.Authorize(r); err != nil {
		return err
	}
	if !s.Reads(c.Principal.Account) {
		denied := &apierr.Error{
			Code: "AccessDeniedException", Status: http.StatusBadRequest, Denied: true,
			Message: "You don't have permissions to access this resource.",
		}
		s.Journal.Add(authz.Denial(s.Clock.Now(), r, denied))
		return denied
	}
	return nil
}

type parentIn struct {
	ParentID   string `json:"ParentId"`
	MaxResults *int
	NextToken  string
}

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

func (s *Service) childrenOf(c *wire.Call, action string, in parentIn) ([]string, error) {
	kind := "ou"
	if strings.HasPrefix(in.ParentID, "r-") {
		kind = "root"
	}
	if err := s.permit(c, action, s.arn(kind, in.ParentID)); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, ok := s.units[in.ParentID]; !ok && in.ParentID != RootID {
		return nil, apierr.New("ParentNotFoundException", http.StatusBadRequest, "You specified a parent that doesn't exist.")
	}
	return slices.Clone(s.children[in.ParentID]), nil
}

type unitJSON struct {
	ID   string `json:"Id"`
	Arn  string
	Name string
}

type unitsOut struct {
	OrganizationalUnits []unitJSON
	NextToken           string `json:",omitempty"`
}

func (s *Service) listUnitsForParent(c *wire.Call, in parentIn) (unitsOut, error) {
	out := unitsOut{OrganizationalUnits: []unitJSON{}}
	ids, err := s.childrenOf(c, "ListOrganizationalUnitsForParent", in)
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids = slices.DeleteFunc(ids, func(id string) bool { _, unit := s.units[id]; return !unit })
	ids, out.NextToken, err = s.page(ids, in)
	for _, id := range ids {
		out.OrganizationalUnits = append(out.OrganizationalUnits, unitJSON{id, s.arn("ou", id), s.units[id].Name})
	}
	return out, err
}

type rootJSON struct {
	ID          string `json:"Id"`
	Arn         string
	Name        string
	PolicyTypes []struct{ Type, Status string }
}

type rootsOut struct {
	Roots     []rootJSON
	NextToken string `json:",omitempty"`
}

func (s *Service) listRoots(c *wire.Call, in parentIn) (rootsOut, error) {
	out := rootsOut{Roots: []rootJSON{}}
	if err := s.permit(c, "ListRoots", "*"); err != nil {
		return out, err
	}
	ids, next, err := s.page([]string{RootID}, in)
	for _, id := range ids {
		out.Roots = append(out.Roots, rootJSON{
			ID: id, Arn: s.arn("root", id), Name: "Root",
			PolicyTypes: []struct{ Type, Status string }{{"SERVICE_CONTROL_POLICY", "ENABLED"}},
		})
	}
	out.NextToken = next
	return out, err
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

// page cuts a page (of 20 when no size is given) out of sorted ids; a token is the last id of the page before.
func (s *Service) page(ids []string, in parentIn) ([]string, string, error) {
	limit := 20
	if in.MaxResults != nil {
		limit = *in.MaxResults
	}
	if in.NextToken == "" && s.EmptyPages {
		return nil, tokenPrefix, nil
	}
	last, ok := strings.CutPrefix(in.NextToken, tokenPrefix)
	if in.NextToken != "" && !ok {
		return nil, "", invalid("INVALID_NEXT_TOKEN")
	}
	start, found := slices.BinarySearch(ids, last)
	if found {
		start++
	}
	ids = ids[start:]
	if len(ids) > limit {
		return ids[:limit], tokenPrefix + ids[limit-1], nil
	}
	return ids, "", nil
}

const tokenPrefix = "after:"
