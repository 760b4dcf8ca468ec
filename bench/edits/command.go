// Package edits compares ways of choosing when each canary of a fleet is edited, since every edit re-phases a canary (CloudWatch
// User Guide, synthetics_canaries_deletion): how many runs go on at once before, when half of the canaries are edited, and when
// all are. It computes, and runs nothing.
package edits

import (
	"context"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"rekey/bench/record"
)

// Command is the command "edits".
func Command() *cli.Command {
	return &cli.Command{
		Name:  "edits",
		Usage: "compare ways of choosing when each canary is edited",
		Flags: []cli.Flag{
			record.OutFlag(),
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the phases before"},
		},
		Action: func(_ context.Context, c *cli.Command) error {
			r, err := compare(c.Uint64("seed"))
			if err != nil {
				return err
			}
			return r.conclude(c.Root().Writer, filepath.Join(c.String("out"), "edits.json"))
		},
	}
}
