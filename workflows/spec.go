package workflows

import "time"

// Mode is a kind of artifact encryption.
type Mode string

// The modes.
const (
	AWSManaged Mode = "AWS_MANAGED" // the AWS managed key aws/s3 of the canary's account
	SSES3      Mode = "SSE_S3"
	SSEKMS     Mode = "SSE_KMS"
)

// Encryption is how a canary's artifacts are encrypted. KeyARN is set with SSEKMS only.
type Encryption struct {
	Mode   Mode   `json:"mode"`
	KeyARN string `json:"key_arn,omitempty"`
}

// Cell is one account in one Region.
type Cell struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

// Spec says which canaries are to have which encryption. All defaults are filled in by whoever creates the
// migration.
type Spec struct {
	DisplayName string   `json:"display_name,omitempty"`
	Accounts    []string `json:"accounts"`
	Regions     []string `json:"regions"`
	// OUs (organizational units or the root, with all below them) and Organization select accounts beside Accounts, less
	// Excluded; EnabledRegions takes the Regions that each account has enabled instead of Regions. Whoever selects so has
	// the selection resolved first.
	OUs            []string `json:"ous,omitempty"`
	Organization   bool     `json:"organization,omitempty"`
	Excluded       []string `json:"excluded,omitempty"`
	EnabledRegions bool     `json:"enabled_regions,omitempty"`
	// NamePatterns and Canaries say which canaries of them.
	NamePatterns []string     `json:"name_patterns,omitempty"`
	Canaries     CanaryFilter `json:"canaries,omitzero"`
	Target       Target       `json:"target"`
	// MaxConcurrent is how many canaries of a cell are in their stories at a time.
	MaxConcurrent int `json:"max_concurrent"`
	// AccessSettle is the age (on AWS's clock) from which a new grant is taken to be effective.
	AccessSettle time.Duration `json:"access_settle"`
	// RunDeadline is how long (in AWS's time) a canary may take to show the run that a step waits for.
	RunDeadline time.Duration `json:"run_deadline"`
	Policies    Policies      `json:"policies"`
	Rollout     Rollout       `json:"rollout,omitzero"`
	// Approval says who must approve the plan; nil, in migrations of before, means anybody once.
	Approval *ApprovalPolicy `json:"approval,omitempty"`
}

// ApprovalPolicy says who must approve a plan. All defaults are filled in.
type ApprovalPolicy struct {
	// Required is how many distinct people must approve; 0 means nobody.
	Required       int           `json:"required"`
	ExcludeCreator bool          `json:"exclude_creator,omitempty"`
	ValidFor       time.Duration `json:"valid_for"` // in real time
}

// CanaryFilter admits canaries by what they are. What is set must all be met; of a list, any.
type CanaryFilter struct {
	Tags            []string `json:"tags,omitempty"` // "key" or "key=value"
	RuntimePatterns []string `json:"runtime_patterns,omitempty"`
	Modes           []Mode   `json:"modes,omitempty"`
	KeyARNs         []string `json:"key_arns,omitempty"`
	RolePatterns    []string `json:"role_patterns,omitempty"`
}

// Unresolved reports whether the accounts and Regions are yet to be found out.
func (s Spec) Unresolved() bool { return len(s.OUs) > 0 || s.Organization || s.EnabledRegions }

// SelectedAccount is an account of a selection, with the organizational units and the root above it (where they were asked
// for) and its Regions. Problem is why its Regions are not known: it has one cell then, of the spec's first Region or of none.
type SelectedAccount struct {
	Account string   `json:"account"`
	OUs     []string `json:"ous,omitempty"`
	Regions []string `json:"regions,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}

// Selected is what a selection came to.
type Selected struct {
	Accounts int `json:"accounts,omitempty"`
	Regions  int `json:"regions,omitempty"`
	Cells    int `json:"cells,omitempty"`
}

// ResolveSelectionInput asks which accounts and Regions a spec selects.
type ResolveSelectionInput struct {
	Accounts       []string `json:"accounts,omitempty"`
	OUs            []string `json:"ous,omitempty"`
	Organization   bool     `json:"organization,omitempty"`
	Excluded       []string `json:"excluded,omitempty"`
	Regions        []string `json:"regions,omitempty"`
	EnabledRegions bool     `json:"enabled_regions,omitempty"`
}

// Selection is what a selection was resolved to, by account.
type Selection struct {
	Accounts []SelectedAccount `json:"accounts"`
}

// Target is what canaries are to have. With SSEKMS exactly one of KeyARNs, KeyAlias and KeyTemplate says which key: it
// must be in the Region of the artifact bucket.
type Target struct {
	// Mode is empty where the encryption is to stay as it is, and only the location changes.
	Mode Mode `json:"mode,omitempty"`
	// KeyARNs are key ARNs, one per Region of the buckets.
	KeyARNs []string `json:"key_arns,omitempty"`
	// KeyAlias ("alias/name") is resolved in each account and bucket Region.
	KeyAlias string `json:"key_alias,omitempty"`
	// KeyTemplate is the ARN of a key or an alias in which {account} and {region} (the bucket's) are filled in.
	KeyTemplate string `json:"key_template,omitempty"`
	// Location is the new artifact location, "s3://bucket/prefix" in which {account}, {region} (the canary's) and {name}
	// are filled in; empty where it stays.
	Location string `json:"location,omitempty"`
}

// Cells are the cells that a spec selects, by account and Region, each once.
func (s Spec) Cells() []Cell {
	cells := make([]Cell, 0, len(s.Accounts)*len(s.Regions))
	for _, account := range sorted(s.Accounts) {
		for _, region := range sorted(s.Regions) {
			cells = append(cells, Cell{Account: account, Region: region})
		}
	}
	return cells
}
