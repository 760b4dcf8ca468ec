// Package migrate measures a migration of a generated fleet through the gRPC API: canaries migrated per second, AWS calls
// and CPU per canary, history events and billable actions per canary, and the memory of every process; for several sizes
// in one run, so that their costs can be held against one another.
//
// The fleet runs on a clock that is fast enough for no canary to wait for its schedule, and everything runs on this
// machine, the simulated AWS included; the figures are for comparing with one another, not with AWS.
package migrate

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"rekey/bench/ground"
	"rekey/bench/machine"
	"rekey/bench/record"
)

// Command is the command "migrate".
func Command() *cli.Command {
	return &cli.Command{
		Name:  "migrate",
		Usage: "measure the migration of a generated fleet, in one or several sizes",
		Flags: []cli.Flag{
			record.OutFlag(),
			machine.BinFlag(),
			&cli.IntSliceFlag{Name: "canaries", Value: []int{1000}, Usage: "how many canaries the fleet has; several numbers, with commas between, are measured one after another"},
			&cli.IntFlag{Name: "per-cell", Value: 100, Usage: "canaries in a cell; the number of accounts follows from it"},
			&cli.IntFlag{Name: "regions", Value: 2, Usage: "Regions of each account, 1 to 8"},
			&cli.IntFlag{Name: "concurrency", Value: 50, Usage: "canaries of a cell that are migrated at a time"},
			&cli.IntFlag{Name: "total", Usage: "canaries that are migrated at a time in all, 0 for no bound"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the generated fleet"},
			&cli.FloatFlag{Name: "time-scale", Value: 60, Usage: "simulated seconds in a real one"},
			&cli.StringFlag{Name: "schedule", Value: "rate(1 hour)", Usage: "of every canary, a rate or cron `EXPRESSION`"},
			&cli.BoolFlag{Name: "no-dry-runs", Usage: "update canaries without proving the new settings by a dry run before"},
			&cli.BoolFlag{Name: "edits-when-due", Usage: "edit canaries when their next run is due, as migrations do that name nothing else, and not as soon as can be"},
			&cli.IntFlag{Name: "visual-every", Usage: "make every n-th canary a visual one, none when 0"},
			&cli.BoolFlag{Name: "profile", Usage: "write a CPU profile and a heap profile of each process, taken in the first half minute after the approval"},
			&cli.BoolFlag{Name: "in-memory", Usage: "let Temporal keep its state in memory instead of in a file"},
			&cli.FloatFlag{Name: "most-memory", Usage: "fail when the server or the worker ever takes more than so many `MIB` (default: never)", HideDefault: true},
			&cli.FloatFlag{Name: "most-growth", Usage: "fail when a cost per canary grows by more than this `FACTOR` from the first size to another (default: never)", HideDefault: true},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			report := Report{MostGrowth: c.Float("most-growth"), MostMemoryMB: c.Float("most-memory")}
			at := ground.Place{Bin: c.String("bin"), Out: c.String("out"), Metrics: true, Profiles: c.Bool("profile")}
			if !c.Bool("in-memory") {
				at.Database = filepath.Join(at.Out, "temporal.db")
			}
			for _, canaries := range c.IntSlice("canaries") {
				result, err := measure(ctx, workloadOf(c, canaries), at)
				if err != nil {
					return fmt.Errorf("%d canaries: %w", canaries, err)
				}
				result.print(c.Root().Writer)
				report.add(result)
			}
			file := filepath.Join(c.String("out"), "migrate-"+sizes(c.IntSlice("canaries"))+".json")
			return report.conclude(c.Root().Writer, file)
		},
	}
}

func sizes(canaries []int) string {
	texts := make([]string, len(canaries))
	for i, n := range canaries {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, "-")
}
