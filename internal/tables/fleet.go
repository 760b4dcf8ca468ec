package tables

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Fleet lists canaries as they are now.
func Fleet(canaries []*rekeyv1.FleetCanary) string {
	t := newTable(table.Row{"canary", "does", "runtime", "encryption", "baseline", "managed by", "next step"})
	for _, c := range canaries {
		baseline := ""
		if c.GetVisual() {
			baseline = "visual"
		}
		if c.GetBaselineTime() != nil {
			baseline = Time(c.GetBaselineTime())
		}
		t.AppendRow(table.Row{
			c.GetAccountId() + "/" + c.GetRegion() + "/" + c.GetName(), strings.ToLower(c.GetCanaryState()), c.GetRuntimeVersion(),
			Encryption(c.GetEncryption()), baseline, c.GetManagedBy(), Word(c.GetNextStep()),
		})
	}
	return t.Render()
}

// Census shows the counts of a fleet.
func Census(s *rekeyv1.SummarizeFleetResponse) string {
	text := fmt.Sprintf("%s in %s (%d of them read)", Counted(int(s.GetCanaries()), "canary"), Counted(int(s.GetCells()), "cell"), s.GetCellsRead())
	parts := []string{text}
	for _, by := range []struct {
		title  string
		counts []*rekeyv1.FleetCount
	}{
		{"encryption", s.GetByEncryption()},
		{"key", s.GetByKey()},
		{"next step", s.GetByNextStep()},
		{"runtime", s.GetByRuntime()},
		{"Region", s.GetByRegion()},
		{"account", s.GetByAccount()},
	} {
		if len(by.counts) == 0 {
			continue
		}
		t := wrapping(table.Row{by.title, "canaries"}, 0)
		for _, c := range by.counts {
			t.AppendRow(table.Row{c.GetValue(), c.GetCount()})
		}
		parts = append(parts, t.Render())
	}
	if problems := CellProblems(s.GetCellProblems()); problems != "" {
		parts = append(parts, problems)
	}
	return strings.Join(parts, "\n\n")
}
