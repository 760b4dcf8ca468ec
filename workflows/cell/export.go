package cell

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// export writes the cell's evidence.
func (c *cell) export(ctx workflow.Context, task workflows.Task) {
	c.report.Evidence, c.report.EvidenceProblem = "", nil
	written, err := call.Do[workflows.WrittenEvidence](ctx, call.Read, workflows.WriteEvidenceActivity, "write the evidence",
		workflows.EvidenceInput{
			URI: task.URI, Migration: c.in.Migration,
			Cell: &workflows.CellOutcome{Cell: c.in.Cell, Digest: c.report.Digest, Problem: c.report.Problem, Canaries: c.canaries},
		})
	if err != nil {
		c.report.EvidenceProblem = failure.Problem(err)
		return
	}
	c.report.Evidence = written.SHA256
}
