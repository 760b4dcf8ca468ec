// Package fleet describes a simulated world: accounts, principals, keys, buckets and canaries, read from YAML
// or made by a seeded generator.
package fleet

import (
	"time"

	"rekey/awssim/synthetics"
)

// Fleet is a world before it begins. Accounts are referred to by id or name; keys and roles by ARN, by
// "account/region/name" and "account/name", or by name alone within the account (and Region) of what refers
// to them.
type Fleet struct {
	// Start is the simulated time at which the world begins; the real time when zero.
	Start time.Time `yaml:"start,omitempty"`
	// TimeScale is how many simulated seconds pass in a real one; 1 when 0.
	TimeScale float64 `yaml:"time_scale,omitempty"`
	// Seed spreads the schedules' phases.
	Seed uint64 `yaml:"seed,omitempty"`
	// World and Synthetics are delays and switches; what isn't given has its default.
	World      World               `yaml:"world,omitempty"`
	Synthetics synthetics.Settings `yaml:"synthetics,omitempty"`

	Organization Organization `yaml:"organization,omitempty"`
	Accounts     []Account    `yaml:"accounts"`
	Users        []User       `yaml:"users,omitempty"`
	Roles        []Role       `yaml:"roles,omitempty"`
	Keys         []Key        `yaml:"keys,omitempty"`
	Grants       []Grant      `yaml:"grants,omitempty"`
	Buckets      []Bucket     `yaml:"buckets,omitempty"`
	Canaries     []Canary     `yaml:"canaries,omitempty"`
}

// New is an empty fleet with default settings.
func New() *Fleet { return &Fleet{TimeScale: 1, Synthetics: synthetics.DefaultSettings()} }

// World are the delays and switches outside Synthetics, with the meaning and the defaults of awssim.Settings.
type World struct {
	GrantPropagation              time.Duration `yaml:"grant_propagation,omitempty"`
	RevocationLinger              time.Duration `yaml:"revocation_linger,omitempty"`
	IAMPropagation                time.Duration `yaml:"iam_propagation,omitempty"`
	GrantQuota                    int           `yaml:"grant_quota,omitempty"`
	GrantFromOwnerAccountSuffices bool          `yaml:"grant_from_owner_account_suffices,omitempty"`
	GrantsSurviveRoleRecreation   bool          `yaml:"grants_survive_role_recreation,omitempty"`
	BucketKeyCache                time.Duration `yaml:"bucket_key_cache,omitempty"`
	GrantsIgnoreBoundary          bool          `yaml:"grants_ignore_boundary,omitempty"`
	AccountStatus                 bool          `yaml:"account_status,omitempty"`
	EmptyPages                    bool          `yaml:"empty_pages,omitempty"`
}

// Organization is the one organization that all accounts belong to.
type Organization struct {
	// Management is the management account; the first account when empty.
	Management string `yaml:"management,omitempty"`
	// DelegatedAdministrators may list the organization too.
	DelegatedAdministrators []string `yaml:"delegated_administrators,omitempty"`
	// Policies are service control policies by organizational unit's path, or by account.
	Policies []ControlPolicy `yaml:"policies,omitempty"`
}

// ControlPolicy is one service control policy.
type ControlPolicy struct {
	// Target is an organizational unit's path, an account, or "root".
	Target string   `yaml:"target"`
	Name   string   `yaml:"name"`
	Policy Document `yaml:"policy"`
}

// Account is an AWS account.
type Account struct {
	// ID has 12 digits.
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Unit is the path of the organizational unit, "Workloads/Shop"; the root when empty.
	Unit string `yaml:"unit,omitempty"`
	// State is ACTIVE (the default), SUSPENDED, PENDING_CLOSURE, ...
	State string `yaml:"state,omitempty"`
	// Regions are those that the account uses, at least one; opt-in Regions among them are enabled.
	Regions []string `yaml:"regions"`
}

// User is an IAM user with an access key.
type User struct {
	Account string `yaml:"account"`
	// Name is the user's, or "root" for the account's root.
	Name      string `yaml:"name"`
	AccessKey string `yaml:"access_key_id"`
	Secret    string `yaml:"secret_access_key"`
	// Template "hub" lets the user assume every rekey-member role and list the organization; "admin"
	// everything in its account.
	Template string              `yaml:"template,omitempty"`
	Policies map[string]Document `yaml:"policies,omitempty"`
}

// Role is an IAM role.
type Role struct {
	Account string `yaml:"account"`
	Name    string `yaml:"name"`
	// Path begins and ends with a slash; "/" when empty.
	Path string `yaml:"path,omitempty"`
	// Template "canary" trusts Lambda and may write to Buckets; "member" is what rekey needs, assumable by
	// TrustedBy with ExternalID. Without a template Trust is required.
	Template   string   `yaml:"template,omitempty"`
	TrustedBy  []string `yaml:"trusted_by,omitempty"`
	ExternalID string   `yaml:"external_id,omitempty"`
	// Buckets narrow a canary role's S3 permissions; all buckets when empty.
	Buckets []string `yaml:"buckets,omitempty"`
	// Trust replaces the template's trust policy.
	Trust Document `yaml:"trust,omitempty"`
	// Inline, Attached and Boundary add to the template's policies; an inline policy named as the template's
	// ("artifacts", "rekey") replaces it.
	Inline   map[string]Document `yaml:"inline,omitempty"`
	Attached map[string]Document `yaml:"attached,omitempty"`
	Boundary Document            `yaml:"boundary,omitempty"`
	// Recreated says that the role was deleted and made anew an hour before the world's start, after the grants that
	// the fleet gives it.
	Recreated bool `yaml:"recreated,omitempty"`
}

// Key is a customer managed KMS key.
type Key struct {
	Account string `yaml:"account"`
	Region  string `yaml:"region"`
	// Name is how the fleet refers to it, and its alias.
	Name string `yaml:"name"`
	// ID is the key's id; derived from account, Region and name when empty.
	ID string `yaml:"id,omitempty"`
	// Policy replaces the policy that SharedWith makes.
	Policy Document `yaml:"policy,omitempty"`
	// SharedWith are accounts whose own policies decide over using the key and over its grants.
	SharedWith []string `yaml:"shared_with,omitempty"`
	// State is a KMS key state; Enabled when empty.
	State string `yaml:"state,omitempty"`
	Spec  string `yaml:"spec,omitempty"`
	Usage string `yaml:"usage,omitempty"`
	// Target marks the key to which the canaries of its account and Region, or of the accounts that it is
	// shared with, are to move.
	Target bool `yaml:"target,omitempty"`
}

// Grant exists from the start and is effective.
type Grant struct {
	Key        string   `yaml:"key"`
	Role       string   `yaml:"role"`
	Name       string   `yaml:"name,omitempty"`
	Operations []string `yaml:"operations,omitempty"`
	// IssuedBy is the issuing account; the role's when empty.
	IssuedBy string `yaml:"issued_by,omitempty"`
}

// Bucket is an S3 bucket.
type Bucket struct {
	Name    string   `yaml:"name"`
	Account string   `yaml:"account"`
	Region  string   `yaml:"region"`
	Policy  Document `yaml:"policy,omitempty"`
	// Default is the default encryption: "", AES256, aws:kms, or a key.
	Default   string `yaml:"default,omitempty"`
	BucketKey bool   `yaml:"bucket_key,omitempty"`
}
