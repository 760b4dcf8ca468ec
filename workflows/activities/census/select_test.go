package census

import (
	"regexp"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	runtimes "github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

func TestMatches(t *testing.T) {
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
		if got := matches(test.pattern, test.name); got != test.want {
			t.Errorf("matches(%q, %q) = %v", test.pattern, test.name, got)
		}
	}
	if !matchesAny(nil, "shop") || matchesAny([]string{"a*", "b*"}, "shop") || !matchesAny([]string{"a*", "s*"}, "shop") {
		t.Error("no pattern matches all, several match what any of them does")
	}
}

func FuzzMatches(f *testing.F) {
	f.Add("s*o?", "shop")
	f.Add("*a*b*", "aabb")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 50 || len(name) > 50 || !isASCII(pattern+name) {
			t.Skip("canary names are short and ASCII")
		}
		quoted := regexp.QuoteMeta(pattern)
		quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, `\*`, `.*`), `\?`, `.`)
		want := regexp.MustCompile(`(?s)\A` + quoted + `\z`).MatchString(name)
		if got := matches(pattern, name); got != want {
			t.Errorf("matches(%q, %q) = %v", pattern, name, got)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}

func TestIsDeprecated(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for why, test := range map[string]struct {
		date *time.Time
		want bool
	}{
		"no date":             {nil, false},
		"a date that passed":  {awssdk.Time(now.Add(-time.Hour)), true},
		"a date that is now":  {awssdk.Time(now), true},
		"an announced date":   {awssdk.Time(now.Add(time.Hour)), false},
		"a date years before": {awssdk.Time(now.AddDate(-5, 0, 0)), true},
	} {
		if got := isDeprecated(runtimes.RuntimeVersion{DeprecationDate: test.date}, now); got != test.want {
			t.Errorf("%s: deprecated %v", why, got)
		}
	}
}
