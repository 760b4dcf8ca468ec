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

// maxStep is the width of a next step in a table of its own.
const maxStep = 80

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

// attentionTable lists what somebody should know or do: why a canary was not migrated, why old access is held, and what
// the plan noticed.
func attentionTable(canaries []*rekeyv1.Canary) string {
	t := newTable(table.Row{"canary", "outcome", "reason", "next step"})
	for _, c := range inOrder(canaries) {
		outcome := lower(word(c.GetState()))
		if p := c.GetProblem(); p != nil {
			t.AppendRow(attention(c, outcome, p))
		} else if p := c.GetOldAccess().GetHeldBecause(); p != nil {
			t.AppendRow(attention(c, outcome+", old access held", p))
		}
		for _, p := range c.GetNotices() {
			if p.GetReason() != c.GetOldAccess().GetHeldBecause().GetReason() {
				t.AppendRow(attention(c, outcome+", noticed", p))
			}
		}
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, WidthMax: maxStep, WidthMaxEnforcer: text.WrapSoft}})
	return t.Render()
}

func attention(c *rekeyv1.Canary, outcome string, p *rekeyv1.Problem) table.Row {
	return table.Row{c.GetName(), outcome, word(p.GetReason()), p.GetNextStep()}
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
