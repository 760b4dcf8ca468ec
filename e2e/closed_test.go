package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// exported is the evidence of a migration.
type exported struct {
	migration workflows.MigrationEvidence
	cells     map[string]workflows.CellEvidence
}

// evidenceOf reads an export by its manifest, and checks the digests and the schema of all its files.
func (s *stack) evidenceOf(id string, read func(path string) ([]byte, error)) exported {
	s.t.Helper()
	var manifest workflows.ManifestEvidence
	s.evidenceFile(workflows.ManifestEvidenceFile, read, &manifest)
	if manifest.MigrationID != id {
		s.t.Errorf("the manifest is of %q, want %s", manifest.MigrationID, id)
	}
	files := exported{cells: map[string]workflows.CellEvidence{}}
	for _, f := range manifest.Files {
		into := any(&files.migration)
		var cell workflows.CellEvidence
		if f.Path != workflows.MigrationEvidenceFile {
			into = &cell
		}
		sum := sha256.Sum256(s.evidenceFile(f.Path, read, into))
		if hex.EncodeToString(sum[:]) != f.SHA256 {
			s.t.Errorf("the digest of %s is not that of the manifest", f.Path)
		}
		if f.Path != workflows.MigrationEvidenceFile {
			files.cells[f.Path] = cell
		}
	}
	if files.migration.MigrationID != id || len(files.cells) == 0 {
		s.t.Errorf("the manifest lists %+v", manifest.Files)
	}
	return files
}

// evidenceFile reads a file that keeps to the schema.
func (s *stack) evidenceFile(path string, read func(path string) ([]byte, error), into any) []byte {
	s.t.Helper()
	text, err := read(path)
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		s.t.Fatal(err)
	}
	if err := evidenceSchema(s.t).Validate(document); err != nil {
		s.t.Errorf("%s: %v\n%s", path, err, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		s.t.Fatal(err)
	}
	return text
}

// tellsWhoSteered checks that the evidence has the verbs of a migration in their order, and the state in which it came to rest.
func (s *stack) tellsWhoSteered(files exported) {
	s.t.Helper()
	type verb struct {
		Verb       workflows.Verb
		By         string
		From       workflows.State
		Part, Said string
	}
	var got []verb
	for _, c := range files.migration.Controls {
		got = append(got, verb{c.Verb, c.By.Name, c.From, c.Part, c.Detail})
	}
	want := []verb{
		{workflows.CreateVerb, "", workflows.Planning, "everything", ""},
		{workflows.ApproveVerb, "", workflows.AwaitingApproval, "everything", ""},
		{workflows.PauseVerb, "petra", workflows.Running, "everything", "to look"},
		{workflows.ResumeVerb, "rosa", workflows.PausedState, "everything", "seen"},
		{workflows.CloseVerb, "carla", workflows.Succeeded, "everything", "done"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("control verbs (-want +got):\n%s", diff)
	}
	e := files.migration
	if e.State != workflows.Succeeded || e.StateReason != "" || len(e.Approvals) != 1 || len(e.CellProblems) != 1 || len(e.Waves) != 1 {
		s.t.Errorf("the evidence says %s (%s), %d approvals, problems %v, waves %v", e.State, e.StateReason, len(e.Approvals), e.CellProblems, e.Waves)
	}
}

// answersAfterwards checks that what is closed can still be read, is changed by no verb, and can be closed again to no effect.
func (s *stack) answersAfterwards(m *rekeyv1.Migration) {
	s.t.Helper()
	id := m.GetId()
	if c := s.canaries(m)["told"]; c.GetState() != migrated || c.GetOldAccess().GetState() != revoked {
		s.t.Errorf("the canary of the closed migration is %v", c)
	}
	one := &rekeyv1.GetCanaryRequest{MigrationId: id, AccountId: shop, Region: ireland, CanaryName: "told"}
	if _, err := s.api.GetCanary(s.ctx, one); err != nil {
		s.t.Errorf("get canary: %v", err)
	}
	s.close(&rekeyv1.CloseMigrationRequest{MigrationId: id, EvidenceUri: "s3://nowhere/else"})
	for verb, call := range map[string]func() error{
		"approve": func() error { // another plan: that which ran may be approved again
			_, err := s.api.ApproveMigration(s.ctx, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: strings.Repeat("0", 64)})
			return err
		},
		"pause": func() error {
			_, err := s.api.PauseMigration(s.ctx, &rekeyv1.PauseMigrationRequest{MigrationId: id})
			return err
		},
		"resume": func() error {
			_, err := s.api.ResumeMigration(s.ctx, &rekeyv1.ResumeMigrationRequest{MigrationId: id})
			return err
		},
		"cancel": func() error {
			_, err := s.api.CancelMigration(s.ctx, &rekeyv1.CancelMigrationRequest{MigrationId: id})
			return err
		},
		"roll back": func() error {
			_, err := s.api.RollBackMigration(s.ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: id})
			return err
		},
		"retry": func() error {
			_, err := s.api.RetryMigration(s.ctx, &rekeyv1.RetryMigrationRequest{MigrationId: id})
			return err
		},
		"advance": func() error {
			_, err := s.api.AdvanceMigration(s.ctx, &rekeyv1.AdvanceMigrationRequest{MigrationId: id})
			return err
		},
		"update rollout": func() error {
			_, err := s.api.UpdateRollout(s.ctx, &rekeyv1.UpdateRolloutRequest{MigrationId: id, NoBudget: true})
			return err
		},
		"confirm": func() error {
			_, err := s.api.ConfirmSourceChange(s.ctx, &rekeyv1.ConfirmSourceChangeRequest{MigrationId: id})
			return err
		},
	} {
		err := call()
		if code, reason := reasonOf(err); code != codes.FailedPrecondition || reason != "WRONG_STATE" || metadataOf(err)["state"] != "CLOSED" {
			s.t.Errorf("%s: %v with %v, want WRONG_STATE, CLOSED", verb, err, metadataOf(err))
		}
	}
}
