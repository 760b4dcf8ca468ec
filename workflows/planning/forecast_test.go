package planning

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

// anItem is a canary that is to be migrated, by a run, every five minutes; edits make others of it.
func anItem(edits ...func(*workflows.Canary)) workflows.Canary {
	c := workflows.Canary{
		Recorded: workflows.Settings{Name: "c", State: "RUNNING", Schedule: "rate(5 minutes)", RoleARN: "role"},
		Action:   workflows.Migrate, State: workflows.Pending, Proving: workflows.ByRun,
		To:     workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "new"},
		Grants: []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: "role", KeyARN: "new", GrantName: "g"}},
	}
	for _, edit := range edits {
		edit(&c)
	}
	return c
}

func proving(p workflows.Proving) func(*workflows.Canary) {
	return func(c *workflows.Canary) { c.Proving = p }
}

func withBaseline(c *workflows.Canary) {
	c.Recorded.Visual = []workflows.VisualReference{{BaseRunID: "r"}}
}

func twoBrowsers(c *workflows.Canary) { c.Recorded.Browsers = []string{"CHROME", "FIREFOX"} }

func atRest(c *workflows.Canary) { c.Recorded.State = "STOPPED" }

func revoking(c *workflows.Canary) {
	c.Revokes = []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: "role", KeyARN: "old", GrantID: "1"}}
}

// TestForecastOfChanges foretells what changes something, and the runs beside those that canaries make anyway.
func TestForecastOfChanges(t *testing.T) {
	for name, c := range map[string]struct {
		reason   string
		items    []workflows.Canary
		baseline workflows.BaselinePolicy
		want     map[string]int
		runs     int
	}{
		"by a run":       {"an update, which sets off a run", []workflows.Canary{anItem()}, "", map[string]int{"synthetics:UpdateCanary": 1, "kms:CreateGrant": 1}, 1},
		"by a dry run":   {"that is a run more", []workflows.Canary{anItem(proving(workflows.ByDryRun))}, "", map[string]int{"synthetics:UpdateCanary": 1, "synthetics:StartCanaryDryRun": 1, "kms:CreateGrant": 1}, 2},
		"by that alone":  {"one at rest is not set off", []workflows.Canary{anItem(proving(workflows.ByDryOnly), atRest)}, "", map[string]int{"synthetics:UpdateCanary": 1, "synthetics:StartCanaryDryRun": 1, "kms:CreateGrant": 1}, 1},
		"started":        {"rekey starts it once", []workflows.Canary{anItem(proving(workflows.ByOneRun), atRest)}, "", map[string]int{"synthetics:UpdateCanary": 1, "synthetics:StartCanary": 1, "synthetics:StopCanary": 1, "kms:CreateGrant": 1}, 1},
		"started twice":  {"the baseline needs a run to compare with it", []workflows.Canary{anItem(proving(workflows.ByOneRun), atRest, withBaseline)}, workflows.BaselineFromProvenRun, map[string]int{"synthetics:UpdateCanary": 2, "synthetics:StartCanary": 2, "synthetics:StopCanary": 1, "kms:CreateGrant": 1}, 2},
		"unproven":       {"nothing follows", []workflows.Canary{anItem(proving(workflows.Unproven), atRest)}, "", map[string]int{"synthetics:UpdateCanary": 1, "kms:CreateGrant": 1}, 0},
		"visual":         {"the baseline takes an update, and that a run", []workflows.Canary{anItem(withBaseline)}, workflows.BaselineFromProvenRun, map[string]int{"synthetics:UpdateCanary": 2, "kms:CreateGrant": 1}, 2},
		"next run":       {"one update carries both", []workflows.Canary{anItem(withBaseline)}, workflows.BaselineNextRun, map[string]int{"synthetics:UpdateCanary": 1, "kms:CreateGrant": 1}, 1},
		"kept baseline":  {"it is not touched", []workflows.Canary{anItem(withBaseline)}, workflows.BaselineKeep, map[string]int{"synthetics:UpdateCanary": 1, "kms:CreateGrant": 1}, 1},
		"two browsers":   {"each run is two", []workflows.Canary{anItem(twoBrowsers)}, "", map[string]int{"synthetics:UpdateCanary": 1, "kms:CreateGrant": 1}, 2},
		"shared role":    {"access is given once for all", []workflows.Canary{anItem(), anItem()}, "", map[string]int{"synthetics:UpdateCanary": 2, "kms:CreateGrant": 1}, 2},
		"there already":  {"what is there is not given", []workflows.Canary{anItem(func(c *workflows.Canary) { c.Grants[0].There = true })}, "", map[string]int{"synthetics:UpdateCanary": 1}, 1},
		"old access":     {"it is removed once", []workflows.Canary{anItem(revoking), anItem(revoking)}, "", map[string]int{"synthetics:UpdateCanary": 2, "kms:CreateGrant": 1, "kms:RevokeGrant": 1}, 2},
		"held for one":   {"what one canary holds, its role has for all", []workflows.Canary{anItem(revoking), anItem(revoking, func(c *workflows.Canary) { c.Hold = &workflows.Problem{} })}, "", map[string]int{"synthetics:UpdateCanary": 2, "kms:CreateGrant": 1}, 2},
		"revoke only":    {"the canary is left", []workflows.Canary{anItem(revoking, func(c *workflows.Canary) { c.Action, c.Grants = workflows.RevokeOnly, nil })}, "", map[string]int{"kms:RevokeGrant": 1}, 0},
		"nothing to do":  {"blocked and skipped canaries cost nothing", []workflows.Canary{anItem(func(c *workflows.Canary) { c.State = workflows.Blocked })}, "", map[string]int{}, 0},
		"by role policy": {"and an inline policy is removed", []workflows.Canary{anItem(func(c *workflows.Canary) { c.Grants[0].Method = workflows.ByRolePolicy }, revoking, func(c *workflows.Canary) { c.Revokes[0].Method = workflows.ByRolePolicy })}, "", map[string]int{"synthetics:UpdateCanary": 1, "iam:PutRolePolicy": 1, "iam:DeleteRolePolicy": 1}, 1},
		"by key policy":  {"a statement comes and another goes", []workflows.Canary{anItem(func(c *workflows.Canary) { c.Grants[0].Method = workflows.ByKeyPolicy }, revoking, func(c *workflows.Canary) { c.Revokes[0].Method = workflows.ByKeyPolicy })}, "", map[string]int{"synthetics:UpdateCanary": 1, "kms:PutKeyPolicy": 2}, 1},
		"existing":       {"it is only verified", []workflows.Canary{anItem(func(c *workflows.Canary) { c.Grants[0].Method = workflows.Existing })}, "", map[string]int{"synthetics:UpdateCanary": 1}, 1},
	} {
		f := Expect(Observed{Policies: workflows.Policies{Baseline: c.baseline}, MaxConcurrent: 10}, c.items)
		changes := map[string]int{}
		for action, n := range f.Calls {
			if !isLook(action) {
				changes[action] = n
			}
		}
		if diff := cmp.Diff(c.want, changes); diff != "" || f.ExtraRuns != c.runs {
			t.Errorf("%s, %s: %d extra runs, want %d; changes (-want +got):\n%s", name, c.reason, f.ExtraRuns, c.runs, diff)
		}
	}
}

// isLook reports whether an action changes nothing.
func isLook(action string) bool {
	_, operation, _ := strings.Cut(action, ":")
	return strings.HasPrefix(operation, "Get") || strings.HasPrefix(operation, "List") || strings.HasPrefix(operation, "Describe")
}

// TestForecastOfTime foretells how long a canary takes.
func TestForecastOfTime(t *testing.T) {
	settle := 5 * time.Minute
	for name, c := range map[string]struct {
		reason                     string
		item                       workflows.Canary
		noLessThan, least, most    time.Duration
		interval, shortestInterval time.Duration
	}{
		"by a run":     {"access settles, and the update sets off a run", anItem(), settle, 6 * time.Minute, 10 * time.Minute, 5 * time.Minute, 5 * time.Minute},
		"by a dry run": {"it shows that access is effective", anItem(proving(workflows.ByDryRun)), 0, time.Minute, 20 * time.Minute, 5 * time.Minute, 5 * time.Minute},
		"cron":         {"no run is certain before the next firing", anItem(func(c *workflows.Canary) { c.Recorded.Schedule = "cron(0 8,18 * * ? *)" }), settle, 6 * time.Minute, 15 * time.Hour, 14 * time.Hour, 10 * time.Hour},
		"at rest":      {"it has no interval", anItem(proving(workflows.ByOneRun), atRest), settle, 6 * time.Minute, 11 * time.Minute, 0, 0},
		"revoke only":  {"there is nothing to wait for", anItem(func(c *workflows.Canary) { c.Action = workflows.RevokeOnly }), 0, 0, 0, 5 * time.Minute, 5 * time.Minute},
		"a baseline":   {"a second run, which the schedule may have to bring", anItem(withBaseline), settle, 6 * time.Minute, 20 * time.Minute, 5 * time.Minute, 5 * time.Minute},
	} {
		f := Expect(Observed{AccessSettle: settle, MaxConcurrent: 1, Policies: workflows.Policies{Baseline: workflows.BaselineFromProvenRun}}, []workflows.Canary{c.item})
		if f.Canary.Least < c.noLessThan || f.Canary.Least > c.least || f.Canary.Most > c.most || f.Canary.Most < f.Canary.Least {
			t.Errorf("%s, %s: %s to %s", name, c.reason, f.Canary.Least, f.Canary.Most)
		}
		if diff := cmp.Diff(workflows.TimeRange{Least: c.shortestInterval, Most: c.interval}, f.Interval); diff != "" {
			t.Errorf("%s: interval (-want +got):\n%s", name, diff)
		}
	}
}

// TestLosing names those who lose most, and no more than may be told.
func TestLosing(t *testing.T) {
	var items []workflows.Canary
	for i := range workflows.MaxLosing + 10 {
		viewer := workflows.Viewer{PrincipalARN: fmt.Sprintf("viewer-%02d", i)}
		carried := workflows.Viewer{PrincipalARN: "carried", CarriedOver: true}
		items = append(items, anItem(func(c *workflows.Canary) {
			c.Viewers = []workflows.Viewer{viewer, carried, {PrincipalARN: "everywhere"}}
		}))
	}
	items = append(items, anItem(func(c *workflows.Canary) {
		c.State, c.Viewers = workflows.Blocked, []workflows.Viewer{{PrincipalARN: "everywhere"}}
	}))
	got := Expect(Observed{}, items).Losing
	_, first := got["viewer-00"]
	_, last := got["viewer-59"]
	if len(got) != workflows.MaxLosing || got["everywhere"] != workflows.MaxLosing+10 || got["carried"] != 0 || !first || last {
		t.Errorf("%d viewers: %v", len(got), got)
	}
}

// TestPlansOfBeforeHaveNoForecast reads a plan that was frozen, and recorded in a history, before there was one.
func TestPlansOfBeforeHaveNoForecast(t *testing.T) {
	var old Frozen
	if err := json.Unmarshal([]byte(`{"canaries": [], "digest": "d", "counts": {}, "bytes": 2}`), &old); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(old)
	if err != nil || strings.Contains(string(text), "forecast") {
		t.Errorf("%v %s", err, text)
	}
}
