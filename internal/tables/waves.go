package tables

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	rekeyv1 "rekey/gen/rekey/v1"
)

// maxJudgement is the width of a judgement's reason.
const maxJudgement = 46

// Waves shows the waves of a migration, and how each was judged.
func Waves(waves []*rekeyv1.Wave) string {
	t := wrapping(table.Row{"wave", "takes", "state", "rested", "cells", "failures", "time", "judgement"}, maxJudgement)
	for _, w := range waves {
		t.AppendRow(table.Row{
			w.GetNumber(), w.GetTitle(), Word(w.GetState()), fmt.Sprintf("%d of %d", w.GetRested(), w.GetCanaries()), w.GetCells(),
			Budget(w.GetBudget()), waveTime(w), Judgement(w.GetJudgement()),
		})
	}
	return t.Render()
}

// Budget is how far a failure budget is used: "1 of 5, 2 excused".
func Budget(b *rekeyv1.BudgetState) string {
	if b == nil {
		return ""
	}
	text := fmt.Sprint(b.GetFailed())
	if b.Allowed != nil {
		text += fmt.Sprintf(" of %d", b.GetAllowed())
	}
	if b.GetExcused() > 0 {
		text += fmt.Sprintf(", %d excused", b.GetExcused())
	}
	return text
}

// waveTime is how long a wave took, or is expected to take.
func waveTime(w *rekeyv1.Wave) string {
	switch {
	case w.GetStartTime() != nil && w.GetEndTime() != nil:
		return Duration(w.GetEndTime().AsTime().Sub(w.GetStartTime().AsTime()))
	case w.GetStartTime() != nil:
		return "since " + Clock(w.GetStartTime())
	case w.GetForecast() != nil:
		return "about " + Range(w.GetForecast())
	}
	return ""
}

// Judgement is how a wave was judged, and why: "go on: …".
func Judgement(j *rekeyv1.Judgement) string {
	if j == nil {
		return ""
	}
	text := Word(j.GetVerdict())
	if j.GetReason() != "" {
		text += ": " + j.GetReason()
	}
	if j.GetMigrated().GetCanaries() > 0 {
		text += fmt.Sprintf(" (last runs failed: %s of the migrated, %s of the others)", share(j.GetMigrated()), share(j.GetControl()))
	}
	return text
}

func share(s *rekeyv1.RunShare) string {
	return fmt.Sprintf("%d of %d", s.GetFailed(), s.GetCanaries())
}
