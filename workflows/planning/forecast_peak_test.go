package planning

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

var dated = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fleetOf are so many canaries with a run of half a minute every five, each begun so long after the one before it.
func fleetOf(n int, apart time.Duration, edits ...func(*workflows.Canary)) (items []workflows.Canary, last []workflows.LastRun) {
	for i := range n {
		name := fmt.Sprintf("c%02d", i)
		items = append(items, anItem(append(edits, func(c *workflows.Canary) { c.Recorded.Name = name })...))
		last = append(last, workflows.LastRun{Name: name, Due: dated.Add(time.Duration(i) * apart), Took: 30 * time.Second})
	}
	return items, last
}

func cron(c *workflows.Canary)    { c.Recorded.Schedule = "cron(0/5 * * * ? *)" }
func blocked(c *workflows.Canary) { c.State = workflows.Blocked }

// TestPeak foretells how many runs go on at once, before and after.
func TestPeak(t *testing.T) {
	spread := func(n int, edits ...func(*workflows.Canary)) ([]workflows.Canary, []workflows.LastRun) {
		return fleetOf(n, 30*time.Second, edits...)
	}
	unknown := func(items []workflows.Canary, _ []workflows.LastRun) ([]workflows.Canary, []workflows.LastRun) {
		return items, nil
	}
	slow := func(items []workflows.Canary, last []workflows.LastRun) ([]workflows.Canary, []workflows.LastRun) {
		for i := range last {
			last[i].Took = time.Minute
		}
		return items, last
	}
	for name, test := range map[string]struct {
		reason string
		fleet  func() ([]workflows.Canary, []workflows.LastRun)
		edits  workflows.EditTiming
		want   workflows.Peak
	}{
		"when due":         {"each keeps its phase", func() ([]workflows.Canary, []workflows.LastRun) { return spread(10) }, workflows.EditsWhenDue, workflows.Peak{Before: 1, After: 1, AtOnce: 6}},
		"at once":          {"a window of them runs together", func() ([]workflows.Canary, []workflows.LastRun) { return spread(10) }, workflows.EditsAtOnce, workflows.Peak{Before: 1, After: 6, AtOnce: 6}},
		"of before":        {"a rollout without a choice edits at once", func() ([]workflows.Canary, []workflows.LastRun) { return spread(10) }, "", workflows.Peak{Before: 1, After: 6, AtOnce: 6}},
		"twice as many":    {"the third window comes back to the runs of the first", func() ([]workflows.Canary, []workflows.LastRun) { return slow(spread(20)) }, workflows.EditsWhenDue, workflows.Peak{Before: 4, After: 4, AtOnce: 12}},
		"two browsers":     {"each run is two", func() ([]workflows.Canary, []workflows.LastRun) { return spread(10, twoBrowsers) }, workflows.EditsWhenDue, workflows.Peak{Before: 2, After: 2, AtOnce: 12}},
		"cron":             {"firings follow the clock", func() ([]workflows.Canary, []workflows.LastRun) { return spread(10, cron) }, workflows.EditsAtOnce, workflows.Peak{Before: 10, After: 10, AtOnce: 10}},
		"left as they are": {"they run all the same", func() ([]workflows.Canary, []workflows.LastRun) { return spread(20, blocked) }, workflows.EditsAtOnce, workflows.Peak{Before: 2, After: 2, AtOnce: 2}},
		"at rest":          {"they don't run", func() ([]workflows.Canary, []workflows.LastRun) { return spread(20, atRest) }, workflows.EditsAtOnce, workflows.Peak{}},
		"no last runs":     {"their phases are assumed", func() ([]workflows.Canary, []workflows.LastRun) { return unknown(spread(10)) }, workflows.EditsWhenDue, workflows.Peak{Before: 3, After: 3, AtOnce: 6, Assumed: 10}},
	} {
		items, last := test.fleet()
		o := Observed{
			Cell: workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, MaxConcurrent: 6, Edits: test.edits,
			Census: workflows.Census{Dated: dated, LastRuns: last},
		}
		f := Expect(o, items)
		if diff := cmp.Diff(test.want, f.Peak); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", name, test.reason, diff)
		}
		if test.want != (workflows.Peak{}) && !cmp.Equal(f.Peaks, []workflows.CellPeak{{Cell: o.Cell, Peak: test.want}}) {
			t.Errorf("%s: the cell's peak is told as %v", name, f.Peaks)
		}
	}
}

// TestWaitingForTurnsCostsTimeAndNoRuns foretells what editing canaries when they are due takes.
func TestWaitingForTurnsCostsTimeAndNoRuns(t *testing.T) {
	items, last := fleetOf(4, time.Minute)
	census := workflows.Census{Dated: dated, LastRuns: last}
	atOnce := Expect(Observed{MaxConcurrent: 4, Census: census, Edits: workflows.EditsAtOnce}, items)
	whenDue := Expect(Observed{MaxConcurrent: 4, Census: census, Edits: workflows.EditsWhenDue}, items)
	if atOnce.ExtraRuns != 4 || whenDue.ExtraRuns != 0 {
		t.Errorf("%d extra runs of four canaries, and %d where each edit takes the place of a run that is due", atOnce.ExtraRuns, whenDue.ExtraRuns)
	}
	took := func(f workflows.Forecast) workflows.TimeRange {
		return Wave([]Shared{{Canaries: 4, Window: 2, Forecast: f}}, Bounds{}, 0, 0, 1)
	}
	if added := took(whenDue).Most - took(atOnce).Most; added != 5*time.Minute || took(whenDue).Least != took(atOnce).Least {
		t.Errorf("a wave takes %v, and %v where edits wait: %s more", took(atOnce), took(whenDue), added)
	}
}

// TestTurnsAreForThoseWhoseRunsProveThem says how often a canary has a turn, and whose edits don't wait.
func TestTurnsAreForThoseWhoseRunsProveThem(t *testing.T) {
	every := func(minutes int) func(*workflows.Canary) {
		return func(c *workflows.Canary) { c.Recorded.Schedule = fmt.Sprintf("rate(%d minutes)", minutes) }
	}
	once := func(c *workflows.Canary) { c.Recorded.Schedule = "rate(0 hour)" }
	revokeOnly := func(c *workflows.Canary) { c.Action = workflows.RevokeOnly }
	for name, test := range map[string]struct {
		item  workflows.Canary
		scale float64
		want  time.Duration
	}{
		"proven by a run":        {anItem(), 1, 5 * time.Minute},
		"proven by a dry run":    {anItem(proving(workflows.ByDryRun), every(60)), 1, time.Hour},
		"every minute":           {anItem(every(1)), 1, time.Minute},
		"a rehearsal":            {anItem(every(60)), 60, time.Minute},
		"one that runs too fast": {anItem(), 60, 0},
		"cron":                   {anItem(cron), 1, 0},
		"once":                   {anItem(once), 1, 0},
		"at rest":                {anItem(atRest), 1, 0},
		"proven without a run":   {anItem(proving(workflows.ByDryOnly)), 1, 0},
		"not updated":            {anItem(revokeOnly), 1, 0},
	} {
		if got := TurnsEvery(test.item, test.scale); got != test.want {
			t.Errorf("%s: a turn every %s, want %s", name, got, test.want)
		}
	}
	items, last := fleetOf(10, 30*time.Second)
	f := Expect(Observed{
		MaxConcurrent: 10, Edits: workflows.EditsWhenDue, Scale: 60, Census: workflows.Census{Dated: dated, LastRuns: last},
	}, items)
	if f.Peak.After != 10 || f.Spread != 0 || f.ExtraRuns != 10 {
		t.Errorf("a rehearsal without turns foretells %+v, %s and %d extra runs", f.Peak, f.Spread, f.ExtraRuns)
	}
}

// TestPeaksOfCellsAreSummedUp adds up cells whose peaks coincide, and such as never meet.
func TestPeaksOfCellsAreSummedUp(t *testing.T) {
	cell := func(account string, after time.Duration) workflows.Forecast {
		items, last := fleetOf(3, 0)
		for i := range last {
			last[i].Due = last[i].Due.Add(after)
		}
		return Expect(Observed{
			Cell: workflows.Cell{Account: account}, MaxConcurrent: 3, Edits: workflows.EditsWhenDue,
			Census: workflows.Census{Dated: dated, LastRuns: last},
		}, items)
	}
	sum := Sum([]workflows.Forecast{cell("1", 0), cell("2", 10*time.Second), cell("3", 2*time.Minute), {}})
	if diff := cmp.Diff(workflows.Peak{Before: 6, After: 6, AtOnce: 9}, sum.Peak); diff != "" {
		t.Errorf("three cells, two of which run together (-want +got):\n%s", diff)
	}
	var many []workflows.Forecast
	for i := range workflows.MaxPeaks + 5 {
		f := cell("1", 0)
		f.Peaks[0].Peak.Before = i
		many = append(many, f)
	}
	if peaks := Sum(many).Peaks; len(peaks) != workflows.MaxPeaks || peaks[0].Peak.Before != workflows.MaxPeaks+4 {
		t.Errorf("of %d cells %d are told, the first with %v", len(many), len(peaks), peaks[0])
	}
}
