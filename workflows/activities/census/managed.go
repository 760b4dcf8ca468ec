package census

import (
	"maps"
	"slices"
	"strings"
)

// CloudFormation marks what it makes by tags of this kind; the user can't set them (CloudFormation User Guide, resource
// tags).
const (
	cloudFormation = "aws:cloudformation:"
	stackName      = "aws:cloudformation:stack-name"
)

// managedBy names the tool that manages a canary, as its tags tell; empty when none does. Keys are those of other tools'
// tags.
func managedBy(tags map[string]string, keys []string) string {
	if stack, ok := tags[stackName]; ok {
		return "CloudFormation stack " + stack
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		switch {
		case strings.HasPrefix(key, cloudFormation):
			return "CloudFormation"
		case slices.Contains(keys, key):
			return "the owner of tag " + key + "=" + tags[key]
		}
	}
	return ""
}
