package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
)

const confirmDescription = `Confirms that the source (template, module) of canaries that infrastructure as code manages was changed to the new settings.
Their old access, held until then, is removed where nobody needs it.

   rekey confirm m-0123456789abcdefghij checkout login
   rekey confirm m-0123456789abcdefghij --all

` + exitCodes

func confirmCommand() *cli.Command {
	return &cli.Command{
		Name: "confirm", Category: toSteer, Usage: "confirm that the source of canaries was changed", ArgsUsage: "MIGRATION NAME …", Description: confirmDescription,
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "all", Usage: "of every canary of the migration"}},
		Action: calling(confirmSource),
	}
}

func confirmSource(ctx context.Context, s *session) error {
	id, names, err := s.idAnd()
	if err != nil {
		return err
	}
	if (len(names) > 0) == s.c.Bool("all") {
		return errors.New("name the canaries whose source was changed, or say --all")
	}
	reply, err := s.ConfirmSourceChange(ctx, &rekeyv1.ConfirmSourceChangeRequest{MigrationId: id, CanaryNames: names})
	if err != nil {
		return err
	}
	return s.migration(reply.GetMigration())
}
