package cell

import (
	"slices"
	"testing"
	"time"

	"rekey/workflows"
)

// TestPermits says which canary's story may be told on how many permits, and how many of them the cell keeps.
func TestPermits(t *testing.T) {
	here := workflows.Cell{Account: "1", Region: "x"}
	pending, flying, revoking, failed := workflows.Canary{State: workflows.Pending}, workflows.Canary{State: workflows.Migrating, Step: workflows.RunStep},
		workflows.Canary{State: workflows.Migrating, Step: workflows.RevokeStep}, workflows.Canary{State: workflows.CanaryFailed}
	for name, test := range map[string]struct {
		reason  string
		permits int
		others  []workflows.Canary
		next    workflows.Canary
		gate    workflows.Gate
		may     bool
		keeps   int
	}{
		"a free permit": {
			reason:  "One is in flight, and there are two permits.",
			permits: 2, others: []workflows.Canary{flying}, next: pending, may: true, keeps: 2,
		},
		"parked stories": {
			reason:  "After the cell was handed on, stories that are yet to be taken up have their permits still.",
			permits: 1, others: []workflows.Canary{flying}, next: pending, may: false, keeps: 1,
		},
		"taken up": {
			reason:  "A story that was begun has its permit.",
			permits: 1, next: flying, may: true, keeps: 1,
		},
		"used up": {
			reason:  "A failure burns its permit.",
			permits: 1, others: []workflows.Canary{failed}, next: pending, may: false, keeps: 1,
		},
		"the way back": {
			reason:  "A budget that is used up is not in the way of going back.",
			permits: 1, others: []workflows.Canary{failed}, next: workflows.Canary{State: workflows.Migrating, Step: workflows.RestoreStep}, may: true, keeps: 1,
		},
		"at its last step": {
			reason:  "Only the access of the first is left to be seen to: it gave its permit back.",
			permits: 1, others: []workflows.Canary{revoking}, next: pending, may: true, keeps: 1,
		},
		"paused": {
			reason:  "What is paused keeps no permit from others. It is not begun either, which next sees to.",
			permits: 3, others: []workflows.Canary{flying}, next: pending, gate: workflows.Gate{Parts: []workflows.Part{{Cell: &here}}}, may: true, keeps: 1,
		},
		"nothing waits": {
			reason:  "The last permit that is used is kept, the others are not.",
			permits: 3, next: flying, may: true, keeps: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCell(workflows.CellInput{Cell: here, Format: workflows.FormatRollout})
			c.steering.Wave, c.steering.MaxConcurrent, c.steering.permits, c.steering.Gate = 0, 9, test.permits, test.gate
			c.canaries = slices.Concat(test.others, []workflows.Canary{test.next})
			for i := range c.canaries {
				c.canaries[i].Wave = new(0)
				if c.canaries[i].State != workflows.Pending {
					c.canaries[i].Begun = time.Unix(1, 0)
				}
			}
			if got := c.permitted(len(c.canaries) - 1); got != test.may {
				t.Errorf("%s: permitted: %t", test.reason, got)
			}
			if c.giveBackPermits(); c.steering.permits != test.keeps {
				t.Errorf("%s: kept %d permits, want %d", test.reason, c.steering.permits, test.keeps)
			}
		})
	}
}
