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

// admits reports whether a filter admits a canary. A canary whose encryption was never set has the AWS managed key's.
func admits(f workflows.CanaryFilter, s workflows.Settings, tags map[string]string) bool {
	return (len(f.Tags) == 0 || hasAny(tags, f.Tags)) &&
		matchesAny(f.RuntimePatterns, s.Runtime) &&
		(len(f.Modes) == 0 || slices.Contains(f.Modes, s.From.Mode)) &&
		(len(f.KeyARNs) == 0 || slices.Contains(f.KeyARNs, s.From.KeyARN)) &&
		matchesAny(f.RolePatterns, s.RoleARN)
}

// hasAny reports whether one of the tags is asked for, as "key" or "key=value". Keys and values may have equals signs
// themselves (Tagging AWS Resources User Guide, naming limits), so that a text is not taken apart but compared.
func hasAny(tags map[string]string, wanted []string) bool {
	for key, value := range tags {
		if slices.Contains(wanted, key) || slices.Contains(wanted, key+"="+value) {
			return true
		}
	}
	return false
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
