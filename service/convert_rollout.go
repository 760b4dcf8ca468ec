package service

import (
	"cmp"

	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// fromRollout is a rollout of the API with the defaults filled in, but for the concurrency of a cell, which a spec has beside
// it.
func fromRollout(r *rekeyv1.Rollout) workflows.Rollout {
	rollout := workflows.Rollout{
		MaxTotal:        int(r.GetMaxConcurrentCanaries()),
		StartsPerMinute: int(r.GetMaxStartsPerMinutePerCell()),
		Budget:          fromBudget(r.GetBudget()),
		ChargeOutages:   r.GetChargeOutages(),
		Edits:           cmp.Or(fromEnum[workflows.EditTiming](r.GetEdits(), editTimingPrefix), workflows.EditsWhenDue),
	}
	for _, wave := range r.GetWaves() {
		rollout.Waves = append(rollout.Waves, fromWaveSpec(wave))
	}
	return rollout
}

func fromWaveSpec(w *rekeyv1.WaveSpec) workflows.WaveSpec {
	return workflows.WaveSpec{
		Coverage:   w.GetCoverage(),
		Percent:    int(w.GetPercent()),
		Count:      int(w.GetCount()),
		List:       fromWaveList(w.GetList()),
		Budget:     fromBudget(w.GetBudget()),
		BakeTime:   w.GetBakeTime().AsDuration(),
		BakeRuns:   int(w.GetBakeRuns()),
		PauseAfter: w.GetPauseAfter(),
	}
}

func fromWaveList(l *rekeyv1.WaveList) *workflows.WaveList {
	if l == nil {
		return nil
	}
	return &workflows.WaveList{Accounts: l.GetAccountIds(), OUs: l.GetOrganizationalUnitIds(), NamePatterns: l.GetNamePatterns()}
}

func fromBudget(b *rekeyv1.FailureBudget) *workflows.Budget {
	if b == nil {
		return nil
	}
	return &workflows.Budget{Count: optionalInt(b.Count), Percent: optionalInt(b.Percent)}
}

// toRollout is a rollout on the wire, with that concurrency of a cell.
func toRollout(r workflows.Rollout, perCell int) *rekeyv1.Rollout {
	rollout := &rekeyv1.Rollout{
		MaxConcurrentCanariesPerCell: count(perCell),
		MaxConcurrentCanaries:        count(r.MaxTotal),
		MaxStartsPerMinutePerCell:    count(r.StartsPerMinute),
		Budget:                       toBudget(r.Budget),
		ChargeOutages:                r.ChargeOutages,
		Edits:                        toEditTiming(r.Edits),
	}
	for _, wave := range r.Waves {
		rollout.Waves = append(rollout.Waves, toWaveSpec(wave))
	}
	return rollout
}

// toWaveSpec is a wave's spec on the wire. No bake time is left out, as the default that it is.
func toWaveSpec(w workflows.WaveSpec) *rekeyv1.WaveSpec {
	spec := &rekeyv1.WaveSpec{Budget: toBudget(w.Budget), BakeRuns: count(w.BakeRuns), PauseAfter: w.PauseAfter}
	if w.BakeTime != 0 {
		spec.BakeTime = durationpb.New(w.BakeTime)
	}
	switch {
	case w.Coverage:
		spec.Take = &rekeyv1.WaveSpec_Coverage{Coverage: true}
	case w.Percent != 0:
		spec.Take = &rekeyv1.WaveSpec_Percent{Percent: count(w.Percent)}
	case w.Count != 0:
		spec.Take = &rekeyv1.WaveSpec_Count{Count: count(w.Count)}
	case w.List != nil:
		spec.Take = &rekeyv1.WaveSpec_List{List: toWaveList(w.List)}
	}
	return spec
}

func toWaveList(l *workflows.WaveList) *rekeyv1.WaveList {
	return &rekeyv1.WaveList{AccountIds: l.Accounts, OrganizationalUnitIds: l.OUs, NamePatterns: l.NamePatterns}
}

func toBudget(b *workflows.Budget) *rekeyv1.FailureBudget {
	if b == nil {
		return nil
	}
	return &rekeyv1.FailureBudget{Count: optionalCount(b.Count), Percent: optionalCount(b.Percent)}
}

// fromRolloutChange is what an UpdateRolloutRequest changes. What is not set stays.
func fromRolloutChange(r *rekeyv1.UpdateRolloutRequest, by workflows.Caller) workflows.RolloutChange {
	change := workflows.RolloutChange{
		MaxConcurrent:   optionalInt(r.MaxConcurrentCanariesPerCell),
		MaxTotal:        optionalInt(r.MaxConcurrentCanaries),
		StartsPerMinute: optionalInt(r.MaxStartsPerMinutePerCell),
		Budget:          fromBudget(r.GetBudget()),
		NoBudget:        r.GetNoBudget(),
		Edits:           fromEnum[workflows.EditTiming](r.GetEdits(), editTimingPrefix),
		Reason:          r.GetReason(),
		By:              by,
	}
	for _, wave := range r.GetWaves() {
		change.Waves = append(change.Waves, fromWaveChange(wave))
	}
	return change
}

func fromWaveChange(w *rekeyv1.WaveChange) workflows.WaveChange {
	change := workflows.WaveChange{
		Wave:       int(w.GetWave()),
		BakeRuns:   optionalInt(w.BakeRuns),
		Budget:     fromBudget(w.GetBudget()),
		PauseAfter: w.PauseAfter,
	}
	if bake := w.GetBakeTime(); bake != nil {
		change.BakeTime = new(bake.AsDuration())
	}
	return change
}

// optionalInt is a number of the API that may be unset.
func optionalInt(n *int32) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}

// optionalCount is a number on the wire that may be unset.
func optionalCount(n *int) *int32 {
	if n == nil {
		return nil
	}
	return new(count(*n))
}
