// Package control measures how soon control verbs take effect while many canaries are in the middle of their story: from the
// call to the last change of AWS that a paused migration makes, and to the first one that a resumed or widened one makes.
//
// Changes are those in the journal of the simulated AWS; what a verb's answer says counts for nothing here.
package control

import (
	"context"
	"path/filepath"
	"strconv"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/bench/ground"
)

// Command is the command "control".
func Command() *cli.Command {
	return &cli.Command{
		Name:  "control",
		Usage: "measure how soon control verbs take effect",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Value: "build/bench", Usage: "`DIRECTORY` for the results, as JSON"},
			&cli.StringFlag{Name: "bin", Value: "build/bin", Usage: "`DIRECTORY` of the programs"},
			&cli.IntFlag{Name: "in-flight", Value: 1000, Usage: "canaries in the middle of their story"},
			&cli.IntFlag{Name: "concurrency", Value: 100, Usage: "of them in a cell, 1 to 100; half as many begin while it is measured"},
			&cli.IntFlag{Name: "rounds", Value: 5, Usage: "how many times it is paused and resumed, at the most"},
			&cli.DurationFlag{Name: "settle", Value: 10 * time.Minute, Usage: "how long a canary stays in flight at least"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the generated fleet"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			concurrency := min(max(c.Int("concurrency"), 1), 100)
			perCell := concurrency + max(concurrency/2, 1) // which is as many as the API lets be in flight
			cells := (c.Int("in-flight") + concurrency - 1) / concurrency
			w := ground.Workload{
				Canaries: cells * perCell, PerCell: perCell, Concurrency: concurrency, Seed: c.Uint64("seed"),
				Schedule: "rate(5 minutes)", TimeScale: 5, // the hour that access may take to settle is twelve minutes then
				Settle: c.Duration("settle"),
			}
			result, err := measure(ctx, w, c.Int("rounds"), ground.Place{Bin: c.String("bin"), Out: c.String("out")})
			if err != nil {
				return err
			}
			file := filepath.Join(c.String("out"), "control-"+strconv.Itoa(c.Int("in-flight"))+".json")
			return result.conclude(c.Root().Writer, file)
		},
	}
}
