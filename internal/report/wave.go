package report

import (
	"fmt"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// wave is a row of the table of waves.
type wave struct{ *rekeyv1.Wave }

func waves(m *rekeyv1.Migration) []wave {
	var list []wave
	for _, w := range m.GetWaves() {
		list = append(list, wave{w})
	}
	return list
}

// Verdict is the judgement in a word; a wave without one is where it is.
func (w wave) Verdict() string {
	if v := tables.Word(w.GetJudgement().GetVerdict()); v != "" {
		return v
	}
	return tables.Word(w.GetState())
}

// VerdictClass is the CSS class of the judgement.
func (w wave) VerdictClass() string {
	switch w.GetJudgement().GetVerdict() {
	case rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON:
		return "good"
	case rekeyv1.WaveVerdict_WAVE_VERDICT_STOP:
		return "bad"
	case rekeyv1.WaveVerdict_WAVE_VERDICT_INCONCLUSIVE:
		return "doubtful"
	default:
		return ""
	}
}

// Guard is how migrated canaries did in their last runs beside those that were not migrated yet.
func (w wave) Guard() string {
	j := w.GetJudgement()
	if j.GetMigrated() == nil && j.GetControl() == nil {
		return ""
	}
	return fmt.Sprintf("%s of %s migrated failed their last run; %s of %s not yet migrated",
		number(int(j.GetMigrated().GetFailed())), number(int(j.GetMigrated().GetCanaries())),
		number(int(j.GetControl().GetFailed())), number(int(j.GetControl().GetCanaries())))
}

// Took is the time from the wave's begin to its judgement.
func (w wave) Took() string { return plain(between(w.GetStartTime(), w.GetEndTime())) }

// Baked is how much of that was spent in watching.
func (w wave) Baked() string { return between(w.GetBakeStartTime(), w.GetEndTime()) }

// Share is how many percent of the wave's canaries rest.
func (w wave) Share() int { return percent(int(w.GetRested()), int(w.GetCanaries())) }

// budget is how far a failure budget is used, in words.
func budget(b *rekeyv1.BudgetState) string {
	if b == nil {
		return plain("")
	}
	used := number(int(b.GetFailed())) + " failed, any number borne"
	if b.Allowed != nil {
		used = number(int(b.GetFailed())) + " of " + number(int(b.GetAllowed())) + " used"
	}
	if n := b.GetExcused(); n > 0 {
		used += ", " + number(int(n)) + " not charged"
	}
	return used
}

// used is how many percent of a failure budget are used.
func used(b *rekeyv1.BudgetState) int {
	if b.GetAllowed() == 0 {
		return percent(int(b.GetFailed()), 1)
	}
	return percent(int(b.GetFailed()), int(b.GetAllowed()))
}

// percent is a share, at most the whole.
func percent(some, all int) int {
	if all <= 0 {
		return 0
	}
	return min(100, some*100/all)
}
