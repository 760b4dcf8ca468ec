package cell

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
)

// grant is a role's use of a key, given once for all canaries that share both.
type grant struct {
	future workflow.Future
}

// Grant gives a role the use of a key, and waits until it is taken to be effective.
func (c *cell) Grant(ctx workflow.Context, change workflows.AccessChange) (workflows.AccessChange, error) {
	pair := workflows.Pair{RoleARN: change.RoleARN, KeyARN: change.KeyARN}
	g, ok := c.grants[pair]
	if !ok {
		future, settle := workflow.NewFuture(ctx)
		g = &grant{future: future}
		c.grants[pair] = g
		settle.Set(c.ensureGrant(ctx, change))
	}
	var granted workflows.AccessChange
	err := g.future.Get(ctx, &granted)
	return granted, err
}

func (c *cell) ensureGrant(ctx workflow.Context, change workflows.AccessChange) (workflows.AccessChange, error) {
	return call.Do[workflows.AccessChange](ctx, call.Change, workflows.EnsureGrantActivity, "grant the new key to "+change.RoleARN,
		workflows.EnsureGrantInput{
			Cell: c.in.Cell, Grant: change, Settle: c.in.Spec.AccessSettle, Poll: c.Poll(10 * time.Second),
		})
}

// pairs are the roles and keys that the cell's migration uses, from and to alike, each once.
func (c *cell) pairs() []workflows.Pair {
	seen := map[workflows.Pair]bool{}
	var pairs []workflows.Pair
	for _, item := range c.canaries {
		if item.State != workflows.Pending {
			continue
		}
		for _, key := range []string{item.Recorded.From.KeyARN, item.To.KeyARN} {
			if pair := (workflows.Pair{RoleARN: item.Recorded.RoleARN, KeyARN: key}); key != "" && !seen[pair] {
				seen[pair] = true
				pairs = append(pairs, pair)
			}
		}
	}
	return pairs
}
