package census

import (
	"context"
	"slices"

	"rekey/workflows"
	"rekey/workflows/nextstep"
)

// ReadCanaries answers a page of a cell's canaries as they are now, without their access. It fails as TakeCensus does.
func (a *Activities) ReadCanaries(ctx context.Context, in workflows.CensusInput) (workflows.CensusPage, error) {
	census, err := a.TakeCensus(ctx, in)
	if err != nil {
		return workflows.CensusPage{}, err
	}
	return workflows.CensusPage{Canaries: shown(in.Cell, census), More: census.More}, nil
}

// CountCanaries counts the canaries of a cell, all of them, by what they are. It fails as TakeCensus does.
func (a *Activities) CountCanaries(ctx context.Context, in workflows.CensusInput) (workflows.FleetCounts, error) {
	in.Brief, in.After, in.Limit = true, "", 0
	var counts workflows.FleetCounts
	census, err := a.TakeCensus(ctx, in)
	for _, c := range shown(in.Cell, census) {
		counts.Count(c)
	}
	return counts, err
}

// page is what an input asks for of canaries that are in the order of their names, and whether others follow.
func page(in workflows.CensusInput, list []workflows.Settings) ([]workflows.Settings, bool) {
	first := slices.IndexFunc(list, func(s workflows.Settings) bool { return s.Name > in.After })
	if first < 0 {
		return nil, false
	}
	list = list[first:]
	if in.Limit <= 0 || len(list) <= in.Limit {
		return list, false
	}
	return list[:in.Limit], true
}

// shown are the canaries of a census as the fleet shows them.
func shown(cell workflows.Cell, census workflows.Census) []workflows.FleetCanary {
	list := make([]workflows.FleetCanary, len(census.Canaries))
	for i, s := range census.Canaries {
		list[i] = workflows.FleetCanary{
			Cell: cell, Name: s.Name, ID: s.ID, State: s.State, Runtime: s.Runtime, RoleARN: s.RoleARN,
			Encryption: s.From, Location: s.Location, Visual: len(s.Visual) > 0, BaselineAt: s.BaselineAt,
			ManagedBy: s.ManagedBy, NextStep: nextstep.Of(s, census.Deprecated),
		}
	}
	return list
}
