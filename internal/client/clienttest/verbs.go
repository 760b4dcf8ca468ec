package clienttest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
)

// The states in which verbs are carried out.
const (
	going    = "RUNNING PAUSED ROLLING_BACK"
	resting  = "SUCCEEDED FAILED CANCELLED ROLLED_BACK PLANNED"
	anyState = going + " " + resting + " AWAITING_APPROVAL PLANNING"
)

func containsWord(words, word string) bool { return slices.Contains(strings.Fields(words), word) }

func to(state rekeyv1.MigrationState) func(*rekeyv1.Migration) error {
	return func(m *rekeyv1.Migration) error {
		m.State = state
		return nil
	}
}

// said is a request as a line of text, so that a transcript shows what was asked.
func said(m proto.Message) string {
	return strings.ReplaceAll(protojson.MarshalOptions{UseProtoNames: true}.Format(m), ", ", ",")
}

// CreateMigration plans what is selected: the plan of the samples. A request id that was used with another spec is refused.
func (s *Server) CreateMigration(ctx context.Context, r *rekeyv1.CreateMigrationRequest) (*rekeyv1.CreateMigrationResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := "m-" + strings.Repeat("c", 20)
	if r.GetValidateOnly() {
		id = "m-" + strings.Repeat("p", 20)
	}
	if old, ok := s.migrations[id]; ok && r.GetRequestId() == "again" && !proto.Equal(old.GetSpec(), r.GetSpec()) {
		return nil, fail(codes.AlreadyExists, rekeyv1.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED,
			"The request id again was used with another request, for migration "+id+". Use a new request id, or repeat the request unchanged.",
			map[string]string{"migration_id": id, "request_id": "again"})
	}
	m := planned(id)
	m.Spec, m.ValidateOnly, m.Creator = r.GetSpec(), r.GetValidateOnly(), who(ctx)
	if m.GetValidateOnly() {
		m.State = rekeyv1.MigrationState_MIGRATION_STATE_PLANNED
	}
	s.migrations[id] = m
	now := proto.CloneOf(m)
	now.State, now.Plan, now.Waves = rekeyv1.MigrationState_MIGRATION_STATE_PLANNING, nil, nil
	return &rekeyv1.CreateMigrationResponse{Migration: now}, nil
}

// ApproveMigration starts the migration.
func (s *Server) ApproveMigration(ctx context.Context, r *rekeyv1.ApproveMigrationRequest) (*rekeyv1.ApproveMigrationResponse, error) {
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_APPROVE, nil, r.GetComment(), "AWAITING_APPROVAL", func(m *rekeyv1.Migration) error {
		if m.GetPlan().GetDigest() != r.GetPlanDigest() {
			return fail(codes.FailedPrecondition, rekeyv1.ErrorReason_ERROR_REASON_PLAN_DIGEST_MISMATCH,
				"The plan that waits has another digest. Read it, and approve what you have read.", map[string]string{"given": r.GetPlanDigest()})
		}
		m.State = rekeyv1.MigrationState_MIGRATION_STATE_RUNNING
		return nil
	})
	return &rekeyv1.ApproveMigrationResponse{Migration: m}, err
}

// PauseMigration pauses a migration or a part of it.
func (s *Server) PauseMigration(ctx context.Context, r *rekeyv1.PauseMigrationRequest) (*rekeyv1.PauseMigrationResponse, error) {
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_PAUSE, r.GetPart(), r.GetReason(), going, func(m *rekeyv1.Migration) error {
		if r.GetPart() == nil {
			m.State = rekeyv1.MigrationState_MIGRATION_STATE_PAUSED
		}
		m.Pauses = append(m.Pauses, &rekeyv1.Pause{Part: r.GetPart(), Cause: rekeyv1.PauseCause_PAUSE_CAUSE_OPERATOR, Caller: who(ctx), Reason: r.GetReason(), PauseTime: At(60)})
		return nil
	})
	return &rekeyv1.PauseMigrationResponse{Migration: m}, err
}

// ResumeMigration resumes it, unless a budget is used up.
func (s *Server) ResumeMigration(ctx context.Context, r *rekeyv1.ResumeMigrationRequest) (*rekeyv1.ResumeMigrationResponse, error) {
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_RESUME, r.GetPart(), r.GetReason(), going, func(m *rekeyv1.Migration) error {
		if len(m.GetPauses()) > 0 && m.GetPauses()[0].GetCause() == rekeyv1.PauseCause_PAUSE_CAUSE_BUDGET {
			return fail(codes.FailedPrecondition, rekeyv1.ErrorReason_ERROR_REASON_BUDGET_USED_UP,
				"The failure budget of migration "+m.GetId()+" is used up: 6 of 5. Raise it by UpdateRollout, then resume.",
				map[string]string{"migration_id": m.GetId(), "allowed": "5", "failed": "6"})
		}
		m.State, m.Pauses = rekeyv1.MigrationState_MIGRATION_STATE_RUNNING, nil
		return nil
	})
	return &rekeyv1.ResumeMigrationResponse{Migration: m}, err
}

// CancelMigration cancels it.
func (s *Server) CancelMigration(ctx context.Context, r *rekeyv1.CancelMigrationRequest) (*rekeyv1.CancelMigrationResponse, error) {
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_CANCEL, r.GetPart(), said(r), anyState, to(rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED))
	return &rekeyv1.CancelMigrationResponse{Migration: m}, err
}

// RollBackMigration rolls it back, or says what that would do.
func (s *Server) RollBackMigration(ctx context.Context, r *rekeyv1.RollBackMigrationRequest) (*rekeyv1.RollBackMigrationResponse, error) {
	if r.GetValidateOnly() {
		return &rekeyv1.RollBackMigrationResponse{Forecast: &rekeyv1.RollBackForecast{
			Returnable: 52, FreshBaselines: 1, NotReturnable: 1, Obstacles: []*rekeyv1.RollBackObstacle{{
				Canary:        &rekeyv1.CanaryName{AccountId: Payments, Region: "us-east-1", CanaryName: "pay-api"},
				Problem:       &rekeyv1.Problem{Reason: rekeyv1.ErrorReason_ERROR_REASON_NOT_RETURNABLE, NextStep: "Enable the key again, then roll back."},
				RollBackUntil: At(44640),
			}},
		}}, nil
	}
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_ROLL_BACK, r.GetPart(), r.GetReason(), going+" "+resting,
		to(rekeyv1.MigrationState_MIGRATION_STATE_ROLLING_BACK))
	return &rekeyv1.RollBackMigrationResponse{Migration: m}, err
}

// RetryMigration plans anew.
func (s *Server) RetryMigration(ctx context.Context, r *rekeyv1.RetryMigrationRequest) (*rekeyv1.RetryMigrationResponse, error) {
	detail := strings.TrimSpace(r.GetReason() + " " + strings.Join(r.GetCanaryNames(), ","))
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_RETRY, r.GetPart(), detail, resting, to(rekeyv1.MigrationState_MIGRATION_STATE_PLANNING))
	return &rekeyv1.RetryMigrationResponse{Migration: m}, err
}

// AdvanceMigration ends a bake.
func (s *Server) AdvanceMigration(ctx context.Context, r *rekeyv1.AdvanceMigrationRequest) (*rekeyv1.AdvanceMigrationResponse, error) {
	detail := strings.TrimSpace(fmt.Sprintf("wave %d %s", r.GetWave(), r.GetReason()))
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_ADVANCE, nil, detail, "RUNNING PAUSED", to(rekeyv1.MigrationState_MIGRATION_STATE_RUNNING))
	return &rekeyv1.AdvanceMigrationResponse{Migration: m}, err
}

// UpdateRollout leaves what was asked in the log.
func (s *Server) UpdateRollout(ctx context.Context, r *rekeyv1.UpdateRolloutRequest) (*rekeyv1.UpdateRolloutResponse, error) {
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_UPDATE_ROLLOUT, nil, said(r), "AWAITING_APPROVAL "+going, func(*rekeyv1.Migration) error { return nil })
	return &rekeyv1.UpdateRolloutResponse{Migration: m}, err
}

// ConfirmSourceChange leaves the names in the log.
func (s *Server) ConfirmSourceChange(ctx context.Context, r *rekeyv1.ConfirmSourceChangeRequest) (*rekeyv1.ConfirmSourceChangeResponse, error) {
	m, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_CONFIRM_SOURCE_CHANGE, nil, strings.Join(r.GetCanaryNames(), ","),
		going+" "+resting, func(*rekeyv1.Migration) error { return nil })
	return &rekeyv1.ConfirmSourceChangeResponse{Migration: m}, err
}

// CloseMigration closes it, unless the evidence can't be written.
func (s *Server) CloseMigration(ctx context.Context, r *rekeyv1.CloseMigrationRequest) (*rekeyv1.CloseMigrationResponse, error) {
	var before *rekeyv1.Migration
	_, err := s.steer(ctx, r.GetMigrationId(), rekeyv1.ControlVerb_CONTROL_VERB_CLOSE, nil, r.GetReason(), resting, func(m *rekeyv1.Migration) error {
		before = proto.CloneOf(m)
		if strings.HasPrefix(r.GetEvidenceUri(), "s3://nobody") {
			m.StateReason = "EVIDENCE_NOT_WRITTEN: s3://nobody does not exist"
			return nil
		}
		m.State, m.StateReason, m.EvidenceUri = rekeyv1.MigrationState_MIGRATION_STATE_CLOSED, "", r.GetEvidenceUri()
		return nil
	})
	return &rekeyv1.CloseMigrationResponse{Migration: before}, err
}
