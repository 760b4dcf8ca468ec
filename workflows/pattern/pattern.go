// Package pattern matches names against patterns of operators.
package pattern

import (
	"slices"
	"strings"
)

// MatchAny reports whether a name matches one of the patterns.
func MatchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Match(p, name) })
}

// Match reports whether a whole name matches a pattern, in which * stands for any characters, none included, and ? for
// exactly one. It takes at most len(pattern) × len(name) steps.
func Match(pattern, name string) bool {
	p, n := 0, 0
	star, retryAt := -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retryAt = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			retryAt++
			p, n = star+1, retryAt
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
