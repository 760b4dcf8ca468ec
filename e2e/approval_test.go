package e2e

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
)

// deed is a line of a migration's log.
type deed struct{ Verb, By, From string }

func deeds(m *rekeyv1.Migration) []deed {
	var list []deed
	for _, c := range m.GetControls() {
		list = append(list, deed{strings.TrimPrefix(c.GetVerb().String(), "CONTROL_VERB_"), c.GetCaller().GetName(), c.GetFromState()})
	}
	return list
}

// development is a client of a second server, which was started for development: names that nobody verified count.
func (s *stack) development() rekeyv1.MigrationServiceClient {
	s.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	serveAs(s.t, service.Config{
		Workflows: service.NewTemporal(s.temporal, "default"), TimeScale: s.sim.Fleet.TimeScale,
		Log: slog.New(slog.DiscardHandler), AnyName: true,
	}, listener)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return rekeyv1.NewMigrationServiceClient(conn)
}

// TestApprovals approves plans as their policies ask: whose approval counts, and how many it takes; who did what is told.
func TestApprovals(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", ""), `
  - {account: shop, region: eu-west-1, name: by-two, role: one, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: by-none, role: two, encryption: {mode: SSE_KMS, key: k}}
`))
	spec := s.only([]string{ireland}, "by-two")
	spec.Approval = &rekeyv1.ApprovalPolicy{Required: new(int32(2)), ExcludeCreator: true}
	_, err := s.api.CreateMigration(s.as("ann"), &rekeyv1.CreateMigrationRequest{Spec: spec})
	refusedWith(t, "a policy of two people, by a name that nobody verified", err, codes.FailedPrecondition, "CALLER_NOT_VERIFIED")

	dev := s.development()
	created, err := dev.CreateMigration(s.as("ann"), &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	m := s.await(created.GetMigration().GetId(), func(m *rekeyv1.Migration) bool { return m.GetState() == awaitsApproval })
	for _, step := range []struct {
		by, refusal string
		approvals   int
		state       rekeyv1.MigrationState
	}{
		{by: "ann", refusal: "APPROVER_NOT_ALLOWED"},
		{by: "", refusal: "CALLER_NOT_VERIFIED"},
		{by: "ben", approvals: 1, state: awaitsApproval},
		{by: "ben", approvals: 1, state: awaitsApproval},
		{by: "cyd", approvals: 2, state: runningState},
		{by: "ben", approvals: 2, state: runningState}, // too late, and no harm
	} {
		ctx := s.ctx
		if step.by != "" {
			ctx = s.as(step.by)
		}
		reply, err := dev.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{
			MigrationId: m.GetId(), PlanDigest: m.GetPlan().GetDigest(), Comment: "seen",
		})
		if step.refusal != "" {
			refusedWith(t, "the approval of "+step.by, err, codes.FailedPrecondition, step.refusal)
			continue
		}
		if now := reply.GetMigration(); err != nil || now.GetState() != step.state || len(now.GetApprovals()) != step.approvals {
			t.Errorf("after the approval of %s it is %s with %v: %v", step.by, now.GetState(), now.GetApprovals(), err)
		}
	}
	s.cancelPart(m, nil, rekeyv1.InFlight_IN_FLIGHT_ROLL_BACK)
	m = s.await(m.GetId(), rested)
	want := []deed{
		{"CREATE", "ann", "PLANNING"}, {"APPROVE", "ben", "AWAITING_APPROVAL"}, {"APPROVE", "ben", "AWAITING_APPROVAL"},
		{"APPROVE", "cyd", "AWAITING_APPROVAL"}, {"CANCEL", "carla", "RUNNING"},
	}
	if diff := cmp.Diff(want, deeds(m)); diff != "" {
		t.Errorf("who did what (-want +got):\n%s", diff)
	}
	if m.GetCreator().GetName() != "ann" || m.GetCreator().GetVerified() || m.GetApproval().GetApprover().GetName() != "cyd" {
		t.Errorf("created by %v, approved by %v", m.GetCreator(), m.GetApproval())
	}

	spec = s.only([]string{ireland}, "by-none")
	spec.Approval = &rekeyv1.ApprovalPolicy{Required: new(int32(0))}
	m = s.await(s.create(spec).GetId(), rested)
	if m.GetState() != succeeded || len(m.GetApprovals()) != 0 {
		t.Errorf("a plan that nobody has to approve is %s with %v", m.GetState(), m.GetApprovals())
	}
	s.undisturbed()
}
