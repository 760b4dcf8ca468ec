package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is what sort of demand a value doesn't meet.
type Kind int

// The kinds.
const (
	Missing   Kind = iota // it is required
	TooMuch               // over the maximum: value, length or items
	TooLittle             // under the minimum
	Unmatched             // another pattern
	Unknown               // not in the enumeration
)

// Violation is one value that the model doesn't allow.
type Violation struct {
	// Path is where it is, as AWS's messages have it, for example artifactConfig.s3Encryption.kmsKeyArn.
	Path string
	// Value is nil when it is missing.
	Value any
	Kind  Kind
	// Demand is what the model asks of it, in AWS's words.
	Demand string
}

// Violations are all of an input's.
type Violations []Violation

// String is the message that AWS's services share, for example "1 validation error detected: Value ” at 'keyId'
// failed to satisfy constraint: Member must have length greater than or equal to 1".
func (all Violations) String() string {
	texts := make([]string, len(all))
	for i, v := range all {
		value := "null"
		if v.Value != nil {
			value = "'" + show(v.Value) + "'"
		}
		texts[i] = fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, v.Path, v.Demand)
	}
	plural := "s"
	if len(all) == 1 {
		plural = ""
	}
	return fmt.Sprintf("%d validation error%s detected: %s", len(all), plural, strings.Join(texts, "; "))
}

// longest is how much of a value a message repeats; a policy has its place elsewhere.
const longest = 1024

// show writes a value as Java does.
func show(v any) string {
	var text string
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = show(e)
		}
		text = "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, key+"="+show(v[key]))
		}
		text = "{" + strings.Join(parts, ", ") + "}"
	default:
		text = fmt.Sprint(v)
	}
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return text
}
