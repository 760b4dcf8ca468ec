// Package modeltest makes of the constraints themselves inputs that break them, so that a test of a service's door
// can forget none.
//
//	for _, c := range modeltest.Cases("kms") { ... send c.Input to c.Operation ... }
package modeltest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rekey/awssim/model"
)

// Case is an input with one wrong value; required members elsewhere may be missing too.
type Case struct {
	Operation string
	// Path is that of the constraint, and Kind what is wrong.
	Path string
	Kind model.Kind
	// Input is what to send.
	Input map[string]any
	// At is how AWS's messages name the place.
	At string
}

func (c Case) String() string { return fmt.Sprintf("%s/%s/%d", c.Operation, c.Path, c.Kind) }

// Cases are those of all operations of a service.
func Cases(service string) []Case {
	var cases []Case
	operations := model.Load().Services[service]
	for _, operation := range slices.Sorted(maps.Keys(operations)) {
		constraints := operations[operation]
		for _, path := range slices.Sorted(maps.Keys(constraints)) {
			c := constraints[path]
			if c.Required {
				cases = append(cases, newCase(operation, path, model.Missing, nil))
			}
			for _, bad := range wrong(c, holdsStructures(constraints, path)) {
				cases = append(cases, newCase(operation, path, bad.kind, bad.value))
			}
		}
	}
	return cases
}

func holdsStructures(constraints model.Constraints, path string) bool {
	for other := range constraints {
		if strings.HasPrefix(other, path+model.Element+".") {
			return true
		}
	}
	return false
}

type badValue struct {
	kind  model.Kind
	value any
}

// wrong are values that a constraint doesn't allow, one for each of its demands that can be broken.
func wrong(c model.Constraint, structures bool) []badValue {
	var bad []badValue
	if c.Max != nil {
		bad = append(bad, badValue{model.TooMuch, sized(c.Type, *c.Max+1, structures)})
	}
	if c.Min != nil && *c.Min > 0 {
		bad = append(bad, badValue{model.TooLittle, sized(c.Type, *c.Min-1, structures)})
	}
	if len(c.Enum) > 0 {
		bad = append(bad, badValue{model.Unknown, "NOT_ONE_OF_THEM"})
	}
	for _, text := range []string{"? ?", "\u2603", "\x01"} {
		if c.Pattern != "" && !(model.Constraint{Type: "string", Pattern: c.Pattern}).Allows(text) {
			return append(bad, badValue{model.Unmatched, text})
		}
	}
	return bad
}

// sized is a value of a type and a size: a number's value, a string's or list's length.
func sized(kind string, n int64, structures bool) any {
	switch kind {
	case "integer", "long":
		return json.Number(strconv.FormatInt(n, 10))
	case "blob":
		return base64.StdEncoding.EncodeToString(make([]byte, n))
	case "list":
		list := make([]any, n)
		for i := range list {
			list[i] = any("a")
			if structures {
				list[i] = map[string]any{}
			}
		}
		return list
	default:
		return strings.Repeat("a", int(n))
	}
}

// newCase puts a value at a path; a nil one leaves it out of the structure that should have it.
func newCase(operation, path string, kind model.Kind, value any) Case {
	input := map[string]any{}
	parts := strings.Split(path, ".")
	at, s := "", input
	for i, part := range parts {
		name, isElement := strings.CutSuffix(part, model.Element)
		name, isKey := strings.CutSuffix(name, model.Key)
		at = model.Member(at, strings.ToLower(name[:1])+name[1:])
		if i == len(parts)-1 {
			switch {
			case isElement:
				value = []any{value}
			case isKey:
				value = map[string]any{fmt.Sprint(value): "a"}
			}
			if value != nil {
				s[name] = value
			}
			break
		}
		below := map[string]any{}
		s[name] = below
		if isElement {
			s[name] = []any{below}
			at += ".1.member"
		}
		s = below
	}
	return Case{Operation: operation, Path: path, Kind: kind, Input: input, At: at}
}
