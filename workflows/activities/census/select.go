package census

import (
	"slices"
	"strings"
	"time"

	runtimes "github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
)

// matchesAny reports whether a name matches one of the patterns; no pattern at all matches everything.
func matchesAny(patterns []string, name string) bool {
	if len(patterns) == 0 {
		return true
	}
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

// matches reports whether a whole name matches a pattern, in which * stands for any characters, none included,
// and ? for exactly one. It takes at most len(pattern) × len(name) steps.
func matches(pattern, name string) bool {
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

func bucketOf(location string) string {
	bucket, _, _ := strings.Cut(location, "/")
	return bucket
}

// isDeprecated reports whether a runtime version's date of deprecation has passed. AWS also announces dates that
// lie ahead.
func isDeprecated(v runtimes.RuntimeVersion, now time.Time) bool {
	return v.DeprecationDate != nil && !v.DeprecationDate.After(now)
}

func isUsed(list []workflows.Settings, version string) bool {
	return slices.ContainsFunc(list, func(s workflows.Settings) bool { return s.Runtime == version })
}
