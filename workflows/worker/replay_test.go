package worker

import (
	"compress/gzip"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

// TestReplay replays histories that were recorded from committed code (make record-histories). A workflow whose code
// no longer makes the commands of a recorded history would get stuck in every migration that is under way when it
// is deployed.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/replay/*/*.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, file := range files {
		name := strings.TrimPrefix(file, "testdata/replay/")
		t.Run(name, func(t *testing.T) {
			h := read(t, file)
			kinds[h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()]++
			replayer := worker.NewWorkflowReplayer()
			RegisterWorkflows(replayer)
			if err := replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), h); err != nil {
				t.Error(err)
			}
		})
	}
	for _, kind := range []string{"Migration", "Cell", "Registry", "Key", "Fleet", "Census"} {
		if kinds[kind] == 0 {
			t.Errorf("no history of a %s was replayed", kind)
		}
	}
}

func read(t *testing.T, file string) *history.History {
	t.Helper()
	packed, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	h := &history.History{}
	if err := (temporalproto.CustomJSONUnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, h); err != nil {
		t.Fatal(err)
	}
	return h
}
