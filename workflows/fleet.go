package workflows

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// Workflow types of the live census, beside FleetWorkflow, which sums up.
const (
	CensusWorkflow    = "Census"    // CensusPageInput -> CensusPage
	SelectionWorkflow = "Selection" // ResolveSelectionInput; answers SelectedQuery
)

// Queries of the live census. FleetQuery answers a FleetSummary; SelectedQuery takes a SelectedFilter and answers the
// cells, and is answered as long as the history is kept; AliveQuery answers true as soon as a worker is at a census.
const (
	FleetQuery    = "fleet"
	SelectedQuery = "selected"
	AliveQuery    = "alive"
)

// FleetID is the workflow id of a summary.
func FleetID(summary string) string { return "fleet/" + summary }

// CensusID is the workflow id of the census of a page: whoever asks for the same shares one that runs.
func CensusID(in CensusPageInput) string {
	return "census/" + in.Census.Cell.Account + "/" + in.Census.Cell.Region + "/" + digestOf(in)
}

// SelectionID is the workflow id of the resolving of a selection.
func SelectionID(in ResolveSelectionInput) string { return "selection/" + digestOf(in) }

// digestOf is a digest of an input; what can't be written as JSON does not exist among them.
func digestOf(in any) string {
	text, _ := json.Marshal(in)
	return digest(string(text))
}

// FleetCell is a cell of a resolved selection. Problem is why it can't be read; then the Region may be empty.
type FleetCell struct {
	Cell    Cell     `json:"cell"`
	Problem *Problem `json:"problem,omitempty"`
}

// SelectedFilter asks for so many cells of a selection, from a cell on.
type SelectedFilter struct {
	From  Cell `json:"from"`
	Limit int  `json:"limit"`
}

// Listed are the cells of a selection that lists accounts and Regions, by account and Region; ok is false where they are
// yet to be found out.
func (in ResolveSelectionInput) Listed() (cells []FleetCell, ok bool) {
	if len(in.OUs) > 0 || in.Organization || in.EnabledRegions {
		return nil, false
	}
	for _, cell := range (Spec{Accounts: in.Accounts, Regions: in.Regions}).Cells() {
		if !slices.Contains(in.Excluded, cell.Account) {
			cells = append(cells, FleetCell{Cell: cell})
		}
	}
	return cells, true
}

// Cells are the cells of a selection, by account and Region.
func (s Selection) Cells() []FleetCell {
	var cells []FleetCell
	for _, account := range s.Accounts {
		if account.Problem != nil && len(account.Regions) == 0 {
			cells = append(cells, FleetCell{Cell: Cell{Account: account.Account}, Problem: account.Problem})
		}
		for _, region := range account.Regions {
			cells = append(cells, FleetCell{Cell: Cell{Account: account.Account, Region: region}, Problem: account.Problem})
		}
	}
	slices.SortFunc(cells, func(a, b FleetCell) int { return a.Cell.Compare(b.Cell) })
	return cells
}

// Take is what a filter asks for of cells that are in their order.
func (f SelectedFilter) Take(cells []FleetCell) []FleetCell {
	first, _ := slices.BinarySearchFunc(cells, f.From, func(c FleetCell, from Cell) int { return c.Cell.Compare(from) })
	return cells[first:min(first+f.Limit, len(cells))]
}

// Compare is the order of cells: by account, then by Region.
func (c Cell) Compare(o Cell) int {
	return cmp.Or(cmp.Compare(c.Account, o.Account), cmp.Compare(c.Region, o.Region))
}

// CensusPageInput asks for the canaries of a cell, by name: at most Census.Limit of those after Census.After.
type CensusPageInput struct {
	Census CensusInput `json:"census"`
	// Access asks for what access the canaries' roles have to their keys.
	Access bool `json:"access,omitempty"`
}

// CensusPage is a page of a cell's canaries. Problem is why the cell could not be read, or, where there are canaries, why
// the access could not.
type CensusPage struct {
	Canaries []FleetCanary `json:"canaries,omitempty"`
	More     bool          `json:"more,omitempty"`
	Problem  *Problem      `json:"problem,omitempty"`
}

// FleetCanary is a canary as a census found it.
type FleetCanary struct {
	Cell       Cell       `json:"cell"`
	Name       string     `json:"name"`
	ID         string     `json:"id"`
	State      string     `json:"state"` // of Synthetics
	Runtime    string     `json:"runtime"`
	RoleARN    string     `json:"role_arn"`
	Encryption Encryption `json:"encryption"`
	Location   string     `json:"location"` // "bucket/prefix"
	Visual     bool       `json:"visual,omitempty"`
	// BaselineAt and ManagedBy are as in Settings.
	BaselineAt time.Time      `json:"baseline_at,omitzero"`
	ManagedBy  string         `json:"managed_by,omitempty"`
	Access     []AccessChange `json:"access,omitempty"`
	NextStep   NextStep       `json:"next_step"`
}

// Pair is the canary's role and its key; ok is false where it has no customer managed key.
func (c FleetCanary) Pair() (pair Pair, ok bool) {
	return Pair{RoleARN: c.RoleARN, KeyARN: c.Encryption.KeyARN}, c.Encryption.Mode == SSEKMS
}

// NextStep is what a migration to a customer managed key would do with a canary, as far as the canary itself tells.
type NextStep string

// The next steps; the API says what each means.
const (
	StepMigrate              NextStep = "MIGRATE"
	StepMigrateWithoutDryRun NextStep = "MIGRATE_WITHOUT_DRY_RUN"
	StepNone                 NextStep = "NONE"
	StepDecideAtRest         NextStep = "DECIDE_AT_REST"
	StepMend                 NextStep = "MEND"
	StepSeePrimary           NextStep = "SEE_PRIMARY"
)

// FleetInput starts a summary.
type FleetInput struct {
	Selection    ResolveSelectionInput `json:"selection"`
	NamePatterns []string              `json:"name_patterns,omitempty"`
	Filter       CanaryFilter          `json:"filter,omitzero"`
	// Resume is what an earlier run of the workflow handed on; nil at the start.
	Resume *FleetResume `json:"resume,omitempty"`
}

// FleetResume is what a summary carries over a continue-as-new.
type FleetResume struct {
	Summary FleetSummary `json:"summary"`
	Left    []Cell       `json:"left"` // to be read
	// Deadline is when cells that were not read are given up, on Temporal's clock.
	Deadline time.Time `json:"deadline"`
}
