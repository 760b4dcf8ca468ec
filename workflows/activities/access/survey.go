package access

import (
	"context"
	"slices"

	"rekey/workflows"
)

// SurveyAccess answers the access that exists and the ways to give more: for each intended use how the role can come to
// use the new key and what is in the way of writing; for each old pair what may be removed and what stays; and who would
// lose sight of new artifacts. It changes nothing.
//
// What can't be read is told as such, and never as absent: pairs whose grants can't be listed are unlisted, roles and
// places unread. The survey fails only where the cell can't be entered or another attempt may help.
func (a *Activities) SurveyAccess(ctx context.Context, in workflows.SurveyInput) (workflows.Survey, error) {
	v := a.view(in.Cell)
	v.selected = in.Accounts
	var survey workflows.Survey
	for _, step := range []func(context.Context, *view, workflows.SurveyInput, *workflows.Survey) error{
		surveyRoutes, surveyOld, surveyRoles, surveyWrites, surveyPlaces, surveyViewers,
	} {
		if err := step(ctx, v, in, &survey); err != nil {
			return workflows.Survey{}, err
		}
	}
	return survey, nil
}

// view is what a survey has read, each thing once.
type view struct {
	a    *Activities
	cell workflows.Cell
	// selected are the accounts whose roles may be read, beside the cell's own.
	selected []string
	people   map[string]*people // by account
	keys     map[string]*keyView
	buckets  map[string]*bucket
}

func (a *Activities) view(cell workflows.Cell) *view {
	return &view{a: a, cell: cell, people: map[string]*people{}, keys: map[string]*keyView{}, buckets: map[string]*bucket{}}
}

// surveyRoles tells what matters of every role of the uses and old pairs.
func surveyRoles(ctx context.Context, v *view, in workflows.SurveyInput, survey *workflows.Survey) error {
	people, err := v.roles(ctx)
	if err != nil {
		return err
	}
	var arns []string
	for _, use := range in.Uses {
		arns = append(arns, use.RoleARN)
	}
	for _, pair := range in.Old {
		arns = append(arns, pair.RoleARN)
	}
	for _, arn := range distinct(arns) {
		facts := workflows.RoleFacts{ARN: arn}
		switch role := people.byARN[arn]; {
		case people.unread != nil:
			facts.Unread = people.unread
		case role == nil:
			facts.Missing = true
		default:
			facts.TrustedBy = role.trustedBy()
			facts.InlineSize = inlineSize(role, "")
			facts.Recreated = v.recreated(role)
		}
		survey.Roles = append(survey.Roles, facts)
	}
	return nil
}

// recreated reports whether a role is younger than access that names it, in the keys that were read.
func (v *view) recreated(role *person) bool {
	for _, key := range v.keys {
		for _, g := range key.grants {
			if isOf(g, role.arn) && g.CreationDate != nil && g.CreationDate.Before(role.created) {
				return true
			}
		}
	}
	return false
}

// distinct is a list without what it repeats, in its order.
func distinct[T comparable](list []T) []T {
	var once []T
	for _, v := range list {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}
