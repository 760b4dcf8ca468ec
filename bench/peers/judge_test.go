package peers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpread(t *testing.T) {
	runs := func(seconds ...float64) []Run {
		var list []Run
		for _, s := range seconds {
			list = append(list, Run{Cost: Cost{Seconds: s}})
		}
		return list
	}
	for name, tt := range map[string]struct {
		runs []Run
		want Spread
	}{
		"one":            {runs(5), Spread{5, 5, 5}},
		"an odd number":  {runs(9, 1, 4), Spread{4, 1, 9}},
		"an even number": {runs(8, 2, 4, 6), Spread{5, 2, 8}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, spreadOf(tt.runs, func(r Run) float64 { return r.Seconds })); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestPartsCountAsTheWhole takes the time of a few canaries, one by one, for that of all.
func TestPartsCountAsTheWhole(t *testing.T) {
	a := Answer{Question: Question{Workload: Workload{Canaries: 100}}, Bound: Bound{Seconds: 10}, Runs: []Run{
		{Contender: Goroutines, Canaries: 100, Cost: Cost{Seconds: 20}},
		{Contender: Rekey, Canaries: 100, Cost: Cost{Seconds: 30}},
		{Contender: OneByOne, Canaries: 10, Cost: Cost{Seconds: 40}},
	}}
	a.sum()
	whole := map[Contender]float64{}
	for _, s := range a.Summaries {
		whole[s.Contender] = s.Seconds.Median
	}
	if diff := cmp.Diff(map[Contender]float64{Goroutines: 20, OneByOne: 400, Rekey: 30}, whole); diff != "" {
		t.Errorf("seconds of the whole fleet (-want +got):\n%s", diff)
	}
	if a.ToBound != 3 || a.ToGoroutines != 1.5 {
		t.Errorf("rekey is %g of the bound and %g of the plain program", a.ToBound, a.ToGoroutines)
	}
}

func TestInventoryOfACanary(t *testing.T) {
	for name, tt := range map[string]struct {
		reason string
		canary canary
		want   Inventory
	}{
		"untouched":         {"it has the old key alone", canary{hasOld: true}, Inventory{Before: 1}},
		"granted":           {"its role has both keys", canary{hasOld: true, hasNew: true}, Inventory{Between: 1}},
		"updated":           {"the old grant is still there", canary{onNew: true, hasOld: true, hasNew: true}, Inventory{Between: 1, OnNew: 1}},
		"done":              {"it has the new key alone", canary{onNew: true, hasNew: true}, Inventory{After: 1, OnNew: 1}},
		"without a grant":   {"its runs are denied", canary{onNew: true}, Inventory{Between: 1, OnNew: 1, Denied: 1}},
		"robbed of the old": {"it is still under it", canary{hasNew: true}, Inventory{Between: 1, Denied: 1}},
		"with the old baseline": {
			"a run would compare with what it can't read", canary{onNew: true, hasNew: true, oldBaseline: true},
			Inventory{Between: 1, OnNew: 1, OldBaselines: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got Inventory
			got.addCanary(tt.canary)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	done := Inventory{After: 10, OnNew: 10}
	mixed := Inventory{Before: 4, Between: 3, After: 3, IdleOld: 3}
	ran := func(edit func(*Run)) Result {
		r := Run{Contender: Rekey, Canaries: 10, Left: done}
		edit(&r)
		return Result{Answers: []Answer{{Runs: []Run{r}}}}
	}
	killed := func(k Kill) Result { return Result{Kills: []Kill{k}} }
	for name, tt := range map[string]struct {
		result Result
		broken string // of which the complaint tells; none when empty
	}{
		"a fleet that is done":      {ran(func(*Run) {}), ""},
		"a fleet that is not":       {ran(func(r *Run) { r.Left.After = 9 }), "of 10 canaries"},
		"a change that was twice":   {ran(func(r *Run) { r.Left.Repeated = 1 }), "of 10 canaries"},
		"a run that was lost":       {ran(func(r *Run) { r.Lost = 1 }), "lost 1 runs"},
		"a run that was made fail":  {ran(func(r *Run) { r.Caused = 1 }), "made 1 fail"},
		"rekey finishes":            {killed(Kill{Contender: Rekey, Left: mixed, End: done}), ""},
		"rekey leaves a grant":      {killed(Kill{Contender: Rekey, Left: mixed, End: Inventory{After: 10, IdleOld: 1}}), "did not finish"},
		"rekey repeats a change":    {killed(Kill{Contender: Rekey, Left: mixed, End: Inventory{After: 10, Repeated: 1}}), "did not finish"},
		"rekey ends badly":          {killed(Kill{Contender: Rekey, Left: mixed, End: done, Again: "it failed"}), "did not finish"},
		"others leave a mixed one":  {killed(Kill{Contender: Goroutines, Left: mixed, End: mixed}), ""},
		"a kill that shows nothing": {killed(Kill{Contender: Goroutines, Left: done, End: done}), "was not mixed"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.result.judge()
			got := strings.Join(tt.result.Broken, "\n")
			if (tt.broken == "") != (got == "") || !strings.Contains(got, tt.broken) {
				t.Errorf("broken: %q, want %q", got, tt.broken)
			}
		})
	}
}
