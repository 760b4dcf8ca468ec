package access

import (
	"cmp"
	"context"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/aws/regions"
	"rekey/workflows/failure"
)

// Bounds of a search.
const (
	// parallelRegions is how many Regions are read at a time.
	parallelRegions = 4
	// searchAttempts is how many attempts of the activity wait for a Region that does not answer, before the
	// Region counts as not searched.
	searchAttempts = 5
)

// observation is what a search of an account found.
type observation struct {
	canaries   []consumer
	dated      time.Time // AWS's date of the first answer
	unsearched []region
	occupied   []string // the Regions in which canaries have run, where that was looked for
	// failed is why the account could not be searched at all.
	failed *workflows.Problem
}

// consumer is a canary that may need a pair.
type consumer struct {
	cell     workflows.Cell
	settings workflows.Settings
	modified time.Time // when it was last changed, on AWS's clock
	use      string    // what it needs the pair for, where that is known
}

func (c consumer) arn() string { return aws.CanaryARN(c.cell, c.settings.Name) }

// region is a Region that could not be read, with the reason.
type region struct {
	name string
	why  *workflows.Problem
}

// search reads the canaries of every Region that is enabled in the account. What can't be read is in the
// observation, since canaries may be there; a Region that only fails for the moment ends the attempt, for the
// first few attempts.
func (a *Activities) search(ctx context.Context, cell workflows.Cell) (observation, error) {
	o, passing, err := a.searchBy(ctx, cell, a.readRegion)
	if err == nil && passing != nil {
		err = failure.Retry(passing, 0)
	}
	return o, err
}

// searchBy is search with another way to read a Region, and for those who want to know what was found beside a Region that is
// to be read by another attempt, whose problem it answers.
func (a *Activities) searchBy(ctx context.Context, cell workflows.Cell, read reader) (observation, *workflows.Problem, error) {
	names, err := regions.List(ctx, a.account(cell), regions.Occupied)
	if err != nil {
		problem, retry := aws.Classify(aws.Call{Operation: "account:ListRegions", Resource: cell.Account, Cell: cell}, err)
		if retry {
			return observation{}, nil, failure.Retry(problem, 0)
		}
		return observation{failed: problem}, nil, nil
	}
	o, passing := a.searchIn(ctx, cell.Account, names, read)
	return o, passing, nil
}

// searchIn is searchBy in Regions that are known.
func (a *Activities) searchIn(ctx context.Context, account string, names []string, read reader) (observation, *workflows.Problem) {
	return observe(names, parallel(ctx, account, names, read), isPatient(ctx))
}

// isPatient reports whether the attempt is one of the first few.
func isPatient(ctx context.Context) bool { return activity.GetInfo(ctx).Attempt < searchAttempts }

// awaits reports whether what could not be read is left to another attempt: by a patient one if it may mend it, by anyone if it
// was not asked for, because others had their turn first.
func awaits(problem *workflows.Problem, retry, patient bool) bool {
	return retry && (patient || failure.IsPutOff(problem))
}

// observe puts together what was read of each Region, and answers the problem of one that is to be read by another attempt.
func observe(names []string, results []reading, patient bool) (o observation, passing *workflows.Problem) {
	for i, r := range results {
		switch {
		case r.problem == nil:
			o.canaries = append(o.canaries, r.found...)
			if r.occupied {
				o.occupied = append(o.occupied, names[i])
			}
			if o.dated.IsZero() || r.dated.Before(o.dated) {
				o.dated = r.dated
			}
		case awaits(r.problem, r.retry, patient):
			passing = cmp.Or(passing, r.problem)
		default:
			o.unsearched = append(o.unsearched, region{names[i], r.problem})
		}
	}
	return o, passing
}

// reading is what was read of one Region.
type reading struct {
	found    []consumer
	dated    time.Time
	occupied bool // canaries have run in it, where that was looked for
	problem  *workflows.Problem
	retry    bool
}

// reader reads the canaries of a Region, all of them or those that matter.
type reader func(context.Context, workflows.Cell) reading

// parallel reads Regions, a few at a time.
func parallel(ctx context.Context, account string, names []string, read reader) []reading {
	results := make([]reading, len(names))
	var all errgroup.Group
	all.SetLimit(parallelRegions)
	for i, name := range names {
		all.Go(func() error {
			results[i] = read(ctx, workflows.Cell{Account: account, Region: name})
			return nil
		})
	}
	_ = all.Wait() // what failed is in the readings
	return results
}

func (a *Activities) readRegion(ctx context.Context, cell workflows.Cell) reading {
	list, dated, err := canaries.Dated(ctx, a.synthetics(cell))
	if err != nil {
		problem, retry := aws.Classify(aws.Call{Operation: "synthetics:DescribeCanaries", Cell: cell}, err)
		return reading{problem: problem, retry: retry}
	}
	r := reading{dated: dated}
	for _, c := range list {
		found := consumer{cell: cell, settings: canaries.Settings(c)}
		if c.Timeline != nil {
			found.modified = awssdk.ToTime(c.Timeline.LastModified)
		}
		r.found = append(r.found, found)
	}
	return r
}
