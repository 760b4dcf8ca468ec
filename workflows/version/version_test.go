package version_test

import (
	"strings"
	"testing"

	"go.temporal.io/sdk/testsuite"

	"rekey/workflows"
	"rekey/workflows/cell"
	"rekey/workflows/migration"
	"rekey/workflows/version"
)

// TestRequire lets every format through that was ever given, and none that is yet to come.
func TestRequire(t *testing.T) {
	for format := range workflows.NewestFormat + 2 {
		if refused := panics(func() { version.Require(format) }); refused != (format > workflows.NewestFormat) {
			t.Errorf("format %d of %d: refused %v", format, workflows.NewestFormat, refused)
		}
	}
}

func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

// TestWorkflowsRefuseANewerFormat begins, with work of a format that is yet to come, each workflow whose commands depend on it:
// it does nothing, and says what to do. The test environment has no activities, so that a step beyond would be seen.
func TestWorkflowsRefuseANewerFormat(t *testing.T) {
	for name, w := range map[string]struct {
		workflow, in any
	}{
		workflows.MigrationWorkflow: {migration.Workflow, workflows.MigrationInput{Format: workflows.NewestFormat + 1}},
		workflows.CellWorkflow:      {cell.Workflow, workflows.CellInput{Format: workflows.NewestFormat + 1}},
	} {
		env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
		env.ExecuteWorkflow(w.workflow, w.in)
		if err := env.GetWorkflowError(); err == nil || !strings.Contains(err.Error(), "an older worker took it") {
			t.Errorf("%s ended with %v, and was to refuse the format", name, err)
		}
	}
}
