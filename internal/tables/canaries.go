package tables

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	rekeyv1 "rekey/gen/rekey/v1"
)

// maxStep is the width of a next step in a table of its own.
const maxStep = 80

// Plan shows what would be done to each canary.
func Plan(canaries []*rekeyv1.Canary, accounts Accounts) string {
	header := table.Row{"account", "Region", "canary", "from", "to", "grants", "revokes", "left alone because"}
	return byCell(header, canaries, accounts, func(c *rekeyv1.Canary) table.Row {
		if p := c.GetProblem(); p != nil {
			return table.Row{Encryption(c.GetFrom()), "", "", "", Word(c.GetState()) + ": " + Because(p)}
		}
		return table.Row{
			Encryption(c.GetFrom()), destination(c), accessChanges(c.GetGrants()), accessChanges(c.GetRevokes()), "",
		}
	})
}

// Outcome shows what became of each canary.
func Outcome(canaries []*rekeyv1.Canary, accounts Accounts) string {
	header := table.Row{"account", "Region", "canary", "from", "to", "run", "proof", "baseline", "old access"}
	return byCell(header, canaries, accounts, func(c *rekeyv1.Canary) table.Row {
		if c.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATED {
			return table.Row{Encryption(c.GetFrom()), Word(c.GetState()), "", "", "", Because(c.GetProblem())}
		}
		return table.Row{
			Encryption(c.GetFrom()), destination(c), runs(c.GetProof().GetRuns()), proof(c.GetProof()),
			baseline(c.GetBaseline()), OldAccess(c),
		}
	})
}

// Attention lists what somebody should know or do: why a canary was not migrated, why old access is held, and what
// the plan noticed.
func Attention(canaries []*rekeyv1.Canary) string {
	t := newTable(table.Row{"canary", "outcome", "reason", "next step"})
	for _, c := range InOrder(canaries) {
		outcome := Word(c.GetState())
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
	return table.Row{c.GetName(), outcome, Name(p.GetReason()), p.GetNextStep()}
}

// byCell lays out a table of canaries by account, Region and name; an account and a Region are named once.
func byCell(header table.Row, canaries []*rekeyv1.Canary, accounts Accounts, cells func(*rekeyv1.Canary) table.Row) string {
	t := newTable(header)
	var last *rekeyv1.Canary
	for _, c := range InOrder(canaries) {
		account, region := accounts.name(c.GetAccountId()), c.GetRegion()
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

// InOrder sorts canaries by account, Region and name.
func InOrder(canaries []*rekeyv1.Canary) []*rekeyv1.Canary {
	list := slices.Clone(canaries)
	slices.SortFunc(list, func(a, b *rekeyv1.Canary) int {
		return cmp.Or(strings.Compare(a.GetAccountId(), b.GetAccountId()), strings.Compare(a.GetRegion(), b.GetRegion()),
			strings.Compare(a.GetName(), b.GetName()))
	})
	return list
}
