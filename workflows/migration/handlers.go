package migration

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// handle registers what answers from outside, before the first wait.
func (m *migration) handle(ctx workflow.Context) error {
	for _, query := range []struct {
		name   string
		answer any
	}{
		{workflows.MigrationQuery, func() (workflows.MigrationView, error) { return m.shown(), nil }},
		{workflows.CellsQuery, m.cellsOf},
		{workflows.GateQuery, func() (workflows.Gate, error) { return m.gate(), nil }},
	} {
		if err := workflow.SetQueryHandler(ctx, query.name, query.answer); err != nil {
			return err
		}
	}
	for _, verb := range []struct {
		name      string
		run, mayI any
	}{
		{workflows.ApproveUpdate, m.approve, m.mayApprove},
		{workflows.CancelUpdate, m.cancel, m.mayCancel},
		{workflows.RollBackUpdate, m.rollBackAsked, m.mayRollBack},
		{workflows.ConfirmUpdate, m.confirm, m.mayConfirm},
		{workflows.PauseUpdate, m.pause, m.mayPause},
		{workflows.ResumeUpdate, m.resume, m.mayResume},
		{workflows.AdvanceUpdate, m.advance, m.mayAdvance},
		{workflows.RolloutUpdate, m.change, m.mayChange},
		{workflows.RetryUpdate, m.retry, m.mayRetry},
		{workflows.CloseUpdate, m.close, m.mayClose},
	} {
		options := workflow.UpdateHandlerOptions{Validator: verb.mayI}
		if err := workflow.SetUpdateHandlerWithOptions(ctx, verb.name, verb.run, options); err != nil {
			return err
		}
	}
	m.listen(ctx)
	if m.in.Format > 0 {
		workflow.Go(ctx, m.steerLoop)
	}
	if m.isLean() {
		workflow.Go(ctx, m.noticeLoop)
	}
	return nil
}

// listen takes reports as they come. It looks for them without being handed one: a blocked Receive would hold a
// report that no drain before a continue-as-new could see.
func (m *migration) listen(ctx workflow.Context) {
	m.reports = workflow.GetSignalChannel(ctx, workflows.ReportSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return m.reports.Len() > 0 }) == nil {
			m.drain(ctx)
		}
	})
}

// drain takes the reports that have been delivered, as one change.
func (m *migration) drain(ctx workflow.Context) {
	news, room := false, false
	for {
		var report workflows.CellReport
		if !m.reports.ReceiveAsync(&report) {
			break
		}
		news = m.cells.take(report) || news
		room = room || m.makesRoom(report)
	}
	if !news {
		return
	}
	m.changed(ctx)
	if m.leaving {
		return
	}
	if room || m.view.Budget.Allowed != nil || m.view.Rollout.MaxTotal > 0 || m.hasWaveBudget() {
		m.turn() // permits may have come free
	}
}

func (m *migration) hasWaveBudget() bool {
	w := m.current()
	return w != nil && w.Budget.Allowed != nil
}

// gate is what is paused now, for workers. A migration that has ended pauses nothing: what is left to do gives back.
func (m *migration) gate() workflows.Gate {
	g := workflows.Gate{Open: slices.Clone(m.view.Opened)}
	for _, p := range m.view.Pauses {
		g.Parts = append(g.Parts, p.Part)
	}
	return g
}

// cellsOf are the cells that may have canaries which the filter admits, from the given one on.
func (m *migration) cellsOf(f workflows.CellsFilter) (workflows.CellsPage, error) {
	var page workflows.CellsPage
	for _, cell := range m.cells.order {
		r := m.cells.report[cell]
		switch {
		case cell.Compare(f.From) < 0, f.Account != "" && cell.Account != f.Account, f.Region != "" && cell.Region != f.Region:
		case r.Problem != nil && r.Plan.Canaries == 0, !r.MayHave(f.Canaries):
		case len(page.Cells) == f.Limit:
			page.More = true
			return page, nil
		default:
			listed := *r
			listed.Forecast, listed.Classes = workflows.Forecast{}, nil // which are for the plan
			page.Cells = append(page.Cells, listed)
		}
	}
	return page, nil
}
