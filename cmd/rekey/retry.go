package main

import (
	"context"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
)

const retryDescription = `Takes canaries up again that did not get to the end, and migrated ones whose old access is held. They are planned anew; the new
plan has a digest of its own, and waits for approval.

   rekey retry m-0123456789abcdefghij
   rekey retry m-0123456789abcdefghij checkout login --reason 'the role is mended'
   rekey retry m-0123456789abcdefghij --cell 111122223333/eu-west-1 --wait

` + exitCodes

func retryCommand() *cli.Command {
	return &cli.Command{
		Name: "retry", Category: toSteer, Usage: "take up again what did not get to the end", ArgsUsage: "MIGRATION [NAME …]", Description: retryDescription,
		Flags:  append(partFlags(), reason(), items(), &cli.BoolFlag{Name: "wait", Usage: "wait for the plan, and show it"}),
		Action: calling(retry),
	}
}

func retry(ctx context.Context, s *session) error {
	id, names, err := s.idAnd()
	if err != nil {
		return err
	}
	part, err := s.part()
	if err != nil {
		return err
	}
	reply, err := s.RetryMigration(ctx, &rekeyv1.RetryMigrationRequest{MigrationId: id, Part: part, CanaryNames: names, Reason: s.c.String("reason")})
	if err != nil {
		return err
	}
	if !s.c.Bool("wait") {
		return s.migration(reply.GetMigration())
	}
	m, err := s.planned(ctx, reply.GetMigration())
	if err != nil {
		return err
	}
	return s.concludePlan(ctx, m)
}
