package cell

import (
	"sort"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// answerQueries registers the queries of the contract.
func (c *cell) answerQueries(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, workflows.CanariesQuery, c.page); err != nil {
		return err
	}
	if err := c.answerReturns(ctx); err != nil {
		return err
	}
	return workflow.SetQueryHandler(ctx, workflows.CanaryQuery, c.find)
}

func (c *cell) page(filter workflows.CanariesFilter) (workflows.CanariesPage, error) {
	page := workflows.CanariesPage{}
	first := sort.Search(len(c.canaries), func(i int) bool { return c.canaries[i].Recorded.Name > filter.After })
	for _, item := range c.canaries[first:] {
		if !filter.Admits(item) {
			continue
		}
		if len(page.Canaries) == filter.Limit {
			page.More = true
			break
		}
		page.Canaries = append(page.Canaries, item)
	}
	return page, nil
}

func (c *cell) find(name string) (*workflows.Canary, error) {
	i := sort.Search(len(c.canaries), func(i int) bool { return c.canaries[i].Recorded.Name >= name })
	if i == len(c.canaries) || c.canaries[i].Recorded.Name != name {
		return nil, nil
	}
	return &c.canaries[i], nil
}
