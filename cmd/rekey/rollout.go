package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/request"
)

const rolloutDescription = `Changes how a migration goes on: how many canaries at a time, how many failures are borne, how waves are judged. What is not
named stays. Waves can't be cut anew.

   rekey rollout m-0123456789abcdefghij --max-per-cell 5 --max-starts-per-minute 10
   rekey rollout m-0123456789abcdefghij --budget 5%+20
   rekey rollout m-0123456789abcdefghij --wave 1,bake=30m,budget=10% --wave 2,runs=3,pause --reason 'CHG-4711'

` + exitCodes

func rolloutCommand() *cli.Command {
	number := func(name, usage string) cli.Flag { return &cli.Int32Flag{Name: name, Usage: usage, HideDefault: true} }
	return &cli.Command{
		Name: "rollout", Category: toSteer, Usage: "change concurrency, rate, budgets and bakes", ArgsUsage: "MIGRATION", Description: rolloutDescription,
		Flags: []cli.Flag{
			number("max-per-cell", "how `MANY` canaries of an account and Region at a time, 1 to 150"),
			number("max-concurrent", "how `MANY` canaries of the whole at a time; 0 for no bound"),
			number("max-starts-per-minute", "how `MANY` canaries a cell begins in a minute; 0 for no bound"),
			editsFlag(""),
			&cli.StringFlag{Name: "budget", Usage: "`FAILURES` that the whole may have: 5, 5% or 5%+20", HideDefault: true},
			&cli.BoolFlag{Name: "no-budget", Usage: "bear any number of failures", HideDefault: true},
			&cli.StringSliceFlag{Name: "wave", Usage: "`CHANGE` of a wave: its number, then bake=30m, runs=2, budget=5%, pause or pause=false; may be repeated"},
			reason(),
		},
		Action: calling(rollout),
	}
}

func rollout(ctx context.Context, s *session) error {
	id, err := s.id()
	if err != nil {
		return err
	}
	r := &rekeyv1.UpdateRolloutRequest{
		MigrationId: id, Reason: s.c.String("reason"), NoBudget: s.c.Bool("no-budget"),
		MaxConcurrentCanariesPerCell: s.number("max-per-cell"), MaxConcurrentCanaries: s.number("max-concurrent"),
		MaxStartsPerMinutePerCell: s.number("max-starts-per-minute"),
	}
	if err := setEdits(s.c, &r.Edits); err != nil {
		return err
	}
	if text := s.c.String("budget"); text != "" {
		if r.Budget, err = request.Budget(text); err != nil {
			return fmt.Errorf("--budget: %w", err)
		}
	}
	for _, text := range s.c.StringSlice("wave") {
		change, err := request.WaveChange(text)
		if err != nil {
			return fmt.Errorf("--wave: %w", err)
		}
		r.Waves = append(r.Waves, change)
	}
	reply, err := s.UpdateRollout(ctx, r)
	if err != nil {
		return err
	}
	return s.migration(reply.GetMigration())
}

// number is a number that was given; nil for one that was not.
func (s *session) number(name string) *int32 {
	if !s.c.IsSet(name) {
		return nil
	}
	return new(s.c.Int32(name))
}

func editsFlag(category string) cli.Flag {
	return one(category, "edits", "`WHEN` canaries are edited: when-due, so that none runs at another time than before, or at-once")
}

// setEdits sets when canaries are edited, where that was given.
func setEdits(c *cli.Command, to *rekeyv1.EditTiming) error {
	text := c.String("edits")
	if text == "" {
		return nil
	}
	values, err := request.Enum[rekeyv1.EditTiming](text)
	if err != nil {
		return fmt.Errorf("--edits: %w", err)
	}
	*to = values[0]
	return nil
}
