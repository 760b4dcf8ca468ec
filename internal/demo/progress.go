package demo

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// lines shows progress as lines of text, for logs and pipes: one for each change of the counts, and one for each
// canary that has come to rest.
type lines struct {
	out      io.Writer
	began    time.Time
	accounts tables.Accounts
	rested   map[string]bool
	last     string
}

func newLines(out io.Writer, accounts tables.Accounts) *lines {
	return &lines{out: out, began: time.Now(), accounts: accounts, rested: map[string]bool{}}
}

func (l *lines) show(m *rekeyv1.Migration, canaries []*rekeyv1.Canary) {
	at := time.Since(l.began).Seconds()
	for _, c := range tables.InOrder(canaries) {
		id := c.GetAccountId() + "/" + c.GetRegion() + "/" + c.GetName()
		if !planned(c) || !rests(c) || l.rested[id] {
			continue
		}
		l.rested[id] = true
		tellf(l.out, "%6.1f s  %s %s %s: %s\n", at, l.accounts[c.GetAccountId()], c.GetRegion(), c.GetName(), conclusion(c))
	}
	if counts := countsOf(m, canaries); counts != l.last {
		l.last = counts
		tellf(l.out, "%6.1f s  %s\n", at, counts)
	}
}

// countsOf is how many canaries are where, in a line.
func countsOf(m *rekeyv1.Migration, canaries []*rekeyv1.Canary) string {
	states, steps := map[rekeyv1.CanaryState]int{}, map[rekeyv1.CanaryStep]int{}
	for _, c := range canaries {
		if c.GetState() == rekeyv1.CanaryState_CANARY_STATE_MIGRATING {
			steps[c.GetStep()]++
		} else {
			states[c.GetState()]++
		}
	}
	parts := []string{tables.Word(m.GetState())}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		parts = append(parts, fmt.Sprintf("%d %s", states[state], tables.Word(state)))
	}
	for _, step := range slices.Sorted(maps.Keys(steps)) {
		parts = append(parts, fmt.Sprintf("%d in %s", steps[step], tables.Word(step)))
	}
	return strings.Join(parts, ", ")
}

// planned reports whether the plan is to migrate the canary.
func planned(c *rekeyv1.Canary) bool {
	return c.GetState() != rekeyv1.CanaryState_CANARY_STATE_SKIPPED && c.GetState() != rekeyv1.CanaryState_CANARY_STATE_BLOCKED
}

// rests reports whether the canary goes on by itself no more.
func rests(c *rekeyv1.Canary) bool {
	return c.GetState() != rekeyv1.CanaryState_CANARY_STATE_PENDING && c.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATING
}

// conclusion is how a canary came to rest, in a few words.
func conclusion(c *rekeyv1.Canary) string {
	if c.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATED {
		return tables.Word(c.GetState()) + ": " + tables.Because(c.GetProblem())
	}
	if old := tables.OldAccess(c); old != "" {
		return "migrated; old access: " + old
	}
	return "migrated"
}
