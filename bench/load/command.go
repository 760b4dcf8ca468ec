// Package load puts load on the API of a real rekey-server while a migration is under way: calls at increasing rates, many
// watches, a worker that does not answer, and hostile input.
//
// It measures latencies beside those of the health service in the same moments, and holds the server to what it promises: no
// watcher misses a state that lasts, a migration that was asked for twice exists once, what is turned away is told why and
// when to come again, hostile input gets the right answer, health answers all the time, and memory stays within a bound.
package load

import (
	"context"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/bench/ground"
	"rekey/bench/machine"
	"rekey/bench/record"
)

// Command is the command "load".
func Command() *cli.Command {
	return &cli.Command{
		Name:  "load",
		Usage: "put load and hostile input on the API while a migration is under way",
		Flags: []cli.Flag{
			record.OutFlag(),
			machine.BinFlag(),
			&cli.IntFlag{Name: "canaries", Value: 2000, Usage: "how many canaries migrate meanwhile"},
			&cli.IntSliceFlag{Name: "rates", Value: []int{50, 100, 200, 400, 800}, Usage: "calls a second, one step after the other"},
			&cli.DurationFlag{Name: "step", Value: 10 * time.Second, Usage: "how long a step takes"},
			&cli.IntFlag{Name: "watchers", Value: 1000, Usage: "watches that are open all the time"},
			&cli.IntFlag{Name: "creations", Value: 100, Usage: "migrations that are asked for, each twice, while no worker answers"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the generated fleet and of the load"},
			&cli.BoolFlag{Name: "small", Usage: "a short run instead: 100 canaries, 100 watchers, three steps of two seconds"},
			&cli.BoolFlag{Name: "profile", Usage: "write a CPU profile and a heap profile of each process, taken in the steps"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			p := planOf(c)
			result, err := measure(ctx, p, ground.Place{
				Bin: c.String("bin"), Out: c.String("out"), Profiles: c.Bool("profile"),
				// One caller is the load of many here, and the bound of one is not what is measured.
				ServerArgs: []string{"--calls-per-second", "0", "--watches-per-caller", "2000"},
			})
			if err != nil {
				return err
			}
			return result.conclude(c.Root().Writer, filepath.Join(c.String("out"), "load-"+p.name+".json"))
		},
	}
}

// plan is what is done, in its order.
type plan struct {
	name     string
	workload ground.Workload
	load     Load
}

// Load is what is put on the API.
type Load struct {
	Rates     []int         `json:"calls_per_second"`
	Step      time.Duration `json:"step_ns"`
	Watchers  int           `json:"watchers"`
	Creations int           `json:"creations"`
	Seed      uint64        `json:"seed"`
	// Deadline is that of every call.
	Deadline time.Duration `json:"deadline_ns"`
}

func planOf(c *cli.Command) plan {
	p := plan{
		name: "full",
		workload: ground.Workload{
			Canaries: c.Int("canaries"), PerCell: 100, Concurrency: 100, Seed: c.Uint64("seed"), TimeScale: 20, Schedule: "rate(5 minutes)",
		},
		load: Load{
			Rates: c.IntSlice("rates"), Step: c.Duration("step"), Watchers: c.Int("watchers"), Creations: c.Int("creations"),
			Seed: c.Uint64("seed"), Deadline: 2 * time.Second,
		},
	}
	if c.Bool("small") {
		p.name, p.workload.Canaries, p.workload.PerCell = "small", 100, 25
		p.workload.Schedule = "rate(1 minute)"
		p.load.Rates, p.load.Step, p.load.Watchers, p.load.Creations = []int{50, 200, 800}, 2*time.Second, 100, 10
	}
	// The migration lasts until the load is over, and then ends by itself.
	p.workload.Settle = time.Duration(len(p.load.Rates))*p.load.Step + stallFor + 2*lasts + 5*time.Second
	return p
}
