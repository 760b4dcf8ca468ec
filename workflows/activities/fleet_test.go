package activities

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fleet"
	"rekey/workflows"
)

// mixed is a cell with a canary of each next step that it can hold.
func mixed() func(*fleet.Fleet) {
	s3 := &fleet.Encryption{Mode: "SSE_S3"}
	return canaries(
		fleet.Canary{Name: "a-keyed"},
		fleet.Canary{Name: "b-ready", Encryption: s3, Runtime: "syn-nodejs-puppeteer-10.0"},
		fleet.Canary{Name: "c-older", Encryption: s3, Runtime: "syn-nodejs-puppeteer-9.1"},
		fleet.Canary{Name: "d-stopped", Encryption: s3, State: "STOPPED"},
		fleet.Canary{Name: "e-deprecated", Encryption: s3, Runtime: "syn-nodejs-puppeteer-6.2"},
	)
}

func TestReadCanariesByPages(t *testing.T) {
	w := newWorld(t, mixed())
	type line struct {
		Name string
		Next workflows.NextStep
	}
	var lines []line
	for in := (workflows.CensusInput{Cell: cell, Limit: 2}); ; in.After = lines[len(lines)-1].Name {
		page := must[workflows.CensusPage](w, workflows.ReadCanariesActivity, in)
		for _, c := range page.Canaries {
			lines = append(lines, line{c.Name, c.NextStep})
		}
		if !page.More {
			break
		}
		if len(page.Canaries) != in.Limit {
			t.Fatalf("a page of %d, and more", len(page.Canaries))
		}
	}
	want := []line{
		{"a-keyed", workflows.StepNone}, {"b-ready", workflows.StepMigrate}, {"c-older", workflows.StepMigrateWithoutDryRun},
		{"d-stopped", workflows.StepDecideAtRest}, {"e-deprecated", workflows.StepMend},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if page := must[workflows.CensusPage](w, workflows.ReadCanariesActivity, workflows.CensusInput{Cell: cell, After: "z"}); len(page.Canaries) > 0 || page.More {
		t.Errorf("after the last there is %+v", page)
	}
}

func TestCountCanaries(t *testing.T) {
	w := newWorld(t, mixed())
	in := census("a-*", "b-*", "d-*")
	in.Limit = 1 // of no meaning to a count
	got := must[workflows.FleetCounts](w, workflows.CountCanariesActivity, in)
	want := workflows.FleetCounts{
		Canaries:     3,
		ByEncryption: workflows.Tally{"SSE_KMS": 1, "SSE_S3": 2},
		ByKey:        workflows.Tally{w.under("old").KeyARN: 1},
		ByRegion:     workflows.Tally{region: 3},
		ByNextStep:   workflows.Tally{"NONE": 1, "MIGRATE": 1, "DECIDE_AT_REST": 1},
		ByAccount:    workflows.Tally{shop: 3},
		ByRuntime:    got.ByRuntime,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCountingIsBrief counts without asking for what a count does not need.
func TestCountingIsBrief(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "visual", Screenshots: []fleet.Screenshot{{Name: "home"}}}))
	must[workflows.FleetCounts](w, workflows.CountCanariesActivity, census())
	for operation, n := range w.sim.World.Calls.Counts() {
		if operation == "synthetics:GetCanaryRuns" || operation == "s3:GetBucketLocation" {
			t.Errorf("%d calls of %s", n, operation)
		}
	}
}
