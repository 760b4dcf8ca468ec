package waves

import (
	"fmt"

	"rekey/workflows"
)

// Evidence is what is known of a wave whose canaries rest and have baked.
type Evidence struct {
	// Whole and Wave are the budgets.
	Whole, Wave workflows.BudgetState
	// Unclear is how many canaries rest unverified, Excused how many failed like not-yet-migrated ones, and Lost how many had
	// not come to their end when their cells' workflows were gone.
	Unclear, Excused, Lost int
	// Migrated and Control are how the wave's migrated canaries, and those not migrated yet, did in their last runs; Harm
	// is why the migration may have done harm, "" when it did none.
	Migrated, Control workflows.RunShare
	Harm              string
}

// Judge draws the judgement of a wave: stop when a budget is used up; inconclusive when it can't be told whether the migration
// did harm; else go on.
func Judge(e Evidence) workflows.Judgement {
	j := workflows.Judgement{Verdict: workflows.GoOn, Migrated: e.Migrated, Control: e.Control}
	switch {
	case UsedUp(e.Whole):
		j.Verdict, j.Reason = workflows.Stop, overdrawn("the migration's", e.Whole)
	case UsedUp(e.Wave):
		j.Verdict, j.Reason = workflows.Stop, overdrawn("the wave's", e.Wave)
	case e.Lost > 0:
		j.Verdict = workflows.Inconclusive
		j.Reason = fmt.Sprintf("%d canaries are in cells whose workflows are gone, and nobody knows how they are.", e.Lost)
	case e.Excused > 0:
		j.Verdict = workflows.Inconclusive
		j.Reason = fmt.Sprintf("%d of the wave's canaries did not get to the end, and canaries that were not migrated failed too: something else is wrong.", e.Excused)
	case e.Unclear > 0 && e.Whole.Allowed == nil && e.Wave.Allowed == nil:
		j.Verdict = workflows.Inconclusive
		j.Reason = fmt.Sprintf("%d canaries rest unverified, and no budget says how many may.", e.Unclear)
	case e.Harm != "":
		j.Verdict, j.Reason = workflows.Inconclusive, e.Harm
	}
	return j
}

func overdrawn(whose string, s workflows.BudgetState) string {
	return fmt.Sprintf("%d canaries failed, and %s budget bears %d.", s.Failed, whose, *s.Allowed)
}
