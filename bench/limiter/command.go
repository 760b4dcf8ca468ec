// Package limiter measures how well workers find out what AWS bears: through the AWS SDK and real HTTP, against simulated
// limits that the workers don't know.
package limiter

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/bench/record"
)

// The goals of every case, which are told when they are missed.
const (
	leastUsed     = 0.9  // of what the limit allows
	mostThrottled = 0.01 // of the calls
)

// What no case may come to, whatever the limit and the bucket: then limits are not learned at all.
const (
	unused      = 0.5
	overstepped = 0.1
)

// errBroken says that a case came to that.
var errBroken = errors.New("a limit was not found")

// Command is the command "limiter".
func Command() *cli.Command {
	return &cli.Command{
		Name:  "limiter",
		Usage: "measure how well workers find out what AWS bears",
		Flags: []cli.Flag{
			record.OutFlag(),
			&cli.FloatSliceFlag{Name: "limit", Value: []float64{2, 10, 50}, Usage: "calls per second that AWS bears"},
			&cli.IntSliceFlag{Name: "workers", Value: []int{1, 3}, Usage: "how many workers share a limit"},
			&cli.FloatSliceFlag{Name: "burst", Value: []float64{1, 5}, Usage: "how many seconds' calls AWS's bucket holds"},
			&cli.FloatFlag{Name: "share", Value: 1, Usage: "the workers' --aws-rate-share"},
			&cli.DurationFlag{Name: "settle", Value: 3 * time.Minute, Usage: "how long the workers may look for the limit"},
			&cli.DurationFlag{Name: "measure", Value: 5 * time.Minute, Usage: "how long they are watched then"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			r := newResult(Workload{
				Share: c.Float("share"), SettleSeconds: c.Duration("settle").Seconds(), MeasureSeconds: c.Duration("measure").Seconds(),
			}, casesOf(c.FloatSlice("limit"), c.IntSlice("workers"), c.FloatSlice("burst")))
			if err := r.measure(ctx); err != nil {
				return err
			}
			r.print(c.Root().Writer)
			if err := record.Write(filepath.Join(c.String("out"), "limiter.json"), r); err != nil {
				return err
			}
			if broken := r.broken(); broken > 0 {
				return fmt.Errorf("%w: in %d of %d cases", errBroken, broken, len(r.Cases))
			}
			return nil
		},
	}
}

// casesOf are all combinations.
func casesOf(limits []float64, workers []int, bursts []float64) []*Case {
	var cases []*Case
	for _, limit := range limits {
		for _, n := range workers {
			for _, burst := range bursts {
				cases = append(cases, &Case{Limit: limit, Workers: n, Bucket: max(burst*limit, 1)})
			}
		}
	}
	return cases
}
