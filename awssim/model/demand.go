package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// demand is one of a constraint's, with AWS's words for it.
type demand struct {
	kind Kind
	text string
	// broken says that a value doesn't meet it; one of another type than the modelled does.
	broken func(v any) bool
}

// demands are those on the value itself, in AWS's order.
func (c Constraint) demands() []demand {
	var list []demand
	what := "have length"
	if c.isNumber() {
		what = "have value"
	}
	if c.Max != nil {
		list = append(list, demand{TooMuch, fmt.Sprintf("Member must %s less than or equal to %d", what, *c.Max), func(v any) bool {
			size, ok := c.size(v)
			return ok && size > *c.Max
		}})
	}
	if c.Min != nil {
		list = append(list, demand{TooLittle, fmt.Sprintf("Member must %s greater than or equal to %d", what, *c.Min), func(v any) bool {
			size, ok := c.size(v)
			return ok && size < *c.Min
		}})
	}
	if c.Pattern != "" {
		pattern := compile(c.Pattern)
		list = append(list, demand{Unmatched, "Member must satisfy regular expression pattern: " + c.Pattern, func(v any) bool {
			s, ok := v.(string)
			return ok && !pattern.MatchString(s)
		}})
	}
	if len(c.Enum) > 0 {
		list = append(list, demand{Unknown, "Member must satisfy enum value set: [" + strings.Join(c.Enum, ", ") + "]", func(v any) bool {
			s, ok := v.(string)
			return ok && !slices.Contains(c.Enum, s)
		}})
	}
	return list
}

// Allows says whether a value, by itself, meets all demands.
func (c Constraint) Allows(v any) bool {
	return !slices.ContainsFunc(c.demands(), func(d demand) bool { return d.broken(v) })
}

// size is what Min and Max bound.
func (c Constraint) size(v any) (int64, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		return n, err == nil && c.isNumber()
	case string:
		switch {
		case c.isNumber(): // from a form
			n, err := strconv.ParseInt(v, 10, 64)
			return n, err == nil
		case c.Type == "blob": // in base64
			return int64(len(strings.TrimRight(v, "=")) * 3 / 4), true
		}
		return int64(utf8.RuneCountInString(v)), c.Type == "string"
	case []any:
		return int64(len(v)), c.Type == "list"
	case map[string]any:
		return int64(len(v)), c.Type == "map"
	}
	return 0, false
}

func (c Constraint) isNumber() bool { return c.Type == "integer" || c.Type == "long" }
