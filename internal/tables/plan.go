package tables

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	rekeyv1 "rekey/gen/rekey/v1"
)

// PlanSummary sums up a plan in a few lines: how many canaries, permissions and runs, what it takes, and its digest.
func PlanSummary(p *rekeyv1.Plan) string {
	f := &facts{}
	f.add("plan", planCounts(p))
	f.add("access", planAccess(p))
	if n := p.GetLosingViewers(); n > 0 {
		f.add("viewers", fmt.Sprintf("of %s somebody loses sight of new artifacts", Counted(int(n), "canary")))
	}
	f.add("runs", planRuns(p))
	f.add("at once", planPeak(p.GetForecast().GetPeakRuns()))
	f.add("duration", Range(p.GetForecast().GetDuration()))
	f.add("frozen", Time(p.GetFreezeTime()))
	f.add("digest", p.GetDigest())
	return f.String()
}

func planCounts(p *rekeyv1.Plan) string {
	text := fmt.Sprintf("%s: %d to migrate, %d skipped, %d blocked", Counted(int(p.GetCanaries()), "canary"),
		p.GetToMigrate(), p.GetSkipped(), p.GetBlocked())
	if n := p.GetRevokeOnly(); n > 0 {
		text += fmt.Sprintf(" (%d of those to migrate only lose old access)", n)
	}
	if p.GetNumber() > 1 {
		text = fmt.Sprintf("number %d, %s", p.GetNumber(), text)
	}
	return text
}

func planAccess(p *rekeyv1.Plan) string {
	text := fmt.Sprintf("%s to give, %d to remove", Counted(int(p.GetGrants()), "permission"), p.GetRevokes())
	if n := p.GetHeld(); n > 0 {
		text += fmt.Sprintf("; of %s the old access is held", Counted(int(n), "canary"))
	}
	return text
}

func planRuns(p *rekeyv1.Plan) string {
	var parts []string
	if n := p.GetDryRuns(); n > 0 {
		parts = append(parts, Counted(int(n), "dry run")+" at least")
	}
	if n := p.GetForecast().GetExtraRuns(); n > 0 {
		parts = append(parts, Counted(int(n), "run")+" more than without the migration")
	}
	if usd := p.GetForecast().GetExtraRunCostUsd(); usd > 0 {
		parts = append(parts, fmt.Sprintf("about %.2f USD", usd))
	}
	return strings.Join(parts, ", ")
}

// planPeak is how many runs go on at once: "42 runs before, 42 after (97 if canaries were edited at once)".
func planPeak(p *rekeyv1.PeakRuns) string {
	if p == nil {
		return ""
	}
	text := fmt.Sprintf("%s before, %d after", Counted(int(p.GetBefore()), "run"), p.GetAfter())
	if p.GetAtOnce() != p.GetAfter() {
		text += fmt.Sprintf(" (%d if canaries were edited at once)", p.GetAtOnce())
	}
	return text
}

// maxCellPeaks is how many cells are shown by their peaks.
const maxCellPeaks = 10

// peaks shows how many runs go on at once in those cells in which it is most.
func peaks(cells []*rekeyv1.CellPeak) string {
	t := wrapping(table.Row{"account", "Region", "runs at once before", "after", "if edited at once"}, 0)
	for _, c := range cells[:min(len(cells), maxCellPeaks)] {
		p := c.GetPeakRuns()
		t.AppendRow(table.Row{c.GetAccountId(), c.GetRegion(), p.GetBefore(), p.GetAfter(), p.GetAtOnce()})
	}
	return t.Render()
}

// Forecast shows which calls a plan takes, how many runs go on at once, and who loses sight of new artifacts. It is empty where
// none of it is known.
func Forecast(f *rekeyv1.Forecast) string {
	var parts []string
	if len(f.GetCalls()) > 0 {
		calls := slices.SortedFunc(slices.Values(f.GetCalls()), func(a, b *rekeyv1.CallCount) int {
			return cmp.Or(cmp.Compare(b.GetCount(), a.GetCount()), cmp.Compare(a.GetAction(), b.GetAction()))
		})
		t := wrapping(table.Row{"AWS call", "times"}, 0)
		for _, c := range calls {
			t.AppendRow(table.Row{c.GetAction(), c.GetCount()})
		}
		parts = append(parts, t.Render())
	}
	if len(f.GetCellPeaks()) > 0 {
		parts = append(parts, peaks(f.GetCellPeaks()))
	}
	if len(f.GetLosingViewers()) > 0 {
		t := wrapping(table.Row{"loses sight of new artifacts", "of canaries, at least"}, 0)
		for _, v := range f.GetLosingViewers() {
			t.AppendRow(table.Row{v.GetPrincipalArn(), v.GetCanaries()})
		}
		parts = append(parts, t.Render())
	}
	return strings.Join(parts, "\n\n")
}
