package roles

import (
	"regexp"
	"strings"
)

// everybody is the member that admits callers without a name, too.
const everybody = "*"

// member is a pattern of callers' names, in which * stands for any characters.
type member struct {
	everybody bool
	names     *regexp.Regexp
}

func newMember(pattern string) member {
	return member{
		everybody: pattern == everybody,
		names:     regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"),
	}
}

// matches reports whether a name is meant. A caller without one is nobody in particular.
func (m member) matches(name string) bool { return name != "" && m.names.MatchString(name) }
