package kms

import (
	"strconv"

	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

type listGrantsIn struct {
	KeyID                   string `json:"KeyId"`
	GrantID                 string `json:"GrantId"`
	GranteePrincipal        string
	GranteeServicePrincipal string
	Limit                   *int
	Marker                  string
}

type grantEntry struct {
	KeyID             string `json:"KeyId"`
	GrantID           string `json:"GrantId"`
	Name              string `json:",omitempty"`
	CreationDate      restjson.Time
	GranteePrincipal  string
	RetiringPrincipal string `json:",omitempty"`
	IssuingAccount    string
	Operations        []string
	Constraints       *constraintsJSON `json:",omitempty"`
}

type listGrantsOut struct {
	Grants     []grantEntry
	NextMarker string `json:",omitempty"`
	Truncated  bool
}

func (s *Service) listGrants(c *wire.Call, in listGrantsIn) (listGrantsOut, error) {
	out := listGrantsOut{Grants: []grantEntry{}}
	limit, err := pageSize(in.Limit)
	if err != nil {
		return out, err
	}
	after := 0
	if in.Marker != "" {
		if after, err = strconv.Atoi(in.Marker); err != nil || after < 0 {
			return out, fault("InvalidMarkerException", "The marker is not valid")
		}
	}
	ref, err := s.resolve(c, in.KeyID, false)
	if err != nil {
		return out, err
	}
	k, err := s.permit(c, "ListGrants", ref, map[string]string{"kms:GrantIsForAWSResource": "false"}, nil)
	if err != nil {
		return out, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	last := 0
	for _, g := range k.grants.candidates(in, after) {
		if !in.wants(g, after) {
			continue
		}
		if len(out.Grants) == limit {
			out.Truncated, out.NextMarker = true, strconv.Itoa(last)
			break
		}
		out.Grants = append(out.Grants, entry(k.arn, g.Grant))
		last = g.seq
	}
	return out, nil
}

// candidates are the grants among which those that are asked for are found fastest.
func (gs *grants) candidates(in listGrantsIn, after int) []*grant {
	switch {
	case in.GrantID != "":
		if g := gs.byID[in.GrantID]; g != nil {
			return []*grant{g}
		}
		return nil
	case in.GranteePrincipal != "":
		return gs.byGrantee[in.GranteePrincipal]
	}
	return gs.after(after)
}

func (in listGrantsIn) wants(g *grant, after int) bool {
	return g.seq > after && g.until.IsZero() && in.GranteeServicePrincipal == "" &&
		(in.GranteePrincipal == "" || in.GranteePrincipal == g.Grantee)
}

func entry(keyARN string, g Grant) grantEntry {
	e := grantEntry{
		KeyID: keyARN, GrantID: g.ID, Name: g.Name, CreationDate: restjson.Time(g.Created),
		GranteePrincipal: g.Grantee, RetiringPrincipal: g.Retiring, IssuingAccount: g.IssuingAccount,
		Operations: g.Operations,
	}
	if len(g.Constraints.Equals) > 0 || len(g.Constraints.Subset) > 0 || g.Constraints.SourceARN != "" {
		e.Constraints = &constraintsJSON{g.Constraints.Equals, g.Constraints.Subset, g.Constraints.SourceARN}
	}
	return e
}
