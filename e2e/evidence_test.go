package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"rekey/workflows"
	"rekey/workflows/activities/evidence"
)

// TestEvidence migrates canaries and exports what their cell and their migration answer, as closing does. The files keep to
// the published schema, name what an auditor asks for, and tell no secret.
func TestEvidence(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "visual", "")+canaryRole("shop", "plain", ""), `
  - {account: shop, region: eu-west-1, name: checkout, role: visual, runtime: syn-nodejs-puppeteer-11.0, schedule: rate(5 minutes), encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["10,10,200,50"]}]}
  - {account: shop, region: us-east-1, name: done, role: plain, encryption: {mode: SSE_KMS, key: shop/us-east-1/l}}
`))
	m := s.migrate(s.spec([]string{shop}, []string{ireland, virginia}, "shop/eu-west-1/l", "shop/us-east-1/l"))
	dir := t.TempDir()
	exporter := evidence.New(nil, evidence.Config{Directory: dir, URI: "file://" + dir})
	var files []workflows.EvidenceFile
	write := func(in workflows.EvidenceInput) {
		in.Migration = m.GetId()
		written, err := exporter.WriteEvidence(s.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, written.EvidenceFile)
	}
	view := query[workflows.MigrationView](s, workflows.MigrationID(m.GetId()), workflows.MigrationQuery)
	write(workflows.EvidenceInput{View: &view})
	for _, region := range []string{ireland, virginia} {
		cell := workflows.Cell{Account: shop, Region: region}
		page := query[workflows.CanariesPage](s, workflows.CellID(m.GetId(), cell), workflows.CanariesQuery, workflows.CanariesFilter{Limit: 100})
		write(workflows.EvidenceInput{Cell: &workflows.CellOutcome{Cell: cell, Canaries: page.Canaries}})
	}
	write(workflows.EvidenceInput{Files: files})

	schema := evidenceSchema(t)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, m.GetId(), f.Path))
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v\n%s", f.Path, err, text)
		}
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%q is in %s", secret, f.Path)
			}
		}
		if f.Path == "cells/"+shop+"/"+ireland+".json" {
			s.tellsTheStory(text)
			showExample(t, text)
		}
	}
}

// tellsTheStory holds the evidence of the canary that was migrated against what the simulated AWS has.
func (s *stack) tellsTheStory(text []byte) {
	s.t.Helper()
	var cell workflows.CellEvidence
	if err := json.Unmarshal(text, &cell); err != nil || len(cell.Canaries) != 1 {
		s.t.Fatalf("%v\n%s", err, text)
	}
	c := cell.Canaries[0]
	switch {
	case c.Outcome != workflows.Migrated || c.Verdict != workflows.Proven:
		s.t.Errorf("outcome %s, verdict %s", c.Outcome, c.Verdict)
	case c.Before.KeyARN != s.key("shop/eu-west-1/k") || c.After == nil || c.After.KeyARN != s.key("shop/eu-west-1/l"):
		s.t.Errorf("before %+v, after %+v", c.Before, c.After)
	case c.Proof == nil || c.Proof.KeyARN != c.After.KeyARN || c.Proof.Objects == 0 || c.Proof.Runs[0].Started.Before(c.DryRun.StartTime):
		s.t.Errorf("proof %+v", c.Proof)
	case c.Baseline == nil || c.Baseline.State != workflows.BaselineConfirmed || c.Baseline.Before[0].BaseRunID == c.Baseline.Runs[0].ID:
		s.t.Errorf("baseline %+v", c.Baseline)
	case len(c.Access.Given) != 1 || len(c.Access.Removed) != 1 || c.Access.OldState != workflows.OldAccessRevoked:
		s.t.Errorf("access %+v", c.Access)
	}
}

// query asks a workflow.
func query[Out any](s *stack, id, name string, args ...any) Out {
	s.t.Helper()
	var out Out
	value, err := s.temporal.QueryWorkflow(s.ctx, id, "", name, args...)
	if err == nil {
		err = value.Get(&out)
	}
	if err != nil {
		s.t.Fatalf("%s of %s: %v", name, id, err)
	}
	return out
}

func evidenceSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	text, err := os.ReadFile("../docs/evidence.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// showExample writes a file into the documentation, where REKEY_EXAMPLE asks for that.
func showExample(t *testing.T, text []byte) {
	t.Helper()
	const page, begin, end = "../docs/evidence.md", "<!-- Example. -->\n", "<!-- End of example. -->\n"
	if os.Getenv("REKEY_EXAMPLE") == "" {
		return
	}
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(old), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no place for an example", page)
	}
	if err := os.WriteFile(page, []byte(before+begin+"\n```json\n"+string(text)+"```\n\n"+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
