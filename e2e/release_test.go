package e2e

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rekey/workflows"
	"rekey/workflows/worker/replaytest"
)

var stateAttribute = temporal.NewSearchAttributeKeyKeyword(workflows.StateAttribute)

// release is how a version of rekey began migrations, as a history that was recorded from it has it.
type release struct {
	version string
	start   *history.WorkflowExecutionStartedEventAttributes
}

// releases are the versions of which there are recorded histories, by the start of a migration of each.
func releases(t *testing.T) []release {
	t.Helper()
	files, err := filepath.Glob("../workflows/worker/testdata/replay/*/five-steps-migration-?.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	var list []release
	for _, file := range files {
		if r, first := readRelease(t, file); first {
			list = append(list, r)
		}
	}
	if len(list) < 2 || slices.IndexFunc(list, func(r release) bool { return r.format() == 0 }) < 0 {
		t.Fatalf("of %d recorded migrations, %d are known how they were begun", len(files), len(list))
	}
	return list
}

// points are where an upgrade can meet migrations of a release.
func (r release) points() []point {
	return slices.DeleteFunc(slices.Clone(points), func(p point) bool { return p.format > r.format() })
}

// readRelease reads how a recorded migration was begun. It reports whether the history is that of its first run.
func readRelease(t *testing.T, file string) (release, bool) {
	t.Helper()
	h := replaytest.Read(t, file)
	start := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	return release{filepath.Base(filepath.Dir(file)), start}, start.GetContinuedExecutionRunId() == ""
}

// input is the input of a migration, as it was written then: fields that are missing stay missing.
func (r release) input() map[string]any {
	var in map[string]any
	_ = json.Unmarshal(r.start.GetInput().GetPayloads()[0].GetData(), &in) // else it is empty, and nothing can begin
	return in
}

// format is the format of the release's migrations.
func (r release) format() int {
	format, _ := r.input()["format"].(float64)
	return int(format)
}

// startAs starts a migration as the server of a release did, of the shop's canaries in Ireland. Where there are waves, the first
// is the canary of that name, and bakes. Another format stands for a later server. It answers the migration's id.
func (s *stack) startAs(r release, format ...int) string {
	s.t.Helper()
	in := r.input()
	spec, ok := in["spec"].(map[string]any)
	if !ok {
		s.t.Fatalf("%s: the recorded migration has no spec", r.version)
	}
	spec["accounts"], spec["regions"] = []string{shop}, []string{ireland}
	spec["target"] = map[string]any{"mode": "SSE_KMS", "key_arns": []string{s.key("shop/eu-west-1/l")}}
	spec["policies"].(map[string]any)["revoke_watch"] = 5 * minute
	if r.format() >= workflows.FormatRollout {
		spec["rollout"] = map[string]any{"waves": []any{
			map[string]any{"list": map[string]any{"name_patterns": []string{"first"}}, "bake_time": 5 * minute},
		}}
	}
	for _, other := range format {
		in["format"] = other
	}
	return s.begins(in, r)
}

// minute is a minute as a duration in an input.
const minute = 60_000_000_000

// begins starts a migration of that input with the memo of a release.
func (s *stack) begins(in map[string]any, r release) string {
	s.t.Helper()
	memo := map[string]any{}
	for name, payload := range r.start.GetMemo().GetFields() {
		memo[name] = json.RawMessage(payload.GetData())
	}
	id, _ := in["id"].(string)
	_, err := s.temporal.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{
		ID: workflows.MigrationID(id), TaskQueue: workflows.TaskQueue, Memo: memo,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(stateAttribute.ValueSet(string(workflows.Planning))),
	}, r.start.GetWorkflowType().GetName(), in)
	if err != nil {
		s.t.Fatalf("starting a migration as %s did: %v", r.version, err)
	}
	return id
}
