package main

import (
	"context"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

const rollBackDescription = `Puts canaries back to their recorded settings, old access first. On a terminal it shows what can't be put back, and asks;
elsewhere it wants --yes. With --dry-run it only shows.

   rekey rollback m-0123456789abcdefghij --dry-run
   rekey rollback m-0123456789abcdefghij --reason 'artifacts are unreadable' --yes
   rekey rollback m-0123456789abcdefghij --canary 111122223333/eu-west-1/checkout

` + exitCodes

func rollBackCommand() *cli.Command {
	return &cli.Command{
		Name: "rollback", Category: toSteer, Usage: "put canaries back to their recorded settings", ArgsUsage: "MIGRATION", Description: rollBackDescription,
		Flags:  append(partFlags(), reason(), yes(), &cli.BoolFlag{Name: "dry-run", Usage: "only say what would be done"}),
		Action: calling(rollBack),
	}
}

func rollBack(ctx context.Context, s *session) error {
	id, part, err := s.idAndPart()
	if err != nil {
		return err
	}
	request := &rekeyv1.RollBackMigrationRequest{MigrationId: id, Part: part, Reason: s.c.String("reason"), ValidateOnly: true}
	if dry := s.c.Bool("dry-run"); dry || !s.c.Bool("yes") && s.canAsk() {
		reply, err := s.RollBackMigration(ctx, request)
		if err != nil {
			return err
		}
		if err := s.print(reply.GetForecast(), func() string { return tables.RollBack(reply.GetForecast()) }); err != nil || dry {
			return err
		}
	}
	if err := s.agree(ctx, "Roll back?"); err != nil {
		return err
	}
	request.ValidateOnly = false
	reply, err := s.RollBackMigration(ctx, request)
	if err != nil {
		return err
	}
	return s.migration(reply.GetMigration())
}
