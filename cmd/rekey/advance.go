package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/request"
	"rekey/internal/tables"
)

const advanceDescription = `Ends the bake of a wave, or the pause after it, now: the next wave begins. It names the wave, so that a repeated call does not
end the bake of the next one.

   rekey advance m-0123456789abcdefghij --wave 0
   rekey advance m-0123456789abcdefghij --wave 1 --reason 'the dashboard is clean'

` + exitCodes

func advanceCommand() *cli.Command {
	return &cli.Command{
		Name: "advance", Category: toSteer, Usage: "end a wave's bake, or the pause after it", ArgsUsage: "MIGRATION", Description: advanceDescription,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "wave", Usage: "`NUMBER` of the wave that bakes or was judged", HideDefault: true}, reason(),
		},
		Action: calling(advance),
	}
}

func advance(ctx context.Context, s *session) error {
	id, err := s.id()
	if err != nil {
		return err
	}
	if s.c.String("wave") == "" {
		return s.whichWave(ctx)
	}
	wave, err := request.WaveNumber(s.c.String("wave"))
	if err != nil {
		return fmt.Errorf("--wave: %w", err)
	}
	reply, err := s.AdvanceMigration(ctx, &rekeyv1.AdvanceMigrationRequest{MigrationId: id, Wave: wave, Reason: s.c.String("reason")})
	if err != nil {
		return err
	}
	return s.migration(reply.GetMigration())
}

// whichWave is an error that says which wave could be meant.
func (s *session) whichWave(ctx context.Context) error {
	m, err := s.get(ctx)
	if err != nil {
		return err
	}
	if w := tables.Judged(m); w != nil {
		return fmt.Errorf("name the wave: wave %d is %s, rekey advance %s --wave %d", w.GetNumber(), tables.Word(w.GetState()), m.GetId(), w.GetNumber())
	}
	return fmt.Errorf("name the wave with --wave; none of %s bakes or was judged", m.GetId())
}
