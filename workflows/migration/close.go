package migration

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/failure"
)

// mayClose refuses to close what goes on.
func (m *migration) mayClose(workflow.Context, workflows.Closing) error {
	if m.in.Format == 0 || !m.view.State.Rests() {
		return failure.Refuse(m.wrongState("closed"))
	}
	return nil
}

// close notes that the migration is to end; the workflow exports the evidence and ends.
func (m *migration) close(ctx workflow.Context, in workflows.Closing) (workflows.MigrationView, error) {
	if m.view.Closing != nil || m.view.State == workflows.ClosedState {
		return m.shown(), nil
	}
	in.Time = workflow.Now(ctx)
	m.log(ctx, workflows.Control{Verb: workflows.CloseVerb, By: in.By, Detail: in.Reason})
	m.view.Closing = &in
	m.view.StateReason = "Closing: the evidence is being exported. " + in.Reason
	m.changed(ctx)
	return m.shown(), nil
}

// export writes the evidence: the migration, then each cell, and last a manifest of all files, so that an export that was
// broken off is recognized. It reports whether the migration may end: where no place is named, nothing is written.
func (m *migration) export(ctx workflow.Context) (bool, error) {
	var asked workflows.Closing
	if m.view.Closing != nil {
		asked = *m.view.Closing
	}
	if m.in.Format == 0 || asked.Discard || m.view.Plan == nil && m.view.Closing == nil {
		return true, nil
	}
	view := m.shown()
	first, err := m.write(ctx, workflows.EvidenceInput{URI: asked.URI, View: &view})
	if err != nil {
		return m.notExported(ctx, failure.Problem(err))
	}
	if first.Place == "" {
		return true, nil
	}
	files := []workflows.EvidenceFile{first.EvidenceFile}
	m.assign(workflows.Task{Kind: workflows.ExportTask, URI: first.Place})
	if err := m.awaitCells(ctx, m.carriedOut); err != nil {
		return false, err
	}
	for _, cell := range m.cells.order {
		file, err := m.cellFile(ctx, first.Place, cell)
		if err != nil {
			return m.notExported(ctx, failure.Problem(err))
		}
		if file.SHA256 != "" {
			files = append(files, file)
		}
	}
	if _, err := m.write(ctx, workflows.EvidenceInput{URI: first.Place, Files: files}); err != nil {
		return m.notExported(ctx, failure.Problem(err))
	}
	m.view.Evidence = first.Place
	return true, nil
}

// cellFile is the file that a cell wrote; of one that was never entered the migration writes it.
func (m *migration) cellFile(ctx workflow.Context, place string, cell workflows.Cell) (workflows.EvidenceFile, error) {
	r := m.cells.report[cell]
	if r.EvidenceProblem != nil {
		return workflows.EvidenceFile{}, failure.Refuse(r.EvidenceProblem)
	}
	if r.Evidence != "" && r.Problem == nil { // else it is of an export before
		return workflows.EvidenceFile{Path: workflows.CellEvidenceFile(cell), SHA256: r.Evidence}, nil
	}
	written, err := m.write(ctx, workflows.EvidenceInput{
		URI: place, Cell: &workflows.CellOutcome{Cell: cell, Digest: r.Digest, Problem: r.Problem},
	})
	return written.EvidenceFile, err
}

func (m *migration) write(ctx workflow.Context, in workflows.EvidenceInput) (workflows.WrittenEvidence, error) {
	in.Migration = m.in.ID
	return call.Do[workflows.WrittenEvidence](ctx, call.Read, workflows.WriteEvidenceActivity, "write the evidence", in)
}

// notExported leaves the migration open, with the reason. One that ends by itself tries again later.
func (m *migration) notExported(ctx workflow.Context, because *workflows.Problem) (bool, error) {
	m.view.Closing, m.ending = nil, false
	if again := workflow.Now(ctx).Add(exportAgain); again.After(m.closing) {
		m.closing = again
	}
	m.view.StateReason = fmt.Sprintf("%s: %s %s", because.Reason, because.Message, because.NextStep)
	m.changed(ctx)
	return false, nil
}
