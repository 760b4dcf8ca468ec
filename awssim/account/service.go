// Package account is the simulated Account Management service: which Regions an account has enabled.
package account

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"rekey/awssim/apierr"
	"rekey/awssim/authz"
	"rekey/awssim/model"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

// Organization tells who may ask about other accounts.
type Organization interface {
	// Has says whether the account is a member.
	Has(account string) bool
	// Reads says whether it is the management account or a delegated administrator.
	Reads(account string) bool
}

// Config is what a Service works with.
type Config struct {
	Auth         authz.Authorizer
	Organization Organization
}

// Service answers for all accounts of a world. It is safe for concurrent use.
type Service struct {
	Config

	mu       sync.RWMutex
	statuses map[string]map[string]string // account -> Region -> status, where not the default
}

// New is a service in which every account has the Regions that AWS gives it.
func New(c Config) *Service { return &Service{Config: c, statuses: map[string]map[string]string{}} }

// The statuses of a Region (types.RegionOptStatus).
const (
	Enabled          = "ENABLED"
	Enabling         = "ENABLING"
	Disabling        = "DISABLING"
	Disabled         = "DISABLED"
	EnabledByDefault = "ENABLED_BY_DEFAULT"
)

// byDefault are the Regions that can't be disabled, and optIn those that begin disabled (AWS Account
// Management Reference Guide, enable or disable Regions).
var (
	byDefault = []string{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
		"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
		"us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
	optIn = []string{
		"af-south-1", "ap-east-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ca-west-1", "eu-central-2",
		"eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1",
	}
)

// SetRegion gives a Region of an account a status, also a Region that AWS doesn't have.
func (s *Service) SetRegion(account, region, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.statuses[account] == nil {
		s.statuses[account] = map[string]string{}
	}
	s.statuses[account][region] = status
}

// Enable enables Regions of an account, besides those that every account has.
func (s *Service) Enable(account string, regions ...string) {
	for _, r := range regions {
		if !slices.Contains(byDefault, r) {
			s.SetRegion(account, r, Enabled)
		}
	}
}

// IsOpen says whether an account's credentials are taken in a Region: nothing of an account is known where it has not
// enabled the Region, nor while that is being done or undone. Services answer there as they do to unknown credentials, by
// the code of their protocol (github.com/epsagon/clear-lambda-storage issue 9 for JSON's, Versent/saml2aws issue 928 for
// the query protocol's, aws/aws-cli issue 8413 for S3's). A Region that AWS doesn't have is open: it can't be asked for
// there, since its endpoints' names don't resolve.
func (s *Service) IsOpen(account, region string) bool {
	s.mu.RLock()
	status, set := s.statuses[account][region]
	s.mu.RUnlock()
	if !set {
		return !slices.Contains(optIn, region)
	}
	return status == Enabled || status == EnabledByDefault
}

type regionJSON struct{ RegionName, RegionOptStatus string }

// regions lists an account's Regions by name.
func (s *Service) regions(account string) []regionJSON {
	all := make(map[string]string, len(byDefault)+len(optIn))
	for _, r := range byDefault {
		all[r] = EnabledByDefault
	}
	for _, r := range optIn {
		all[r] = Disabled
	}
	s.mu.RLock()
	maps.Copy(all, s.statuses[account])
	s.mu.RUnlock()
	list := make([]regionJSON, 0, len(all))
	for r, status := range all {
		list = append(list, regionJSON{r, status})
	}
	slices.SortFunc(list, func(a, b regionJSON) int { return strings.Compare(a.RegionName, b.RegionName) })
	return list
}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "account" }

// Protocol implements wire.Speaker.
func (s *Service) Protocol() wire.Protocol { return restjson.Protocol{} }

// Operation implements wire.Service.
func (s *Service) Operation(c *wire.Call) string {
	if c.HTTP.Method == http.MethodPost && c.HTTP.URL.Path == "/listRegions" {
		return "ListRegions"
	}
	return ""
}

// Serve implements wire.Service.
func (s *Service) Serve(w http.ResponseWriter, c *wire.Call) {
	if s.Operation(c) == "" {
		restjson.WriteError(w, restjson.Protocol{}.Failure(wire.UnknownOperation, "no such operation"))
		return
	}
	if v := model.Check("account", "ListRegions", restjson.Input(c)); v != nil {
		restjson.WriteError(w, invalid(v))
		return
	}
	page, err := s.listRegions(c)
	if err != nil {
		restjson.WriteError(w, err)
		return
	}
	restjson.Write(w, page)
}

type listRegionsIn struct {
	AccountID               *string `json:"AccountId"`
	MaxResults              *int
	NextToken               string
	RegionOptStatusContains []string
}

type listRegionsOut struct {
	Regions   []regionJSON
	NextToken string `json:",omitempty"`
}

// maxRegions is the most Regions of a page (Account Management API Reference, ListRegions).
const maxRegions = 50

func (s *Service) listRegions(c *wire.Call) (listRegionsOut, error) {
	var in listRegionsIn
	out := listRegionsOut{Regions: []regionJSON{}}
	if err := restjson.Read(c, &in); err != nil {
		return out, err
	}
	account, err := s.target(c, in)
	if err != nil {
		return out, err
	}
	limit := maxRegions
	if in.MaxResults != nil {
		limit = *in.MaxResults
	}
	for _, r := range s.regions(account) {
		wanted := len(in.RegionOptStatusContains) == 0 || slices.Contains(in.RegionOptStatusContains, r.RegionOptStatus)
		if !wanted || r.RegionName <= in.NextToken {
			continue
		}
		if len(out.Regions) == limit {
			out.NextToken = out.Regions[limit-1].RegionName
			break
		}
		out.Regions = append(out.Regions, r)
	}
	return out, nil
}

// target is the account that is asked about. Another than the caller's is for the management account and
// delegated administrators, and must be a member.
func (s *Service) target(c *wire.Call, in listRegionsIn) (string, error) {
	account := c.Principal.Account
	if in.AccountID != nil {
		account = *in.AccountID
	}
	r := authz.Request{
		Principal: c.Principal, Action: "account:ListRegions", IdentityOnly: true,
		Resource: "arn:aws:account::" + account + ":account",
	}
	if err := s.Auth.Authorize(r); err != nil {
		return "", err
	}
	if in.AccountID == nil {
		return account, nil
	}
	if account == c.Principal.Account || !s.Organization.Reads(c.Principal.Account) || !s.Organization.Has(account) {
		return "", apierr.Denied(c.Principal.CallerARN(), r.Action, r.Resource, "the caller may not ask about that account")
	}
	return account, nil
}

func invalid(v model.Violations) error {
	e := apierr.New("ValidationException", http.StatusBadRequest, "%s", v)
	e.Detail = map[string]any{"reason": "fieldValidationFailed"}
	return e
}
