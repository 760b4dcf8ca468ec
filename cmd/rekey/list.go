package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/request"
	"rekey/internal/tables"
)

const listDescription = `Lists migrations, open ones before closed ones.

   rekey list
   rekey list --state running --state paused
   rekey list -o json | jq -r '.migrations[].id'

` + exitCodes

func listCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Category: toLook, Usage: "list migrations", Description: listDescription,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "state", Usage: "only those in this `STATE`; may be repeated"},
			&cli.IntFlag{Name: "limit", Value: 50, Usage: "at most this `MANY`; 0 for all"},
		},
		Action: calling(list),
	}
}

func list(ctx context.Context, s *session) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	states, err := request.Enum[rekeyv1.MigrationState](split(s.c, "state")...)
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	migrations, more, err := client.Collect(client.Migrations(ctx, s, &rekeyv1.ListMigrationsRequest{States: states}), s.c.Int("limit"))
	if err != nil {
		return err
	}
	return s.print(&rekeyv1.ListMigrationsResponse{Migrations: migrations}, func() string {
		text := tables.Migrations(migrations)
		if more {
			text += "\n… and more: --limit 0 lists all"
		}
		return text
	})
}
