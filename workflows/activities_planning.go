package workflows

import "time"

// CensusInput asks for the canaries of a cell whose names match one of the patterns (* and ?; none means all).
type CensusInput struct {
	Cell         Cell     `json:"cell"`
	NamePatterns []string `json:"name_patterns,omitempty"`
	// Filter admits canaries by what they are.
	Filter CanaryFilter `json:"filter,omitzero"`
	// ManagedTags are the keys of tags that mark a canary as managed by IaC, beside CloudFormation's own.
	ManagedTags []string `json:"managed_tags,omitempty"`
	// Location is the target's template of the new artifact location; empty where it stays.
	Location string `json:"location,omitempty"`
	// After and Limit ask for a page: at most so many of the canaries whose names come after; 0 means all of them.
	After string `json:"after,omitempty"`
	Limit int    `json:"limit,omitempty"`
	// Brief leaves out what takes more calls for each canary or bucket: baselines, Regions of buckets, new locations.
	Brief bool `json:"brief,omitempty"`
}

// Census is what a cell holds, by name.
type Census struct {
	Canaries []Settings `json:"canaries"`
	// More says that canaries follow beyond the limit.
	More bool `json:"more,omitempty"`
	// Deprecated are the runtime versions of those canaries that AWS has deprecated at the census's time.
	Deprecated []string `json:"deprecated,omitempty"`
	// Dated is the census's time on AWS's clock.
	Dated time.Time `json:"dated"`
	// LastRuns are the last runs of those of the canaries that have one.
	LastRuns []LastRun `json:"last_runs,omitempty"`
	// Moves are the new artifact locations of those canaries, by name, where the target has one.
	Moves []Move `json:"moves,omitempty"`
}

// Move is a canary's new artifact location, as "bucket/prefix", and the Region of that bucket. Problem is set where the
// template gives no usable location, or the bucket can't be looked at.
type Move struct {
	Name         string   `json:"name"`
	Location     string   `json:"location"`
	BucketRegion string   `json:"bucket_region,omitempty"`
	Problem      *Problem `json:"problem,omitempty"`
}

// ResolveInput asks for the target's keys in the Regions of buckets, for canaries of the cell's account.
type ResolveInput struct {
	Cell    Cell     `json:"cell"`
	Target  Target   `json:"target"`
	Regions []string `json:"regions"`
}

// KeyFacts are the target's key of a bucket Region, and whether it can encrypt artifacts there.
type KeyFacts struct {
	// Region is the bucket's for which the key was asked.
	Region string `json:"region"`
	// ARN is the key's; empty when it could not be resolved.
	ARN string `json:"arn,omitempty"`
	// State is KMS's (Enabled, Disabled, PendingDeletion, …), or empty when the key could not be described.
	State string `json:"state,omitempty"`
	// Missing says that KMS knows no such key.
	Missing bool `json:"missing,omitempty"`
	// Problem is set when the key can't be used: none is named for the Region, it does not exist, is in another Region,
	// not enabled, not symmetric, or not for encryption.
	Problem *Problem `json:"problem,omitempty"`
}

// Use is an intended use: a canary's role writing artifacts to a location with an encryption.
type Use struct {
	RoleARN      string     `json:"role_arn"`
	Location     string     `json:"location"` // "bucket/prefix"
	BucketRegion string     `json:"bucket_region"`
	Encryption   Encryption `json:"encryption"`
	// Moves says that the location is a new one for the role.
	Moves bool `json:"moves,omitempty"`
}

// SurveyInput asks for the access that exists and the access that could be given. It changes nothing.
type SurveyInput struct {
	Cell Cell  `json:"cell"`
	Uses []Use `json:"uses"`
	// Old are the pairs of roles and keys whose access is to be listed for removal.
	Old []Pair `json:"old"`
	// Successions name for each old key the new keys of the canaries that leave it, for the search for viewers.
	Successions []Succession `json:"successions,omitempty"`
	// Accounts are all that the migration selects: viewers are looked for among the roles of those to which an old key's
	// policy leaves its use, beside the cell's own.
	Accounts []string `json:"accounts,omitempty"`
	// RemoveForeign says that removable policies that rekey does not own are to be listed too.
	RemoveForeign bool `json:"remove_foreign,omitempty"`
}

// Succession is an old key and the new one of canaries that leave it; New is empty where their new encryption is no
// customer managed key.
type Succession struct {
	Old string     `json:"old"`
	New Encryption `json:"new"`
}

// Survey is the access that exists, and the ways to give more.
type Survey struct {
	// Routes say how each pair of role and new key can come together.
	Routes []Route `json:"routes,omitempty"`
	// Old is the removable access of the old pairs, and Left what was seen there and stays.
	Old  []AccessChange `json:"old,omitempty"`
	Left []Left         `json:"left,omitempty"`
	// Unlisted are the old pairs whose key's grants could not be listed: another account's key, which does not let
	// rekey look. What access there is stays.
	Unlisted []Pair      `json:"unlisted,omitempty"`
	Roles    []RoleFacts `json:"roles,omitempty"`
	// Writes are what bucket policies or missing sight say about intended uses.
	Writes  []WriteFacts  `json:"writes,omitempty"`
	Viewers []ViewersLost `json:"viewers,omitempty"`
	// Places are the new artifact locations of roles.
	Places []Place `json:"places,omitempty"`
}

// Route is how a role can come to use a key. Every Problem says why a way is closed; nil means open.
type Route struct {
	Pair Pair `json:"pair"`
	// Effective is the access that is there already, in words; empty when there is none.
	Effective string `json:"effective,omitempty"`
	// GrantID is rekey's own grant, where it exists.
	GrantID string `json:"grant_id,omitempty"`
	// GrantName is the name that rekey's grant has or would have: it changes with the role's unique id.
	GrantName string `json:"grant_name"`
	// PolicyThere and StatementThere say that rekey's own policies give it already.
	PolicyThere    bool `json:"policy_there,omitempty"`
	StatementThere bool `json:"statement_there,omitempty"`
	// Foreign says that the key belongs to another account than the role.
	Foreign bool `json:"foreign,omitempty"`
	// Delegated says that the key's policy lets the role's account give access by IAM policies; false also where that
	// can't be read.
	Delegated bool `json:"delegated,omitempty"`
	// ReadablePolicy says that the key's policy could be read.
	ReadablePolicy bool     `json:"readable_policy,omitempty"`
	Grant          *Problem `json:"grant,omitempty"`
	RolePolicy     *Problem `json:"role_policy,omitempty"`
	KeyPolicy      *Problem `json:"key_policy,omitempty"`
	// RolePolicyGrowth is how many characters the role's inline policies grow by with rekey's for the key, and
	// KeyPolicySize how many bytes the key's policy has with the role in rekey's statement; zero where it is not known.
	RolePolicyGrowth int `json:"role_policy_growth,omitempty"`
	KeyPolicySize    int `json:"key_policy_size,omitempty"`
	// Denied is an explicit deny that no access overcomes: a guardrail, a boundary, a deny in a policy.
	Denied *Problem `json:"denied,omitempty"`
}

// RoleFacts are what matters of a role.
type RoleFacts struct {
	ARN string `json:"arn"`
	// Missing says that the role does not exist.
	Missing bool `json:"missing,omitempty"`
	// Recreated says that the role is younger than access that names it: that access was made for another role of its
	// name.
	Recreated bool `json:"recreated,omitempty"`
	// TrustedBy are principals other than the Lambda service that may assume the role.
	TrustedBy []string `json:"trusted_by,omitempty"`
	// Unread says why the role could not be read.
	Unread *Problem `json:"unread,omitempty"`
	// InlineSize is how many characters its inline policies have (see MaxInline).
	InlineSize int `json:"inline_size,omitempty"`
}

// Place is a role at a new artifact location.
type Place struct {
	RoleARN  string `json:"role_arn"`
	Location string `json:"location"` // "bucket/prefix"
	// Missing are the actions that a canary's role needs there and does not have for certain, rekey's own policies left
	// out.
	Missing []string `json:"missing,omitempty"`
	// PolicyThere says that rekey's policy for the location gives them already; PolicyGrowth is how many characters the
	// role's inline policies grow by with it.
	PolicyThere  bool `json:"policy_there,omitempty"`
	PolicyGrowth int  `json:"policy_growth,omitempty"`
}

// WriteFacts are what stands in the way of a use. Problem is nil where only Notice is to be told: that the policy of the
// bucket is not known.
type WriteFacts struct {
	Use     Use      `json:"use"`
	Problem *Problem `json:"problem"`
	Notice  *Problem `json:"notice,omitempty"`
}

// ViewersLost are the principals who can decrypt with the old key and could not with the new encryption. More counts
// those beyond the first MaxViewers; Unread are the places that could not be read (a key's policy, an account's roles).
type ViewersLost struct {
	Succession Succession `json:"succession"`
	Viewers    []Viewer   `json:"viewers,omitempty"`
	More       int        `json:"more,omitempty"`
	Unread     []string   `json:"unread,omitempty"`
}

// MaxViewers bounds ViewersLost.Viewers and Canary.Viewers.
const MaxViewers = 25
