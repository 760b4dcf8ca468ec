// Package model is what AWS's API models demand of the inputs of the operations that awssim serves: required
// members, lengths, ranges, patterns and enumerations. The services check it at their doors, before they look at
// anything else, as AWS does.
//
//	if v := model.Check("kms", "CreateGrant", awsjson.Input(c)); v != nil {
//		return invalid("%s", v) // 1 validation error detected: Value null at 'keyId' failed to satisfy ...
//	}
//
// constraints.json is derived from a release of botocore (see generate) and names it. Where AWS is known to
// differ from its model, overrides says so.
package model

import (
	_ "embed" // the table
	"encoding/json"
	"maps"
	"sync"
)

// Table is the content of constraints.json.
type Table struct {
	// Source is what it was derived from, with its version.
	Source string `json:"source"`
	// Services are by their names in a signature's credential scope, with the constraints of each operation.
	Services map[string]map[string]Constraints `json:"services"`
}

// Constraints are those of one input, by the path of what they bind: members are joined by dots, and the parts of
// lists and maps have the suffixes below. For example "Tags[].Key" is required in each element of "Tags".
type Constraints map[string]Constraint

// The suffixes of a path that lead into a list or a map.
const (
	Element = "[]"
	Key     = "{key}"
	Value   = "{value}"
)

// Member is the path of a structure's member.
func Member(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Constraint is what the model says of one value.
type Constraint struct {
	// Type is the shape's: string, blob, list, map, structure, integer, long ...
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`
	// Min and Max bound a number's value, a string's characters, a blob's bytes, a list's or a map's items.
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`
	// Pattern is a Java regular expression for the whole value.
	Pattern string   `json:"pattern,omitempty"`
	Enum    []string `json:"enum,omitempty"`
}

// Binds says whether it forbids anything.
func (c Constraint) Binds() bool {
	return c.Required || c.Min != nil || c.Max != nil || c.Pattern != "" || len(c.Enum) > 0
}

//go:embed constraints.json
var text []byte

// Load is the table with the overrides in it, the caller's to change.
func Load() Table {
	var t Table
	if err := json.Unmarshal(text, &t); err != nil {
		panic("constraints.json isn't what generate writes: " + err.Error())
	}
	for _, o := range overrides {
		o.apply(t.Services[o.service])
	}
	return t
}

// operations are the inputs of all operations, ready to check, by service and operation.
var operations = sync.OnceValue(func() map[string]map[string]*node {
	ready := map[string]map[string]*node{}
	for service, inputs := range Load().Services {
		ready[service] = map[string]*node{}
		for operation, constraints := range maps.All(inputs) {
			ready[service][operation] = grow(constraints)
		}
	}
	return ready
})

// Knows says whether there are constraints for an operation, be they empty.
func Knows(service, operation string) bool {
	return operations()[service][operation] != nil
}

// Check holds an operation's input against the model. The input is as JSON decodes it (UseNumber), where numbers
// may also be strings; what isn't of the modelled type is left to whoever decodes it for good. An operation that
// the table doesn't know has no constraints.
func Check(service, operation string, input map[string]any) Violations {
	n := operations()[service][operation]
	if n == nil {
		return nil
	}
	var found Violations
	n.check("", input, &found)
	return found
}
