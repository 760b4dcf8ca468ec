package e2e

import (
	"bytes"
	"strings"
	"sync"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"
)

// secrets are what must never be seen outside the worker's memory: the hub's secret and the external id, and the
// beginning of every session's access key (AWS IAM User Guide, unique identifiers: ASIA).
var secrets = []string{hubSecret, externalID, "ASIA"}

// transcript collects what the worker and its Temporal client log.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *transcript) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.text.Bytes())
}

// panics are the lines that tell of a workflow that panicked, which is tried again for ever and looks like a wait.
func (l *transcript) panics() string {
	var lines strings.Builder
	for line := range strings.Lines(string(l.Bytes())) {
		if strings.Contains(line, "Workflow panic") {
			lines.WriteString("\n" + line)
		}
	}
	return lines.String()
}

// discreet fails the test when a secret is in a log or in a workflow's history.
func (s *stack) discreet() {
	s.t.Helper()
	logged := s.logs.Bytes()
	if len(logged) == 0 {
		s.t.Error("nothing was logged: the check shows nothing")
	}
	page, err := s.temporal.ListWorkflow(s.ctx, &workflowservice.ListWorkflowExecutionsRequest{})
	if err != nil || len(page.GetExecutions()) == 0 {
		s.t.Fatalf("listing workflows: %d, %v", len(page.GetExecutions()), err)
	}
	for _, secret := range secrets {
		if bytes.Contains(logged, []byte(secret)) {
			s.t.Errorf("%q was logged", secret)
		}
	}
	for _, execution := range page.GetExecutions() {
		id := execution.GetExecution().GetWorkflowId()
		events, err := proto.Marshal(s.history(id, execution.GetExecution().GetRunId()))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(events, []byte(secret)) {
				s.t.Errorf("%q is in the history of %s", secret, id)
			}
		}
	}
}
