package demo

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	rekeyv1 "rekey/gen/rekey/v1"
)

// maxReason is the width of the last columns, which hold reasons, chosen so that a table fits on 160 columns.
const maxReason = 30

// planTable shows what would be done to each canary.
func planTable(canaries []*rekeyv1.Canary, accounts map[string]string) string {
	header := table.Row{"account", "Region", "canary", "from", "to", "grants", "revokes", "left alone because"}
	return render(header, canaries, accounts, func(c *rekeyv1.Canary) table.Row {
		if p := c.GetProblem(); p != nil {
			return table.Row{encryption(c.GetFrom()), "", "", "", lower(word(c.GetState())) + ": " + because(p)}
		}
		return table.Row{
			encryption(c.GetFrom()), encryption(c.GetTo()), accessChanges(c.GetGrants()), accessChanges(c.GetRevokes()), "",
		}
	})
}

// outcomeTable shows what became of each canary.
func outcomeTable(canaries []*rekeyv1.Canary, accounts map[string]string) string {
	header := table.Row{"account", "Region", "canary", "from", "to", "run", "proof", "baseline", "old access"}
	return render(header, canaries, accounts, func(c *rekeyv1.Canary) table.Row {
		if c.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATED {
			return table.Row{encryption(c.GetFrom()), lower(word(c.GetState())), "", "", "", because(c.GetProblem())}
		}
		return table.Row{
			encryption(c.GetFrom()), encryption(c.GetTo()), runs(c.GetProof().GetRuns()), proof(c.GetProof()),
			baseline(c.GetBaseline()), oldAccess(c),
		}
	})
}

// render lays out a table of canaries by account, Region and name; an account and a Region are named once.
func render(header table.Row, canaries []*rekeyv1.Canary, accounts map[string]string, cells func(*rekeyv1.Canary) table.Row) string {
	t := newTable(header)
	var last *rekeyv1.Canary
	for _, c := range inOrder(canaries) {
		account, region := accounts[c.GetAccountId()], c.GetRegion()
		switch {
		case last == nil:
		case last.GetAccountId() != c.GetAccountId():
			t.AppendSeparator()
		default:
			account = ""
			if last.GetRegion() == region {
				region = ""
			}
		}
		t.AppendRow(append(table.Row{account, region, c.GetName()}, cells(c)...))
		last = c
	}
	return t.Render()
}

func newTable(header table.Row) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options = table.Options{SeparateColumns: true, SeparateHeader: true}
	t.SetStyle(style)
	t.AppendHeader(header)
	t.SetColumnConfigs([]table.ColumnConfig{{Number: len(header), WidthMax: maxReason, WidthMaxEnforcer: text.WrapSoft}})
	t.SuppressTrailingSpaces()
	return t
}

// inOrder sorts canaries by account, Region and name.
func inOrder(canaries []*rekeyv1.Canary) []*rekeyv1.Canary {
	list := slices.Clone(canaries)
	slices.SortFunc(list, func(a, b *rekeyv1.Canary) int {
		return cmp.Or(strings.Compare(a.GetAccountId(), b.GetAccountId()), strings.Compare(a.GetRegion(), b.GetRegion()),
			strings.Compare(a.GetName(), b.GetName()))
	})
	return list
}
