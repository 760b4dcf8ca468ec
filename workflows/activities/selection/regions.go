package selection

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/account"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/regions"
	"rekey/workflows/failure"
)

// Bounds of asking accounts for their Regions.
const (
	// parallelAccounts is how many accounts are asked at a time: a thousand of them, each entered and asked, then take
	// about half a minute.
	parallelAccounts = 20
	// patientAttempts is how many attempts of the activity wait for an account that does not answer, before it keeps its
	// place with the problem.
	patientAttempts = 3
)

// asking is why an account did not tell its Regions, and whether it may later.
type asking struct {
	problem *workflows.Problem
	retry   bool
}

// findRegions fills in the Regions that each account has enabled. One that does not tell has the problem, and the first of
// the listed Regions, if any, for its place.
func (a *Activities) findRegions(ctx context.Context, accounts []workflows.SelectedAccount, listed []string) error {
	asked := make([]asking, len(accounts))
	var all errgroup.Group
	all.SetLimit(parallelAccounts)
	for i := range accounts {
		all.Go(func() error {
			accounts[i].Regions, asked[i] = a.enabled(ctx, accounts[i].Account)
			return nil // one account's problem is not the others'
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	if p := passing(asked, activity.GetInfo(ctx).Attempt < patientAttempts); p != nil {
		return failure.Retry(notTold("account:ListRegions", p, repeated), 0)
	}
	for i, result := range asked {
		if accounts[i].Problem = result.problem; result.problem != nil {
			accounts[i].Regions = listed[:min(1, len(listed))]
		}
	}
	return nil
}

// enabled are the Regions that an account has enabled, asked with its member role's credentials: with the worker's own, the
// organization would have to trust the Account Management service (Account Management API, ListRegions, AccountId).
func (a *Activities) enabled(ctx context.Context, id string) ([]string, asking) {
	home := a.access.Home(id)
	names, err := regions.List(ctx, a.account(home), regions.Enabled)
	if err != nil {
		problem, retry := aws.Classify(aws.Call{Operation: "account:ListRegions", Resource: id, Cell: home}, err)
		return nil, asking{problem, retry}
	}
	return names, asking{}
}

func (a *Activities) account(home workflows.Cell) Account {
	return account.NewFromConfig(a.access.Config(home, "account"))
}

// passing is a problem that is worth another attempt: any of an account that may tell later, if we are patient; and in any
// case one of an account that was not asked yet, because others had their turn first, and when none of them told, since then it
// is not about the accounts.
func passing(asked []asking, patient bool) *workflows.Problem {
	var first *workflows.Problem
	told := 0
	for _, result := range asked {
		switch {
		case result.retry && failure.IsPutOff(result.problem):
			return result.problem
		case result.retry && first == nil:
			first = result.problem
		case !result.retry:
			told++
		}
	}
	if patient || told == 0 {
		return first
	}
	return nil
}
