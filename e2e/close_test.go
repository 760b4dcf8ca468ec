package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
	"rekey/workflows/activities/evidence"
)

const (
	closed = rekeyv1.MigrationState_MIGRATION_STATE_CLOSED
	audit  = "audit-eu" // a bucket of the hub
	// soon is how long a migration rests here before its baselines are past; it lingers for a minute more.
	soon = 2 * time.Second
)

// closedCanaries are one of each migration, and the neighbour whose use holds the old access of the first.
const closedCanaries = `
  - {account: shop, region: eu-west-1, name: told, role: told, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: neighbour, role: told, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: planned, role: plain}
  - {account: shop, region: us-east-1, name: refused, role: plain, state: STOPPED}
  - {account: shop, region: us-east-1, name: dropped, role: plain, state: STOPPED}
  - {account: shop, region: us-east-1, name: undone, role: plain, state: STOPPED}
  - {account: shop, region: us-east-1, name: rests, role: plain, state: STOPPED}
`

// startClosing starts a stack whose workers may write evidence below a directory, some of it by default, and to a bucket.
func startClosing(t *testing.T) (s *stack, directory string) {
	t.Helper()
	f := parse(t, canaryRole("shop", "told", "")+canaryRole("shop", "plain", ""), closedCanaries)
	f.Users[0].Policies = map[string]fleet.Document{"evidence": `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::` + audit + `/rekey/*"]}]}`}
	f.Buckets = append(f.Buckets, fleet.Bucket{Name: audit, Account: hub, Region: ireland})
	s = start(t, f)
	directory = t.TempDir()
	s.stopWorker()
	s.evidence = evidence.Config{Directory: directory, URI: "file://" + directory + "/default"}
	s.startWorker(s.endpoint)
	return s, directory
}

// atRest is a specification of one canary that does not run: it is only updated.
func (s *stack) atRest(name string) *rekeyv1.MigrationSpec {
	spec := s.only([]string{virginia}, name)
	spec.Target = &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3}
	spec.Policies = &rekeyv1.Policies{AtRest: rekeyv1.AtRestPolicy_AT_REST_POLICY_UPDATE_UNVERIFIED}
	return spec
}

// close asks for a migration's end.
func (s *stack) close(r *rekeyv1.CloseMigrationRequest) {
	s.t.Helper()
	if _, err := s.api.CloseMigration(s.as("carla"), r); err != nil {
		s.t.Fatalf("close: %v", err)
	}
}

// closes asks for a migration's end, and waits for it.
func (s *stack) closes(r *rekeyv1.CloseMigrationRequest) *rekeyv1.Migration {
	s.t.Helper()
	s.close(r)
	return s.awaitState(r.GetMigrationId(), func(m *rekeyv1.Migration) bool { return m.GetState() == closed })
}

// awaitState asks for a migration until it is so: a watch ends when it rests.
func (s *stack) awaitState(id string, is func(*rekeyv1.Migration) bool) *rekeyv1.Migration {
	s.t.Helper()
	var m *rekeyv1.Migration
	s.eventually("the migration to change", func() bool {
		m = s.get(id)
		return is(m)
	})
	return m
}

// TestClose ends migrations in every way: with their evidence in a directory or a bucket, without, refused and asked again,
// planned only, and by themselves.
func TestClose(t *testing.T) {
	s, directory := startClosing(t)
	api := s.api
	s.api = s.startServer(workflows.RestPeriod.Seconds() / soon.Seconds())
	rests := s.begin(s.atRest("rests"))
	s.api = api
	told := s.steered()
	s.closesWithEvidence(told, directory)
	s.answersAfterwards(told)
	s.closesPlanned(directory)
	s.closesElsewhere(directory)
	s.closesWithout()
	s.closesByItself(rests, directory)
}

// steered is a migration of an account that can be entered and one that can't, whose old access is held, and which was
// paused and resumed.
func (s *stack) steered() *rekeyv1.Migration {
	s.t.Helper()
	spec := s.spec([]string{shop, central}, []string{ireland}, "shop/eu-west-1/l")
	spec.Selection.NamePatterns, spec.Waits.RevokeWatch = []string{"told"}, durationpb.New(0)
	m := s.begin(spec)
	s.pause(m.GetId(), nil)
	s.resume(m.GetId(), nil)
	m = s.await(m.GetId(), rested)
	if c := s.canaries(m)["told"]; c.GetState() != migrated || c.GetOldAccess().GetState() != held {
		s.t.Fatalf("the canary is %s: %v %v", c.GetState(), c.GetProblem(), c.GetOldAccess())
	}
	return m
}

// closesWithEvidence closes a migration after the neighbour has left the old key: its last look finds that the old access may
// go, and the evidence says so.
func (s *stack) closesWithEvidence(m *rekeyv1.Migration, directory string) {
	s.t.Helper()
	_, err := s.owner(ireland).UpdateCanary(s.ctx, &synthetics.UpdateCanaryInput{
		Name:           awssdk.String("neighbour"),
		ArtifactConfig: &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3}},
	})
	if err != nil {
		s.t.Fatalf("the owner's edit: %v", err)
	}
	s.eventually("the owner's update", func() bool { return s.state("neighbour") == "RUNNING" })
	place := "file://" + directory + "/audit"
	m = s.closes(&rekeyv1.CloseMigrationRequest{MigrationId: m.GetId(), EvidenceUri: place, Reason: "done"})
	if m.GetEvidenceUri() != place || !strings.Contains(m.GetStateReason(), "SUCCEEDED") || !strings.Contains(m.GetStateReason(), "done") {
		s.t.Errorf("closed with evidence at %q: %s", m.GetEvidenceUri(), m.GetStateReason())
	}
	if n := s.grants("shop/eu-west-1/k", "shop/told"); n != 0 {
		s.t.Errorf("%d grants on the old key, which nobody uses any more", n)
	}
	files := s.evidenceOf(m.GetId(), func(path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(directory, "audit", m.GetId(), path))
	})
	s.tellsWhoSteered(files)
	cell := files.cells["cells/"+shop+"/"+ireland+".json"]
	if len(cell.Canaries) != 1 || cell.Canaries[0].Access.OldState != workflows.OldAccessRevoked || len(cell.Canaries[0].Access.Removed) != 1 {
		s.t.Errorf("the evidence of the canary is %+v", cell.Canaries)
	}
	if other := files.cells["cells/"+central+"/"+ireland+".json"]; other.Problem == nil || other.Problem.Reason != workflows.CellNotReachable {
		s.t.Errorf("the evidence of the cell that can't be entered is %+v", other)
	}
}

// closesPlanned closes what was only to plan: its evidence goes to the default place, and its canaries are as planned.
func (s *stack) closesPlanned(directory string) {
	s.t.Helper()
	reply, err := s.api.CreateMigration(s.ctx, &rekeyv1.CreateMigrationRequest{
		Spec: s.only([]string{ireland}, "planned"), ValidateOnly: true,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	m := s.await(reply.GetMigration().GetId(), rested)
	m = s.closes(&rekeyv1.CloseMigrationRequest{MigrationId: m.GetId()})
	files := s.evidenceOf(m.GetId(), func(path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(directory, "default", m.GetId(), path))
	})
	if e := files.migration; e.State != workflows.Planned || e.Plan == nil || e.Plan.Digest != m.GetPlan().GetDigest() {
		s.t.Errorf("the evidence says %s, plan %+v", e.State, e.Plan)
	}
	if c := s.canaries(m)["planned"]; c.GetState() != rekeyv1.CanaryState_CANARY_STATE_PENDING {
		s.t.Errorf("the canary is %s: %v", c.GetState(), c.GetProblem())
	}
}

// closesElsewhere closes to a place that is refused: the migration stays open, says why, and can still be rolled back and then
// closed to a bucket.
func (s *stack) closesElsewhere(directory string) {
	s.t.Helper()
	m := s.migrate(s.atRest("refused"))
	s.close(&rekeyv1.CloseMigrationRequest{MigrationId: m.GetId(), EvidenceUri: "file://" + filepath.Dir(directory) + "/elsewhere"})
	m = s.awaitState(m.GetId(), func(m *rekeyv1.Migration) bool {
		return m.GetState() == closed || strings.Contains(m.GetStateReason(), "EVIDENCE_NOT_WRITTEN")
	})
	if m.GetState() != succeeded || m.GetEvidenceUri() != "" {
		s.t.Errorf("is %s with evidence at %q", m.GetState(), m.GetEvidenceUri())
	}
	s.rollBack(m)
	place := "s3://" + audit + "/rekey"
	m = s.closes(&rekeyv1.CloseMigrationRequest{MigrationId: m.GetId(), EvidenceUri: place})
	files := s.evidenceOf(m.GetId(), func(path string) ([]byte, error) {
		if o, ok := s.sim.World.S3.Stat(audit, "rekey/"+m.GetId()+"/"+path); ok {
			return o.Body, nil
		}
		return nil, os.ErrNotExist
	})
	if m.GetEvidenceUri() != place || files.migration.State != workflows.RolledBackState {
		s.t.Errorf("evidence of what is %s at %q", files.migration.State, m.GetEvidenceUri())
	}
}

// closesWithout closes without evidence, and what was cancelled before its approval.
func (s *stack) closesWithout() {
	s.t.Helper()
	m := s.migrate(s.atRest("dropped"))
	m = s.closes(&rekeyv1.CloseMigrationRequest{MigrationId: m.GetId(), DiscardEvidence: true})
	if m.GetEvidenceUri() != "" {
		s.t.Errorf("there is evidence at %q, which was to be discarded", m.GetEvidenceUri())
	}
	m = s.create(s.atRest("undone"))
	_, err := s.api.CloseMigration(s.ctx, &rekeyv1.CloseMigrationRequest{MigrationId: m.GetId()})
	refused(s.t, "closing what waits for its approval", err, "WRONG_STATE")
	if _, err := s.api.CancelMigration(s.ctx, &rekeyv1.CancelMigrationRequest{MigrationId: m.GetId()}); err != nil {
		s.t.Fatal(err)
	}
	if m = s.closes(&rekeyv1.CloseMigrationRequest{MigrationId: m.GetId()}); m.GetEvidenceUri() == "" {
		s.t.Error("there is no evidence of what was cancelled")
	}
}

// closesByItself waits until the baselines of a migration are past.
func (s *stack) closesByItself(m *rekeyv1.Migration, directory string) {
	s.t.Helper()
	m = s.awaitState(m.GetId(), func(m *rekeyv1.Migration) bool { return m.GetState() == closed })
	files := s.evidenceOf(m.GetId(), func(path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(directory, "default", m.GetId(), path))
	})
	rested := files.migration.EndTime
	if lasted := m.GetEndTime().AsTime().Sub(rested); lasted < soon {
		s.t.Errorf("it closed %s after it came to rest, and was to be open for %s", lasted, soon)
	}
}
