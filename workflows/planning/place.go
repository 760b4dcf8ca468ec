package planning

import (
	"fmt"
	"slices"
	"strings"

	"rekey/workflows"
)

// place gives the role what it lacks at the new location. Where it lacks nothing it gets no policy: a role's inline
// policies have little room. Where the policy leaves permissions to others the canary is blocked for what is missing.
func (d *draft) place() {
	place, surveyed := d.placeFacts()
	if d.Policies.Access == workflows.AccessExisting {
		if missing := d.needed(place.Missing); !surveyed || len(missing) > 0 {
			d.Problem = d.notPermitted(missing)
		}
		return
	}
	if surveyed && len(place.Missing) == 0 && !place.PolicyThere {
		return
	}
	d.Grants = append(d.Grants, workflows.AccessChange{
		Method: workflows.ByRolePolicy, RoleARN: d.Recorded.RoleARN, Location: d.ToLocation,
		PolicyName: workflows.RolePolicyName(d.ToLocation), There: place.PolicyThere,
		Why: "the artifacts go to a new location",
	})
}

// placeFacts are what the survey found of the role at the new location, and whether it looked.
func (d *draft) placeFacts() (workflows.Place, bool) {
	for _, p := range d.Survey.Places {
		if p.RoleARN == d.Recorded.RoleARN && p.Location == d.ToLocation {
			return p, true
		}
	}
	return workflows.Place{}, false
}

// needed are those of the missing actions without which the canary could not go on in the new place as it does in the old:
// only a baseline is read, and the list of buckets is not of a place.
func (d *draft) needed(missing []string) []string {
	return slices.DeleteFunc(slices.Clone(missing), func(action string) bool {
		return action == "s3:ListAllMyBuckets" || action == "s3:GetObject" && !d.Visual()
	})
}

func (d *draft) notPermitted(missing []string) *workflows.Problem {
	actions := strings.Join(missing, ", ")
	if actions == "" {
		actions = "what could not be surveyed"
	}
	return &workflows.Problem{
		Reason:   workflows.AccessNotFound,
		Message:  fmt.Sprintf("Role %s has no permission for %s at s3://%s, and the policy leaves permissions to others.", d.Recorded.RoleARN, actions, d.ToLocation),
		NextStep: "Let whoever owns the permissions give it to the role, and create the migration anew.",
		Metadata: map[string]string{"role_arn": d.Recorded.RoleARN, "artifact_location": d.ToLocation, "missing": actions},
	}
}
