package planning

import (
	"slices"
	"time"

	"rekey/workflows"
	"rekey/workflows/phase"
	"rekey/workflows/schedule"
)

// peak foretells how many runs of the cell's canaries go on at once, whether or not the plan changes them: as they run now,
// as they will when all that are to be edited were, and as they would if each were edited as soon as it can be. Canary is how
// long a story takes.
func (o Observed) peak(f *workflows.Forecast, canaries []workflows.Canary) {
	runners, edited := o.runners(canaries, f)
	if len(runners) == 0 {
		return
	}
	from := o.Census.Dated
	before := phase.Measure(runners, from)
	moved := o.atOnce(runners, edited, f.Canary)
	atOnce := phase.Measure(moved, from)
	after := atOnce
	if slices.ContainsFunc(edited, func(s *story) bool { return s != nil && s.whenDue }) {
		after = phase.Measure(whenDue(runners, moved, edited), from)
	}
	f.Peak.Before, f.Peak.After, f.Peak.AtOnce = before.Most, after.Most, atOnce.Most
	f.Peaks = []workflows.CellPeak{{Cell: o.Cell, Peak: f.Peak}}
	f.Minutes = &workflows.Minutes{Before: before.Hour[:]}
	if after != before {
		f.Minutes.After = after.Hour[:]
	}
}

// runners are the canaries that run by themselves, and by the same places those of them with a rate that are to be edited:
// nil for the others. It notes of how many the phase is assumed.
func (o Observed) runners(canaries []workflows.Canary, f *workflows.Forecast) (runners []phase.Runner, edited []*story) {
	last := map[string]workflows.LastRun{}
	for _, run := range o.Census.LastRuns {
		last[run.Name] = run
	}
	assumed := map[time.Duration][]int{} // places by interval
	for _, c := range canaries {
		parsed, err := schedule.Parse(c.Recorded.Schedule)
		if err != nil || parsed.Once() || !runs(c.Recorded) {
			continue
		}
		run := last[c.Recorded.Name]
		s := o.story(c)
		r := phase.Runner{Schedule: parsed, From: run.Due, Took: run.Took, Runs: s.browsers()}
		if r.Took <= 0 {
			r.Took = (runTime.Least + runTime.Most) / 2
		}
		if every := parsed.Every(); every > 0 && run.Due.IsZero() {
			assumed[every] = append(assumed[every], len(runners))
			f.Peak.Assumed++
		}
		runners, edited = append(runners, r), append(edited, nil)
		if c.State == workflows.Pending && c.Action == workflows.Migrate && parsed.Every() > 0 {
			edited[len(edited)-1] = &s
		}
	}
	for every, places := range assumed {
		for k, place := range places {
			runners[place].From = o.Census.Dated.Add(time.Duration(k) * every / time.Duration(len(places)))
		}
	}
	return runners, edited
}

// whenDue are the runners after their edits took the place of runs that were due; those whose edits don't wait for that have
// moved. The second update of a canary with a baseline comes when the run that proved the first is over and was looked at.
func whenDue(runners, moved []phase.Runner, edited []*story) []phase.Runner {
	after := slices.Clone(moved)
	for i, s := range edited {
		if s == nil || !s.whenDue {
			continue
		}
		after[i].From = runners[i].From
		if s.names() {
			after[i].From = after[i].From.Add(after[i].Took + lookEvery + (updateTime.Least+updateTime.Most)/2)
		}
	}
	return after
}

// atOnce are the runners after each was edited as soon as it could be: a window of them in one instant, and the next when
// their stories are over.
func (o Observed) atOnce(runners []phase.Runner, edited []*story, canary workflows.TimeRange) []phase.Runner {
	after := slices.Clone(runners)
	took, place := (canary.Least+canary.Most)/2, 0
	for i, s := range edited {
		if s == nil {
			continue
		}
		window := 0
		if o.MaxConcurrent > 0 {
			window = place / o.MaxConcurrent
		}
		after[i].From = o.Census.Dated.Add(time.Duration(window) * took)
		place++
	}
	return after
}

// sumPeaks adds what of two cells' forecasts says how many runs go on at once. Of several cells it is known to the minute:
// the sum is what there is at most.
func sumPeaks(sum, f *workflows.Forecast, loads *[2]phase.Load) {
	minutes := f.Minutes
	if minutes == nil {
		return
	}
	before := load(f.Peak.Before, minutes.Before)
	after := before
	if minutes.After != nil {
		after = load(f.Peak.After, minutes.After)
	}
	loads[0], loads[1] = loads[0].Plus(before), loads[1].Plus(after)
	sum.Peak.Before, sum.Peak.After = loads[0].Most, loads[1].Most
	sum.Peak.AtOnce += f.Peak.AtOnce // all cells begin together
	sum.Peak.Assumed += f.Peak.Assumed
	sum.Peaks = append(sum.Peaks, f.Peaks...)
}

func load(most int, minutes []int) phase.Load {
	l := phase.Load{Most: most}
	copy(l.Hour[:], minutes)
	return l
}
