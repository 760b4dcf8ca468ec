package migration

import (
	"reflect"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// noticeLoop keeps the gate in the migration's memo. Workers ask for the gate before they change anything, and a query waits for
// the workflow task that is under way: after a verb that tells a hundred cells, for a second. The memo is written by the very
// task that answers the verb, so that whoever reads it after the answer reads what the verb did.
func (m *migration) noticeLoop(ctx workflow.Context) {
	for workflow.Await(ctx, func() bool { return !m.isNoticed() }) == nil {
		notice := workflows.NoticeOf(m.gate())
		if err := workflow.UpsertMemo(ctx, map[string]any{workflows.GateMemo: notice}); err != nil {
			workflow.GetLogger(ctx).Error("workers can't be told what is paused", "error", err)
		}
		m.noticed = &notice
	}
}

// isNoticed reports whether the memo shows the gate as it is. A run that begins writes it once, whatever the one before wrote.
func (m *migration) isNoticed() bool {
	if !m.isLean() {
		return true
	}
	return m.noticed != nil && reflect.DeepEqual(*m.noticed, workflows.NoticeOf(m.gate()))
}
