package worker

import (
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"rekey/workflows"
	"rekey/workflows/worker/replaytest"
)

// update writes the counts of the recorded histories anew: make record-histories does, after recording.
var update = flag.Bool("update", false, "write testdata/replay/counts.json anew")

// count is how many histories there are, and of how many of them the run handed on.
type count struct {
	Histories int `json:"histories"`
	HandedOn  int `json:"handed_on,omitempty"`
}

// counts are those of each version by workflow.
type counts map[string]map[string]count

// TestReplay replays histories that were recorded from committed code (make record-histories). A workflow whose code
// no longer makes the commands of a recorded history would get stuck in every migration that is under way when it
// is deployed.
func TestReplay(t *testing.T) {
	got, of := counts{}, map[string]count{}
	for file, h := range recorded(t) {
		version, kind := filepath.Base(filepath.Dir(file)), kindOf(h)
		if got[version] == nil {
			got[version] = map[string]count{}
		}
		got[version][kind] = got[version][kind].and(h)
		of[kind] = of[kind].and(h)
		t.Run(version+"/"+filepath.Base(file), func(t *testing.T) {
			replayer := worker.NewWorkflowReplayer()
			RegisterWorkflows(replayer)
			if err := replayer.ReplayWorkflowHistory(quiet(), h); err != nil {
				t.Error(err)
			}
		})
	}
	if *update {
		got.write(t)
	}
	if diff := cmp.Diff(expected(t), got); diff != "" {
		t.Errorf("the recorded histories are not those that counts.json lists: one was lost, or counted by nobody (-want +got):\n%s", diff)
	}
	for kind := range kinds {
		if of[kind].Histories == 0 {
			t.Errorf("no history of a %s is recorded", kind)
		}
	}
	for _, kind := range []string{workflows.MigrationWorkflow, workflows.CellWorkflow, workflows.RegistryWorkflow, workflows.KeyWorkflow} {
		if of[kind].HandedOn == 0 {
			t.Errorf("no recorded history of a %s ends by handing on", kind)
		}
	}
}

func (c count) and(h *history.History) count {
	c.Histories++
	if last := h.GetEvents()[len(h.GetEvents())-1]; last.GetEventType() == enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW {
		c.HandedOn++
	}
	return c
}

const countsFile = "testdata/replay/counts.json"

func (c counts) write(t *testing.T) {
	t.Helper()
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(countsFile, append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

func expected(t *testing.T) counts {
	t.Helper()
	text, err := os.ReadFile(countsFile)
	if err != nil {
		t.Fatal(err)
	}
	var c counts
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// recorded are the recorded histories by file.
func recorded(t *testing.T) map[string]*history.History {
	t.Helper()
	files, err := filepath.Glob("testdata/replay/*/*.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*history.History{}
	for _, file := range files {
		all[file] = replaytest.Read(t, file)
	}
	return all
}

// kindOf is the workflow that a history is one of.
func kindOf(h *history.History) string {
	return h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
}

func quiet() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
