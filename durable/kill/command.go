package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/bench/machine"
	"rekey/durable/kill/matrix"
	"rekey/internal/stack"
)

const description = `Starts the real Temporal server with a database in a file, rekey-server, rekey-worker and a simulated AWS, and stands on
the wires between them. It plays the scenario undisturbed, which tells the points there are; and then once for each process and
point, where the process gets SIGKILL, is started again, and the play goes on to its end. What is left must be the same.

The last line is for scripts. The exit code is not 0 when a case differs, or a point was never reached.`

// victims are the processes that can be killed, in the order of the passes.
var victims = []string{stack.Worker, stack.Server, stack.Temporal}

func command() *cli.Command {
	return &cli.Command{
		Name:        "kill",
		Usage:       "kill every process at every point, and compare what is left",
		Description: description,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "victims", Value: victims, Usage: "`PROCESSES` that are killed, one pass each"},
			&cli.StringFlag{Name: "points", Usage: "`PATTERN` of the points' names: call/*/after"},
			&cli.IntFlag{Name: "subjects", Value: 2, Usage: "how many canaries, cells or keys of each point, the first and others by the seed; 0 for all"},
			&cli.IntFlag{Name: "cases", Usage: "at most so `MANY` cases, chosen by the seed; 0 for all"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of what is chosen"},
			&cli.IntFlag{Name: "parallel", Value: 8, Usage: "how many plays run side by side"},
			&cli.BoolFlag{Name: "mixed", Usage: "let cases of different victims be played side by side: faster, and several are killed in one play"},
			&cli.IntFlag{Name: "stages", Usage: "how many of the scenario's `STAGES` are played: migrate, hand over, roll back, close; 0 for all"},
			&cli.IntFlag{Name: "undisturbed", Value: 3, Usage: "how many plays are left alone first, at least 2"},
			&cli.FloatFlag{Name: "time-scale", Value: 60, Usage: "simulated seconds in a real one"},
			&cli.StringFlag{Name: "bin", Value: "build/bin", Usage: "directory of the programs"},
			&cli.StringFlag{Name: "out", Value: "build/durable", Usage: "directory for the report, as JSON"},
			&cli.BoolFlag{Name: "resume", Usage: "go on where an earlier run was interrupted: take over what was equal from its report"},
			&cli.BoolFlag{Name: "keep", Usage: "keep logs and database, which are kept anyway when a case differs"},
		},
		Action: run,
	}
}

func run(ctx context.Context, c *cli.Command) error {
	config, err := configOf(c)
	if err != nil {
		return err
	}
	versions, err := machine.VersionsOf(ctx, config.Bin) // of what is killed, read before it can change
	if err != nil {
		return err
	}
	file := filepath.Join(c.String("out"), "kill.json")
	if c.Bool("resume") {
		if config.Played, err = config.Earlier(file, versions); err != nil {
			return fmt.Errorf("resume: %w", err)
		}
	}
	report, err := matrix.Run(ctx, config)
	if report == nil {
		return err
	}
	report.When, report.Machine, report.Versions = time.Now().UTC().Format(time.RFC3339), machine.This(), versions
	report.Print(os.Stdout)
	if err := report.Write(file); err != nil {
		return err
	}
	if err == nil && !c.Bool("keep") {
		_ = os.RemoveAll(config.Dir) // what is left of it does no harm
	}
	fmt.Println("written to", file)
	fmt.Println(report.Line())
	return err
}

func configOf(c *cli.Command) (matrix.Config, error) {
	chosen := c.StringSlice("victims")
	for _, victim := range chosen {
		if !slices.Contains(victims, victim) {
			return matrix.Config{}, fmt.Errorf("victims must be of %s; %q is none", strings.Join(victims, ", "), victim)
		}
	}
	if _, err := path.Match(c.String("points"), ""); err != nil {
		return matrix.Config{}, fmt.Errorf("points: %w", err)
	}
	return matrix.Config{
		Bin: c.String("bin"), Dir: filepath.Join(c.String("out"), "kill"), Victims: chosen, Points: c.String("points"),
		Subjects: c.Int("subjects"), Cases: c.Int("cases"), Seed: c.Uint64("seed"), Parallel: max(c.Int("parallel"), 1),
		Mixed: c.Bool("mixed"), Stages: c.Int("stages"), Undisturbed: c.Int("undisturbed"), TimeScale: c.Float("time-scale"), Log: os.Stdout,
	}, nil
}
