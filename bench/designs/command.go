package designs

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/bench/machine"
	"rekey/bench/record"
)

// Command is the command "designs".
func Command() *cli.Command {
	return &cli.Command{
		Name:  "designs",
		Usage: "measure what ways of telling a canary's story cost of Temporal",
		Flags: []cli.Flag{
			record.OutFlag(),
			machine.BinFlag(),
			&cli.IntFlag{Name: "canaries", Value: 1000, Usage: "how many canaries are brought to their end"},
			&cli.IntFlag{Name: "per-cell", Value: 100, Usage: "canaries in a cell, all of them at a time"},
			&cli.IntFlag{Name: "repeats", Value: 3, Usage: "how many times each design is measured, in turn; the medians count"},
			&cli.StringSliceFlag{Name: "design", Usage: "`NAMES` of the designs beside the product's (default: all)", HideDefault: true},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			chosen, err := choose(c.StringSlice("design"))
			if err != nil {
				return err
			}
			versions, err := machine.VersionsOf(ctx, c.String("bin"))
			if err != nil {
				return err
			}
			w := workload{c.Int("canaries"), c.Int("per-cell")}
			r := &Result{Machine: machine.This(), Versions: versions, When: time.Now().UTC(), Canaries: w.canaries, PerCell: w.perCell}
			if err := r.measure(ctx, c.String("bin"), chosen, w, c.Int("repeats")); err != nil {
				return err
			}
			r.print(c.Root().Writer)
			return record.Write(filepath.Join(c.String("out"), "designs.json"), r)
		},
	}
}

// choose are the designs of those names, after the product's.
func choose(names []string) ([]Design, error) {
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, d := range all {
		known = append(known, d.Name)
	}
	chosen := all[:1:1]
	for _, name := range names {
		i := slices.IndexFunc(all, func(d Design) bool { return d.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no design %q, only %s", name, strings.Join(known, ", "))
		}
		if i > 0 {
			chosen = append(chosen, all[i])
		}
	}
	return chosen, nil
}

// measure measures the designs in turn, so that what else the machine does falls on all of them.
func (r *Result) measure(ctx context.Context, bin string, chosen []Design, w workload, repeats int) error {
	for _, d := range chosen {
		r.Rows = append(r.Rows, Row{Design: d.Name, Gives: d.Gives})
	}
	for range repeats {
		for i, d := range chosen {
			figures, err := measure(ctx, bin, d, w)
			if err != nil {
				return err
			}
			r.Rows[i].Repeats = append(r.Rows[i].Repeats, figures)
		}
	}
	r.compare()
	return nil
}
