package ground

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rekey/awssim/fleet"
	"rekey/awssim/journal"
)

// Change is a call by which rekey changed something in the simulated AWS.
type Change struct {
	// Action is IAM's name of the call.
	Action string
	// At is when, in real time.
	At time.Time
	// Account and Region are for whose canaries: the account is that of the role that was assumed, for keys may be another's.
	Account, Region string
}

// page is how many entries of the journal are asked for at a time.
const page = 5000

// Journal reads what rekey changes, from where it stood on.
type Journal struct {
	ground *Ground
	seq    int
	clock  clock
}

// clock translates the simulated time into ours.
type clock struct {
	ours  time.Time
	Now   time.Time `json:"now"`
	Scale float64   `json:"scale"`
}

func (c clock) real(simulated time.Time) time.Time {
	return c.ours.Add(time.Duration(float64(simulated.Sub(c.Now)) / c.Scale))
}

// Journal reads from what has happened so far on.
func (g *Ground) Journal(ctx context.Context) (*Journal, error) {
	j := &Journal{ground: g}
	asked := time.Now()
	if err := g.Ask(ctx, "clock", &j.clock); err != nil {
		return nil, err
	}
	j.clock.ours = asked.Add(time.Since(asked) / 2)
	_, err := j.Changes(ctx)
	return j, err
}

// Changes are those since the last call, oldest first.
func (j *Journal) Changes(ctx context.Context) ([]Change, error) {
	var changes []Change
	for {
		var answer struct {
			Entries []journal.Entry `json:"entries"`
		}
		if err := j.ground.Ask(ctx, fmt.Sprintf("journal?since=%d&limit=%d", j.seq, page), &answer); err != nil {
			return nil, err
		}
		for _, e := range answer.Entries {
			j.seq = e.Seq
			// Runs write their artifacts as the canaries' roles; what rekey does is done as the role that it assumes.
			if e.Kind == journal.Mutation && strings.Contains(e.Principal, fleet.MemberRole) {
				changes = append(changes, Change{Action: e.Action, At: j.clock.real(e.Time), Account: account(e.Principal), Region: e.Region})
			}
		}
		if len(answer.Entries) < page {
			return changes, nil
		}
	}
}

// account is that of a principal's ARN (arn:partition:service:region:account:resource).
func account(principal string) string {
	parts := strings.SplitN(principal, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}
