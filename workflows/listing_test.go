package workflows_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rekey/workflows"
)

// report counts canaries as a cell does.
func report(canaries []workflows.Canary) workflows.CellReport {
	r := workflows.CellReport{
		States: map[workflows.CanaryState]int{}, Steps: map[workflows.Step]int{}, Waves: make([]workflows.CellWave, 3),
	}
	for _, c := range canaries {
		r.States[c.State]++
		if c.State == workflows.Migrating {
			r.Steps[c.Step]++
		}
		if c.IsHeld() {
			r.Held++
		}
		if c.Wave != nil {
			r.Waves[*c.Wave].Canaries++
		}
	}
	return r
}

var (
	states = []workflows.CanaryState{
		workflows.Pending, workflows.Migrating, workflows.Migrated, workflows.Skipped, workflows.Blocked, workflows.CanaryFailed,
		workflows.Returned, workflows.Unverified, workflows.CanaryCancelled,
	}
	steps = []workflows.Step{workflows.GrantStep, workflows.RunStep, workflows.RevokeStep}
)

// drawCanary draws a canary; one whose story has not begun is at no step.
func drawCanary(t *rapid.T) workflows.Canary {
	c := workflows.Canary{State: rapid.SampledFrom(states).Draw(t, "state")}
	if !slices.Contains([]workflows.CanaryState{workflows.Pending, workflows.Skipped, workflows.CanaryCancelled}, c.State) {
		c.Step = rapid.SampledFrom(steps).Draw(t, "step")
	}
	if rapid.Bool().Draw(t, "held") {
		c.OldAccess = &workflows.OldAccess{State: workflows.OldAccessHeld}
	}
	if rapid.Bool().Draw(t, "proven") {
		c.Proof = &workflows.Proof{}
	}
	if rapid.Bool().Draw(t, "told") {
		c.Notices = []workflows.Problem{{Reason: workflows.CanaryLeftRunning}}
	}
	if rapid.Bool().Draw(t, "in a wave") {
		c.Wave = new(rapid.IntRange(0, 2).Draw(t, "wave"))
	}
	return c
}

func drawFilter(t *rapid.T) workflows.CanariesFilter {
	f := workflows.CanariesFilter{
		States:   rapid.SliceOfNDistinct(rapid.SampledFrom(states), 0, 2, rapid.ID).Draw(t, "states"),
		Steps:    rapid.SliceOfNDistinct(rapid.SampledFrom(steps), 0, 2, rapid.ID).Draw(t, "steps"),
		Verdicts: rapid.SliceOfN(rapid.Just(workflows.Proven), 0, 1).Draw(t, "verdicts"),
		Reasons:  rapid.SliceOfN(rapid.Just(workflows.CanaryLeftRunning), 0, 1).Draw(t, "reasons"),
	}
	if rapid.Bool().Draw(t, "by held") {
		f.Held = new(rapid.Bool().Draw(t, "held"))
	}
	if rapid.Bool().Draw(t, "by wave") {
		f.Wave = new(rapid.IntRange(0, 4).Draw(t, "wave"))
	}
	return f
}

func TestACellThatIsLeftOutHasNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canaries := rapid.SliceOfN(rapid.Custom(drawCanary), 0, 3).Draw(t, "canaries")
		filter := drawFilter(t)
		if slices.ContainsFunc(canaries, filter.Admits) && !report(canaries).MayHave(filter) {
			t.Errorf("the filter admits one of the cell's canaries, and the cell would not be asked")
		}
	})
}

func TestACellThatHasNothingIsLeftOut(t *testing.T) {
	cell := report([]workflows.Canary{{State: workflows.Pending}, {State: workflows.Migrating, Step: workflows.RunStep, Wave: new(1)}})
	for reason, filter := range map[string]workflows.CanariesFilter{
		"no canary of the state":       {States: []workflows.CanaryState{workflows.CanaryFailed}},
		"no canary at the step":        {Steps: []workflows.Step{workflows.GrantStep}},
		"none is held":                 {Held: new(true)},
		"none of the wave":             {Wave: new(0)},
		"none of a wave without share": {Wave: new(7)},
		"one of several is not there":  {States: []workflows.CanaryState{workflows.Pending}, Held: new(true)},
	} {
		if cell.MayHave(filter) {
			t.Errorf("%s: the cell would be asked", reason)
		}
	}
	if (workflows.CellReport{}).MayHave(workflows.CanariesFilter{}) {
		t.Error("a cell that has not been planned would be asked")
	}
}

// TestCellAtWorkMayHaveWhatItHasNotTold looks into a cell whose counts may be a minute old, and leaves one out only by what it
// tells at once.
func TestCellAtWorkMayHaveWhatItHasNotTold(t *testing.T) {
	old := workflows.CellReport{
		States: map[workflows.CanaryState]int{workflows.Migrating: 3}, Steps: map[workflows.Step]int{workflows.GrantStep: 3},
	}
	held := true
	for name, test := range map[string]struct {
		phase  workflows.CellPhase
		filter workflows.CanariesFilter
		want   bool
	}{
		"migrated by now":          {workflows.CellRunning, workflows.CanariesFilter{States: []workflows.CanaryState{workflows.Migrated}}, true},
		"at another step by now":   {workflows.CellRunning, workflows.CanariesFilter{Steps: []workflows.Step{workflows.RunStep}}, true},
		"held by now":              {workflows.CellRunning, workflows.CanariesFilter{Held: &held}, true},
		"put back by now":          {workflows.CellReturning, workflows.CanariesFilter{States: []workflows.CanaryState{workflows.Returned}}, true},
		"failed, which it tells":   {workflows.CellRunning, workflows.CanariesFilter{States: []workflows.CanaryState{workflows.CanaryFailed}}, false},
		"migrated, while it rests": {workflows.CellResting, workflows.CanariesFilter{States: []workflows.CanaryState{workflows.Migrated}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			old.Phase = test.phase
			if got := old.MayHave(test.filter); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
