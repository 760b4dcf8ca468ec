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

const canariesDescription = `Lists the canaries of a migration, or shows one with everything that is known of it: what the plan grants and revokes, its
runs, proof, baseline, and what became of the old access.

   rekey canaries m-0123456789abcdefghij --state failed --state unverified
   rekey canaries m-0123456789abcdefghij --held --account 111122223333
   rekey canaries m-0123456789abcdefghij --reason access-not-restored
   rekey canaries m-0123456789abcdefghij 111122223333/eu-west-1/checkout

` + exitCodes

func canariesCommand() *cli.Command {
	return &cli.Command{
		Name: "canaries", Category: toLook, Usage: "list the canaries of a migration, or show one", ArgsUsage: "MIGRATION [ACCOUNT/REGION/NAME]",
		Description: canariesDescription,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "state", Usage: "only those in this `STATE`; may be repeated"},
			&cli.StringSliceFlag{Name: "step", Usage: "only those in this `STEP`; may be repeated"},
			&cli.StringSliceFlag{Name: "verdict", Usage: "only those of this `VERDICT`; may be repeated"},
			&cli.StringSliceFlag{Name: "reason", Usage: "only those of which this `REASON` is told, as problem, hold or notice; may be repeated"},
			&cli.StringFlag{Name: "account", Usage: "only those of this `ACCOUNT`", HideDefault: true},
			&cli.StringFlag{Name: "region", Usage: "only those of this `REGION`", HideDefault: true},
			&cli.BoolFlag{Name: "held", Usage: "only those whose old access is held (--held=false: is not)", HideDefault: true},
			&cli.Int32Flag{Name: "wave", Usage: "only those of the wave of this `NUMBER`", HideDefault: true},
			&cli.IntFlag{Name: "limit", Value: 1000, Usage: "at most this `MANY`; 0 for all"},
		},
		Action: calling(canaries),
	}
}

func canaries(ctx context.Context, s *session) error {
	id, rest, err := s.idAnd()
	if err != nil {
		return err
	}
	if len(rest) == 1 {
		return s.canary(ctx, id, rest[0])
	}
	if len(rest) > 1 {
		return fmt.Errorf("%q is too much: name one canary, or none to list them", rest[1])
	}
	r, err := s.canaryFilter(id)
	if err != nil {
		return err
	}
	list, more, err := client.Collect(client.Canaries(ctx, s, r), s.c.Int("limit"))
	if err != nil {
		return err
	}
	return s.print(&rekeyv1.ListCanariesResponse{Canaries: list}, func() string {
		text := tables.Canaries(list)
		if more {
			text += "\n… and more: --limit 0 lists all"
		}
		return text
	})
}

// canaryFilter is the listing that the flags ask for.
func (s *session) canaryFilter(id string) (*rekeyv1.ListCanariesRequest, error) {
	r := &rekeyv1.ListCanariesRequest{
		MigrationId: id, PageSize: 500, AccountId: s.c.String("account"), Region: s.c.String("region"), Wave: s.number("wave"),
	}
	if s.c.IsSet("held") {
		r.Held = new(s.c.Bool("held"))
	}
	var err error
	if r.States, err = request.Enum[rekeyv1.CanaryState](split(s.c, "state")...); err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	if r.Steps, err = request.Enum[rekeyv1.CanaryStep](split(s.c, "step")...); err != nil {
		return nil, fmt.Errorf("--step: %w", err)
	}
	if r.Verdicts, err = request.Enum[rekeyv1.Verdict](split(s.c, "verdict")...); err != nil {
		return nil, fmt.Errorf("--verdict: %w", err)
	}
	if r.Reasons, err = request.Enum[rekeyv1.ErrorReason](split(s.c, "reason")...); err != nil {
		return nil, fmt.Errorf("--reason: %w", err)
	}
	return r, nil
}

// canary shows one canary.
func (s *session) canary(ctx context.Context, id, text string) error {
	name, err := request.CanaryName(text)
	if err != nil {
		return err
	}
	reply, err := s.GetCanary(ctx, &rekeyv1.GetCanaryRequest{
		MigrationId: id, AccountId: name.GetAccountId(), Region: name.GetRegion(), CanaryName: name.GetCanaryName(),
	})
	if err != nil {
		return err
	}
	return s.print(reply.GetCanary(), func() string { return tables.Canary(reply.GetCanary()) })
}
