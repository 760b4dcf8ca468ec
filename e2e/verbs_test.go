package e2e

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
)

const (
	awaitingApproval = rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL
	running          = rekeyv1.MigrationState_MIGRATION_STATE_RUNNING
	paused           = rekeyv1.MigrationState_MIGRATION_STATE_PAUSED
)

// as is the test's context, with the name of a caller.
func (s *stack) as(name string) context.Context {
	return metadata.AppendToOutgoingContext(s.ctx, identity.MetadataKey, name)
}

// get is a migration as it is now.
func (s *stack) get(id string) *rekeyv1.Migration {
	s.t.Helper()
	reply, err := s.api.GetMigration(s.ctx, &rekeyv1.GetMigrationRequest{MigrationId: id})
	if err != nil {
		s.t.Fatalf("get: %v", err)
	}
	return reply.GetMigration()
}

// begin creates a migration, checks that its plan waits, approves it, and answers the plan.
func (s *stack) begin(spec *rekeyv1.MigrationSpec) *rekeyv1.Migration {
	s.t.Helper()
	m := s.create(spec)
	if m.GetState() != awaitingApproval {
		s.t.Fatalf("planned as %s: %s %v", m.GetState(), m.GetStateReason(), m.GetProgress().GetCellProblems())
	}
	s.approve(m)
	return m
}

// pause pauses a part; nil is everything.
func (s *stack) pause(id string, part *rekeyv1.Part) *rekeyv1.Migration {
	s.t.Helper()
	reply, err := s.api.PauseMigration(s.as("petra"), &rekeyv1.PauseMigrationRequest{MigrationId: id, Part: part, Reason: "to look"})
	if err != nil {
		s.t.Fatalf("pause %v: %v", part, err)
	}
	return reply.GetMigration()
}

// resume resumes a part; nil is the whole.
func (s *stack) resume(id string, part *rekeyv1.Part) *rekeyv1.Migration {
	s.t.Helper()
	reply, err := s.api.ResumeMigration(s.as("rosa"), &rekeyv1.ResumeMigrationRequest{MigrationId: id, Part: part, Reason: "seen"})
	if err != nil {
		s.t.Fatalf("resume %v: %v", part, err)
	}
	return reply.GetMigration()
}

// advance advances a wave.
func (s *stack) advance(id string, wave int32) *rekeyv1.Migration {
	s.t.Helper()
	reply, err := s.api.AdvanceMigration(s.as("ada"), &rekeyv1.AdvanceMigrationRequest{MigrationId: id, Wave: wave, Reason: "enough"})
	if err != nil {
		s.t.Fatalf("advance wave %d: %v", wave, err)
	}
	return reply.GetMigration()
}

// retune changes a rollout.
func (s *stack) retune(change *rekeyv1.UpdateRolloutRequest) *rekeyv1.Migration {
	s.t.Helper()
	reply, err := s.api.UpdateRollout(s.as("uma"), change)
	if err != nil {
		s.t.Fatalf("update the rollout: %v", err)
	}
	return reply.GetMigration()
}

// refused fails the test unless a call was refused, for a reason that people can act on.
func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if code, reason := reasonOf(err); code != codes.FailedPrecondition || reason != want {
		t.Errorf("%s: %v, want FAILED_PRECONDITION with %s", what, err, want)
	}
}

// line is a control record as tests compare it.
type line struct{ Verb, Caller, From, Part string }

// lines are a migration's log.
func lines(m *rekeyv1.Migration) []line {
	var list []line
	for _, c := range m.GetControls() {
		list = append(list, line{
			strings.TrimPrefix(c.GetVerb().String(), "CONTROL_VERB_"), c.GetCaller().GetName(), c.GetFromState(), partName(c.GetPart()),
		})
	}
	return list
}

// partName names a part.
func partName(p *rekeyv1.Part) string {
	switch {
	case p.GetCanary() != nil:
		return p.GetCanary().GetCanaryName()
	case p.GetCell() != nil:
		return p.GetCell().GetRegion()
	case p.GetPart() != nil:
		return "wave"
	}
	return ""
}

func partOfWave(n int32) *rekeyv1.Part { return &rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: n}} }

func partOfCell(region string) *rekeyv1.Part {
	return &rekeyv1.Part{Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: shop, Region: region}}}
}

// partOfCanary is a canary of the shop.
func partOfCanary(region, name string) *rekeyv1.Part {
	return &rekeyv1.Part{Part: &rekeyv1.Part_Canary{Canary: &rekeyv1.CanaryName{AccountId: shop, Region: region, CanaryName: name}}}
}

// causes are those of the pauses of a migration.
func causes(m *rekeyv1.Migration) []rekeyv1.PauseCause {
	var list []rekeyv1.PauseCause
	for _, p := range m.GetPauses() {
		list = append(list, p.GetCause())
	}
	return list
}
