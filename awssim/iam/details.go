package iam

import (
	"cmp"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/wire"
)

type documentXML struct {
	PolicyName, PolicyDocument string
}

type attachedXML struct {
	PolicyName, PolicyArn string
}

type roleDetailXML struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	RolePolicyList           []documentXML `xml:"RolePolicyList>member"`
	AttachedManagedPolicies  []attachedXML `xml:"AttachedManagedPolicies>member"`
	PermissionsBoundary      *boundaryXML  `xml:",omitempty"`
}

type versionXML struct {
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool
	Document         string
}

type managedXML struct {
	PolicyName, Arn   string
	DefaultVersionID  string       `xml:"DefaultVersionId"`
	PolicyVersionList []versionXML `xml:"PolicyVersionList>member"`
}

type detailsXML struct {
	RoleDetailList []roleDetailXML `xml:"RoleDetailList>member"`
	Policies       []managedXML    `xml:"Policies>member"`
	IsTruncated    bool
	Marker         string `xml:",omitempty"`
}

// getAccountAuthorizationDetails answers the account's roles and the managed policies that are attached to them, the
// roles of a page with theirs. A filter that names neither gets neither.
func (s *Service) getAccountAuthorizationDetails(c *wire.Call, form url.Values) (any, error) {
	if err := s.Auth.Authorize(authz.Request{
		Principal: c.Principal, Action: "iam:GetAccountAuthorizationDetails", Resource: "*",
	}); err != nil {
		return nil, err
	}
	limit, err := pageSize(form)
	if err != nil {
		return nil, err
	}
	roles := s.of(c.Principal.Account)
	start, found := slices.BinarySearchFunc(roles, form.Get("Marker"), func(r *role, name string) int { return cmp.Compare(r.name, name) })
	if found {
		start++
	}
	page := detailsXML{}
	roles = roles[start:]
	if len(roles) > limit {
		roles = roles[:limit]
		page.IsTruncated, page.Marker = true, roles[limit-1].name
	}
	managed := map[string]string{}
	for _, r := range roles {
		if wants(form, "Role") {
			page.RoleDetailList = append(page.RoleDetailList, detail(r))
		}
		maps.Copy(managed, r.seed.Attached)
		if r.boundary != nil {
			managed[boundaryARN(r)] = r.seed.Boundary
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(managed)) {
		if wants(form, "LocalManagedPolicy") && !strings.Contains(arn, ":iam::aws:") || wants(form, "AWSManagedPolicy") && strings.Contains(arn, ":iam::aws:") {
			page.Policies = append(page.Policies, managedXML{
				PolicyName: path.Base(arn), Arn: arn, DefaultVersionID: "v1",
				PolicyVersionList: []versionXML{{VersionID: "v1", IsDefaultVersion: true, Document: escape(managed[arn])}},
			})
		}
	}
	return page, nil
}

// wants reports whether a request's filter names a kind of entity; one without a filter names all.
func wants(form url.Values, kind string) bool {
	all := true
	for name, values := range form {
		if strings.HasPrefix(name, "Filter.member.") {
			all = false
			if slices.Contains(values, kind) {
				return true
			}
		}
	}
	return all
}

// of are the roles of an account, by name.
func (s *Service) of(account string) []*role {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var roles []*role
	for _, r := range s.roles {
		if r.account == account {
			roles = append(roles, r)
		}
	}
	slices.SortFunc(roles, func(a, b *role) int { return cmp.Compare(a.name, b.name) })
	return roles
}

func detail(r *role) roleDetailXML {
	d := roleDetailXML{
		Path: r.seed.Path, RoleName: r.name, RoleID: r.seed.ID, Arn: r.arn,
		CreateDate:               r.seed.Created.UTC().Format(time.RFC3339),
		AssumeRolePolicyDocument: escape(r.seed.Trust),
	}
	docs := r.documents()
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		d.RolePolicyList = append(d.RolePolicyList, documentXML{name, escape(docs[name])})
	}
	for _, arn := range slices.Sorted(maps.Keys(r.seed.Attached)) {
		d.AttachedManagedPolicies = append(d.AttachedManagedPolicies, attachedXML{path.Base(arn), arn})
	}
	if r.boundary != nil {
		d.PermissionsBoundary = &boundaryXML{"Policy", boundaryARN(r)}
	}
	return d
}

func boundaryARN(r *role) string {
	return "arn:aws:iam::" + r.account + ":policy/boundary-of-" + r.name
}
