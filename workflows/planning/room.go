package planning

import (
	"fmt"
	"maps"

	"rekey/workflows"
)

// room keeps account of the policies that the items of a plan fill together: the inline policies of a role, with one of
// rekey's for each key and location, and a key's policy, with all roles in one statement. What an item would add is found
// out here and not when its turn comes, after others were changed.
type room struct {
	survey workflows.Survey
	sizes  map[string]int          // by the ARN of the role or key, with what the items before add
	added  map[workflows.Pair]bool // to a role's policies
	member map[workflows.Pair]bool // of a key's statement
}

func newRoom(survey workflows.Survey) *room {
	r := &room{survey: survey, sizes: map[string]int{}, added: map[workflows.Pair]bool{}, member: map[workflows.Pair]bool{}}
	for _, role := range survey.Roles {
		r.sizes[role.ARN] = role.InlineSize
	}
	return r
}

// take takes the room that an item needs. Where there is not enough it takes none, and answers the problem.
func (r *room) take(item workflows.Canary) *workflows.Problem {
	after := &room{survey: r.survey, sizes: maps.Clone(r.sizes), added: maps.Clone(r.added), member: maps.Clone(r.member)}
	for _, change := range item.Grants {
		if p := after.add(change); p != nil {
			return p
		}
	}
	*r = *after
	return nil
}

func (r *room) add(c workflows.AccessChange) *workflows.Problem {
	pair := c.Pair()
	switch {
	case c.There:
	case c.Method == workflows.ByRolePolicy && !r.added[pair]:
		r.added[pair] = true
		r.sizes[c.RoleARN] += r.growth(c)
		return full("the inline policies of "+c.RoleARN, r.sizes[c.RoleARN], workflows.MaxInline)
	case c.Method == workflows.ByKeyPolicy && !r.member[pair]:
		r.member[pair] = true
		r.sizes[c.KeyARN] = r.withMember(pair)
		return full("the policy of key "+c.KeyARN, r.sizes[c.KeyARN], workflows.MaxKeyPolicy)
	}
	return nil
}

// growth is how many characters a role's inline policies grow by with rekey's for a key or a location.
func (r *room) growth(c workflows.AccessChange) int {
	if c.Location == "" {
		return r.route(c.Pair()).RolePolicyGrowth
	}
	for _, p := range r.survey.Places {
		if p.RoleARN == c.RoleARN && p.Location == c.Location {
			return p.PolicyGrowth
		}
	}
	return 0
}

// withMember is how many bytes a key's policy has with one more role in rekey's statement: the first brings the statement
// with it, every other a comma and its ARN in quotes.
func (r *room) withMember(pair workflows.Pair) int {
	if size := r.sizes[pair.KeyARN]; size > 0 {
		return size + len(pair.RoleARN) + len(`"",`)
	}
	return r.route(pair).KeyPolicySize
}

func (r *room) route(pair workflows.Pair) workflows.Route {
	for _, route := range r.survey.Routes {
		if route.Pair == pair {
			return route
		}
	}
	return workflows.Route{}
}

// full is the problem of a policy that has no room for what a plan adds to it, nil when it has.
func full(policy string, size, limit int) *workflows.Problem {
	if size <= limit {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.PolicyFull,
		Message:  fmt.Sprintf("There is no room for all that the plan adds to %s: they would have %d of at most %d characters.", policy, size, limit),
		NextStep: "Give the role wider permissions on the new location, make room, choose another access policy or give the canaries roles of their own, and create the migration anew.",
		Metadata: map[string]string{"policy": policy, "size": fmt.Sprint(size), "limit": fmt.Sprint(limit)},
	}
}
