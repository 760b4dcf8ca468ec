package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"
	"golang.org/x/sync/errgroup"

	"rekey/bench/machine"
	"rekey/durable/faults/script"
)

// settings are what the flags say.
type settings struct {
	seeds    []uint64
	bin      string
	out      string
	patience time.Duration
	script   script.Config
	verbose  bool
	resume   bool
}

func command(w io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "faults",
		Usage: "play campaigns of faults, and see that no invariant is broken",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "seeds", Value: "10", Usage: "how many campaigns (10: the seeds 1 to 10), or which: 17, 3,9 or 20-30"},
			&cli.IntFlag{Name: "parallel", Value: 2, Usage: "campaigns that are played side by side"},
			&cli.FloatFlag{Name: "time-scale", Value: 120, Usage: "simulated seconds in a real one"},
			&cli.DurationFlag{Name: "patience", Value: 10 * time.Minute, Usage: "real time after which a campaign counts as one that does not come to rest"},
			&cli.StringSliceFlag{Name: "without", Usage: "leave acts of this `KIND` out, to find out which one matters"},
			&cli.BoolFlag{Name: "resume", Usage: "go on where an earlier run was interrupted: take over the campaigns of its results"},
			&cli.BoolFlag{Name: "verbose", Usage: "print what happened in every campaign; it is always written beside the logs"},
			&cli.StringFlag{Name: "out", Value: "build/durable", Usage: "directory for faults.json, and logs of the campaigns"},
			&cli.StringFlag{Name: "bin", Value: "build/bin", Usage: "directory of the Temporal server's program"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			s := settings{
				bin: c.String("bin"), out: c.String("out"), patience: c.Duration("patience"),
				verbose: c.Bool("verbose"), resume: c.Bool("resume"), script: script.Config{TimeScale: c.Float("time-scale")},
			}
			for _, k := range c.StringSlice("without") {
				s.script.Without = append(s.script.Without, script.Kind(k))
			}
			var err error
			if s.seeds, err = parseSeeds(c.String("seeds")); err != nil {
				return fmt.Errorf("--seeds: %w", err)
			}
			return s.play(ctx, w, c.Int("parallel"))
		},
	}
}

// play plays every campaign, writes the results and prints what they come to. Of an interrupted run it writes the campaigns that were
// played to their ends.
func (s settings) play(ctx context.Context, w io.Writer, parallel int) error {
	if err := os.MkdirAll(filepath.Join(s.out, "faults"), 0o750); err != nil {
		return err
	}
	versions, err := machine.VersionsHere(ctx, s.bin)
	if err != nil {
		return err
	}
	results, file := newResults(s, versions), filepath.Join(s.out, "faults.json")
	if s.resume {
		if err := results.takeOver(file, s.seeds); err != nil {
			return fmt.Errorf("resume: %w", err)
		}
	}
	interrupted := s.campaigns(ctx, w, parallel, results)
	if results.leaveOutUnplayed(); len(results.Campaigns) > 0 {
		if err := results.write(file); err != nil {
			return err
		}
	}
	if interrupted != nil {
		return fmt.Errorf("%d of %d campaigns were played, --resume plays the others: %w", len(results.Campaigns), len(s.seeds), interrupted)
	}
	return results.conclude(w)
}

// campaigns plays those that are not known yet.
func (s settings) campaigns(ctx context.Context, w io.Writer, parallel int, results *Results) error {
	var group errgroup.Group
	group.SetLimit(max(parallel, 1))
	for i, seed := range s.seeds {
		if results.Campaigns[i] != nil {
			continue
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			campaign, err := s.campaign(ctx, seed)
			if err != nil {
				return fmt.Errorf("seed %d: %w", seed, err)
			}
			results.set(i, campaign)
			results.tell(w, campaign)
			return nil
		})
	}
	return group.Wait()
}
