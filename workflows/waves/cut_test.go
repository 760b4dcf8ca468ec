package waves_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rekey/workflows"
	"rekey/workflows/waves"
)

var (
	a1 = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}
	a2 = workflows.Cell{Account: "111111111111", Region: "us-east-1"}
	b1 = workflows.Cell{Account: "222222222222", Region: "eu-west-1"}
)

// fleet has three kinds of canaries; the names of some are on the list of wave 1.
func fleet() []waves.Count {
	return []waves.Count{
		{Cell: a1, OUs: []string{"ou-shop"}, Classes: map[string]int{"grant|": 10, "grant|1": 2, "visual|": 1}},
		{Cell: a2, OUs: []string{"ou-shop"}, Classes: map[string]int{"grant|": 3}},
		{Cell: b1, OUs: []string{"ou-bank"}, Classes: map[string]int{"grant|": 20, "role|": 4}},
	}
}

func TestPlan(t *testing.T) {
	share := func(classes ...any) workflows.Share {
		s := workflows.Share{}
		for i := 0; i < len(classes); i += 2 {
			s[classes[i].(string)] = classes[i+1].(int)
		}
		return s
	}
	cases := map[string]struct {
		reason string
		waves  []workflows.WaveSpec
		want   [][]workflows.Share
		titles []string
	}{
		"no specs": {
			reason: "Without specs everything is one wave.",
			want: [][]workflows.Share{{
				share("grant|", 10, "grant|1", 2, "visual|", 1), share("grant|", 3), share("grant|", 20, "role|", 4),
			}},
			titles: []string{"everything"},
		},
		"coverage": {
			reason: "Wave 0 by coverage is one of each kind, of the first cell that has one, and the lists don't make kinds.",
			waves:  []workflows.WaveSpec{{Coverage: true}},
			want: [][]workflows.Share{
				{share("grant|", 1, "visual|", 1), nil, share("role|", 1)},
				{share("grant|", 9, "grant|1", 2), share("grant|", 3), share("grant|", 20, "role|", 3)},
			},
			titles: []string{"one of each kind", "the rest"},
		},
		"names": {
			reason: "A list takes what its names admit; number 1 is the list's wave.",
			waves:  []workflows.WaveSpec{{Count: 1}, {List: &workflows.WaveList{NamePatterns: []string{"x*"}}}},
			want: [][]workflows.Share{
				{nil, nil, share("grant|", 1)},
				{share("grant|1", 2), nil, nil},
				{share("grant|", 10, "visual|", 1), share("grant|", 3), share("grant|", 19, "role|", 4)},
			},
			titles: []string{"1 canary", "listed", "the rest"},
		},
		"organizational units": {
			reason: "A list of an organizational unit takes the cells below it; all that is left is the last wave.",
			waves:  []workflows.WaveSpec{{List: &workflows.WaveList{OUs: []string{"ou-bank"}}}, {Percent: 100}},
			want: [][]workflows.Share{
				{nil, nil, share("grant|", 20, "role|", 4)},
				{share("grant|", 10, "grant|1", 2, "visual|", 1), share("grant|", 3), nil},
			},
			titles: []string{"listed", "the rest"},
		},
		"nothing left": {
			reason: "A wave that takes nothing keeps its number, so that the spec's numbers stay true.",
			waves:  []workflows.WaveSpec{{Percent: 100}, {Count: 5}},
			want: [][]workflows.Share{
				{share("grant|", 10, "grant|1", 2, "visual|", 1), share("grant|", 3), share("grant|", 20, "role|", 4)},
				{nil, nil, nil},
			},
			titles: []string{"the rest", "5 canaries"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cut := waves.Plan(workflows.Rollout{Waves: c.waves}, fleet())
			if diff := cmp.Diff(c.want, cut.Shares); diff != "" {
				t.Errorf("%s\nshares (-want +got):\n%s", c.reason, diff)
			}
			var titles []string
			for i, w := range cut.Waves {
				titles = append(titles, w.Title)
				if w.Number != i {
					t.Errorf("wave %d has the number %d", i, w.Number)
				}
			}
			if diff := cmp.Diff(c.titles, titles); diff != "" {
				t.Errorf("%s\ntitles (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestEveryCanaryIsInOneWave cuts random fleets by random specs: no canary is lost or taken twice, a percentage is exact,
// and coverage shows every kind with the fewest canaries.
func TestEveryCanaryIsInOneWave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts, total := randomFleet(t)
		specs := rapid.SliceOfN(rapid.Custom(randomSpec), 0, 5).Draw(t, "specs")
		cut := waves.Plan(workflows.Rollout{Waves: specs}, counts)
		left := make([]map[string]int, len(counts))
		for i, c := range counts {
			left[i] = maps.Clone(c.Classes)
		}
		sum := 0
		for w, shares := range cut.Shares {
			of := 0
			for i, share := range shares {
				for class, n := range share {
					left[i][class] -= n
					of += n
					if left[i][class] < 0 {
						t.Fatalf("wave %d takes more %q of %v than there are", w, class, counts[i].Cell)
					}
				}
			}
			if cut.Waves[w].Canaries != of {
				t.Fatalf("wave %d says %d canaries and takes %d", w, cut.Waves[w].Canaries, of)
			}
			if w < len(specs) && specs[w].Percent > 0 && of != min(total-sum, (total*specs[w].Percent+99)/100) {
				t.Fatalf("wave %d of %d %% takes %d of %d, %d were taken before", w, specs[w].Percent, of, total, sum)
			}
			sum += of
		}
		if sum != total {
			t.Fatalf("%d of %d canaries are in waves", sum, total)
		}
	})
}

func randomFleet(t *rapid.T) ([]waves.Count, int) {
	counts := make([]waves.Count, rapid.IntRange(0, 6).Draw(t, "cells"))
	total := 0
	for i := range counts {
		counts[i] = waves.Count{Cell: workflows.Cell{Account: fmt.Sprintf("%012d", i), Region: "eu-west-1"}, Classes: map[string]int{}}
		for _, class := range []string{"a|", "b|", "b|0", "c|1"} {
			if n := rapid.IntRange(0, 30).Draw(t, "n"); n > 0 {
				counts[i].Classes[class] = n
				total += n
			}
		}
	}
	return counts, total
}

func randomSpec(t *rapid.T) workflows.WaveSpec {
	switch rapid.IntRange(0, 3).Draw(t, "take") {
	case 0:
		return workflows.WaveSpec{Coverage: true}
	case 1:
		return workflows.WaveSpec{Percent: rapid.IntRange(1, 100).Draw(t, "percent")}
	case 2:
		return workflows.WaveSpec{Count: rapid.IntRange(1, 50).Draw(t, "count")}
	}
	return workflows.WaveSpec{List: &workflows.WaveList{Accounts: []string{"000000000001"}, NamePatterns: []string{"x*"}}}
}
