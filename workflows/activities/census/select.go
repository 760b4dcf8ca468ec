package census

import (
	"slices"
	"strings"
	"time"

	runtimes "github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/pattern"
)

// matchesAny reports whether a name matches one of the patterns; no pattern at all matches everything.
func matchesAny(patterns []string, name string) bool {
	if len(patterns) == 0 {
		return true
	}
	return pattern.MatchAny(patterns, name)
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
