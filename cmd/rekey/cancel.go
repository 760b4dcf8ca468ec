package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/request"
)

const cancelDescription = `Cancels a migration, or a part of it: no more canaries are begun. Those in flight are brought to their end or, with
--in-flight roll-back, put back to their recorded settings.

   rekey cancel m-0123456789abcdefghij --reason 'wrong key'
   rekey cancel m-0123456789abcdefghij --in-flight roll-back
   rekey cancel m-0123456789abcdefghij --wave 2

` + exitCodes

func cancelCommand() *cli.Command {
	return &cli.Command{
		Name: "cancel", Category: toSteer, Usage: "begin no more canaries", ArgsUsage: "MIGRATION", Description: cancelDescription,
		Flags: append(partFlags(), reason(),
			&cli.StringFlag{Name: "in-flight", Value: "finish", Usage: "`WHAT` becomes of canaries in flight: finish or roll-back"}),
		Action: calling(cancelMigration),
	}
}

func cancelMigration(ctx context.Context, s *session) error {
	id, part, err := s.idAndPart()
	if err != nil {
		return err
	}
	inFlight, err := request.Enum[rekeyv1.InFlight](s.c.String("in-flight"))
	if err != nil {
		return fmt.Errorf("--in-flight: %w", err)
	}
	reply, err := s.CancelMigration(ctx, &rekeyv1.CancelMigrationRequest{
		MigrationId: id, Part: part, Reason: s.c.String("reason"), InFlight: inFlight[0],
	})
	if err != nil {
		return err
	}
	return s.migration(reply.GetMigration())
}
