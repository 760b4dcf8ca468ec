package access

import (
	"context"
	"slices"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/policydoc"
)

// surveyPlaces finds out, for each role and new artifact location, what the role may do there already, and how much room
// rekey's policy for it takes.
func surveyPlaces(ctx context.Context, v *view, in workflows.SurveyInput, survey *workflows.Survey) error {
	people, err := v.roles(ctx)
	if err != nil {
		return err
	}
	seen := map[workflows.Pair]bool{}
	for _, use := range in.Uses {
		own := ownPolicy(use.RoleARN, "", use.Location)
		location, err := arn.ParseLocation(use.Location)
		if !use.Moves || seen[own.Pair()] || err != nil || use.BucketRegion == "" {
			continue // a bucket that could not be located is a problem of its own
		}
		seen[own.Pair()] = true
		b, err := v.bucket(ctx, location, use.BucketRegion)
		if err != nil {
			return err
		}
		place := workflows.Place{RoleARN: use.RoleARN, Location: use.Location}
		role := people.byARN[use.RoleARN]
		if role != nil {
			place.PolicyThere, place.PolicyGrowth = givesOwn(role, own), inlineGrowth(role, own)
		}
		if place.Missing, err = b.missing(role, own); err != nil {
			return err
		}
		survey.Places = append(survey.Places, place)
	}
	return nil
}

// missing are the actions of rekey's policy for a location that the role may not do there for certain without rekey: its
// policy for another location covers this one, perhaps, and goes when that is left.
func (b *bucket) missing(role *person, own workflows.AccessChange) ([]string, error) {
	needed, err := policydoc.Parse(roleDocument(own))
	if err != nil {
		return nil, err
	}
	known := policydoc.Context{
		"aws:principalarn": {own.RoleARN}, "aws:principalaccount": {arn.Account(own.RoleARN)}, "aws:securetransport": {"true"},
	}
	var list []string
	for _, s := range needed.Statements {
		for _, action := range s.Actions {
			if !b.lets(role, policydoc.Request{Principal: own.RoleARN, Action: action, Resource: s.Resources[0], Context: known}) {
				list = append(list, action)
			}
		}
	}
	return list, nil
}

// lets reports whether a role may do something with the bucket for certain, by its own policies or by the bucket's. That
// a bucket of another account asks for both can't be told, because nothing tells whose it is.
func (b *bucket) lets(role *person, r policydoc.Request) bool {
	bucket := policydoc.Decision{}
	if b.policy != nil {
		bucket = b.policy.Resource(r)
	}
	if role == nil || bucket.Effect == policydoc.Deny {
		return false
	}
	others := *role
	others.policies = slices.DeleteFunc(slices.Clone(role.policies), func(p named) bool { return p.inline && workflows.IsOwn(p.name) })
	by, denied := others.allowing([]string{r.Action}, r.Resource, r.Context)
	return by != "" || denied == "" && bucket.Effect == policydoc.Allow
}
