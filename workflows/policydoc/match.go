package policydoc

import (
	"regexp"
	"strings"

	"rekey/workflows/pattern"
)

// Wildcard reports whether a text matches a pattern, in which * stands for any characters and ? for one.
func Wildcard(p, text string) bool { return pattern.Match(p, text) }

// isAbout reports whether the statement is about an action, whoever does it and on what.
func (s Statement) isAbout(action string) bool {
	if len(s.NotActions) > 0 {
		return !anyFold(s.NotActions, action)
	}
	return anyFold(s.Actions, action)
}

// covers is whether the statement is about a resource. Key policies name no other resource than *.
func (s Statement) covers(resource string) Truth {
	if len(s.NotResources) > 0 {
		return not(anyMatch(s.NotResources, resource))
	}
	if len(s.Resources) == 0 {
		return True
	}
	return anyMatch(s.Resources, resource)
}

// names reports whether the statement is about a principal by its ARN or as everyone.
func (s Statement) names(principal string) bool {
	found := false
	for _, p := range s.Principals {
		found = found || p == "*" || p == principal
	}
	return found != s.NotPrincipal
}

// delegates reports whether the statement names an account as a whole: by its root, its number, or as everyone.
func (s Statement) delegates(account string) bool {
	for _, p := range s.Principals {
		if p == "*" || p == account || strings.HasPrefix(p, "arn:") && strings.HasSuffix(p, ":iam::"+account+":root") {
			return !s.NotPrincipal
		}
	}
	return false
}

// variable is a policy variable, whose value is that of the request (IAM User Guide, reference_policies_variables).
var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// anyMatch is whether a text matches one of the patterns. One with a variable may, if it does for some value of it.
func anyMatch(patterns []string, text string) Truth {
	result := False
	for _, p := range patterns {
		switch {
		case !Wildcard(variable.ReplaceAllString(p, "*"), text):
		case !variable.MatchString(p):
			return True
		default:
			result = Unknown
		}
	}
	return result
}

func anyFold(patterns []string, action string) bool {
	for _, p := range patterns {
		if Wildcard(strings.ToLower(p), strings.ToLower(action)) {
			return true
		}
	}
	return false
}
