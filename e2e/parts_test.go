package e2e

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	pausedState     = rekeyv1.MigrationState_MIGRATION_STATE_PAUSED
	runningState    = rekeyv1.MigrationState_MIGRATION_STATE_RUNNING
	awaitsApproval  = rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL
	rolledBackState = rekeyv1.MigrationState_MIGRATION_STATE_ROLLED_BACK

	cancelledCanary = rekeyv1.CanaryState_CANARY_STATE_CANCELLED
	migratingCanary = rekeyv1.CanaryState_CANARY_STATE_MIGRATING
	pendingCanary   = rekeyv1.CanaryState_CANARY_STATE_PENDING
)

// refusedWith fails the test unless a call was refused for that reason.
func refusedWith(t *testing.T, what string, err error, code codes.Code, reason string) {
	t.Helper()
	if gotCode, got := reasonOf(err); gotCode != code || got != reason {
		t.Errorf("%s: %v, want %s", what, err, reason)
	}
}

// begun creates a migration, approves its plan, and waits until it is so.
func (s *stack) begun(spec *rekeyv1.MigrationSpec, is func(*rekeyv1.Migration) bool) *rekeyv1.Migration {
	s.t.Helper()
	m := s.create(spec)
	if m.GetState() != awaitsApproval {
		s.t.Fatalf("planned as %s: %s %v", m.GetState(), m.GetStateReason(), m.GetProgress().GetCellProblems())
	}
	s.approve(m)
	return s.await(m.GetId(), is)
}

// cancelPart cancels a part, or everything.
func (s *stack) cancelPart(m *rekeyv1.Migration, part *rekeyv1.Part, inFlight rekeyv1.InFlight) {
	s.t.Helper()
	_, err := s.api.CancelMigration(s.as("carla"), &rekeyv1.CancelMigrationRequest{
		MigrationId: m.GetId(), Part: part, InFlight: inFlight, Reason: "a test",
	})
	if err != nil {
		s.t.Fatalf("cancel %v: %v", part, err)
	}
}

// returnPart rolls a part back, or everything.
func (s *stack) returnPart(m *rekeyv1.Migration, part *rekeyv1.Part) {
	s.t.Helper()
	_, err := s.api.RollBackMigration(s.as("rob"), &rekeyv1.RollBackMigrationRequest{MigrationId: m.GetId(), Part: part, Reason: "a test"})
	if err != nil {
		s.t.Fatalf("roll back %v: %v", part, err)
	}
}

// forecastReturn asks what a roll back of a part would do.
func (s *stack) forecastReturn(m *rekeyv1.Migration, part *rekeyv1.Part) *rekeyv1.RollBackForecast {
	s.t.Helper()
	reply, err := s.api.RollBackMigration(s.ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: m.GetId(), Part: part, ValidateOnly: true})
	if err != nil {
		s.t.Fatalf("forecast the roll back of %v: %v", part, err)
	}
	return reply.GetForecast()
}

// retried has canaries taken up again, and waits for what comes of it: a new plan, in most cases.
func (s *stack) retried(m *rekeyv1.Migration, part *rekeyv1.Part, names ...string) *rekeyv1.Migration {
	s.t.Helper()
	_, err := s.api.RetryMigration(s.as("rita"), &rekeyv1.RetryMigrationRequest{
		MigrationId: m.GetId(), Part: part, CanaryNames: names, Reason: "mended",
	})
	if err != nil {
		s.t.Fatalf("retry %v %v: %v", part, names, err)
	}
	return s.await(m.GetId(), func(m *rekeyv1.Migration) bool {
		return m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_PLANNING
	})
}

// paced are the waves of a rollout that pauses after the first: those of the names, in their order, and the rest.
func paced(spec *rekeyv1.MigrationSpec, patterns ...string) *rekeyv1.MigrationSpec {
	spec.Rollout = &rekeyv1.Rollout{}
	for i, pattern := range patterns {
		spec.Rollout.Waves = append(spec.Rollout.Waves, &rekeyv1.WaveSpec{
			Take: &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{NamePatterns: []string{pattern}}}, PauseAfter: i == 0,
		})
	}
	return spec
}

func isPaused(m *rekeyv1.Migration) bool { return m.GetState() == pausedState }

// goOn advances the migration that is paused after its first wave.
func (s *stack) goOn(m *rekeyv1.Migration) {
	s.t.Helper()
	if _, err := s.api.AdvanceMigration(s.as("ada"), &rekeyv1.AdvanceMigrationRequest{MigrationId: m.GetId()}); err != nil {
		s.t.Fatalf("advance: %v", err)
	}
}

// awaitStates waits until canaries of a migration are in these states.
func (s *stack) awaitStates(m *rekeyv1.Migration, want map[string]rekeyv1.CanaryState) {
	s.t.Helper()
	diff := ""
	s.t.Cleanup(func() {
		if s.t.Failed() && diff != "" {
			s.t.Logf("awaited states (-want +got):\n%s", diff)
		}
	})
	s.eventually("canaries to be in their states", func() bool {
		got := states(s.canaries(m))
		maps.DeleteFunc(got, func(name string, _ rekeyv1.CanaryState) bool { _, asked := want[name]; return !asked })
		diff = cmp.Diff(want, got)
		return diff == ""
	})
}

// states are the states of canaries.
func states(canaries map[string]*rekeyv1.Canary) map[string]rekeyv1.CanaryState {
	list := map[string]rekeyv1.CanaryState{}
	for name, c := range canaries {
		list[name] = c.GetState()
	}
	return list
}
