package workflows

import "time"

// Updates of an account's registry. Each is answered at once.
const (
	ClaimUpdate    = "claim"     // ClaimRequest -> ClaimResult
	ReleaseUpdate  = "release"   // ReleaseInput
	LeaseUpdate    = "lease"     // LeaseRequest -> LeaseResult
	EndLeaseUpdate = "end-lease" // LeaseInput
	EndUsesUpdate  = "end-uses"  // LeaseInput
)

// LocksQuery of an account's registry takes the ids of canaries and answers who has claimed those of them that are claimed,
// as a map of Holder by id.
const LocksQuery = "locks"

// LocksInput asks who has claimed canaries of an account. Holder is who asks: what its migration has claimed is no lock.
type LocksInput struct {
	Account string `json:"account"`
	Holder  Holder `json:"holder"`
	// Canaries are ids (Canary.Id).
	Canaries []string `json:"canaries"`
}

// RegistryInput starts the registry of an account.
type RegistryInput struct {
	Account string `json:"account"`
	// Resume is what an earlier run of the workflow handed on; nil at the start.
	Resume *RegistryResume `json:"resume,omitempty"`
}

// RegistryResume is what a registry carries over a continue-as-new.
type RegistryResume struct {
	Claims map[string]Holder `json:"claims,omitempty"` // by canary id
	Uses   []Busy            `json:"uses,omitempty"`
	Leases []Busy            `json:"leases,omitempty"`
}

// Holder is who holds a claim, a use or a lease: a migration's work in a cell.
type Holder struct {
	Migration string `json:"migration"`
	Region    string `json:"region"`
}

// ClaimInput claims canaries of an account for a migration, and registers which pairs of role and key it uses.
// Claiming again what is held already changes nothing.
type ClaimInput struct {
	Account string `json:"account"`
	Holder  Holder `json:"holder"`
	// Canaries are ids (Canary.Id).
	Canaries []string `json:"canaries"`
	Uses     []Pair   `json:"uses"`
}

// ClaimRequest is a ClaimInput with the holders that were found to have ended without releasing what they hold; that
// is dropped first.
type ClaimRequest struct {
	ClaimInput
	Ended []Holder `json:"ended,omitempty"`
}

// ClaimResult says which canaries are claimed by another migration, and which pairs are being revoked just now: the
// latter are to be asked for again.
type ClaimResult struct {
	Locked   map[string]Holder `json:"locked,omitempty"` // by canary id
	Revoking []Busy            `json:"revoking,omitempty"`
}

// ReleaseInput gives back all that a holder holds in an account, but the uses of the pairs to keep.
type ReleaseInput struct {
	Account string `json:"account"`
	Holder  Holder `json:"holder"`
	Keep    []Pair `json:"keep,omitempty"`
}

// LeaseInput names pairs for an exclusive lease to revoke them, or for giving leases or uses back.
type LeaseInput struct {
	Account string `json:"account"`
	Holder  Holder `json:"holder"`
	Pairs   []Pair `json:"pairs"`
}

// LeaseRequest is a LeaseInput with the holders that were found to have ended without giving back what they hold.
type LeaseRequest struct {
	LeaseInput
	Ended []Holder `json:"ended,omitempty"`
}

// LeaseResult says which pairs were leased and which are in use by whom.
type LeaseResult struct {
	Leased []Pair `json:"leased,omitempty"`
	Busy   []Busy `json:"busy,omitempty"`
}

// Busy is a pair and who uses or revokes it.
type Busy struct {
	Pair   Pair   `json:"pair"`
	Holder Holder `json:"holder"`
}

// EditUpdate is the update of a key's workflow: it takes a KeyEdit, answers a KeyEditState at once, and is asked again
// until that is done.
const EditUpdate = "edit"

// KeyEditState is how far an edit is. Problem is set when it can't be made.
type KeyEditState struct {
	Done    bool      `json:"done"`
	Problem *Problem  `json:"problem,omitempty"`
	Since   time.Time `json:"since,omitzero"` // on AWS's clock
}

// KeyInput starts the owner of a key's policy.
type KeyInput struct {
	KeyARN string     `json:"key_arn"`
	Resume *KeyResume `json:"resume,omitempty"`
}

// KeyResume is what the owner of a key's policy carries over a continue-as-new.
type KeyResume struct {
	Waiting []KeyEdit `json:"waiting,omitempty"`
}
