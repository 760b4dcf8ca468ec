package main

import (
	"context"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

const closeDescription = `Exports the evidence (plan, approvals, control verbs, and of each canary the settings before and after with their proof) and ends
the migration: it can't be retried or rolled back any more. On a terminal it asks; elsewhere it wants --yes.

   rekey close m-0123456789abcdefghij --evidence s3://evidence/rekey --wait
   rekey close m-0123456789abcdefghij --evidence file:///var/lib/rekey/evidence --yes
   rekey close m-0123456789abcdefghij --discard-evidence --yes

` + exitCodes

// closing is how often a migration that closes is looked at.
const closing = time.Second

func closeCommand() *cli.Command {
	return &cli.Command{
		Name: "close", Category: toSteer, Usage: "export the evidence, and end a migration", ArgsUsage: "MIGRATION", Description: closeDescription,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "evidence", Usage: "`WHERE` to: file:///directory or s3://bucket/prefix (default: the workers')", HideDefault: true},
			&cli.BoolFlag{Name: "discard-evidence", Usage: "export nothing", HideDefault: true},
			&cli.BoolFlag{Name: "wait", Usage: "wait until it is closed", HideDefault: true},
			reason(), yes(),
		},
		Action: calling(closeMigration),
	}
}

func closeMigration(ctx context.Context, s *session) error {
	id, err := s.id()
	if err != nil {
		return err
	}
	if err := s.agree(ctx, "Close "+id+"? It can't be retried or rolled back after that."); err != nil {
		return err
	}
	reply, err := s.CloseMigration(ctx, &rekeyv1.CloseMigrationRequest{
		MigrationId: id, EvidenceUri: s.c.String("evidence"), DiscardEvidence: s.c.Bool("discard-evidence"), Reason: s.c.String("reason"),
	})
	if err != nil {
		return err
	}
	m := reply.GetMigration()
	if s.c.Bool("wait") {
		if m, err = s.closed(ctx, id); err != nil {
			return err
		}
	}
	return s.print(m, func() string {
		text := tables.Line(m)
		if m.GetEvidenceUri() != "" {
			text += "\nThe evidence is in " + m.GetEvidenceUri()
		}
		return text
	})
}

// closed waits until a migration is closed, or stays open because its evidence could not be written.
func (s *session) closed(ctx context.Context, id string) (*rekeyv1.Migration, error) {
	ticker := time.NewTicker(closing)
	defer ticker.Stop()
	for {
		m, err := s.get(ctx)
		switch {
		case err != nil:
			return nil, err
		case m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_CLOSED:
			return m, nil
		case strings.Contains(m.GetStateReason(), tables.Name(rekeyv1.ErrorReason_ERROR_REASON_EVIDENCE_NOT_WRITTEN)):
			return nil, &unwellError{"migration " + id + " stays open: " + m.GetStateReason()}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
	}
}
