package main

import (
	"context"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
)

const pauseDescription = `Pauses a migration, or a part of it. No AWS call that changes anything is begun later than a second after the answer; runs are
awaited and watched all the same. What is paused stays at its safe point until it is resumed.

   rekey pause m-0123456789abcdefghij --reason 'incident 4711'
   rekey pause m-0123456789abcdefghij --wave 1
   rekey pause m-0123456789abcdefghij --cell 111122223333/eu-west-1
   rekey pause m-0123456789abcdefghij --canary 111122223333/eu-west-1/checkout

` + exitCodes

const resumeDescription = `Ends the pause of a migration, or of a part of it. A part that was paused by itself stays paused when the whole is resumed.
After a failure budget was used up, raise it first: rekey rollout. After a wave, use rekey advance.

   rekey resume m-0123456789abcdefghij
   rekey resume m-0123456789abcdefghij --cell 111122223333/eu-west-1

` + exitCodes

func pauseCommand() *cli.Command {
	return &cli.Command{
		Name: "pause", Category: toSteer, Usage: "pause a migration, or a part of it", ArgsUsage: "MIGRATION", Description: pauseDescription,
		Flags: append(partFlags(), reason()),
		Action: calling(func(ctx context.Context, s *session) error {
			id, part, err := s.idAndPart()
			if err != nil {
				return err
			}
			reply, err := s.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: id, Part: part, Reason: s.c.String("reason")})
			if err != nil {
				return err
			}
			return s.migration(reply.GetMigration())
		}),
	}
}

func resumeCommand() *cli.Command {
	return &cli.Command{
		Name: "resume", Category: toSteer, Usage: "end a pause", ArgsUsage: "MIGRATION", Description: resumeDescription,
		Flags: append(partFlags(), reason()),
		Action: calling(func(ctx context.Context, s *session) error {
			id, part, err := s.idAndPart()
			if err != nil {
				return err
			}
			reply, err := s.ResumeMigration(ctx, &rekeyv1.ResumeMigrationRequest{MigrationId: id, Part: part, Reason: s.c.String("reason")})
			if err != nil {
				return err
			}
			return s.migration(reply.GetMigration())
		}),
	}
}
