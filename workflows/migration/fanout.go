package migration

import (
	"errors"

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
	// startsAtATime is how many of them are asked for in one workflow task, whose size is bounded (Temporal limits: 4 MB
	// a message).
	startsAtATime = 50
	// behindMigrations is the priority of cells, just below Temporal's default of 3 (Temporal API, Priority: 1 to 5, lower is sooner): a
	// migration that waits behind the tasks of its 4,000 cells answers nobody, and tells them nothing.
	behindMigrations = 4
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
	last := min(m.cells.started+maxStarts, len(m.cells.order))
	for m.cells.started < last {
		if err := m.startSome(ctx, m.cells.order[m.cells.started:min(m.cells.started+startsAtATime, last)]); err != nil {
			return err
		}
	}
	if m.cells.started < len(m.cells.order) {
		return errHandOn
	}
	return nil
}

func (m *migration) startSome(ctx workflow.Context, cells []workflows.Cell) error {
	spec := m.in.Spec
	spec.Accounts, spec.Regions, spec.OUs, spec.Excluded = nil, nil, nil, nil // a cell knows its own, and there may be a thousand
	if m.in.Format > 0 {
		spec.Accounts = m.cells.accounts() // viewers are looked for in the others
	}
	var starts []workflow.ChildWorkflowFuture
	for _, cell := range cells {
		if m.cells.closed[cell] {
			m.cells.started++
			continue
		}
		starts = append(starts, workflow.ExecuteChildWorkflow(m.childOptions(ctx, cell), workflows.CellWorkflow,
			workflows.CellInput{
				Migration: m.in.ID, Cell: cell, Spec: spec, TimeScale: m.in.TimeScale, Format: m.in.Format, OUs: m.ousOf(cell),
			}))
	}
	for _, start := range starts {
		err := start.GetChildWorkflowExecution().Get(ctx, nil)
		if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return err
		}
		m.cells.started++
	}
	return nil
}

func (m *migration) childOptions(ctx workflow.Context, cell workflows.Cell) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            workflows.CellID(m.in.ID, cell),
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,                                               // a cell's id means one cell for ever
		Priority:              temporal.Priority{PriorityKey: behindMigrations, FairnessKey: workflows.FairnessKey(m.in.ID)}, // its activities inherit it
		TypedSearchAttributes: temporal.NewSearchAttributes(
			accountAttribute.ValueSet(cell.Account), regionAttribute.ValueSet(cell.Region)),
	})
}

// order tells every started cell of which is true, and waits until the orders are delivered. A cell that is gone, which
// shows here, rests: it does nothing any more, and its migration must not wait for it.
func (m *migration) order(ctx workflow.Context, order workflows.Order, is func(*workflows.CellReport) bool) {
	m.tell(ctx, workflows.OrderSignal, order, is)
}

// tell sends a signal to every started cell of which is true.
func (m *migration) tell(ctx workflow.Context, signal string, what any, is func(*workflows.CellReport) bool) {
	m.tellEach(ctx, signal, func(_ int, cell workflows.Cell) any {
		if !is(m.cells.report[cell]) {
			return nil
		}
		return what
	})
}

// tellEach sends every started cell what it is to be told; nil is nothing. Each cell is asked about when its turn comes.
func (m *migration) tellEach(ctx workflow.Context, signal string, what func(i int, cell workflows.Cell) any) {
	var sent []sending
	for i, cell := range m.cells.order[:m.cells.started] {
		message := what(i, cell)
		if message == nil || m.cells.closed[cell] {
			continue
		}
		done := workflow.SignalExternalWorkflow(ctx, workflows.CellID(m.in.ID, cell), "", signal, message)
		if sent = append(sent, sending{cell, done}); len(sent) == maxOrders {
			m.awaitSent(ctx, signal, sent)
			sent = nil
		}
	}
	m.awaitSent(ctx, signal, sent)
}

// sending is a signal that is on its way.
type sending struct {
	cell workflows.Cell
	done workflow.Future
}

func (m *migration) awaitSent(ctx workflow.Context, signal string, sent []sending) {
	for _, s := range sent {
		err := s.done.Get(ctx, nil)
		if _, gone := errors.AsType[*temporal.UnknownExternalWorkflowExecutionError](err); gone {
			m.lose(ctx, s.cell)
		} else if err != nil {
			workflow.GetLogger(ctx).Warn("a cell can't be told", "cell", s.cell, "signal", signal, "error", err)
		}
	}
}

// lose records that a cell's workflow is gone: somebody terminated it.
func (m *migration) lose(ctx workflow.Context, cell workflows.Cell) {
	if m.owes(m.cells.report[cell]) {
		m.cells.lose(cell)
		m.turn() // its permits are free
		m.changed(ctx)
	}
}
