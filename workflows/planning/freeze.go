// Package planning decides, from what was seen of a cell, what would be done to each of its canaries, and
// freezes that under a digest. It is pure: the same observations give the same plan.
package planning

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rekey/workflows"
)

// Observed is what was seen of a cell, and what was asked for.
type Observed struct {
	Cell        workflows.Cell
	Target      workflows.Target
	Policies    workflows.Policies
	RunDeadline time.Duration
	// AccessSettle, MaxConcurrent and Edits are the spec's, and Scale is how many times faster than real time the AWS at hand
	// runs; only the forecast needs them.
	AccessSettle  time.Duration
	MaxConcurrent int
	Edits         workflows.EditTiming
	Scale         float64
	// Accounts are all that the migration selects.
	Accounts []string
	Census   workflows.Census
	Keys     []workflows.KeyFacts
	Survey   workflows.Survey
	// Locked says which canaries, by id, another migration has claimed.
	Locked map[string]workflows.Holder
	// givenUp are the retired keys, found out once.
	givenUp []string
}

// Frozen is the plan of one cell: an item for each canary, by name.
type Frozen struct {
	Canaries []workflows.Canary  `json:"canaries"`
	Digest   string              `json:"digest"`
	Counts   workflows.PlanCount `json:"counts"`
	// Bytes is how many the canaries have as JSON.
	Bytes int `json:"bytes"`
	// Forecast is what carrying it out is expected to take; zero in plans that were frozen before there was one.
	Forecast workflows.Forecast `json:"forecast,omitzero"`
}

// Freeze makes the plan of a cell.
func Freeze(o Observed) Frozen {
	o.givenUp = o.retiredKeys()
	canaries := make([]workflows.Canary, 0, len(o.Census.Canaries))
	for _, settings := range o.Census.Canaries {
		canaries = append(canaries, o.item(settings))
	}
	slices.SortFunc(canaries, func(a, b workflows.Canary) int {
		return strings.Compare(a.Recorded.Name, b.Recorded.Name)
	})
	room := newRoom(o.Survey)
	for i, item := range canaries {
		if p := room.take(item); p != nil {
			canaries[i] = leave(item, p)
		}
	}
	o.timeDryRuns(canaries)
	return FreezeOnly(o, canaries)
}

// timeDryRuns notes how long the last run of each canary went on that is to have a dry run.
func (o Observed) timeDryRuns(canaries []workflows.Canary) {
	took := make(map[string]time.Duration, len(o.Census.LastRuns))
	for _, run := range o.Census.LastRuns {
		took[run.Name] = run.Took
	}
	for i, c := range canaries {
		if c.Proving == workflows.ByDryRun || c.Proving == workflows.ByDryOnly {
			canaries[i].RunTime = took[c.Recorded.Name]
		}
	}
}

// FreezeOnly freezes items that were made before.
func FreezeOnly(o Observed, canaries []workflows.Canary) Frozen {
	return Frozen{
		Canaries: canaries, Digest: Digest(canaries), Counts: Count(canaries), Bytes: size(canaries), Forecast: Expect(o, canaries),
	}
}

func size(canaries []workflows.Canary) int {
	text, err := json.Marshal(canaries)
	if err != nil {
		panic(err) // plain strings and slices always encode
	}
	return len(text)
}

// item plans one canary.
func (o Observed) item(settings workflows.Settings) workflows.Canary {
	d := &draft{Observed: o, Canary: workflows.Canary{Cell: o.Cell, Recorded: settings, State: workflows.Pending, Action: workflows.Migrate}}
	for _, decide := range []func(*draft){
		(*draft).target, (*draft).lock, (*draft).suit, (*draft).proving, (*draft).access, (*draft).viewers,
	} {
		if decide(d); d.Problem != nil {
			return leave(d.Canary, d.Problem)
		}
	}
	d.revoke()
	d.hold()
	d.notice()
	return d.Canary
}

// draft is a plan's item in the making. A decision that finds what is in the way sets the problem.
type draft struct {
	Observed
	workflows.Canary
}

// leave is the item of a canary that is left as it is because of a problem: skipped on purpose, or blocked.
func leave(item workflows.Canary, because *workflows.Problem) workflows.Canary {
	c := workflows.Canary{
		Cell: item.Cell, Recorded: item.Recorded, To: item.To, ToLocation: item.ToLocation, Problem: because,
		Viewers: item.Viewers, State: workflows.Blocked,
	}
	if slices.Contains(skips, because.Reason) {
		c.State = workflows.Skipped
	}
	return c
}

// skips are the reasons for which a canary is left on purpose. Any other is in the way, and could be mended.
var skips = []workflows.Reason{
	workflows.AlreadyOnTarget, workflows.CanaryStopped, workflows.CanaryIsReplica, workflows.RunsOnce, workflows.NextRunTooFar,
}

// moves reports whether the artifacts go to another place.
func (d *draft) moves() bool { return d.ToLocation != d.Recorded.Location }

// Count counts what a plan does.
func Count(canaries []workflows.Canary) workflows.PlanCount {
	n := workflows.PlanCount{Canaries: len(canaries)}
	grants, revokes := map[workflows.AccessChange]bool{}, map[workflows.AccessChange]bool{}
	for _, c := range canaries {
		switch c.State {
		case workflows.Pending:
			n.ToMigrate++
		case workflows.Skipped:
			n.Skipped++
		default:
			n.Blocked++
		}
		if c.Action == workflows.RevokeOnly {
			n.RevokeOnly++
		}
		if c.Proving == workflows.ByDryRun || c.Proving == workflows.ByDryOnly {
			n.DryRuns++
		}
		if c.Hold != nil {
			n.Held++
		}
		if slices.ContainsFunc(c.Viewers, func(v workflows.Viewer) bool { return !v.CarriedOver }) {
			n.LosingViewers++
		}
		for _, g := range c.Grants {
			if !g.There && g.Method != workflows.Existing {
				grants[g] = true
			}
		}
		for _, r := range c.Revokes {
			revokes[r] = true
		}
	}
	n.Grants, n.Revokes = len(grants), len(revokes)
	return n
}
