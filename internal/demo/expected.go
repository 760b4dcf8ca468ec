package demo

import (
	_ "embed" // what is expected of the fleet
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

//go:embed expected.yaml
var expectedYAML []byte

// Outcome is what became of a canary, in the API's words without their prefixes. Baseline is empty for canaries
// without one, OldAccess for those whose access was not looked at.
type Outcome struct {
	State     string `yaml:"state"`
	Baseline  string `yaml:"baseline,omitempty"`
	OldAccess string `yaml:"old_access,omitempty"`
	// Reason is why the canary is not migrated or, where it is, why its old access is held.
	Reason string `yaml:"reason,omitempty"`
	// FailedRuns is how many runs fail because of the migration: one, where a guardrail that can't be read meets a
	// runtime without dry runs, so that a run has to find it.
	FailedRuns int `yaml:"failed_runs,omitempty"`
}

// Outcomes are by canary: "account/region/name".
type Outcomes map[string]Outcome

// Expected is what is expected of the demo's fleet.
func Expected() (Outcomes, error) {
	var o Outcomes
	if err := yaml.UnmarshalWithOptions(expectedYAML, &o, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("expected.yaml: %w", err)
	}
	return o, nil
}

// Actual is what became of canaries.
func Actual(canaries []*rekeyv1.Canary) Outcomes {
	o := Outcomes{}
	for _, c := range canaries {
		out := Outcome{State: tables.Name(c.GetState()), Reason: tables.Name(c.GetProblem().GetReason())}
		if c.GetBaseline() != nil {
			out.Baseline = tables.Name(c.GetBaseline().GetState())
		}
		if c.GetOldAccess() != nil {
			out.OldAccess = tables.Name(c.GetOldAccess().GetState())
			if held := c.GetOldAccess().GetHeldBecause(); held != nil && out.Reason == "" {
				out.Reason = tables.Name(held.GetReason())
			}
		}
		o[c.GetAccountId()+"/"+c.GetRegion()+"/"+c.GetName()] = out
	}
	return o
}

// Difference is a canary that ended otherwise than expected.
type Difference struct {
	Canary string
	// Want is nil for a canary that nobody expected, Got for one that the migration does not have.
	Want, Got *Outcome
}

// String tells both.
func (d Difference) String() string {
	return fmt.Sprintf("%s: expected %s, is %s", d.Canary, d.Want, d.Got)
}

// Differences are the canaries that ended otherwise than expected, in order.
func (want Outcomes) Differences(got Outcomes) []Difference {
	all := map[string]bool{}
	for canary := range want {
		all[canary] = true
	}
	for canary := range got {
		all[canary] = true
	}
	var list []Difference
	for _, canary := range slices.Sorted(maps.Keys(all)) {
		w, g := want.find(canary), got.find(canary)
		if w != nil && g != nil {
			g.FailedRuns = w.FailedRuns // the journal's to tell
		}
		if w == nil || g == nil || *w != *g {
			list = append(list, Difference{canary, w, g})
		}
	}
	return list
}

// failedRuns is how many runs of a canary, given by its ARN, are expected to fail.
func (want Outcomes) failedRuns(arn string) int {
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 {
		return 0
	}
	return want[parts[4]+"/"+parts[3]+"/"+parts[6]].FailedRuns
}

func (want Outcomes) find(canary string) *Outcome {
	if o, ok := want[canary]; ok {
		return &o
	}
	return nil
}

// String is the outcome in a line.
func (o *Outcome) String() string {
	if o == nil {
		return "not there"
	}
	text := o.State
	if o.Baseline != "" {
		text += ", baseline " + o.Baseline
	}
	if o.OldAccess != "" {
		text += ", old access " + o.OldAccess
	}
	if o.Reason != "" {
		text += " (" + o.Reason + ")"
	}
	return text
}
