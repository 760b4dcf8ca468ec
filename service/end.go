package service

import (
	"context"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
	"rekey/workflows"
)

// CancelMigration ends a migration, or a part of it, early.
func (s *Service) CancelMigration(ctx context.Context, r *rekeyv1.CancelMigrationRequest) (*rekeyv1.CancelMigrationResponse, error) {
	in := workflows.Cancellation{
		Reason: r.GetReason(), Part: fromPart(r.GetPart()), By: identity.From(ctx),
		Back: r.GetInFlight() == rekeyv1.InFlight_IN_FLIGHT_ROLL_BACK,
	}
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.Cancellation]{
		past: "cancelled",
		call: s.config.Workflows.Cancel,
		in:   in,
		part: in.Part,
		done: func(v workflows.MigrationView) bool { return v.Cancel != nil && includes(v.Cancel.Part, in.Part) },
	})
	return &rekeyv1.CancelMigrationResponse{Migration: migration}, err
}

// RollBackMigration puts every canary back that can still be put back, or tells what that would do.
func (s *Service) RollBackMigration(ctx context.Context, r *rekeyv1.RollBackMigrationRequest) (*rekeyv1.RollBackMigrationResponse, error) {
	in := workflows.RollBack{Reason: r.GetReason(), Part: fromPart(r.GetPart()), By: identity.From(ctx)}
	if r.GetValidateOnly() {
		return s.forecastRollBack(ctx, r.GetMigrationId(), in.Part)
	}
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.RollBack]{
		past: "rolled back",
		call: s.config.Workflows.RollBack,
		in:   in,
		part: in.Part,
		done: func(v workflows.MigrationView) bool { return v.RollBack != nil && includes(v.RollBack.Part, in.Part) },
	})
	return &rekeyv1.RollBackMigrationResponse{Migration: migration}, err
}

// RetryMigration takes canaries up again that did not get to the end.
func (s *Service) RetryMigration(ctx context.Context, r *rekeyv1.RetryMigrationRequest) (*rekeyv1.RetryMigrationResponse, error) {
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.Retry]{
		past: "retried",
		call: s.config.Workflows.Retry,
		part: fromPart(r.GetPart()),
		in: workflows.Retry{
			Part: fromPart(r.GetPart()), Names: r.GetCanaryNames(), Reason: r.GetReason(), By: identity.From(ctx),
		},
	})
	return &rekeyv1.RetryMigrationResponse{Migration: migration}, err
}

// CloseMigration exports the evidence and ends a migration.
func (s *Service) CloseMigration(ctx context.Context, r *rekeyv1.CloseMigrationRequest) (*rekeyv1.CloseMigrationResponse, error) {
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.Closing]{
		past: "closed",
		call: s.config.Workflows.Close,
		in: workflows.Closing{
			URI: r.GetEvidenceUri(), Discard: r.GetDiscardEvidence(), Reason: r.GetReason(), By: identity.From(ctx),
		},
		done: func(v workflows.MigrationView) bool { return v.State == workflows.ClosedState },
	})
	return &rekeyv1.CloseMigrationResponse{Migration: migration}, err
}

// includes reports whether what was done to a part was done to the other one, too.
func includes(done, asked workflows.Part) bool { return done.IsAll() || done.Same(asked) }
