package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

const getDescription = `Shows a migration: its plan, waves, failure budgets, what is paused, who approved, and the control verbs that were called.

   rekey get m-0123456789abcdefghij
   rekey get m-0123456789abcdefghij --check && echo all is well
   rekey get m-0123456789abcdefghij -o json | jq -r .plan.digest

--check fails where somebody should look: it failed or was cancelled, rekey paused it, canaries failed or rest unverified, one
has to be seen to by hand, or cells could not be planned.

` + exitCodes

func getCommand() *cli.Command {
	return &cli.Command{
		Name: "get", Category: toLook, Usage: "show a migration", ArgsUsage: "MIGRATION", Description: getDescription,
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "check", Usage: "exit with 1 if it is not well"}},
		Action: calling(get),
	}
}

func get(ctx context.Context, s *session) error {
	m, err := s.get(ctx)
	if err != nil {
		return err
	}
	if err := s.print(m, func() string { return strings.TrimSuffix(tables.Migration(m)+"\n"+s.next(m), "\n") }); err != nil {
		return err
	}
	if unwell := tables.Unwell(m); s.c.Bool("check") && len(unwell) > 0 {
		return &unwellError{"migration " + m.GetId() + " is not well: " + strings.Join(unwell, "; ")}
	}
	return nil
}

// get is the migration that the command line names.
func (s *session) get(ctx context.Context) (*rekeyv1.Migration, error) {
	id, err := s.id()
	if err != nil {
		return nil, err
	}
	reply, err := s.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: id})
	return reply.GetMigration(), err
}
