package planning

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"rekey/workflows"
)

// canonical is the part of an item that a digest covers: what is to be done, and the settings to which a change
// would be refused. The order of its fields is the canonical order.
type canonical struct {
	Cell     workflows.Cell           `json:"cell"`
	Canary   workflows.Settings       `json:"canary"`
	Action   workflows.Action         `json:"action"`
	To       workflows.Encryption     `json:"to"`
	Location string                   `json:"location"`
	Proving  workflows.Proving        `json:"proving"`
	Grants   []workflows.AccessChange `json:"grants"`
	Revokes  []workflows.AccessChange `json:"revokes"`
	Left     []workflows.Left         `json:"left"`
	Viewers  []workflows.Viewer       `json:"viewers"`
	Hold     workflows.Reason         `json:"hold"`
	State    workflows.CanaryState    `json:"state"`
	Reason   workflows.Reason         `json:"reason"`
}

// Digest is the SHA-256 over the canonical form of a cell's items, in hexadecimal: a line of JSON for each, by
// name. A canary's state and schedule are not covered, for they may change without a refusal.
func Digest(canaries []workflows.Canary) string {
	hash := sha256.New()
	lines := json.NewEncoder(hash)
	for _, c := range canaries {
		item := canonical{
			Cell: c.Cell, Canary: c.Recorded, Action: c.Action, To: c.To, Location: c.ToLocation, Proving: c.Proving,
			Grants: c.Grants, Revokes: c.Revokes, Left: c.Left, Viewers: c.Viewers, State: c.State,
		}
		item.Canary.State, item.Canary.Schedule = "", ""
		if c.Problem != nil {
			item.Reason = c.Problem.Reason
		}
		if c.Hold != nil {
			item.Hold = c.Hold.Reason
		}
		if err := lines.Encode(item); err != nil {
			panic(err) // plain strings and slices always encode
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// Root is the digest of a plan: the root of a Merkle tree over its cells' digests in the order of Spec.Cells, so
// that nobody needs to hold the whole plan. Leaves and nodes are hashed apart (RFC 6962, section 2.1). A cell
// that could not be planned counts with its reason.
func Root(cells []workflows.CellReport) string {
	level := make([][]byte, len(cells))
	for i, cell := range cells {
		level[i] = leaf(cell)
	}
	for len(level) > 1 {
		var next [][]byte
		for i := 0; i < len(level); i += 2 {
			if i+1 == len(level) {
				next = append(next, level[i])
				continue
			}
			sum := sha256.Sum256(append(append([]byte{1}, level[i]...), level[i+1]...))
			next = append(next, sum[:])
		}
		level = next
	}
	if len(level) == 0 {
		sum := sha256.Sum256(nil)
		return hex.EncodeToString(sum[:])
	}
	return hex.EncodeToString(level[0])
}

func leaf(cell workflows.CellReport) []byte {
	text := cell.Cell.Account + "\n" + cell.Cell.Region + "\n" + cell.Digest
	if cell.Problem != nil {
		text += "\n" + string(cell.Problem.Reason)
	}
	sum := sha256.Sum256(append([]byte{0}, text...))
	return sum[:]
}
