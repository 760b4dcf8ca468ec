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
	case "ListParents":
		awsjson.Handle(s.listParents)(w, c)
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
