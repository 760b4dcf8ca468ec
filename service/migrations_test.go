package service_test

import (
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

const (
	unknownID   = "m-00000000000000000000"
	digest      = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	otherDigest = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// create creates a migration and returns its id.
func create(t *testing.T, h *servicetest.Harness) string {
	t.Helper()
	reply, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: servicetest.Spec()})
	if err != nil {
		t.Fatal(err)
	}
	return reply.GetMigration().GetId()
}

// planned creates a migration whose plan waits for approval, and returns its id.
func planned(t *testing.T, h *servicetest.Harness) string {
	t.Helper()
	id := create(t, h)
	h.Fake.Edit(id, func(v *workflows.MigrationView) {
		v.State, v.Plan = workflows.AwaitingApproval, &workflows.Plan{Digest: digest}
	})
	return id
}

func TestCreateMigration(t *testing.T) {
	h := servicetest.New(t, service.Config{TimeScale: 60})
	h.Fake.FailWorkers(service.ErrNoWorker) // a fresh migration's reply needs no worker
	spec := servicetest.Spec()
	reply, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: spec, ValidateOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	got := reply.GetMigration()
	if !regexp.MustCompile(`^m-[0-9a-v]{20}$`).MatchString(got.GetId()) {
		t.Errorf("the id is %q", got.GetId())
	}
	spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 20, Edits: rekeyv1.EditTiming_EDIT_TIMING_WHEN_DUE}
	spec.Waits = &rekeyv1.Waits{
		AccessSettle: durationpb.New(5 * time.Minute), RunDeadline: durationpb.New(3 * time.Hour), RevokeWatch: durationpb.New(15 * time.Minute),
	}
	spec.Policies = &rekeyv1.Policies{
		Access: rekeyv1.AccessPolicy_ACCESS_POLICY_AUTO, DryRun: rekeyv1.DryRunPolicy_DRY_RUN_POLICY_WHEN_POSSIBLE,
		Baseline: rekeyv1.BaselinePolicy_BASELINE_POLICY_FROM_PROVEN_RUN, AtRest: rekeyv1.AtRestPolicy_AT_REST_POLICY_DRY_RUN,
		Viewers: rekeyv1.ViewerPolicy_VIEWER_POLICY_REPORT,
	}
	spec.Approval = &rekeyv1.ApprovalPolicy{Required: new(int32(1)), ValidFor: durationpb.New(7 * 24 * time.Hour)}
	want := &rekeyv1.Migration{
		Id: got.GetId(), Spec: spec, ValidateOnly: true, Rollout: spec.GetRollout(), State: rekeyv1.MigrationState_MIGRATION_STATE_PLANNING,
		Progress: &rekeyv1.Progress{Cells: 4}, CreateTime: got.GetCreateTime(), UpdateTime: got.GetCreateTime(),
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.GetCreateTime() == nil {
		t.Error("the migration has no creation time")
	}
	if start := h.Fake.Started(got.GetId()); start.Input.TimeScale != 60 || !start.Input.ValidateOnly ||
		start.Input.Format != workflows.NewestFormat ||
		start.DisplayName != spec.GetDisplayName() || len(start.Request) != 64 {
		t.Errorf("started %+v", start)
	}

	h.Fake.FailWorkers(nil)
	shown, err := h.Client.GetMigration(t.Context(), &rekeyv1.GetMigrationRequest{MigrationId: got.GetId()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, shown.GetMigration(), protocmp.Transform()); diff != "" {
		t.Errorf("a moment later (-created +got):\n%s", diff)
	}
}

func TestCreateMigrationTakesAnExplicitZero(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	spec := servicetest.Spec()
	spec.Waits = &rekeyv1.Waits{AccessSettle: durationpb.New(0)}
	reply, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	if start := h.Fake.Started(reply.GetMigration().GetId()); start.Input.Spec.AccessSettle != 0 || start.Input.Spec.RunDeadline != 3*time.Hour {
		t.Errorf("started %+v", start.Input.Spec)
	}
	if waits := reply.GetMigration().GetSpec().GetWaits(); waits.GetAccessSettle() == nil || waits.GetAccessSettle().AsDuration() != 0 {
		t.Errorf("replied %v", waits)
	}
}

func TestCreateMigrationIsSafeToRepeat(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	request := &rekeyv1.CreateMigrationRequest{RequestId: "deploy-42", Spec: servicetest.Spec()}
	first, err := h.Client.CreateMigration(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	id := first.GetMigration().GetId()
	h.Fake.Edit(id, func(v *workflows.MigrationView) { v.State = workflows.Running })
	again, err := h.Client.CreateMigration(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.GetMigration(); got.GetId() != id || got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_RUNNING {
		t.Errorf("repeated: %v, want migration %s further on", got, id)
	}

	for reason, change := range map[string]func(*rekeyv1.CreateMigrationRequest){
		"another spec":  func(r *rekeyv1.CreateMigrationRequest) { r.Spec.DisplayName = "other" },
		"another depth": func(r *rekeyv1.CreateMigrationRequest) { r.ValidateOnly = true },
	} {
		other := proto.CloneOf(request)
		change(other)
		_, err := h.Client.CreateMigration(t.Context(), other)
		t.Log(reason, err)
		wantError(t, err, wanted{codes.AlreadyExists, "REQUEST_ID_REUSED", map[string]string{"migration_id": id, "request_id": "deploy-42"}})
	}

	h.Fake.FailWorkers(fmt.Errorf("asking: %w", service.ErrNoWorker))
	_, err = h.Client.CreateMigration(t.Context(), request)
	wantError(t, err, wanted{codes.Unavailable, "WORKER_UNAVAILABLE", map[string]string{"migration_id": id}})
}

func TestCreateMigrationWithoutARequestIDCreatesEachTime(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	if a, b := create(t, h), create(t, h); a == b {
		t.Errorf("both are %s", a)
	}
}

func TestUnknownMigration(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	for name, call := range calls(t, h, unknownID) {
		err := call()
		t.Log(name, err)
		wantError(t, err, wanted{codes.NotFound, "MIGRATION_NOT_FOUND", map[string]string{"migration_id": unknownID}})
	}
}

func TestAwayWorkersAndTemporal(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := planned(t, h)
	all := calls(t, h, id)
	for name, call := range all {
		h.Fake.FailWorkers(fmt.Errorf("asking: %w", service.ErrNoWorker))
		err := call()
		t.Log(name, err)
		wantError(t, err, wanted{codes.Unavailable, "WORKER_UNAVAILABLE", map[string]string{"migration_id": id}})
	}
	all["CreateMigration"] = func() error {
		_, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: servicetest.Spec()})
		return err
	}
	all["ListMigrations"] = func() error {
		_, err := h.Client.ListMigrations(t.Context(), &rekeyv1.ListMigrationsRequest{})
		return err
	}
	h.Fake.FailTemporal(service.ErrUnavailable)
	for name, call := range all {
		err := call()
		t.Log(name, err)
		wantError(t, err, wanted{code: codes.Unavailable, reason: "TEMPORAL_UNAVAILABLE"})
	}
	h.Fake.FailTemporal(service.ErrTemporalOverloaded)
	for name, call := range all {
		err := call()
		t.Log(name, err)
		wantError(t, err, wanted{code: codes.ResourceExhausted, reason: "SERVER_OVERLOADED"})
	}
}

// calls are the calls about one migration.
func calls(t *testing.T, h *servicetest.Harness, id string) map[string]func() error {
	t.Helper()
	return map[string]func() error{
		"GetMigration": func() error {
			_, err := h.Client.GetMigration(t.Context(), &rekeyv1.GetMigrationRequest{MigrationId: id})
			return err
		},
		"ApproveMigration": func() error {
			_, err := h.Client.ApproveMigration(t.Context(), &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: digest})
			return err
		},
		"PauseMigration": func() error {
			_, err := h.Client.PauseMigration(t.Context(), &rekeyv1.PauseMigrationRequest{MigrationId: id})
			return err
		},
		"ResumeMigration": func() error {
			_, err := h.Client.ResumeMigration(t.Context(), &rekeyv1.ResumeMigrationRequest{MigrationId: id})
			return err
		},
		"AdvanceMigration": func() error {
			_, err := h.Client.AdvanceMigration(t.Context(), &rekeyv1.AdvanceMigrationRequest{MigrationId: id})
			return err
		},
		"UpdateRollout": func() error {
			_, err := h.Client.UpdateRollout(t.Context(), &rekeyv1.UpdateRolloutRequest{MigrationId: id, NoBudget: true})
			return err
		},
		"ConfirmSourceChange": func() error {
			_, err := h.Client.ConfirmSourceChange(t.Context(), &rekeyv1.ConfirmSourceChangeRequest{MigrationId: id})
			return err
		},
		"RollBackMigration": func() error {
			_, err := h.Client.RollBackMigration(t.Context(), &rekeyv1.RollBackMigrationRequest{MigrationId: id})
			return err
		},
		"RollBackMigration, validate_only": func() error {
			_, err := h.Client.RollBackMigration(t.Context(), &rekeyv1.RollBackMigrationRequest{MigrationId: id, ValidateOnly: true})
			return err
		},
		"RetryMigration": func() error {
			_, err := h.Client.RetryMigration(t.Context(), &rekeyv1.RetryMigrationRequest{MigrationId: id})
			return err
		},
		"CloseMigration": func() error {
			_, err := h.Client.CloseMigration(t.Context(), &rekeyv1.CloseMigrationRequest{MigrationId: id})
			return err
		},
		"CancelMigration": func() error {
			_, err := h.Client.CancelMigration(t.Context(), &rekeyv1.CancelMigrationRequest{MigrationId: id})
			return err
		},
		"ListCanaries": func() error {
			_, err := h.Client.ListCanaries(t.Context(), &rekeyv1.ListCanariesRequest{MigrationId: id})
			return err
		},
		"GetCanary": func() error {
			_, err := h.Client.GetCanary(t.Context(), &rekeyv1.GetCanaryRequest{
				MigrationId: id, AccountId: "111111111111", Region: "eu-west-1", CanaryName: "checkout",
			})
			return err
		},
		"WatchMigration": func() error {
			stream, err := h.Client.WatchMigration(t.Context(), &rekeyv1.WatchMigrationRequest{MigrationId: id})
			if err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		},
	}
}

func TestApproveMigration(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := create(t, h)
	approve := func(digest string) (*rekeyv1.Migration, error) {
		reply, err := h.Client.ApproveMigration(t.Context(), &rekeyv1.ApproveMigrationRequest{
			MigrationId: id, PlanDigest: digest, Comment: "go",
		})
		return reply.GetMigration(), err
	}
	_, err := approve(digest)
	wantError(t, err, wanted{codes.FailedPrecondition, "WRONG_STATE", map[string]string{"migration_id": id, "state": "PLANNING"}})

	h.Fake.Edit(id, func(v *workflows.MigrationView) {
		v.State, v.Plan = workflows.AwaitingApproval, &workflows.Plan{Digest: digest}
	})
	_, err = approve(otherDigest)
	wantError(t, err, wanted{codes.FailedPrecondition, "PLAN_DIGEST_MISMATCH",
		map[string]string{"migration_id": id, "plan_digest": digest, "given": otherDigest}})

	for range 2 { // the second does nothing
		got, err := approve(digest)
		if err != nil || got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_RUNNING ||
			got.GetApproval().GetPlanDigest() != digest || got.GetApproval().GetComment() != "go" {
			t.Fatalf("approved: %v, %v", got, err)
		}
	}
	h.Fake.End(id)
	if got, err := approve(digest); err != nil || got.GetApproval().GetPlanDigest() != digest {
		t.Errorf("approving again after the end: %v, %v", got, err)
	}
	_, err = approve(otherDigest)
	wantError(t, err, wanted{codes.FailedPrecondition, "WRONG_STATE", map[string]string{"migration_id": id, "state": "RUNNING"}})
}

func TestCancelMigration(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := create(t, h)
	cancel := func() (*rekeyv1.Migration, error) {
		reply, err := h.Client.CancelMigration(t.Context(), &rekeyv1.CancelMigrationRequest{MigrationId: id, Reason: "not today"})
		return reply.GetMigration(), err
	}
	for step, end := range []func(){func() {}, func() {}, func() { h.Fake.End(id) }} {
		end()
		got, err := cancel()
		if err != nil || got.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED || got.GetStateReason() != "not today" {
			t.Fatalf("cancelled %d times before: %v, %v", step, got, err)
		}
	}

	id = create(t, h)
	h.Fake.Edit(id, func(v *workflows.MigrationView) { v.State = workflows.Succeeded })
	want := wanted{codes.FailedPrecondition, "WRONG_STATE", map[string]string{"migration_id": id, "state": "SUCCEEDED"}}
	_, err := cancel()
	wantError(t, err, want)
	h.Fake.End(id)
	_, err = cancel()
	wantError(t, err, want)
}

func TestListMigrations(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	var ids []string
	for range 5 {
		ids = append([]string{create(t, h)}, ids...) // newest first
	}
	h.Fake.Edit(ids[1], func(v *workflows.MigrationView) { v.State = workflows.Running })
	list := func(r *rekeyv1.ListMigrationsRequest) (got []string) {
		t.Helper()
		for {
			reply, err := h.Client.ListMigrations(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range reply.GetMigrations() {
				if m.GetDisplayName() == "" || m.GetState() == 0 || m.GetCreateTime() == nil {
					t.Errorf("listed %v", m)
				}
				got = append(got, m.GetId())
			}
			if r.PageToken = reply.GetNextPageToken(); r.GetPageToken() == "" {
				return got
			}
		}
	}
	if diff := cmp.Diff(ids, list(&rekeyv1.ListMigrationsRequest{})); diff != "" {
		t.Errorf("one page (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ids, list(&rekeyv1.ListMigrationsRequest{PageSize: 2})); diff != "" {
		t.Errorf("pages of two (-want +got):\n%s", diff)
	}
	running := []rekeyv1.MigrationState{rekeyv1.MigrationState_MIGRATION_STATE_RUNNING}
	if diff := cmp.Diff(ids[1:2], list(&rekeyv1.ListMigrationsRequest{States: running})); diff != "" {
		t.Errorf("running ones (-want +got):\n%s", diff)
	}
}

func TestListMigrationsPageTokenIsBound(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	for range 3 {
		create(t, h)
	}
	states := []rekeyv1.MigrationState{1, 2}
	first, err := h.Client.ListMigrations(t.Context(), &rekeyv1.ListMigrationsRequest{PageSize: 1, States: states})
	if err != nil || first.GetNextPageToken() == "" {
		t.Fatalf("%v, %v", first, err)
	}
	token := first.GetNextPageToken()
	sameFilter := &rekeyv1.ListMigrationsRequest{PageSize: 2, States: []rekeyv1.MigrationState{2, 1}, PageToken: token}
	if _, err := h.Client.ListMigrations(t.Context(), sameFilter); err != nil {
		t.Errorf("the same filter in another order: %v", err)
	}
	for reason, r := range map[string]*rekeyv1.ListMigrationsRequest{
		"another filter": {PageToken: token},
		"garbage":        {PageToken: "garbage", States: states},
		"tampered":       {PageToken: token[:len(token)-2] + "AA", States: states},
		"a cursor":       {PageToken: cursorOf(t, h, create(t, h)), States: states},
	} {
		_, err := h.Client.ListMigrations(t.Context(), r)
		t.Log(reason, err)
		wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_PAGE_TOKEN"})
	}
}

// cursorOf is the cursor of a watch's snapshot.
func cursorOf(t *testing.T, h *servicetest.Harness, id string) string {
	t.Helper()
	return snapshot(t, watch(t, h, id, "")).GetCursor()
}

func TestInternalErrorsAreTold(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := create(t, h)
	h.Fake.FailWorkers(errors.New("something secret"))
	for name, call := range calls(t, h, id) {
		err := call()
		t.Log(name, err)
		wantError(t, err, wanted{code: codes.Internal, reason: "INTERNAL"})
		if regexp.MustCompile("secret").MatchString(err.Error()) {
			t.Errorf("%s tells its caller %v", name, err)
		}
	}
}
