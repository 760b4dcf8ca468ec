package evidence

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

// mark sets everything in a value, every text to a marker that names where it stands: one of each slice and map.
func mark(v reflect.Value, path string, markers *[]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*workflows.Canary]() {
			return // the canary before a retry, of which nothing is exported
		}
		v.Set(reflect.New(v.Type().Elem()))
		mark(v.Elem(), path, markers)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1_700_000_000, 0).UTC()))
			return
		}
		for i := range v.NumField() {
			mark(v.Field(i), path+"."+v.Type().Field(i).Name, markers)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		mark(v.Index(0), path, markers)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		mark(key, path+" key", markers)
		mark(value, path, markers)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		*markers = append(*markers, path)
		v.SetString("<" + path + ">")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7)
	default:
		panic(fmt.Sprintf("%s is a %s", path, v.Kind()))
	}
}

// TestOnlyWhatIsMeantIsExported marks every text of what a cell and a migration hold, and looks for the marks in what is
// written: a field that is added to the workflows' structs is exported when somebody decides so, and not before.
func TestOnlyWhatIsMeantIsExported(t *testing.T) {
	for name, c := range map[string]struct {
		value    any
		document func(any) any
		// kept are the texts, by the beginning of where they stand, that an export leaves out.
		kept []string
	}{
		"canary": {
			value:    &workflows.Canary{},
			document: func(v any) any { return Canary(*v.(*workflows.Canary)) },
			kept: []string{
				".Cell.", ".ToBucketRegion", ".Hold.", // the file names the cell; why access is held stands in OldAccess
				".Left.Change.Why", // Left.Why says it
				".Before",          // only of use while it is put back
			},
		},
		"migration": {
			value:    &workflows.MigrationView{},
			document: func(v any) any { return Migration(*v.(*workflows.MigrationView)) },
			kept: []string{
				// The verbs are in the controls, with who called them.
				".Approval.", ".Cancel.", ".RollBack.", ".Pauses.", ".Opened.", ".Closing.", ".Evidence", ".Controls.Part.",
				".StateReason", // that it is being closed is in the controls too
				// How the waves were cut is told by their titles.
				".Spec.Rollout.", ".Rollout.", ".Waves.Spec.",
				".Spec.Policies.ManagedTags", ".Plan.Forecast.Losing", ".Plan.Forecast.Peaks.", ".Progress.Steps",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var markers []string
			mark(reflect.ValueOf(c.value).Elem(), "", &markers)
			written := string(text(c.document(c.value)))
			used := map[string]bool{}
			for _, marker := range markers {
				i := slices.IndexFunc(c.kept, func(k string) bool { return strings.HasPrefix(marker, k) })
				if isThere := strings.Contains(written, "<"+marker+">"); isThere == (i >= 0) {
					t.Errorf("%s: exported is %v", marker, isThere)
				}
				if i >= 0 {
					used[c.kept[i]] = true
				}
			}
			for _, k := range c.kept {
				if !used[k] {
					t.Errorf("nothing begins with %s", k)
				}
			}
		})
	}
}

// TestDocumentsKeepToTheSchema writes documents with as much and as little in them as there can be.
func TestDocumentsKeepToTheSchema(t *testing.T) {
	spec := workflows.Spec{Policies: workflows.Policies{
		Access: workflows.AccessAuto, DryRun: workflows.DryRunNever, Baseline: workflows.BaselineKeep, AtRest: workflows.AtRestSkip, Viewers: workflows.ViewersReport,
	}}
	validate(t, Migration(workflows.MigrationView{ID: "m", State: workflows.Failed, Spec: spec}), "MigrationEvidence")
	validate(t, Cell("m", workflows.CellOutcome{Problem: &workflows.Problem{Reason: workflows.CellNotReachable}}), "CellEvidence")
	validate(t, manifest("m", []workflows.EvidenceFile{{Path: "migration.json"}}), "ManifestEvidence")
	validate(t, Cell("m", workflows.CellOutcome{Canaries: []workflows.Canary{migrated(), {State: workflows.Blocked, Recorded: workflows.Settings{From: workflows.Encryption{Mode: workflows.SSES3}}}}}), "CellEvidence")
}

// migrated is a visual canary that was migrated by a dry run.
func migrated() workflows.Canary {
	wave, at := 1, time.Unix(1_700_000_000, 0).UTC()
	run := workflows.Run{ID: "r", Started: at, State: "PASSED", Location: "bucket/canary/r"}
	from, to := workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "old"}, workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "new"}
	grant := workflows.AccessChange{Method: workflows.ByGrant, RoleARN: "role", KeyARN: "new", GrantName: "n", GrantID: "1"}
	old := workflows.AccessChange{Method: workflows.ByGrant, RoleARN: "role", KeyARN: "old", GrantID: "0", Foreign: true}
	return workflows.Canary{
		Recorded: workflows.Settings{
			Name: "a", ID: "1", State: "RUNNING", From: from, Location: "bucket/canary", Visual: []workflows.VisualReference{{BaseRunID: "b"}},
		},
		Action: workflows.Migrate, To: to, ToLocation: "bucket/canary", Proving: workflows.ByDryRun, State: workflows.Migrated,
		Step: workflows.RevokeStep, Wave: &wave, Begun: at, Settled: at, Grants: []workflows.AccessChange{grant}, Granted: []workflows.AccessChange{grant},
		Revokes: []workflows.AccessChange{old},
		DryRun:  &workflows.DryRun{ID: "d", Started: at, Committed: true}, Proof: &workflows.Proof{Runs: []workflows.Run{run}, Encryption: to, Objects: 3},
		Baseline:  &workflows.Baseline{State: workflows.BaselineConfirmed, Runs: []workflows.Run{run}},
		OldAccess: &workflows.OldAccess{State: workflows.OldAccessRevoked, Revoked: []workflows.AccessChange{old}},
		Left:      []workflows.Left{{Change: workflows.AccessChange{Method: workflows.ByKeyPolicy, Why: "old"}, Why: "wider"}},
	}
}

// TestAfter tells what a canary has been seen to have, wherever its story ended.
func TestAfter(t *testing.T) {
	old, renewed := &workflows.CanarySettings{Mode: workflows.SSEKMS, KeyARN: "old", Location: "bucket/canary"},
		&workflows.CanarySettings{Mode: workflows.SSEKMS, KeyARN: "new", Location: "bucket/canary"}
	for name, c := range map[string]struct {
		reason string
		change func(*workflows.Canary)
		want   *workflows.CanarySettings
	}{
		"migrated":         {"it was updated", func(*workflows.Canary) {}, renewed},
		"failed on a run":  {"the update had settled", func(c *workflows.Canary) { c.State, c.Step = workflows.CanaryFailed, workflows.RunStep }, renewed},
		"blocked":          {"no update was made", func(c *workflows.Canary) { c.State, c.Settled = workflows.Blocked, time.Time{} }, nil},
		"returned":         {"it has its old settings again", func(c *workflows.Canary) { c.State, c.Step = workflows.Returned, workflows.ReturnStep }, old},
		"returning, run":   {"the return had settled", func(c *workflows.Canary) { c.State, c.Step = workflows.CanaryFailed, workflows.ReturnRunStep }, old},
		"returning":        {"whether the return took is not known", func(c *workflows.Canary) { c.State, c.Step = workflows.CanaryFailed, workflows.ReturnStep }, nil},
		"not returnable":   {"it stays on the new settings", func(c *workflows.Canary) { c.Step = workflows.RestoreStep }, renewed},
		"revoke only, ran": {"only access was removed", func(c *workflows.Canary) { c.Action, c.Settled = workflows.RevokeOnly, time.Time{} }, nil},
	} {
		canary := migrated()
		c.change(&canary)
		var got *workflows.CanarySettings
		if after := Canary(canary).After; after != nil {
			got = &after.CanarySettings
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", name, c.reason, diff)
		}
	}
}

// TestAccess tells what was given, removed and left, each with its reason.
func TestAccess(t *testing.T) {
	want := workflows.CanaryAccess{
		Planned:   []workflows.AccessEvidence{{Method: workflows.ByGrant, Principal: "role", KeyARN: "new", GrantName: "n", GrantID: "1"}},
		Given:     []workflows.AccessEvidence{{Method: workflows.ByGrant, Principal: "role", KeyARN: "new", GrantName: "n", GrantID: "1"}},
		Removable: []workflows.AccessEvidence{{Method: workflows.ByGrant, Principal: "role", KeyARN: "old", GrantID: "0", Foreign: true}},
		Removed:   []workflows.AccessEvidence{{Method: workflows.ByGrant, Principal: "role", KeyARN: "old", GrantID: "0", Foreign: true}},
		Left:      []workflows.AccessEvidence{{Method: workflows.ByKeyPolicy, Why: "wider"}},
		OldState:  workflows.OldAccessRevoked,
	}
	if diff := cmp.Diff(want, Canary(migrated()).Access); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
