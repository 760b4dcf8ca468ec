package activities

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fleet"
	"rekey/workflows"
)

// TestCompare lets an outage hit a site that migrated and not-yet-migrated canaries watch, and no other.
func TestCompare(t *testing.T) {
	const quick = "rate(1 minute)"
	w := newWorld(t, canaries(
		fleet.Canary{Name: "moved-up", Schedule: quick}, fleet.Canary{Name: "moved-down", Schedule: quick, SiteDown: true},
		fleet.Canary{Name: "still-down", Schedule: quick, SiteDown: true}, fleet.Canary{Name: "still-up", Schedule: quick},
		fleet.Canary{Name: "at-rest", State: "READY"},
		fleet.Canary{Name: "two-browsers", Schedule: quick, Runtime: "syn-nodejs-puppeteer-11.0", Browsers: []string{"CHROME", "FIREFOX"}},
	))
	begun := w.sim.World.Clock.Now()
	w.sim.World.Clock.Advance(10 * time.Minute)
	watched := func(since time.Time, names ...string) []workflows.Watched {
		var list []workflows.Watched
		for _, name := range names {
			list = append(list, workflows.Watched{Name: name, Since: since})
		}
		return list
	}
	in := workflows.CompareInput{
		Cell: cell, Migrated: watched(begun, "moved-up", "moved-down", "gone"),
		Control: watched(begun, "still-up", "still-down", "at-rest", "two-browsers"),
	}
	got := must[workflows.Comparison](w, workflows.CompareActivity, in)
	want := workflows.Comparison{
		Migrated: workflows.RunShare{Canaries: 2, Failed: 1}, Control: workflows.RunShare{Canaries: 3, Failed: 1},
		Failing: []string{"moved-down", "still-down"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("comparison (-want +got):\n%s", diff)
	}
	late := workflows.CompareInput{Cell: cell, Migrated: watched(w.sim.World.Clock.Now().Add(time.Hour), "moved-up", "moved-down")}
	if diff := cmp.Diff(workflows.Comparison{}, must[workflows.Comparison](w, workflows.CompareActivity, late)); diff != "" {
		t.Errorf("runs that started before count (-want +got):\n%s", diff)
	}
	if n := len(w.changed()); n != 0 {
		t.Errorf("%d changes by a look", n)
	}
}

// TestCompareReadsPages compares more canaries than one answer tells of.
func TestCompareReadsPages(t *testing.T) {
	var fleets []fleet.Canary
	var in workflows.CompareInput
	for i := range 130 {
		name := fmt.Sprintf("canary-%03d", i)
		fleets = append(fleets, fleet.Canary{Name: name})
		in.Control = append(in.Control, workflows.Watched{Name: name})
	}
	w := newWorld(t, canaries(fleets...))
	in.Cell = cell
	if got := must[workflows.Comparison](w, workflows.CompareActivity, in); got.Control.Canaries != 130 {
		t.Errorf("%d canaries count, want all 130", got.Control.Canaries)
	}
}

func TestCompareRefused(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}),
		denying(`{"Effect": "Deny", "Action": "synthetics:DescribeCanariesLastRun", "Resource": "*"}`))
	_, err := run[workflows.Comparison](w, workflows.CompareActivity, workflows.CompareInput{Cell: cell})
	if about := refused(t, err, workflows.AccessDenied); about["operation"] != "synthetics:DescribeCanariesLastRun" {
		t.Errorf("the problem is about %v", about)
	}
}
