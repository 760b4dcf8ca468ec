package peers

import (
	"context"
	"io"
	"time"

	"rekey/bench/machine"
)

// Run is one contender's work from beginning to end, undisturbed.
type Run struct {
	Contender Contender `json:"contender"`
	Cost
	Harm
	Canaries int `json:"canaries"`
	// Calls and Throttled are AWS calls by "service:Operation"; those that were throttled are among the calls.
	Calls     counts `json:"calls"`
	Throttled counts `json:"throttled"`
	// Queue is the longest queue of the calls that were served: what AWS's limits would let this contender take at the
	// least, with the calls that it makes.
	Queue Queue `json:"queue"`
	// Stretches are when its changes were made.
	Stretches []Stretch `json:"stretches"`
	Left      Inventory `json:"left"`
	// Load is how many processes of the machine wanted to compute when it began (/proc/loadavg, one minute): more than there
	// are cores of them make every figure worse.
	Load float64 `json:"load_before"`
}

// patience ends a run that hangs.
const patience = 30 * time.Minute

// bench is a run of the benchmark.
type bench struct {
	place place
	log   io.Writer // tells what is being done
}

// measure lets a contender migrate a workload.
func (b *bench) measure(ctx context.Context, c Contender, w Workload, name string) (Run, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	at, err := b.place.open(ctx, c, w, name)
	if err != nil {
		return Run{}, err
	}
	defer at.close()
	initial, err := prepare(ctx, at.world(), w)
	if err != nil {
		return Run{}, err
	}
	r := Run{Contender: c, Canaries: w.Canaries, Load: machine.LoadAverage()}
	calls, throttled, err := at.world().calls(ctx)
	if err != nil {
		return r, err
	}
	begun, err := at.world().now(ctx)
	if err != nil {
		return r, err
	}
	if err := at.begin(ctx); err != nil {
		return r, err
	}
	if r.Cost, err = at.finish(ctx); err != nil {
		return r, err
	}
	if r.Calls, r.Throttled, err = at.world().calls(ctx); err != nil {
		return r, err
	}
	r.Calls, r.Throttled = r.Calls.without(calls), r.Throttled.without(throttled)
	if w.Limited {
		r.Queue = w.queue(r.served())
	}
	if r.Stretches, err = at.world().stretches(ctx, w, begun); err != nil {
		return r, err
	}
	tellf(b.log, "  %-10s %7.1f s, %6.1f CPU s, %6d calls, %5d throttled\n", c, r.Seconds, r.cpu(), r.Calls.sum(), r.Throttled.sum())
	return r, r.look(ctx, at.world(), initial)
}

// look looks at what was left. What that calls is not the contender's.
func (r *Run) look(ctx context.Context, w world, initial baselines) error {
	err := w.limit(ctx, nil)
	if err != nil {
		return err
	}
	if r.Left, err = take(ctx, w, initial); err != nil {
		return err
	}
	r.Harm, err = w.harm(ctx)
	return err
}

// prepare notes a world's baselines, and then lets AWS throttle where the workload says so.
func prepare(ctx context.Context, w world, load Workload) (baselines, error) {
	cells, err := w.stocks(ctx)
	if err != nil {
		return nil, err
	}
	initial := baselines{}
	for _, s := range cells {
		for _, c := range s.canaries {
			if c.Id != nil {
				initial[*c.Id] = baselineOf(c)
			}
		}
	}
	if !load.Limited {
		return initial, nil
	}
	return initial, w.limit(ctx, load.rules(w.fleet))
}

// served are the calls that were not throttled.
func (r Run) served() map[string]float64 {
	served := map[string]float64{}
	for name, n := range r.Calls {
		served[name] = float64(n - r.Throttled[name])
	}
	return served
}

// without are the counts less those of before; what is none is left out.
func (c counts) without(before counts) counts {
	rest := counts{}
	for name, n := range c {
		if n > before[name] {
			rest[name] = n - before[name]
		}
	}
	return rest
}
