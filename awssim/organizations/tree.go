package organizations

import (
	"net/http"
	"slices"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
)

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

type childIn struct {
	ChildID    string `json:"ChildId"`
	MaxResults *int
	NextToken  string
}

type parentJSON struct {
	ID   string `json:"Id"`
	Type string
}

type parentsOut struct {
	Parents   []parentJSON
	NextToken string `json:",omitempty"`
}

// listParents answers the one parent that a child has (AWS Organizations API Reference, ListParents).
func (s *Service) listParents(c *wire.Call, in childIn) (parentsOut, error) {
	out := parentsOut{Parents: []parentJSON{}}
	kind := "account"
	if strings.HasPrefix(in.ChildID, "ou-") {
		kind = "ou"
	}
	if err := s.permit(c, "ListParents", s.arn(kind, in.ChildID)); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	above := s.path(in.ChildID)
	if len(above) < 2 {
		return out, apierr.New("ChildNotFoundException", http.StatusBadRequest,
			"We can't find an organizational unit (OU) or account with the ChildId that you specified.")
	}
	ids, next, err := s.page(above[1:2], parentIn{MaxResults: in.MaxResults, NextToken: in.NextToken})
	for _, id := range ids {
		kind := "ORGANIZATIONAL_UNIT"
		if id == RootID {
			kind = "ROOT"
		}
		out.Parents = append(out.Parents, parentJSON{id, kind})
	}
	out.NextToken = next
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
