package waves_test

import (
	"testing"

	"rekey/workflows"
	"rekey/workflows/waves"
)

func TestJudge(t *testing.T) {
	cases := map[string]struct {
		reason string
		e      waves.Evidence
		want   workflows.WaveVerdict
	}{
		"all well": {
			reason: "Nothing failed.", want: workflows.GoOn,
		},
		"within the budget": {
			reason: "Failures that the budget bears don't stop anything, unverified ones included.",
			e:      waves.Evidence{Whole: workflows.BudgetState{Allowed: new(2), Failed: 2}, Unclear: 1}, want: workflows.GoOn,
		},
		"overdrawn": {
			reason: "One more than the budget bears stops.",
			e:      waves.Evidence{Whole: workflows.BudgetState{Allowed: new(2), Failed: 3}}, want: workflows.Stop,
		},
		"the wave's budget": {
			reason: "A wave has a budget of its own.",
			e: waves.Evidence{
				Whole: workflows.BudgetState{Allowed: new(9), Failed: 1}, Wave: workflows.BudgetState{Allowed: new(0), Failed: 1},
			}, want: workflows.Stop,
		},
		"an outage": {
			reason: "Failures that others show too are nobody's, and nothing can be told.",
			e:      waves.Evidence{Whole: workflows.BudgetState{Allowed: new(2)}, Excused: 1}, want: workflows.Inconclusive,
		},
		"unverified without a budget": {
			reason: "Nobody said how many may stay unverified.",
			e:      waves.Evidence{Unclear: 1}, want: workflows.Inconclusive,
		},
		"migrated ones fail more": {
			reason: "Runs after the migration fail more than those of others.",
			e:      waves.Evidence{Harm: "they fail", Migrated: workflows.RunShare{Canaries: 9, Failed: 6}}, want: workflows.Inconclusive,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			j := waves.Judge(c.e)
			if j.Verdict != c.want {
				t.Errorf("%s: judged %s, want %s", c.reason, j.Verdict, c.want)
			}
			if (j.Reason == "") != (j.Verdict == workflows.GoOn) {
				t.Errorf("judged %s with the reason %q", j.Verdict, j.Reason)
			}
		})
	}
}
