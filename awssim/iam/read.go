package iam

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
)

type roleXML struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	MaxSessionDuration       int
	PermissionsBoundary      *boundaryXML `xml:",omitempty"`
}

type boundaryXML struct {
	PermissionsBoundaryType, PermissionsBoundaryArn string
}

func (s *Service) getRole(c *wire.Call, form url.Values) (any, error) {
	r, err := s.target(c, form, "GetRole")
	if err != nil {
		return nil, err
	}
	shown := roleXML{
		Path: r.seed.Path, RoleName: r.name, RoleID: r.seed.ID, Arn: r.arn,
		CreateDate:               r.seed.Created.UTC().Format(time.RFC3339),
		AssumeRolePolicyDocument: escape(r.seed.Trust),
		MaxSessionDuration:       int(r.seed.MaxSession / time.Second),
	}
	if r.boundary != nil {
		shown.PermissionsBoundary = &boundaryXML{"Policy", boundaryARN(r)}
	}
	return struct{ Role roleXML }{shown}, nil
}

func (s *Service) getRolePolicy(c *wire.Call, form url.Values) (any, error) {
	r, err := s.target(c, form, "GetRolePolicy")
	if err != nil {
		return nil, err
	}
	name := form.Get("PolicyName")
	doc, ok := r.documents()[name]
	if !ok {
		return nil, noSuchEntity("The role policy with name %s cannot be found.", name)
	}
	return struct{ RoleName, PolicyName, PolicyDocument string }{r.name, name, escape(doc)}, nil
}

func (s *Service) listRolePolicies(c *wire.Call, form url.Values) (any, error) {
	r, err := s.target(c, form, "ListRolePolicies")
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(form)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(r.documents()))
	// A marker is the last name of the page before.
	start, found := slices.BinarySearch(names, form.Get("Marker"))
	if found {
		start++
	}
	names = names[start:]
	page := struct {
		PolicyNames []string `xml:"PolicyNames>member"`
		IsTruncated bool
		Marker      string `xml:",omitempty"`
	}{PolicyNames: names}
	if len(names) > limit {
		page.PolicyNames, page.IsTruncated, page.Marker = names[:limit], true, names[limit-1]
	}
	return page, nil
}

// pageSize is MaxItems, 100 when not given.
func pageSize(form url.Values) (int, error) {
	text := form.Get("MaxItems")
	if text == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, apierr.New("MalformedInput", http.StatusBadRequest, "MaxItems %q is no number", text)
	}
	return n, nil
}

// escape encodes a document as IAM answers it, after RFC 3986.
func escape(doc string) string { return strings.ReplaceAll(url.QueryEscape(doc), "+", "%20") }
