package census

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws/canaries"
)

func TestAdmits(t *testing.T) {
	const key, role = "arn:aws:kms:eu-west-1:111122223333:key/1", "arn:aws:iam::111122223333:role/canaries/shop"
	shop := types.Canary{
		Name: awssdk.String("shop"), RuntimeVersion: awssdk.String("syn-nodejs-puppeteer-11.0"), ExecutionRoleArn: awssdk.String(role),
		Tags: map[string]string{"team": "shop", "a=b": "c=d", "empty": ""},
		ArtifactConfig: &types.ArtifactConfigOutput{S3Encryption: &types.S3EncryptionConfig{
			EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: awssdk.String(key),
		}},
	}
	unconfigured := types.Canary{Name: awssdk.String("new"), RuntimeVersion: awssdk.String("syn-python-selenium-5.1")}
	type filter = workflows.CanaryFilter
	for name, test := range map[string]struct {
		reason string
		filter filter
		canary types.Canary
		want   bool
	}{
		"nothing set":                   {"every canary is selected", filter{}, unconfigured, true},
		"a tag's key":                   {"whatever its value", filter{Tags: []string{"team"}}, shop, true},
		"a tag with its value":          {"", filter{Tags: []string{"team=shop"}}, shop, true},
		"a tag with another value":      {"", filter{Tags: []string{"team=pay"}}, shop, false},
		"a part of a tag's value":       {"values are not patterns", filter{Tags: []string{"team=sho"}}, shop, false},
		"a key in another case":         {"tags have cases", filter{Tags: []string{"Team"}}, shop, false},
		"equals signs in the key":       {"keys may have them", filter{Tags: []string{"a=b"}}, shop, true},
		"equals signs in both":          {"", filter{Tags: []string{"a=b=c=d"}}, shop, true},
		"an empty value":                {"", filter{Tags: []string{"empty="}}, shop, true},
		"any of several tags":           {"", filter{Tags: []string{"team=pay", "empty"}}, shop, true},
		"a tag of none":                 {"", filter{Tags: []string{"team"}}, unconfigured, false},
		"a runtime":                     {"", filter{RuntimePatterns: []string{"syn-python-*", "syn-nodejs-puppeteer-*"}}, shop, true},
		"another runtime":               {"the whole version must match", filter{RuntimePatterns: []string{"syn-nodejs"}}, shop, false},
		"a mode":                        {"", filter{Modes: []workflows.Mode{workflows.SSEKMS}}, shop, true},
		"another mode":                  {"", filter{Modes: []workflows.Mode{workflows.SSES3, workflows.AWSManaged}}, shop, false},
		"the default mode":              {"a canary that was never configured has it", filter{Modes: []workflows.Mode{workflows.AWSManaged}}, unconfigured, true},
		"a key":                         {"", filter{KeyARNs: []string{key + "2", key}}, shop, true},
		"another key":                   {"ARNs are compared whole", filter{KeyARNs: []string{key + "2"}}, shop, false},
		"a key of none":                 {"the AWS managed key has no ARN here", filter{KeyARNs: []string{key}}, unconfigured, false},
		"a role":                        {"", filter{RolePatterns: []string{"*:role/canaries/*"}}, shop, true},
		"another role":                  {"", filter{RolePatterns: []string{"*:role/shop"}}, shop, false},
		"all that is set":               {"", filter{Tags: []string{"team"}, Modes: []workflows.Mode{workflows.SSEKMS}, RolePatterns: []string{"*shop"}}, shop, true},
		"all that is set, but for once": {"", filter{Tags: []string{"team"}, Modes: []workflows.Mode{workflows.SSES3}, RolePatterns: []string{"*shop"}}, shop, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := admits(test.filter, canaries.Settings(test.canary), test.canary.Tags); got != test.want {
				t.Errorf("%s: admitted %v, want %v", test.reason, got, test.want)
			}
		})
	}
}

func TestNoPatternMatchesAll(t *testing.T) {
	if !matchesAny(nil, "shop") || matchesAny([]string{"a*", "b*"}, "shop") || !matchesAny([]string{"a*", "s*"}, "shop") {
		t.Error("no pattern matches all, several match what any of them does")
	}
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
		if got := isDeprecated(types.RuntimeVersion{DeprecationDate: test.date}, now); got != test.want {
			t.Errorf("%s: deprecated %v", why, got)
		}
	}
}
