package report

import (
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// canaryName is a canary's name, and where it is.
type canaryName struct{ Account, Region, Name string }

func newCanaryName(c *rekeyv1.Canary) canaryName {
	return canaryName{c.GetAccountId(), c.GetRegion(), c.GetName()}
}

// Anchor is what a link to the canary's card names.
func (c canaryName) Anchor() string { return "canary-" + c.Account + "-" + c.Region + "-" + c.Name }

// cellView is a cell with its canaries: those that somebody may want to look at as cards, the others as rows.
type cellView struct {
	cell
	Total  int
	Shares []share
	Cards  []card
	Rows   []row
}

func (l *listing) newCellView(canaries []*rekeyv1.Canary) cellView {
	n := l.fleet.at(cellOf(canaries[0]))
	view := cellView{cell: cellOf(canaries[0]), Total: n.total(), Shares: n.shares()}
	for _, c := range canaries {
		if isUnremarkable(c) {
			view.Rows = append(view.Rows, l.newRow(c))
		} else {
			view.Cards = append(view.Cards, card{c, outcomeOf(c)})
		}
	}
	return view
}

// isUnremarkable reports whether a row says all that there is to say of a canary.
func isUnremarkable(c *rekeyv1.Canary) bool {
	switch outcomeOf(c) {
	case migrated, pending, skipped, cancelled:
	default:
		return false
	}
	said := len(c.GetNotices()) + len(c.GetWithdrawn()) + len(c.GetLeft()) + int(c.GetRetries())
	return said == 0 && tables.ToDo(c) == nil && len(losing(c)) == 0 && !c.GetExcused() && c.GetVerdict() <= rekeyv1.Verdict_VERDICT_PROVEN
}

// losing are the viewers who lose sight of a canary's new artifacts.
func losing(c *rekeyv1.Canary) []*rekeyv1.Viewer {
	var list []*rekeyv1.Viewer
	for _, v := range c.GetViewers() {
		if !v.GetCarriedOver() {
			list = append(list, v)
		}
	}
	return list
}

// row is an unremarkable canary. Why is set instead of what came after where it was left as it is.
type row struct {
	Outcome                               outcome
	Name, Before, Location, After, MoveTo string
	Proof, Run, Baseline, Access, Why     string
}

func (l *listing) newRow(c *rekeyv1.Canary) row {
	r := row{
		Outcome: outcomeOf(c), Name: c.GetName(), Before: l.keys.encryption(c.GetFrom()), Location: c.GetArtifactLocation(),
		After: l.keys.encryption(c.GetTo()),
	}
	if to := c.GetToArtifactLocation(); to != r.Location {
		r.MoveTo = to
	}
	if r.Outcome != migrated {
		r.Why = because(c)
		return r
	}
	r.Proof, r.Run = l.proof(c), runs(c.GetProof().GetRuns())
	r.Baseline, r.Access = plain(tables.Word(c.GetBaseline().GetState())), access(c)
	return r
}

// because is why a canary was left as it is, in a line.
func because(c *rekeyv1.Canary) string {
	if p := c.GetProblem(); p != nil {
		return reason(p) + ": " + p.GetMessage()
	}
	return outcomeOf(c).Meaning()
}

// proof is what the objects of the proven runs carried.
func (l *listing) proof(c *rekeyv1.Canary) string {
	p := c.GetProof()
	switch {
	case p != nil:
		return counted(int(p.GetObjects()), "object") + " under " + l.keys.encryption(p.GetEncryption())
	case c.GetAction() == rekeyv1.CanaryAction_CANARY_ACTION_REVOKE_ONLY:
		return "was on the target"
	default:
		return plain("")
	}
}

// runs are the proven runs, one per browser.
func runs(list []*rekeyv1.ProvenRun) string {
	var lines []string
	for _, r := range list {
		lines = append(lines, strings.TrimSpace(r.GetBrowser()+" "+r.GetRunId())+" "+passed(r)+" "+at(r.GetStartTime()))
	}
	return strings.Join(lines, ", ")
}

func passed(r *rekeyv1.ProvenRun) string {
	if r.GetPassed() {
		return "passed"
	}
	return "failed"
}
