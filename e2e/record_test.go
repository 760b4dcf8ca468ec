package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"rekey/workflows/worker/replaytest"
)

// record keeps the histories of all workflows of the test as fixtures for the replay test, when REKEY_RECORD names
// a directory (make record-histories). They must come from code that is committed: a fixture is a promise.
func (s *stack) record(name string) {
	s.t.Helper()
	directory := os.Getenv("REKEY_RECORD")
	if directory == "" {
		return
	}
	if changed, err := exec.CommandContext(s.ctx, "git", "status", "--porcelain", "--", "../workflows", ":!../workflows/worker/testdata").Output(); err != nil || len(changed) > 0 {
		s.t.Fatalf("histories are recorded from committed workflows only (%v):\n%s", err, changed)
	}
	page, err := s.temporal.ListWorkflow(s.ctx, &workflowservice.ListWorkflowExecutionsRequest{})
	if err != nil {
		s.t.Fatalf("listing workflows: %v", err)
	}
	migration, summary := "migration/", "fleet/"
	for _, execution := range page.GetExecutions() {
		switch id := execution.GetExecution().GetWorkflowId(); execution.GetType().GetName() {
		case "Migration":
			migration = id
		case "Fleet":
			summary = id
		}
	}
	seen := map[string]int{}
	for _, execution := range page.GetExecutions() {
		id := name + "-" + strings.NewReplacer(migration, "migration", summary, "summary", "/", "-").Replace(execution.GetExecution().GetWorkflowId())
		seen[id]++
		file := filepath.Join(directory, fmt.Sprintf("%s-%d.json.gz", id, seen[id]))
		replaytest.Write(s.t, file, s.history(execution.GetExecution().GetWorkflowId(), execution.GetExecution().GetRunId()))
	}
}

func (s *stack) history(workflow, run string) *history.History {
	s.t.Helper()
	all := &history.History{}
	events := s.temporal.GetWorkflowHistory(s.ctx, workflow, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			s.t.Fatalf("history of %s: %v", workflow, err)
		}
		all.Events = append(all.Events, event)
	}
	return all
}
