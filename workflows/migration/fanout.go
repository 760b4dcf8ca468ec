package migration

import (
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// Bounds of the fan-out.
const (
	// maxStarts is how many cells one run starts. Each costs about six events of its history, and a run may have no
	// more than 2,000 children pending (Temporal limits; 500 is the guidance).
	maxStarts = 500
	// maxOrders is how many orders are on their way at a time, of the 2,000 pending signals that a run may have.
	maxOrders = 100
)

var (
	accountAttribute = temporal.NewSearchAttributeKeyKeyword(workflows.AccountAttribute)
	regionAttribute  = temporal.NewSearchAttributeKeyKeyword(workflows.RegionAttribute)
)

// startCells starts the cells that have not been, as children that outlive the run: it waits until each has
// started, and from then on they are addressed by id. A continue-as-new would lose children's futures, so cells
// report by signal.
func (m *migration) startCells(ctx workflow.Context) error {
	first := m.cells.started
	last := min(first+maxStarts, len(m.cells.order))
	var starts []workflow.ChildWorkflowFuture
	for _, cell := range m.cells.order[first:last] {
		starts = append(starts, workflow.ExecuteChildWorkflow(m.childOptions(ctx, cell), workflows.CellWorkflow,
			workflows.CellInput{Migration: m.in.ID, Cell: cell, Spec: m.in.Spec, TimeScale: m.in.TimeScale}))
	}
	for _, start := range starts {
		err := start.GetChildWorkflowExecution().Get(ctx, nil)
		if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return err
		}
		m.cells.started++
	}
	if m.cells.started < len(m.cells.order) {
		return errHandOn
	}
	return nil
}

func (m *migration) childOptions(ctx workflow.Context, cell workflows.Cell) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            workflows.CellID(m.in.ID, cell),
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, // a cell's id means one cell for ever
		TypedSearchAttributes: temporal.NewSearchAttributes(
			accountAttribute.ValueSet(cell.Account), regionAttribute.ValueSet(cell.Region)),
	})
}

// order tells every started cell of which is true, and waits until the orders are delivered. A cell that is gone
// has nothing left to be told.
func (m *migration) order(ctx workflow.Context, order workflows.Order, is func(*workflows.CellReport) bool) {
	var sent []workflow.Future
	flush := func() {
		for _, f := range sent {
			if err := f.Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Warn("a cell can't be told", "order", order, "error", err)
			}
		}
		sent = nil
	}
	for _, cell := range m.cells.order[:m.cells.started] {
		if !is(m.cells.report[cell]) {
			continue
		}
		sent = append(sent, workflow.SignalExternalWorkflow(ctx, workflows.CellID(m.in.ID, cell), "", workflows.OrderSignal, order))
		if len(sent) == maxOrders {
			flush()
		}
	}
	flush()
}
