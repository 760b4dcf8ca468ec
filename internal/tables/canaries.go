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
	for _, c := range concerns(canaries) {
		t.AppendRow(table.Row{c.canary, c.outcome, Name(c.problem.GetReason()), c.problem.GetNextStep()})
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, WidthMax: maxStep, WidthMaxEnforcer: text.WrapSoft}})
	return t.Render()
}

// AttentionLines is Attention for where its table has no room: a line for each, and the next step below it.
func AttentionLines(canaries []*rekeyv1.Canary, width int) string {
	const indent = "    "
	var lines []string
	for _, c := range concerns(canaries) {
		step := text.WrapSoft(c.problem.GetNextStep(), max(width-len(indent), 1))
		lines = append(lines, c.canary+"  "+c.outcome+": "+Name(c.problem.GetReason()), indent+strings.ReplaceAll(step, "\n", "\n"+indent))
	}
	return strings.Join(lines, "\n")
}

// concern is something that somebody should know or do about a canary.
type concern struct {
	canary, outcome string
	problem         *rekeyv1.Problem
}

// concerns are those of canaries, in order.
func concerns(canaries []*rekeyv1.Canary) []concern {
	var list []concern
	for _, c := range InOrder(canaries) {
		outcome, held := Word(c.GetState()), c.GetOldAccess().GetHeldBecause()
		if p := c.GetProblem(); p != nil {
			list = append(list, concern{c.GetName(), outcome, p})
		} else if held != nil {
			list = append(list, concern{c.GetName(), outcome + ", old access held", held})
		}
		for _, p := range c.GetNotices() {
			if p.GetReason() != held.GetReason() {
				list = append(list, concern{c.GetName(), outcome + ", noticed", p})
			}
		}
	}
	return list
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
