package policy

import (
	"slices"
	"strings"
)

// condition is one operator on one key.
type condition struct {
	key      string // lower case
	values   []string
	match    func(want, got string) bool
	negated  bool
	null     bool
	ifExists bool
	set      setOperator
	unknown  bool
}

// setOperator says how a key with several values is compared.
type setOperator int

const (
	single   setOperator = iota
	forAll               // ForAllValues: true when the key is missing
	forAnyOf             // ForAnyValue: false when the key is missing
)

// unsimulated are AWS's operators that close rather than open here.
var unsimulated = []string{
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
	"NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals",
	"DateGreaterThan", "DateGreaterThanEquals", "BinaryEquals", "IpAddress", "NotIpAddress",
}

// parseOperator reads an operator's name with its prefix and suffix; false when AWS has no such operator.
func parseOperator(name string) (condition, bool) {
	var c condition
	if rest, ok := strings.CutPrefix(name, "ForAllValues:"); ok {
		c.set, name = forAll, rest
	} else if rest, ok := strings.CutPrefix(name, "ForAnyValue:"); ok {
		c.set, name = forAnyOf, rest
	}
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	switch name {
	case "StringEquals", "StringNotEquals":
		c.match = func(want, got string) bool { return want == got }
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Bool":
		c.match = strings.EqualFold
	case "StringLike", "StringNotLike":
		c.match = Glob
	case "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike":
		c.match = globARN
	case "Null":
		c.null = true
		return c, !c.ifExists
	default:
		c.unknown = true
		return c, slices.Contains(unsimulated, name)
	}
	c.negated = strings.Contains(name, "Not")
	return c, true
}

func (c *condition) holds(all map[string][]string) bool {
	got, exists := all[c.key]
	if c.null {
		return slices.Contains(c.values, "true") == !exists
	}
	if !exists {
		switch c.set {
		case forAll:
			return true
		case forAnyOf:
			return c.ifExists
		default:
			return c.ifExists || c.negated
		}
	}
	switch c.set {
	case forAll:
		return !slices.ContainsFunc(got, func(g string) bool { return c.wanted(g) == c.negated })
	case forAnyOf:
		return slices.ContainsFunc(got, func(g string) bool { return c.wanted(g) != c.negated })
	default:
		return slices.ContainsFunc(got, c.wanted) != c.negated
	}
}

// wanted says whether any of the policy's values matches.
func (c *condition) wanted(got string) bool {
	return slices.ContainsFunc(c.values, func(want string) bool { return c.match(want, got) })
}

// globARN compares ARNs field by field: a wildcard does not reach across a colon, except in the resource.
func globARN(pattern, arn string) bool {
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) != 6 || len(a) != 6 {
		return pattern == "*"
	}
	for i := range p {
		if !Glob(p[i], a[i]) {
			return false
		}
	}
	return true
}
