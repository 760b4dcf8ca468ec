package policydoc

import "strings"

// Truth is what is known of a condition.
type Truth int

// The truths. The zero value is Unknown.
const (
	Unknown Truth = iota
	True
	False
)

// Context is what is known of a request: its condition keys in small letters, with their values. A key with no values is
// known to be absent; one that is not there is not known.
type Context map[string][]string

// applies is whether the statement is about an action on a resource, whoever does it.
func (s Statement) applies(action, resource string, ctx Context) Truth {
	if !s.isAbout(action) {
		return False
	}
	covers, holds := s.covers(resource), s.holds(ctx)
	switch {
	case covers == False || holds == False:
		return False
	case covers == True && holds == True:
		return True
	}
	return Unknown
}

// holds is whether all conditions of a statement hold.
func (s Statement) holds(ctx Context) Truth {
	result := True
	for _, c := range s.Conditions {
		switch c.holds(ctx) {
		case False:
			return False
		case Unknown:
			result = Unknown
		case True:
		}
	}
	return result
}

// holds evaluates a condition: any of its values must match, or none for the negated operators (IAM User Guide,
// reference_policies_multi-value-conditions). A value with a policy variable may match.
func (c Condition) holds(ctx Context) Truth {
	operator, ifExists := strings.CutSuffix(c.Operator, "IfExists")
	have, known := ctx[strings.ToLower(c.Key)]
	switch {
	case !known:
		return Unknown
	case operator == "Null":
		return truth(len(c.Values) == 1 && strings.EqualFold(c.Values[0], "true") == (len(have) == 0))
	}
	match, negated := matcher(operator)
	switch {
	case match == nil || len(have) > 1:
		return Unknown
	case len(have) == 0:
		return truth(ifExists || negated)
	}
	result := truth(negated)
	for _, v := range c.Values {
		switch {
		case variable.MatchString(v):
			result = Unknown
		case match(v, have[0]):
			return truth(!negated)
		}
	}
	return result
}

// matcher is how an operator compares, and whether it is a negated one; nil for an operator that is not understood.
func matcher(operator string) (match func(pattern, text string) bool, negated bool) {
	equal := func(a, b string) bool { return a == b }
	fold := strings.EqualFold
	switch operator {
	case "StringEquals":
		return equal, false
	case "StringNotEquals":
		return equal, true
	case "StringEqualsIgnoreCase":
		return fold, false
	case "StringNotEqualsIgnoreCase":
		return fold, true
	case "StringLike", "ArnLike", "ArnEquals":
		return Wildcard, false
	case "StringNotLike", "ArnNotLike", "ArnNotEquals":
		return Wildcard, true
	case "Bool":
		return fold, false
	}
	return nil, false
}

func truth(b bool) Truth {
	if b {
		return True
	}
	return False
}

func not(t Truth) Truth {
	switch t {
	case True:
		return False
	case False:
		return True
	case Unknown:
	}
	return Unknown
}
