package workflows

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Method is a way to give a role the use of a key.
type Method string

// The methods.
const (
	// ByGrant is a KMS grant of GenerateDataKey and Decrypt.
	ByGrant Method = "GRANT"
	// ByRolePolicy is an inline policy of the role that rekey owns, one per role and key (or location).
	ByRolePolicy Method = "ROLE_POLICY"
	// ByKeyPolicy is the one statement of a key's policy that rekey owns; the role is one of its principals.
	ByKeyPolicy Method = "KEY_POLICY"
	// Existing access was found to be effective; nothing is changed.
	Existing Method = "EXISTING"
)

// Pair is a role and a key that it may use.
type Pair struct {
	RoleARN string `json:"role_arn"`
	KeyARN  string `json:"key_arn"`
}

// AccessChange is one permission, given or taken away. Which fields are set follows from the method.
type AccessChange struct {
	Method Method `json:"method"`
	// RoleARN is the principal: a canary's role, or a viewer that is carried over.
	RoleARN string `json:"role_arn"`
	// KeyARN is the key; empty for a permission on a new artifact location.
	KeyARN string `json:"key_arn,omitempty"`
	// Location is the artifact location, as "bucket/prefix", for a permission on it (ByRolePolicy only).
	Location string `json:"location,omitempty"`
	// GrantName and GrantID are a grant's. GrantID is empty while the grant does not exist.
	GrantName string `json:"grant_name,omitempty"`
	GrantID   string `json:"grant_id,omitempty"`
	// PolicyName is an inline policy's.
	PolicyName string `json:"policy_name,omitempty"`
	// Sid is a key policy statement's.
	Sid string `json:"sid,omitempty"`
	// Document is the JSON text of what is foreign and may be removed, by this migration or by another, so that it can be put back as
	// it was.
	Document string `json:"document,omitempty"`
	// Foreign says that rekey did not make it.
	Foreign bool `json:"foreign,omitempty"`
	// There says that it existed when the plan was frozen: it is not taken back when a canary does not stay.
	There bool `json:"there,omitempty"`
	// DecryptOnly says that it gives Decrypt alone: a viewer's.
	DecryptOnly bool `json:"decrypt_only,omitempty"`
	// Why is why this method was chosen, or why this is old access.
	Why string `json:"why,omitempty"`
}

// Pair is the role and key that the change is about. For a permission on a location, that stands in the key's place as
// "s3://bucket/prefix": it is leased and revoked like one.
func (c AccessChange) Pair() Pair {
	if c.KeyARN == "" && c.Location != "" {
		return Pair{RoleARN: c.RoleARN, KeyARN: "s3://" + c.Location}
	}
	return Pair{RoleARN: c.RoleARN, KeyARN: c.KeyARN}
}

// Same reports whether two changes are about the same permission, whatever is known of it.
func (c AccessChange) Same(o AccessChange) bool {
	return c.Method == o.Method && c.RoleARN == o.RoleARN && c.KeyARN == o.KeyARN && c.Location == o.Location &&
		c.GrantName == o.GrantName && c.PolicyName == o.PolicyName && c.Sid == o.Sid &&
		(c.GrantID == o.GrantID || c.GrantID == "" || o.GrantID == "")
}

// Left is old access that was seen and is left, with the reason: it is wider than the old key, not understood, or not
// rekey's to remove.
type Left struct {
	Change AccessChange `json:"change"`
	Why    string       `json:"why"`
}

// Viewer is a principal who can read artifacts under the old key and could not under the new one.
type Viewer struct {
	PrincipalARN string `json:"principal_arn"`
	// How is how it may decrypt with the old key: the grant, statement or policy that allows it.
	How string `json:"how"`
	// CarriedOver says that the plan gives it the new key.
	CarriedOver bool `json:"carried_over,omitempty"`
}

// OldAccessState says whether old access was removed.
type OldAccessState string

// The states of old access. Watched is removed, while the runs of the role's canaries are watched for denials.
const (
	OldAccessNone    OldAccessState = "NONE"
	OldAccessWatched OldAccessState = "WATCHED"
	OldAccessRevoked OldAccessState = "REVOKED"
	OldAccessHeld    OldAccessState = "HELD"
)

// OldAccess is what became of a role's access to the old key.
type OldAccess struct {
	State   OldAccessState `json:"state"`
	Revoked []AccessChange `json:"revoked,omitempty"`
	Held    *Problem       `json:"held,omitempty"`
}

// Limits of policies.
const (
	// MaxInline is how many characters a role's inline policies may have together, white space not counted (IAM User
	// Guide, reference_iam-quotas).
	MaxInline = 10_240
	// MaxKeyPolicy is how many bytes a key's policy may have (KMS Developer Guide, resource-limits).
	MaxKeyPolicy = 32_768
)

// KeyPolicySid is the Sid of the one statement of a key's policy that rekey owns.
const KeyPolicySid = "RekeyCanaryRoles"

// ownPrefix begins the names of grants and role policies that rekey owns.
const ownPrefix = "rekey-"

// GrantName is the name of rekey's grant for a principal on a key. KMS returns the same grant for the same name and
// parameters (AWS KMS API, CreateGrant), which makes its creation safe to repeat. The role's unique id is part of it:
// whether a grant survives that its role is deleted and made anew is not documented, so another role of the same name
// gets another grant.
func GrantName(principal, uniqueID, key string) string {
	return ownPrefix + digest(principal, uniqueID, key)
}

// RolePolicyName is the name of rekey's inline policy of a role for a key ARN or an artifact location: one for each.
func RolePolicyName(keyOrLocation string) string { return ownPrefix + digest(keyOrLocation) }

// IsOwn reports whether a grant or role policy of that name is rekey's.
func IsOwn(name string) bool {
	rest, ok := strings.CutPrefix(name, ownPrefix)
	if !ok || len(rest) != digestLen {
		return false
	}
	_, err := hex.DecodeString(rest)
	return err == nil
}

// digestLen is how many hexadecimal digits of a digest a name has.
const digestLen = 32

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:digestLen/2])
}
