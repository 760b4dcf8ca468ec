package main

import (
	"fmt"
	"slices"

	"rekey/awssim/model"
)

// api is the part of a model (service-2.json) that says what an input may be.
type api struct {
	Operations map[string]struct {
		Input *reference `json:"input"`
	} `json:"operations"`
	Shapes map[string]shape `json:"shapes"`
}

type reference struct {
	Shape string `json:"shape"`
}

type shape struct {
	Type     string               `json:"type"`
	Required []string             `json:"required"`
	Members  map[string]reference `json:"members"`
	Member   *reference           `json:"member"`
	Key      *reference           `json:"key"`
	Value    *reference           `json:"value"`
	Min      *int64               `json:"min"`
	Max      *int64               `json:"max"`
	Pattern  string               `json:"pattern"`
	Enum     []string             `json:"enum"`
}

// constraints are those of an operation's input, by path.
func (a *api) constraints(operation string) (model.Constraints, error) {
	op, ok := a.Operations[operation]
	if !ok {
		return nil, fmt.Errorf("the model has no %s", operation)
	}
	found := model.Constraints{}
	if op.Input != nil {
		a.walk(op.Input.Shape, "", false, nil, found)
	}
	return found, nil
}

// walk collects what is below a path. above are the shapes that it is inside of: none of the inputs is recursive,
// and one that will be ends there.
func (a *api) walk(name, path string, required bool, above []string, found model.Constraints) {
	if slices.Contains(above, name) {
		return
	}
	above = append(slices.Clone(above), name)
	s := a.Shapes[name]
	c := model.Constraint{Type: s.Type, Required: required, Min: s.Min, Max: s.Max, Pattern: s.Pattern, Enum: s.Enum}
	if c.Binds() {
		found[path] = c
	}
	for member, to := range s.Members {
		a.walk(to.Shape, model.Member(path, member), slices.Contains(s.Required, member), above, found)
	}
	for suffix, to := range map[string]*reference{model.Element: s.Member, model.Key: s.Key, model.Value: s.Value} {
		if to != nil {
			a.walk(to.Shape, path+suffix, false, above, found)
		}
	}
}
