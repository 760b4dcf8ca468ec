package cell

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// maxObstacles bounds what an answer about a roll back lists.
const maxObstacles = 100

// returns says what a roll back of a part would do.
func (c *cell) returns(now time.Time, part workflows.Part) workflows.ReturnsPage {
	var page workflows.ReturnsPage
	for _, item := range c.covered(part) {
		if item.Earlier != nil {
			item = item.Earlier // which a roll back takes, instead of taking it up again
		}
		switch {
		case item.Problem != nil && item.Problem.Reason == workflows.NotReturnable:
			page.NotReturnable++
			obstruct(&page, item, item.Problem)
		case returnable(*item), item.State == workflows.Migrating:
			page.Returnable++
			if item.Visual() && (!rests(*item) || !hasOldBaseline(*item)) && !item.RollBackUntil.After(now) {
				page.FreshBaselines++
				obstruct(&page, item, tooOld(item))
			}
		}
	}
	return page
}

// answerReturns registers the query. A query may be asked long after the workflow's last task, so that it takes the time of
// the caller's question: until when a baseline can be put back is compared with it.
func (c *cell) answerReturns(ctx workflow.Context) error {
	return workflow.SetQueryHandler(ctx, workflows.ReturnsQuery, func(in workflows.ReturnsInput) (workflows.ReturnsPage, error) {
		return c.returns(in.Now, in.Part), nil
	})
}

func obstruct(page *workflows.ReturnsPage, item *workflows.Canary, because *workflows.Problem) {
	if len(page.Obstacles) < maxObstacles {
		page.Obstacles = append(page.Obstacles, workflows.ReturnObstacle{Canary: item.Recorded.Name, Problem: because, Until: item.RollBackUntil})
	}
}

func tooOld(item *workflows.Canary) *workflows.Problem {
	until := item.RollBackUntil.UTC().Format(time.RFC3339)
	return &workflows.Problem{
		Reason:   workflows.BaselineNotRestorable,
		Message:  fmt.Sprintf("The recorded baseline of canary %s could be named until %s; a roll back sets a fresh one.", item.Recorded.Name, until),
		NextStep: "Compare the canary with its old screenshots by hand after the roll back.",
		Metadata: map[string]string{"roll_back_until": until},
	}
}
