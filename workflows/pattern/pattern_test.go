package pattern_test

import (
	"regexp"
	"strings"
	"testing"

	"rekey/workflows/pattern"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"shop", "shop", true},
		{"shop", "shop-2", false},
		{"shop*", "shop", true},
		{"shop*", "shop-checkout", true},
		{"*checkout", "shop-checkout", true},
		{"s*o*", "shop", true},
		{"s?op", "shop", true},
		{"s?op", "sop", false},
		{"*", "", true},
		{"**", "shop", true},
		{"?", "", false},
		{"", "", true},
		{"", "shop", false},
		{"*a*b", "aab-aab", true},
		{"*a*b", "aab-aac", false},
	} {
		if got := pattern.Match(test.pattern, test.name); got != test.want {
			t.Errorf("Match(%q, %q) = %v", test.pattern, test.name, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("s*o?", "shop")
	f.Add("*a*b*", "aabb")
	f.Fuzz(func(t *testing.T, p, name string) {
		if len(p) > 50 || len(name) > 50 || !isASCII(p+name) {
			t.Skip("canary names are short and ASCII")
		}
		quoted := regexp.QuoteMeta(p)
		quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, `\*`, `.*`), `\?`, `.`)
		want := regexp.MustCompile(`(?s)\A` + quoted + `\z`).MatchString(name)
		if got := pattern.Match(p, name); got != want {
			t.Errorf("Match(%q, %q) = %v", p, name, got)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}
