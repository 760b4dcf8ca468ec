package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
)

const approveDescription = `Approves a plan by its digest. What was approved is what runs: a canary that changed after the plan was frozen is refused.

On a terminal the plan is shown, and a question asked. Elsewhere, and with --yes, --digest is needed: whoever approves has
read the plan of that digest.

   rekey approve m-0123456789abcdefghij
   rekey approve m-0123456789abcdefghij --digest 9be1… --yes --comment 'CHG-4711'

` + exitCodes

func approveCommand() *cli.Command {
	return &cli.Command{
		Name: "approve", Category: toSteer, Usage: "approve a plan, which lets it run", ArgsUsage: "MIGRATION", Description: approveDescription,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "digest", Usage: "`DIGEST` of the plan, as create --wait and get show it", HideDefault: true},
			&cli.StringFlag{Name: "comment", Usage: "`WHY`, for the record", HideDefault: true},
			yes(), items(),
		},
		Action: calling(approve),
	}
}

// yes answers the question that a command would ask.
func yes() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "don't ask", HideDefault: true}
}

func approve(ctx context.Context, s *session) error {
	id, err := s.id()
	if err != nil {
		return err
	}
	digest := s.c.String("digest")
	if digest == "" && (s.c.Bool("yes") || !s.canAsk()) {
		return errors.New("say which plan was read: --digest, as rekey get shows it")
	}
	if digest == "" || !s.c.Bool("yes") {
		if digest, err = s.read(ctx, digest); err != nil {
			return err
		}
	}
	reply, err := s.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: digest, Comment: s.c.String("comment")})
	if err != nil {
		return err
	}
	return s.migration(reply.GetMigration())
}

// read shows the plan and asks whether to approve it. It returns the digest of what was shown.
func (s *session) read(ctx context.Context, digest string) (string, error) {
	if !s.canAsk() {
		return "", s.agree(ctx, "")
	}
	m, err := s.get(ctx)
	if err != nil {
		return "", err
	}
	shown := m.GetPlan().GetDigest()
	if shown == "" {
		return "", fmt.Errorf("migration %s has no plan to approve; it is %s", m.GetId(), m.GetState())
	}
	if digest != "" && digest != shown {
		return "", fmt.Errorf("the plan of %s has the digest %s, and not the given one: read it again", m.GetId(), shown)
	}
	if err := s.showPlan(ctx, m); err != nil {
		return "", err
	}
	return shown, s.confirm(ctx, "Approve this plan?")
}
