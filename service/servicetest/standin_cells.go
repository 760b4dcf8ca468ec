package servicetest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"rekey/workflows"
)

// Report is what a cell with those canaries reports.
func Report(cell workflows.Cell, canaries []workflows.Canary) workflows.CellReport {
	r := workflows.CellReport{
		Cell: cell, Phase: workflows.CellRunning, States: map[workflows.CanaryState]int{}, Steps: map[workflows.Step]int{},
	}
	for _, c := range canaries {
		r.States[c.State]++
		if c.State == workflows.Migrating {
			r.Steps[c.Step]++
		}
		if c.IsHeld() {
			r.Held++
		}
		if c.IsByHand() {
			r.ByHand++
		}
		for wave := waveOf(c); wave >= 0; {
			if wave < len(r.Waves) {
				r.Waves[wave].Canaries++
				break
			}
			r.Waves = append(r.Waves, workflows.CellWave{})
		}
	}
	return r
}

// CellsPage is a page of the cells that may have what the filter admits.
func (m *StandIn) CellsPage(filter workflows.CellsFilter) workflows.CellsPage {
	page := workflows.CellsPage{}
	for _, cell := range slices.SortedFunc(maps.Keys(m.Canaries), workflows.Cell.Compare) {
		report := Report(cell, m.Canaries[cell])
		if _, isLost := m.Lost[cell]; isLost {
			report.Problem = lost(cell)
		}
		switch {
		case filter.Account != "" && filter.Account != cell.Account, filter.Region != "" && filter.Region != cell.Region,
			cell.Compare(filter.From) < 0, !report.MayHave(filter.Canaries):
		case len(page.Cells) == filter.Limit:
			page.More = true
			return page
		default:
			page.Cells = append(page.Cells, report)
		}
	}
	return page
}

func lost(cell workflows.Cell) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CellNotReachable,
		Message:  fmt.Sprintf("The workflow of account %s in %s is gone.", cell.Account, cell.Region),
		NextStep: "Look at its history.",
		Metadata: map[string]string{"account_id": cell.Account, "region": cell.Region, "aws_code": ""},
	}
}

// CanariesPage is a page of a cell's canaries, which are sorted by name.
func CanariesPage(canaries []workflows.Canary, filter workflows.CanariesFilter) workflows.CanariesPage {
	page := workflows.CanariesPage{}
	for _, c := range canaries {
		if c.Recorded.Name <= filter.After || !filter.Admits(c) {
			continue
		}
		if len(page.Canaries) == filter.Limit {
			page.More = true
			break
		}
		page.Canaries = append(page.Canaries, c)
	}
	return page
}

// Canary is the canary of a name, nil when there is none.
func Canary(canaries []workflows.Canary, name string) *workflows.Canary {
	for _, c := range canaries {
		if c.Recorded.Name == name {
			return &c
		}
	}
	return nil
}

// Returns is what a roll back of a part would do to a cell's canaries.
func Returns(canaries []workflows.Canary, part workflows.Part, now time.Time) workflows.ReturnsPage {
	page := workflows.ReturnsPage{}
	for _, c := range canaries {
		if !part.Covers(c.Cell, waveOf(c), c.Recorded.Name) {
			continue
		}
		switch {
		case c.Problem != nil && c.Problem.Reason == workflows.NotReturnable:
			page.NotReturnable++
			page.Obstacles = append(page.Obstacles, workflows.ReturnObstacle{Canary: c.Recorded.Name, Problem: c.Problem})
		case c.State == workflows.Migrated && c.Visual() && c.RollBackUntil.Before(now):
			page.Returnable++
			page.FreshBaselines++
			page.Obstacles = append(page.Obstacles, workflows.ReturnObstacle{
				Canary: c.Recorded.Name, Until: c.RollBackUntil, Problem: &workflows.Problem{Reason: workflows.BaselineNotRestorable, Message: "Too old."},
			})
		case c.State == workflows.Migrated || c.State == workflows.Unverified:
			page.Returnable++
		}
	}
	return page
}
