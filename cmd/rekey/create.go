package main

import (
	"context"

	"github.com/urfave/cli/v3"
)

const createDescription = `Creates a migration, which plans it. Nothing is changed before the plan is approved. With --wait the plan is shown when it
is frozen, and how to approve it.

   rekey create -f spec.yaml --wait
   rekey create --account 111122223333 --region eu-west-1 --to-key arn:aws:kms:eu-west-1:999999999999:key/… \
       --wave coverage,bake=10m --wave 10%,runs=2,budget=5% --budget 20 --wait
   rekey create --organization --enabled-regions --to-alias alias/artifacts --approvals 2 --exclude-creator --request-id artifacts-2026

A spec file has the fields of MigrationSpec, as grpcurl describe rekey.v1.MigrationSpec tells them:

   selection: {account_ids: ["111122223333"], regions: [eu-west-1]}
   target: {mode: ENCRYPTION_MODE_SSE_KMS, kms_alias: alias/artifacts}
   rollout: {waves: [{coverage: true, bake_time: 600s}], budget: {count: 20}}

` + exitCodes

func createCommand() *cli.Command {
	return &cli.Command{
		Name: "create", Category: toSteer, Usage: "create a migration, which plans it", Description: createDescription,
		Flags: append(specFlags(), requestID(), items(), &cli.BoolFlag{Name: "wait", Usage: "wait for the plan, and show it"}),
		Action: calling(func(ctx context.Context, s *session) error {
			m, err := s.create(ctx, false)
			if err != nil {
				return err
			}
			if !s.c.Bool("wait") {
				return s.migration(m)
			}
			if m, err = s.planned(ctx, m); err != nil {
				return err
			}
			return s.concludePlan(ctx, m)
		}),
	}
}
