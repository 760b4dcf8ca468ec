package activities

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
	"rekey/workflows/activities/evidence"
)

const exported = "m-00000000000000000001"

var oneFile = []workflows.EvidenceFile{{Path: workflows.MigrationEvidenceFile}}

// export writes the three kinds of files to a place, as a migration that closes does, and answers them.
func (w *world) export(uri string) []workflows.WrittenEvidence {
	w.t.Helper()
	write := func(in workflows.EvidenceInput) workflows.WrittenEvidence {
		in.URI, in.Migration = uri, exported
		return must[workflows.WrittenEvidence](w, workflows.WriteEvidenceActivity, in)
	}
	first := write(workflows.EvidenceInput{View: &workflows.MigrationView{ID: exported, State: workflows.Succeeded, Created: time.Unix(1, 0).UTC()}})
	second := write(workflows.EvidenceInput{Cell: &workflows.CellOutcome{Cell: cell, Canaries: []workflows.Canary{{
		Cell: cell, Recorded: workflows.Settings{Name: "a", ID: "1"}, State: workflows.Migrated,
	}}}})
	last := write(workflows.EvidenceInput{Files: []workflows.EvidenceFile{second.EvidenceFile, first.EvidenceFile}})
	return []workflows.WrittenEvidence{first, second, last}
}

// verify follows an export's manifest, as an auditor would: every file that it lists is there, with that digest.
func verify(t *testing.T, read func(path string) []byte) {
	t.Helper()
	var manifest workflows.ManifestEvidence
	if err := json.Unmarshal(read("manifest.json"), &manifest); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range manifest.Files {
		text := read(f.Path)
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != f.SHA256 || len(text) != f.Bytes {
			t.Errorf("%s is not what the manifest says", f.Path)
		}
		paths = append(paths, f.Path)
	}
	if diff := cmp.Diff([]string{"cells/" + shop + "/" + region + ".json", "migration.json"}, paths); diff != "" {
		t.Errorf("files of the manifest (-want +got):\n%s", diff)
	}
}

func TestEvidenceInADirectory(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	w.evidence = evidence.Config{Directory: dir}
	read := func(path string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, "of", "2026", exported, filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	uri := "file://" + dir + "/of/2026"
	first := w.export(uri)
	verify(t, read)
	if diff := cmp.Diff(first, w.export(uri)); diff != "" {
		t.Errorf("written again it differs (-first +second):\n%s", diff)
	}
	verify(t, read)
	if want := uri + "/" + exported + "/manifest.json"; first[2].URI != want || first[2].Place != uri {
		t.Errorf("written to %+v, want %s", first[2], want)
	}
	if n := files(t, dir); n != 3 {
		t.Errorf("there are %d files, want the three of the export and nothing half-written", n)
	}
}

func files(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestEvidenceGoesNowhereElse tries to write outside of the directory that the worker was started with: whoever may close a
// migration names the place, and is not thereby let into the worker's file system.
func TestEvidenceGoesNowhereElse(t *testing.T) {
	w := newWorld(t)
	top := t.TempDir()
	dir, outside := filepath.Join(top, "dir"), filepath.Join(top, "outside")
	for _, d := range []string{dir, outside, outside + "/" + exported} {
		if err := os.MkdirAll(d, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		uri    string
		config evidence.Config
	}{
		"beside":              {"file://" + outside, evidence.Config{Directory: dir}},
		"above by dots":       {"file://" + dir + "/../outside", evidence.Config{Directory: dir}},
		"above by coded dots": {"file://" + dir + "/%2e%2e/outside", evidence.Config{Directory: dir}},
		"through a link":      {"file://" + dir + "/link", evidence.Config{Directory: dir}},
		"a name's beginning":  {"file://" + dir + "side", evidence.Config{Directory: dir}},
		"of another host":     {"file://host" + dir, evidence.Config{Directory: dir}},
		"no directory":        {"file://" + dir, evidence.Config{}},
		"another scheme":      {"https://" + dir, evidence.Config{Directory: dir}},
		"a query":             {"file://" + dir + "?x", evidence.Config{Directory: dir}},
		"dots in a bucket":    {"s3://shop-artifacts/a/../b", evidence.Config{}},
		"no bucket":           {"s3:///prefix", evidence.Config{}},
	} {
		w.evidence = c.config
		_, err := run[workflows.WrittenEvidence](w, workflows.WriteEvidenceActivity,
			workflows.EvidenceInput{URI: c.uri, Migration: exported, Files: oneFile})
		t.Log(name)
		if metadata := refused(t, err, workflows.EvidenceNotWritten); metadata["uri"] != c.uri || metadata["cause"] == "" {
			t.Errorf("%s: metadata %v", name, metadata)
		}
	}
	if n := files(t, outside); n != 0 {
		t.Errorf("%d files were written outside of the directory", n)
	}
}

// TestOneFileAtATime refuses what would be ambiguous, or lead out of the export's directory.
func TestOneFileAtATime(t *testing.T) {
	w := newWorld(t)
	w.evidence = evidence.Config{Directory: t.TempDir()}
	w.evidence.URI = "file://" + w.evidence.Directory
	for name, in := range map[string]workflows.EvidenceInput{
		"nothing":     {Migration: exported},
		"two":         {Migration: exported, View: &workflows.MigrationView{}, Files: oneFile},
		"no id":       {View: &workflows.MigrationView{}},
		"dots":        {Migration: "..", View: &workflows.MigrationView{}},
		"a path":      {Migration: "a/b", View: &workflows.MigrationView{}},
		"cell's dots": {Migration: exported, Cell: &workflows.CellOutcome{Cell: workflows.Cell{Account: "..", Region: region}}},
	} {
		_, err := run[workflows.WrittenEvidence](w, workflows.WriteEvidenceActivity, in)
		t.Log(name)
		refused(t, err, workflows.EvidenceNotWritten)
	}
	if n := files(t, w.evidence.Directory); n != 0 {
		t.Errorf("%d files were written", n)
	}
}

func TestNoPlaceOfEvidence(t *testing.T) {
	w := newWorld(t)
	got := must[workflows.WrittenEvidence](w, workflows.WriteEvidenceActivity, workflows.EvidenceInput{Migration: exported, Files: oneFile})
	if got != (workflows.WrittenEvidence{}) {
		t.Errorf("got %+v, want nothing", got)
	}
}

// withBucketsForEvidence gives the worker's own user a policy for evidence, and buckets of its own account: one in another
// Region than the worker's, one that encrypts with a key that the worker may not use, and one that the policy leaves out.
func withBucketsForEvidence(f *fleet.Fleet) {
	f.Accounts[0].Regions = []string{region, "us-east-1"}
	f.Users[0].Policies = map[string]fleet.Document{"evidence": `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::audit-*/rekey/*"]}]}`}
	for name, where := range map[string]string{"audit-eu": region, "audit-us": "us-east-1", "private": region} {
		f.Buckets = append(f.Buckets, fleet.Bucket{Name: name, Account: hub, Region: where})
	}
}

func TestEvidenceInABucket(t *testing.T) {
	for name, bucket := range map[string]string{"of the worker's Region": "audit-eu", "of another Region": "audit-us"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withBucketsForEvidence)
			w.evidence = evidence.Config{URI: "s3://" + bucket + "/rekey/"}
			read := func(path string) []byte {
				o, ok := w.sim.World.S3.Stat(bucket, "rekey/"+exported+"/"+path)
				if !ok {
					t.Fatalf("there is no %s", path)
				}
				if o.Header["X-Amz-Checksum-Sha256"] == "" || o.Header["Content-Type"] != "application/json" {
					t.Errorf("%s has the headers %v", path, o.Header)
				}
				return o.Body
			}
			first := w.export("")
			verify(t, read)
			if diff := cmp.Diff(first, w.export("")); diff != "" {
				t.Errorf("written again it differs (-first +second):\n%s", diff)
			}
			for _, e := range w.mutations("s3:PutObject") {
				if !strings.HasSuffix(e.Principal, ":user/worker") {
					t.Errorf("%s was written by %s, not by the worker itself", e.Resource, e.Principal)
				}
			}
		})
	}
}

func TestBucketThatTakesNoEvidence(t *testing.T) {
	w := newWorld(t, withBucketsForEvidence)
	for name, c := range map[string]struct{ uri, code string }{
		"denied":        {"s3://private/rekey", "AccessDenied"},
		"other prefix":  {"s3://audit-eu/else", "AccessDenied"},
		"another's":     {"s3://shop-artifacts/rekey", "AccessDenied"},
		"no such":       {"s3://audit-none/rekey", "NoSuchBucket"},
		"not a name":    {"s3://Audit/rekey", ""},
		"denied abroad": {"s3://audit-us/else", "AccessDenied"},
	} {
		_, err := run[workflows.WrittenEvidence](w, workflows.WriteEvidenceActivity,
			workflows.EvidenceInput{URI: c.uri, Migration: exported, Files: oneFile})
		t.Log(name)
		metadata := refused(t, err, workflows.EvidenceNotWritten)
		if metadata["uri"] != c.uri || metadata["cause"] == "" || metadata["aws_code"] != c.code {
			t.Errorf("%s: metadata %v", name, metadata)
		}
		if strings.Contains(err.Error(), accessKey) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: credentials are in %v", name, err)
		}
	}
}

func TestEvidenceIsRetriedWhereAWSPutItOff(t *testing.T) {
	w := newWorld(t, withBucketsForEvidence)
	w.fails(fault.Rule{Service: "s3", Operation: "PutObject", FailBefore: 1})
	_, err := run[workflows.WrittenEvidence](w, workflows.WriteEvidenceActivity,
		workflows.EvidenceInput{URI: "s3://audit-eu/rekey", Migration: exported, Files: oneFile})
	retried(t, err)
}
