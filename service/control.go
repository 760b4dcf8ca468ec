package service

import (
	"context"
	"errors"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
	"rekey/workflows"
)

// ApproveMigration lets a plan run, as far as the caller's approval goes.
func (s *Service) ApproveMigration(ctx context.Context, r *rekeyv1.ApproveMigrationRequest) (*rekeyv1.ApproveMigrationResponse, error) {
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.Approval]{
		past: "approved",
		call: s.config.Workflows.Approve,
		in:   workflows.Approval{Digest: r.GetPlanDigest(), Comment: r.GetComment(), By: identity.From(ctx)},
		done: func(v workflows.MigrationView) bool {
			return v.Approval != nil && v.Approval.Digest == r.GetPlanDigest()
		},
	})
	return &rekeyv1.ApproveMigrationResponse{Migration: migration}, err
}

// PauseMigration pauses a migration, or a part of it.
func (s *Service) PauseMigration(ctx context.Context, r *rekeyv1.PauseMigrationRequest) (*rekeyv1.PauseMigrationResponse, error) {
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.Pause]{
		past: "paused",
		call: s.config.Workflows.Pause,
		part: fromPart(r.GetPart()),
		in:   workflows.Pause{Part: fromPart(r.GetPart()), Reason: r.GetReason(), By: identity.From(ctx)},
	})
	return &rekeyv1.PauseMigrationResponse{Migration: migration}, err
}

// ResumeMigration ends a pause.
func (s *Service) ResumeMigration(ctx context.Context, r *rekeyv1.ResumeMigrationRequest) (*rekeyv1.ResumeMigrationResponse, error) {
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.Resume]{
		past: "resumed",
		call: s.config.Workflows.Resume,
		part: fromPart(r.GetPart()),
		in:   workflows.Resume{Part: fromPart(r.GetPart()), Reason: r.GetReason(), By: identity.From(ctx)},
	})
	return &rekeyv1.ResumeMigrationResponse{Migration: migration}, err
}

// AdvanceMigration ends the bake of a wave, or the pause after it.
func (s *Service) AdvanceMigration(ctx context.Context, r *rekeyv1.AdvanceMigrationRequest) (*rekeyv1.AdvanceMigrationResponse, error) {
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.Advance]{
		past: "advanced",
		call: s.config.Workflows.Advance,
		in:   workflows.Advance{Wave: int(r.GetWave()), Reason: r.GetReason(), By: identity.From(ctx)},
	})
	return &rekeyv1.AdvanceMigrationResponse{Migration: migration}, err
}

// UpdateRollout changes how a migration goes on.
func (s *Service) UpdateRollout(ctx context.Context, r *rekeyv1.UpdateRolloutRequest) (*rekeyv1.UpdateRolloutResponse, error) {
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.RolloutChange]{
		past: "changed",
		call: s.config.Workflows.ChangeRollout,
		in:   fromRolloutChange(r, identity.From(ctx)),
	})
	return &rekeyv1.UpdateRolloutResponse{Migration: migration}, err
}

// ConfirmSourceChange confirms that the source of managed canaries was changed.
func (s *Service) ConfirmSourceChange(ctx context.Context, r *rekeyv1.ConfirmSourceChangeRequest) (*rekeyv1.ConfirmSourceChangeResponse, error) {
	migration, err := carryOut(ctx, s, r.GetMigrationId(), verb[workflows.Confirmation]{
		past: "confirmed",
		call: s.config.Workflows.Confirm,
		in:   workflows.Confirmation{Canaries: r.GetCanaryNames(), By: identity.From(ctx)},
	})
	return &rekeyv1.ConfirmSourceChangeResponse{Migration: migration}, err
}

// verb is something that is done to a migration.
type verb[In any] struct {
	past string
	call func(ctx context.Context, migration string, in In) (workflows.MigrationView, error)
	in   In
	// part is what it is about. That a canary is there only its cell can tell.
	part workflows.Part
	// done reports whether it was done already: then doing it again changes nothing, ended or not. Nil means never.
	done func(workflows.MigrationView) bool
}

// carryOut carries out a verb, and answers with the migration as it is then.
func carryOut[In any](ctx context.Context, s *Service, migration string, v verb[In]) (*rekeyv1.Migration, error) {
	waiting, cancel := context.WithTimeout(ctx, s.config.UpdateTimeout)
	defer cancel()
	if v.part.Canary != "" {
		if err := s.has(waiting, migration, v.part); err != nil {
			return nil, explain(migration, err)
		}
	}
	view, err := v.call(waiting, migration, v.in)
	if errors.Is(err, ErrNotFound) {
		view, err = v.ended(ctx, s, migration)
	}
	if err != nil {
		return nil, explain(migration, err)
	}
	return s.migration(view), nil
}

// ended answers for a workflow that has ended: it takes no verb, but still tells in which state it is.
func (v verb[In]) ended(ctx context.Context, s *Service, migration string) (workflows.MigrationView, error) {
	view, err := s.view(ctx, migration)
	if err == nil && (v.done == nil || !v.done(view)) {
		err = hasEnded(view, v.past)
	}
	return view, err
}
