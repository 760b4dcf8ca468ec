package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/identity"
	"rekey/service/servicetest"
	"rekey/workflows"
)

// alice is a caller whose name is verified.
var alice = workflows.Caller{Name: "email:alice@example.com", Verified: true}

var (
	checkoutCell = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}
	checkout     = &rekeyv1.Part{Part: &rekeyv1.Part_Canary{Canary: &rekeyv1.CanaryName{
		AccountId: checkoutCell.Account, Region: checkoutCell.Region, CanaryName: "checkout",
	}}}
	firstWave = &rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: 0}}
	unknown   = &rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: 9}}
)

// begunID is the id of begun's migration.
const begunID = "m-00000000000000000007"

// begun starts a migration of a wave and a canary, and brings it to a state in which its plan was approved.
func begun(t *testing.T, fake *servicetest.Fake, state workflows.State) (id string) {
	t.Helper()
	id = begunID
	input := workflows.MigrationInput{ID: id, Spec: workflows.Spec{
		Accounts: []string{checkoutCell.Account}, Regions: []string{checkoutCell.Region},
	}}
	if err := fake.Start(t.Context(), service.Start{Input: input}); err != nil {
		t.Fatal(err)
	}
	fake.SetCanaries(id, checkoutCell, workflows.Canary{
		Cell: checkoutCell, Recorded: workflows.Settings{Name: "checkout"}, State: workflows.CanaryFailed, Wave: new(0),
	})
	fake.Edit(id, func(v *workflows.MigrationView) {
		v.State, v.Plan = state, &workflows.Plan{Digest: digest}
		v.Waves = []workflows.Wave{{State: workflows.WaveBaking}}
		if state != workflows.AwaitingApproval {
			v.Approval = &workflows.Approval{Digest: digest}
		}
	})
	return id
}

// verbs are the control verbs, each from a state that allows it, with the line that it leaves in the log.
var verbs = map[string]struct {
	from workflows.State
	call func(context.Context, *service.Service, string) (*rekeyv1.Migration, error)
	want workflows.Control
	sees func(workflows.MigrationView) bool // what the log does not tell; nil for nothing
}{
	"approve": {workflows.AwaitingApproval, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: digest, Comment: "why"})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.ApproveVerb}, func(v workflows.MigrationView) bool { return v.Approval.By == alice }},
	"pause": {workflows.Running, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: id, Part: checkout, Reason: "why"})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.PauseVerb, Part: workflows.Part{Cell: &checkoutCell, Canary: "checkout"}}, func(v workflows.MigrationView) bool {
		return len(v.Pauses) == 1 && v.Pauses[0].By == alice && v.Pauses[0].Reason == "why"
	}},
	"advance": {workflows.Running, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.AdvanceMigration(ctx, &rekeyv1.AdvanceMigrationRequest{MigrationId: id, Wave: 0, Reason: "why"})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.AdvanceVerb, Part: workflows.Part{Wave: new(0)}}, nil},
	"rollout": {workflows.Running, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.UpdateRollout(ctx, &rekeyv1.UpdateRolloutRequest{
			MigrationId: id, MaxConcurrentCanariesPerCell: new(int32(3)), Reason: "why",
			Waves: []*rekeyv1.WaveChange{{Wave: 0, BakeTime: durationpb.New(time.Hour)}},
		})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.RolloutVerb}, func(v workflows.MigrationView) bool { return v.MaxConcurrent == 3 }},
	"confirm": {workflows.Running, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.ConfirmSourceChange(ctx, &rekeyv1.ConfirmSourceChangeRequest{MigrationId: id, CanaryNames: []string{"checkout"}})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.ConfirmVerb}, nil},
	"cancel": {workflows.Running, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.CancelMigration(ctx, &rekeyv1.CancelMigrationRequest{
			MigrationId: id, Reason: "why", InFlight: rekeyv1.InFlight_IN_FLIGHT_ROLL_BACK,
		})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.CancelVerb}, func(v workflows.MigrationView) bool { return v.Cancel.Back && v.Cancel.By == alice }},
	"cancel a part": {workflows.Running, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.CancelMigration(ctx, &rekeyv1.CancelMigrationRequest{MigrationId: id, Reason: "why", Part: firstWave})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.CancelVerb, Part: workflows.Part{Wave: new(0)}}, func(v workflows.MigrationView) bool { return v.State == workflows.Running }},
	"roll back": {workflows.Succeeded, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.RollBackMigration(ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: id, Reason: "why", Part: checkout})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.RollBackVerb, Part: workflows.Part{Cell: &checkoutCell, Canary: "checkout"}}, func(v workflows.MigrationView) bool {
		return v.RollBack.By == alice
	}},
	"retry": {workflows.Failed, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.RetryMigration(ctx, &rekeyv1.RetryMigrationRequest{
			MigrationId: id, Reason: "why", Part: firstWave, CanaryNames: []string{"checkout"},
		})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.RetryVerb, Part: workflows.Part{Wave: new(0)}}, func(v workflows.MigrationView) bool { return v.State == workflows.Planning }},
	"close": {workflows.Succeeded, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.CloseMigration(ctx, &rekeyv1.CloseMigrationRequest{MigrationId: id, EvidenceUri: "file:///evidence", Reason: "why"})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.CloseVerb}, func(v workflows.MigrationView) bool {
		return v.Closing.URI == "file:///evidence" && !v.Closing.Discard && v.Closing.By == alice
	}},
	"discard": {workflows.Succeeded, func(ctx context.Context, s *service.Service, id string) (*rekeyv1.Migration, error) {
		reply, err := s.CloseMigration(ctx, &rekeyv1.CloseMigrationRequest{MigrationId: id, DiscardEvidence: true, Reason: "why"})
		return reply.GetMigration(), err
	}, workflows.Control{Verb: workflows.CloseVerb}, func(v workflows.MigrationView) bool { return v.Closing.Discard }},
}

func TestVerbsPassOnWhatTheyAreAsked(t *testing.T) {
	for name, test := range verbs {
		t.Run(name, func(t *testing.T) {
			fake := servicetest.NewFake()
			s, err := service.New(service.Config{Workflows: fake})
			if err != nil {
				t.Fatal(err)
			}
			id := begun(t, fake, test.from)
			reply, err := test.call(identity.With(t.Context(), alice), s, id)
			if err != nil {
				t.Fatal(err)
			}
			view := fake.View(id)
			if len(view.Controls) != 1 {
				t.Fatalf("the log is %v, want one line", view.Controls)
			}
			want := test.want
			want.By, want.From, want.Detail, want.Time = alice, test.from, "why", view.Controls[0].Time
			if test.want.Verb == workflows.ConfirmVerb {
				want.Detail = "" // it takes no reason
			}
			if diff := cmp.Diff(want, view.Controls[0]); diff != "" {
				t.Errorf("the log (-want +got):\n%s", diff)
			}
			if test.sees != nil && !test.sees(view) {
				t.Errorf("%+v", view)
			}
			if told := reply.GetControls(); len(told) != 1 || told[0].GetCaller().GetName() != alice.Name || !told[0].GetCaller().GetVerified() {
				t.Errorf("the reply tells %v", told)
			}
		})
	}
}

func TestResumeEndsAPause(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := begun(t, h.Fake, workflows.Running)
	pause, err := h.Client.PauseMigration(t.Context(), &rekeyv1.PauseMigrationRequest{MigrationId: id, Reason: "why"})
	if got := pause.GetMigration(); err != nil || got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_PAUSED ||
		len(got.GetPauses()) != 1 || got.GetPauses()[0].GetCause() != rekeyv1.PauseCause_PAUSE_CAUSE_OPERATOR {
		t.Fatalf("%v, %v", got, err)
	}
	for range 2 { // the second does nothing
		resume, err := h.Client.ResumeMigration(t.Context(), &rekeyv1.ResumeMigrationRequest{MigrationId: id})
		if got := resume.GetMigration(); err != nil || got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_RUNNING || len(got.GetPauses()) != 0 {
			t.Fatalf("%v, %v", got, err)
		}
	}
}

func TestVerbsAreRefused(t *testing.T) {
	wrong := func(state string) wanted {
		return wanted{codes.FailedPrecondition, "WRONG_STATE", map[string]string{"migration_id": begunID, "state": state}}
	}
	noWave := wanted{codes.NotFound, "PART_NOT_FOUND", map[string]string{"migration_id": begunID, "part": "wave 9"}}
	type client = rekeyv1.MigrationServiceClient
	for reason, test := range map[string]struct {
		from workflows.State
		edit func(*workflows.MigrationView)
		call func(context.Context, client, string) error
		want wanted
	}{
		"a plan is not paused": {workflows.AwaitingApproval, nil, func(ctx context.Context, c client, id string) error {
			_, err := c.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: id})
			return err
		}, wrong("AWAITING_APPROVAL")},
		"no such part to pause": {workflows.Running, nil, func(ctx context.Context, c client, id string) error {
			_, err := c.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: id, Part: unknown})
			return err
		}, noWave},
		"a budget that is used up is raised first": {workflows.PausedState, func(v *workflows.MigrationView) {
			v.Pauses = []workflows.Pause{{Cause: workflows.ByBudget}}
			v.Budget = workflows.BudgetState{Allowed: new(1), Failed: 2}
		}, func(ctx context.Context, c client, id string) error {
			_, err := c.ResumeMigration(ctx, &rekeyv1.ResumeMigrationRequest{MigrationId: id})
			return err
		}, wanted{codes.FailedPrecondition, "BUDGET_USED_UP", map[string]string{"migration_id": begunID, "allowed": "1", "failed": "2"}}},
		"no wave bakes": {workflows.Running, func(v *workflows.MigrationView) { v.Waves = nil }, func(ctx context.Context, c client, id string) error {
			_, err := c.AdvanceMigration(ctx, &rekeyv1.AdvanceMigrationRequest{MigrationId: id})
			return err
		}, wrong("RUNNING")},
		"no such wave to change": {workflows.Running, nil, func(ctx context.Context, c client, id string) error {
			_, err := c.UpdateRollout(ctx, &rekeyv1.UpdateRolloutRequest{MigrationId: id, Waves: []*rekeyv1.WaveChange{{Wave: 9, BakeRuns: new(int32(1))}}})
			return err
		}, noWave},
		"no such canary to pause": {workflows.Running, nil, func(ctx context.Context, c client, id string) error {
			_, err := c.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: id, Part: &rekeyv1.Part{Part: &rekeyv1.Part_Canary{
				Canary: &rekeyv1.CanaryName{AccountId: "111122223333", Region: "eu-west-1", CanaryName: "nobody"},
			}}})
			return err
		}, wanted{codes.NotFound, "PART_NOT_FOUND", map[string]string{
			"migration_id": begunID, "part": "canary nobody of account 111122223333 in eu-west-1",
		}}},
		"what runs is not retried": {workflows.Running, nil, func(ctx context.Context, c client, id string) error {
			_, err := c.RetryMigration(ctx, &rekeyv1.RetryMigrationRequest{MigrationId: id})
			return err
		}, wrong("RUNNING")},
		"nothing to retry": {workflows.Succeeded, nil, func(ctx context.Context, c client, id string) error {
			_, err := c.RetryMigration(ctx, &rekeyv1.RetryMigrationRequest{MigrationId: id, CanaryNames: []string{"basket"}})
			return err
		}, wanted{codes.FailedPrecondition, "NOTHING_TO_RETRY", map[string]string{"migration_id": begunID}}},
		"what runs is not closed": {workflows.Running, nil, func(ctx context.Context, c client, id string) error {
			_, err := c.CloseMigration(ctx, &rekeyv1.CloseMigrationRequest{MigrationId: id})
			return err
		}, wrong("RUNNING")},
	} {
		t.Run(reason, func(t *testing.T) {
			h := servicetest.New(t, service.Config{})
			id := begun(t, h.Fake, test.from)
			if test.edit != nil {
				h.Fake.Edit(id, test.edit)
			}
			wantError(t, test.call(t.Context(), h.Client, id), test.want)
		})
	}
}

func TestAMigrationThatHasEndedTakesNoVerb(t *testing.T) {
	for name, test := range verbs {
		t.Run(name, func(t *testing.T) {
			fake := servicetest.NewFake()
			s, err := service.New(service.Config{Workflows: fake})
			if err != nil {
				t.Fatal(err)
			}
			id := begun(t, fake, test.from)
			fake.End(id)
			_, err = test.call(t.Context(), s, id)
			wantError(t, err, wanted{codes.FailedPrecondition, "WRONG_STATE", map[string]string{"migration_id": id, "state": string(test.from)}})
		})
	}
}

func TestClosingAgainDoesNothing(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := begun(t, h.Fake, workflows.Succeeded)
	for range 2 {
		reply, err := h.Client.CloseMigration(t.Context(), &rekeyv1.CloseMigrationRequest{MigrationId: id, EvidenceUri: "s3://evidence/x"})
		if got := reply.GetMigration(); err != nil || got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_CLOSED || got.GetEvidenceUri() != "s3://evidence/x" {
			t.Errorf("%v, %v", got, err)
		}
	}
}
