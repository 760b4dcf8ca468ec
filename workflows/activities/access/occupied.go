package access

import (
	"context"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"rekey/workflows"
)

const (
	// overlookedFor is how long, in AWS's time, a watch leaves out the Regions in which no canary had run.
	overlookedFor = 5 * time.Minute
	// occupiedAccounts is of how many accounts a worker remembers their Regions.
	occupiedAccounts = 4096
)

// occupied remembers in which Regions of accounts canaries have run. A watch looks often, and most accounts have canaries in few
// of the Regions that they have enabled. What was forgotten is looked up again.
type occupied struct {
	accounts *lru.Cache[string, occupation]
}

type occupation struct {
	regions []string
	until   time.Time // by this worker's clock
}

func newOccupied() occupied {
	accounts, err := lru.New[string, occupation](occupiedAccounts)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return occupied{accounts}
}

// of are the Regions in which a watch on the cell looks, and false where they are not known.
func (o occupied) of(cell workflows.Cell) ([]string, bool) {
	known, ok := o.accounts.Get(cell.Account)
	if !ok || !time.Now().Before(known.until) {
		return nil, false
	}
	if slices.Contains(known.regions, cell.Region) {
		return known.regions, true
	}
	return append(slices.Clone(known.regions), cell.Region), true
}

func (o occupied) note(account string, regions []string, length time.Duration) {
	o.accounts.Add(account, occupation{regions, time.Now().Add(length)})
}

// searchTroubled searches an account for canaries whose last run did not pass: in all its Regions, if it does not know where runs
// are.
func (a *Activities) searchTroubled(ctx context.Context, cell workflows.Cell, poll workflows.Poll) (observation, *workflows.Problem, error) {
	if names, ok := a.occupied.of(cell); ok {
		found, passing := a.searchIn(ctx, cell.Account, names, a.readTroubled)
		return found, passing, nil
	}
	found, passing, err := a.searchBy(ctx, cell, a.readTroubled)
	if err == nil && passing == nil && found.failed == nil && len(found.unsearched) == 0 {
		a.occupied.note(cell.Account, found.occupied, poll.Delay(overlookedFor))
	}
	return found, passing, err
}
