package guard

import (
	"strings"
	"testing"

	"rekey/workflows"
)

// of are so many failed ones of so many canaries.
func of(failed, canaries int) workflows.RunShare {
	return workflows.RunShare{Canaries: canaries, Failed: failed}
}

func TestGuard(t *testing.T) {
	const pause = workflows.Inconclusive
	for name, test := range map[string]struct {
		migrated, control workflows.RunShare
		excused           bool
		verdict           workflows.WaveVerdict
		reason            string
	}{
		"nothing has run":                       {of(0, 0), of(0, 0), false, pause, "no migrated canary"},
		"only others have run, in an outage":    {of(0, 0), of(9, 9), false, pause, "no migrated canary"},
		"none fails":                            {of(0, 10), of(0, 90), false, workflows.GoOn, "none of 10"},
		"none fails, and there are no others":   {of(0, 1), of(0, 0), false, workflows.GoOn, "none of 1"},
		"only others fail":                      {of(0, 10), of(50, 90), false, workflows.GoOn, "none of 10"},
		"all fail":                              {of(10, 10), of(90, 90), true, pause, "outage"},
		"all fail, and there are no others":     {of(10, 10), of(0, 0), false, pause, "too few"},
		"the only one fails":                    {of(1, 1), of(0, 0), false, pause, "too few"},
		"one and one fail":                      {of(1, 1), of(1, 1), false, pause, "too few"},
		"one and two fail":                      {of(1, 1), of(2, 2), true, pause, "outage"},
		"one of ten, and none of many":          {of(1, 10), of(0, 90), false, pause, "may do harm"},
		"one of ten, and one of many":           {of(1, 10), of(1, 10), false, pause, "may do harm"},
		"all of few, and a third of the others": {of(2, 2), of(30, 90), false, pause, "may do harm"},
		"all of few, and half of the others":    {of(2, 2), of(45, 90), true, pause, "outage"},
		"a site of several is down":             {of(3, 10), of(20, 90), true, pause, "outage"},
		"a few of both, as always":              {of(3, 100), of(18, 900), true, workflows.GoOn, "usual"},
		"a tenth of both":                       {of(10, 100), of(90, 900), true, workflows.GoOn, "usual"},
		"more than a tenth of both":             {of(11, 100), of(99, 900), true, pause, "outage"},
		"few, but more than of the others":      {of(9, 1000), of(10, 5000), false, pause, "may do harm"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Excused(test.migrated, test.control); got != test.excused {
				t.Errorf("excused %v, want %v", got, test.excused)
			}
			verdict, reason := Harm(test.migrated, test.control)
			if verdict != test.verdict || !strings.Contains(reason, test.reason) {
				t.Errorf("got %s, %q; want %s, %q", verdict, reason, test.verdict, test.reason)
			}
		})
	}
}

// TestNobodyIsExcusedByFewerFailures goes through all small groups: what the control group shows less of excuses less.
func TestNobodyIsExcusedByFewerFailures(t *testing.T) {
	const most = 8
	for migrated := range most {
		for failed := range migrated + 1 {
			for control := range most {
				for others := 1; others <= control; others++ {
					if Excused(of(failed, migrated), of(others-1, control)) && !Excused(of(failed, migrated), of(others, control)) {
						t.Errorf("%d of %d: excused by %d of %d, and not by one more", failed, migrated, others-1, control)
					}
					if Excused(of(failed, migrated), of(others, control)) && others*2*migrated < failed*control {
						t.Errorf("%d of %d: excused by %d of %d, less than half as many", failed, migrated, others, control)
					}
				}
			}
		}
	}
}
