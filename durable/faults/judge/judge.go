// Package judge says what a campaign broke: by the simulated AWS's journal, verdict and state, and by what rekey's API tells,
// held against each other.
package judge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/awssim/fleet"
	simulated "rekey/awssim/synthetics"
	"rekey/awssim/verdict"
	"rekey/durable/faults/play"
	"rekey/durable/faults/script"
	"rekey/durable/faults/stage"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/tables"
)

// The invariants.
const (
	RunLost         = "no run is lost"
	RunFailed       = "no run fails because of the migration"
	BaselineLost    = "no baseline is lost"
	PermissionLost  = "no permission is removed that is needed"
	NoOutcome       = "every canary ends in a named outcome"
	NoRest          = "every migration comes to rest"
	AccessUnnamed   = "no access of rekey's is left that the report does not name"
	AccessForeign   = "no access is touched that no plan lists"
	SettingsTouched = "no setting is touched that is not the migration's"
	ReportUntrue    = "the report says what is"
)

// Broken is an invariant that does not hold.
type Broken struct {
	Invariant string `json:"invariant"`
	// Canary is the ARN of the canary that it is about, empty for other things.
	Canary string `json:"canary,omitempty"`
	// What says what was found.
	What string `json:"what"`
}

// Judge looks at a campaign. It is made before anything happens.
type Judge struct {
	stage  *stage.Stage
	script *script.Script

	settings    map[string]*types.Canary // by ARN, as they were
	permissions permissions

	play     *play.Play
	verdict  verdict.Verdict
	told     []told
	withheld map[string]bool // keys that were disabled at some time, roles that were deleted
	broken   []Broken
}

// told is what a migration tells of a canary.
type told struct {
	migration int
	canary    *rekeyv1.Canary
}

func (t told) arn() string {
	return simulated.ARN(t.canary.GetAccountId(), t.canary.GetRegion(), t.canary.GetName())
}

// New notes how everything is before a campaign.
func New(ctx context.Context, st *stage.Stage, s *script.Script) (*Judge, error) {
	j := &Judge{stage: st, script: s, settings: map[string]*types.Canary{}, withheld: map[string]bool{}}
	for i := range s.Fleet.Canaries {
		c := &s.Fleet.Canaries[i]
		shown, err := j.show(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("canary %s before the campaign: %w", c.Name, err)
		}
		j.settings[script.ARN(c)] = shown
	}
	var err error
	j.permissions, err = permissionsOf(st)
	return j, err
}

// show is a canary as AWS shows it to its owner.
func (j *Judge) show(ctx context.Context, c *fleet.Canary) (*types.Canary, error) {
	out, err := j.stage.Owner(c.Account, c.Region).GetCanary(ctx, &synthetics.GetCanaryInput{Name: &c.Name})
	if err != nil {
		return nil, err
	}
	return out.Canary, nil
}

// Judge says what is broken after a play, and how many canaries ended in each state. The error is that something could not be
// looked at.
func (j *Judge) Judge(ctx context.Context, p *play.Play) ([]Broken, map[string]int, error) {
	j.play = p
	j.stage.Sim.World.Faults.Set(nil) // the judge's own calls are not part of the campaign
	j.verdict = j.stage.Sim.Verdict()
	for _, a := range j.script.Acts() {
		switch a.Kind {
		case script.DisableKey, script.DeleteRole:
			j.withheld[a.ARN] = true
		case script.LeaveOrganization:
			j.withheld[j.stage.Names.Role(fleet.MemberRole, a.Account)] = true
		default:
		}
	}
	outcomes, err := j.listen(ctx)
	if err != nil {
		return nil, nil, err
	}
	j.runs()
	j.stranded()
	j.outcomes()
	after, err := permissionsOf(j.stage)
	if err != nil {
		return nil, nil, err
	}
	j.access(after)
	for i := range j.script.Fleet.Canaries {
		if err := j.canary(ctx, &j.script.Fleet.Canaries[i]); err != nil {
			return nil, nil, err
		}
	}
	slices.SortStableFunc(j.broken, func(a, b Broken) int { return strings.Compare(a.Invariant, b.Invariant) })
	return j.broken, outcomes, nil
}

// canary looks at a canary's settings and baseline.
func (j *Judge) canary(ctx context.Context, c *fleet.Canary) error {
	arn := script.ARN(c)
	if j.play.Deleted[arn] {
		return nil
	}
	now, err := j.show(ctx, c)
	if err != nil {
		return fmt.Errorf("canary %s after the campaign: %w", c.Name, err)
	}
	j.unchanged(arn, now)
	j.baseline(c, now)
	j.truth(c, now)
	return nil
}

// listen asks the API for every canary of every migration, and counts the states.
func (j *Judge) listen(ctx context.Context) (map[string]int, error) {
	states := map[string]int{}
	for i := range j.script.Migrations {
		id := j.play.ID(i)
		if id == "" {
			continue
		}
		for c, err := range client.Canaries(ctx, j.stage.API, &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: 100}) {
			if err != nil {
				return nil, fmt.Errorf("listing the canaries of %s: %w", id, err)
			}
			j.told = append(j.told, told{i, c})
			states[tables.Name(c.GetState())]++
		}
	}
	return states, nil
}

func (j *Judge) breaks(invariant, canary, format string, args ...any) {
	j.broken = append(j.broken, Broken{invariant, canary, fmt.Sprintf(format, args...)})
}

// Verdict is the simulated AWS's own, by which the campaign was judged.
func (j *Judge) Verdict() verdict.Verdict { return j.verdict }

// Told is what the migrations tell of their canaries, a line each.
func (j *Judge) Told() string {
	var b strings.Builder
	for _, o := range j.verdict.Troubled().Outcomes {
		for _, f := range o.Failures {
			fmt.Fprintf(&b, "%s %s: %s %s %s %s %s, caused %t\n", f.Started.Format(clock), o.ARN, f.Code, f.Why, f.Refused, f.Unusable, f.Others, f.Caused)
		}
	}
	for _, t := range j.told {
		c := t.canary
		fmt.Fprintf(&b, "%s %s %s %s: %s in step %s, %s %s; baseline %s, old access %s %s\n", play.Letter(t.migration), c.GetAccountId(), c.GetRegion(), c.GetName(),
			c.GetState(), c.GetStep(), c.GetProblem().GetReason(), c.GetProblem().GetMessage(), c.GetBaseline().GetState(),
			c.GetOldAccess().GetState(), c.GetOldAccess().GetHeldBecause().GetReason())
	}
	return b.String()
}
