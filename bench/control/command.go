// Package control measures how soon control verbs take effect while many canaries are in the middle of their story.
//
// What counts are the changes in the journal of the simulated AWS, not what a verb's answer says: of a pause the last change that
// it is to hold back, of a resumption and of a higher rate the first one that waited for it, in the first cell, in half of the
// cells and in the last one. A lower rate holds back no change, but canaries that would have been begun: of it the last one counts
// that is begun nevertheless, and when the last of those that are begun makes its first change is told beside it.
package control

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/bench/ground"
	"rekey/bench/machine"
	"rekey/bench/record"
)

// perRound is how many canaries a cell begins in a round, and then some.
const perRound = 5

// Command is the command "control".
func Command() *cli.Command {
	return &cli.Command{
		Name:  "control",
		Usage: "measure how soon control verbs take effect",
		Flags: []cli.Flag{
			record.OutFlag(),
			machine.BinFlag(),
			&cli.IntFlag{Name: "in-flight", Value: 1000, Usage: "canaries in the middle of their story"},
			&cli.IntFlag{Name: "concurrency", Value: 100, Usage: "of them in a cell, 1 to 100"},
			&cli.IntFlag{Name: "rounds", Value: 3, Usage: "how many times each verb is called, 1 to 10"},
			&cli.BoolFlag{Name: "memory", Usage: "keep Temporal's state in memory instead of a file"},
			&cli.BoolFlag{Name: "profile", Usage: "write a CPU profile and a heap profile of each process, taken while the verbs are called"},
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the result, control-<in-flight> when empty"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the generated fleet"},
		},
		Action: act,
	}
}

func act(ctx context.Context, c *cli.Command) error {
	rounds, inCell := min(max(c.Int("rounds"), 1), 10), min(max(c.Int("concurrency"), 1), 100)
	spare := rounds * perRound // at most as many as the API lets be in flight beside a hundred
	cells := max((c.Int("in-flight")+inCell-1)/inCell, 2)
	cells += cells % 2 // an account has two
	w := ground.Workload{
		Canaries: cells * (inCell + spare), PerCell: inCell + spare, Concurrency: inCell, Seed: c.Uint64("seed"),
		// In real time, canaries that run once an hour wait a quarter of one for the run that follows their edit.
		Schedule: "rate(1 hour)", TimeScale: 1, RunDuration: 13 * time.Minute, AtOnce: true,
	}
	at := ground.Place{
		Bin: c.String("bin"), Out: c.String("out"), Profiles: c.Bool("profile"),
		ServerArgs: []string{"--calls-per-second", "0"}, // one caller is the load of many here
	}
	if !c.Bool("memory") {
		directory, err := os.MkdirTemp("", "rekey-control-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(directory) }()
		at.Database = filepath.Join(directory, "temporal.db")
	}
	result, err := measure(ctx, w, rounds, at)
	if err != nil {
		return err
	}
	name := c.String("name")
	if name == "" {
		name = fmt.Sprintf("control-%d", cells*inCell)
	}
	return result.conclude(c.Root().Writer, filepath.Join(c.String("out"), name+".json"))
}
