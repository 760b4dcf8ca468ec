package service

import (
	"context"
	"errors"
	"fmt"
	"slices"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

const nextStepPrefix = "NEXT_STEP_"

// fromFleetSelection says which accounts and Regions a selection asks for. What means the same is the same.
func fromFleetSelection(s *rekeyv1.Selection) workflows.ResolveSelectionInput {
	return workflows.ResolveSelectionInput{
		Accounts:       slices.Sorted(slices.Values(s.GetAccountIds())),
		OUs:            slices.Sorted(slices.Values(s.GetOrganizationalUnitIds())),
		Organization:   s.GetOrganization(),
		Excluded:       slices.Sorted(slices.Values(s.GetExcludedAccountIds())),
		Regions:        slices.Sorted(slices.Values(s.GetRegions())),
		EnabledRegions: s.GetEnabledRegions(),
	}
}

// fromFleetFilter is a filter, the zero one where none is set: equal questions are equal, and share their answer.
func fromFleetFilter(f *rekeyv1.CanaryFilter) workflows.CanaryFilter {
	if f == nil {
		return workflows.CanaryFilter{}
	}
	return workflows.CanaryFilter{
		Tags:            f.GetTags(),
		RuntimePatterns: f.GetRuntimePatterns(),
		Modes:           fromEnums[workflows.Mode](f.GetEncryptionModes(), modePrefix),
		KeyARNs:         f.GetKmsKeyArns(),
		RolePatterns:    f.GetRolePatterns(),
	}
}

func toFleetCanary(c workflows.FleetCanary) *rekeyv1.FleetCanary {
	return &rekeyv1.FleetCanary{
		AccountId:        c.Cell.Account,
		Region:           c.Cell.Region,
		Name:             c.Name,
		CanaryId:         c.ID,
		CanaryState:      c.State,
		RuntimeVersion:   c.Runtime,
		RoleArn:          c.RoleARN,
		Encryption:       toEncryption(c.Encryption),
		ArtifactLocation: c.Location,
		Visual:           c.Visual,
		BaselineTime:     instant(c.BaselineAt),
		ManagedBy:        c.ManagedBy,
		Access:           toAccessChanges(c.Access),
		NextStep:         toEnum[rekeyv1.NextStep](rekeyv1.NextStep_value, nextStepPrefix, c.NextStep),
	}
}

func toFleetSummary(id string, s workflows.FleetSummary) *rekeyv1.SummarizeFleetResponse {
	return &rekeyv1.SummarizeFleetResponse{
		SummaryId:    id,
		Complete:     s.Complete,
		Canaries:     count(s.Counts.Canaries),
		Cells:        count(s.Cells),
		CellsRead:    count(s.CellsRead),
		CellProblems: toProblems(s.CellProblems),
		ByEncryption: toFleetCounts(s.Counts.ByEncryption),
		ByKey:        toFleetCounts(s.Counts.ByKey),
		ByRegion:     toFleetCounts(s.Counts.ByRegion),
		ByRuntime:    toFleetCounts(s.Counts.ByRuntime),
		ByNextStep:   toFleetCounts(s.Counts.ByNextStep),
		ByAccount:    toFleetCounts(s.Counts.ByAccount),
	}
}

func toFleetCounts(t workflows.Tally) []*rekeyv1.FleetCount {
	list := make([]*rekeyv1.FleetCount, 0, len(t))
	for _, value := range t.Values() {
		list = append(list, &rekeyv1.FleetCount{Value: value, Count: count(t[value])})
	}
	return list
}

// explainFleet turns what a reading of the fleet ended with into a refusal. A summary is named where one was begun, so that
// its caller can ask for it again.
func explainFleet(ctx context.Context, err error, summary string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrNotFound) && summary != "":
		return unknownSummary()
	case errors.Is(err, ErrNoWorker):
		return noReader(summary)
	}
	return explain("", err)
}

// noReader says that nobody reads the fleet.
func noReader(summary string) error {
	r := &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_WORKER_UNAVAILABLE,
		message:  "No worker is there to read the fleet.",
		nextStep: "See that rekey-worker runs, then repeat the call; that is safe.",
	}
	if summary != "" {
		r.message = fmt.Sprintf("No worker is there to read the fleet for summary %s.", summary)
		r.metadata = map[string]string{"summary_id": summary}
	}
	return r
}

// unknownSummary refuses the id of a summary that the same selection did not begin.
func unknownSummary() error {
	return invalidFields([]violation{{
		field:       "summary_id",
		constraint:  "summary_id.begun",
		description: "not one that was begun with the same selection, or its history has expired: leave it empty to begin one",
	}})
}
