package conformance

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

func fieldFacts() []fact {
	return []fact{
		{
			name: "KeysAreNamedByKeyARNOnly", status: confirmed, mutates: true, needs: []subject{canary, key, keyAlias},
			source: "API model, KmsKeyArn", check: keysByARNOnly,
		},
		{
			name: "MultiRegionKeysAreTaken", status: confirmed, mutates: true, needs: []subject{readyCanary, multiRegionKey},
			source: "API model, KmsKeyArn",
			check: func(x *trial) {
				if c := x.edit(readyCanary, x.under(multiRegionKey)); keyOf(c) != x.id(multiRegionKey) {
					x.Errorf("the key is %s", keyOf(c))
				}
			},
		},
		{
			name: "EncryptionModeChangesInPlace", status: confirmed, mutates: true, needs: []subject{readyCanary, key},
			source: "Terraform, TestAccSyntheticsCanary_artifactEncryption",
			check: func(x *trial) {
				plain := x.edit(readyCanary, &awssynthetics.UpdateCanaryInput{ArtifactConfig: &types.ArtifactConfigInput{
					S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3},
				}})
				if mode := plain.ArtifactConfig.S3Encryption.EncryptionMode; mode != types.EncryptionModeSseS3 || keyOf(plain) != "" {
					x.Errorf("%s under %q", mode, keyOf(plain))
				}
				if c := x.edit(readyCanary, x.under(key)); keyOf(c) != x.id(key) {
					x.Errorf("the key is %q", keyOf(c))
				}
			},
		},
		{
			name: "UnconfiguredCanaryHasNoArtifactConfig", status: confirmed, needs: []subject{unconfigured},
			source: "Terraform, canary_test.go: artifact_config.# = 0; AWS CLI, get-canary sample",
			check: func(x *trial) {
				if c := x.canary(unconfigured); c.ArtifactConfig != nil {
					x.Errorf("%s", text(c.ArtifactConfig))
				}
			},
		},
		{
			name: "CanaryWithoutVisualMonitoringHasNoReferences", status: confirmed, needs: []subject{canary},
			source: "AWS CLI, get-canary sample",
			check: func(x *trial) {
				if c := x.canary(canary); c.VisualReference != nil || len(c.VisualReferences) > 0 {
					x.Errorf("%s", text(c.VisualReference, c.VisualReferences))
				}
			},
		},
		{
			name: "LocationIsShownWithoutScheme", status: confirmed, needs: []subject{canary},
			source: "CloudFormation's handler, ModelHelper.java; Terraform, canary_test.go",
			check: func(x *trial) {
				if at := *x.canary(canary).ArtifactS3Location; strings.HasPrefix(at, "s3:") {
					x.Error(at)
				}
			},
		},
		{
			name: "LocationKeepsATrailingSlash", status: confirmed, mutates: true, needs: []subject{readyCanary},
			source: "Terraform, canary_test.go",
			check: func(x *trial) {
				want := strings.TrimSuffix(*x.canary(readyCanary).ArtifactS3Location, "/") + "/moved/"
				c := x.edit(readyCanary, &awssynthetics.UpdateCanaryInput{ArtifactS3Location: aws.String("s3://" + want)})
				if *c.ArtifactS3Location != want {
					x.Errorf("%s, want %s", *c.ArtifactS3Location, want)
				}
			},
		},
		{
			name: "LocationTakesNoBucketWithPeriods", status: confirmed, mutates: true, needs: []subject{readyCanary},
			source: "API_UpdateCanary, ArtifactS3Location",
			check: func(x *trial) {
				x.refused(x.update(readyCanary, &awssynthetics.UpdateCanaryInput{ArtifactS3Location: aws.String("s3://a.bucket/x")}), validation)
			},
		},
		{
			name: "RateOfZeroMinutesIsKeptAsZeroHours", status: confirmed, mutates: true, needs: []subject{stoppedCanary},
			source: "Terraform, canary_test.go",
			check: func(x *trial) {
				c := x.edit(stoppedCanary, &awssynthetics.UpdateCanaryInput{
					Schedule: &types.CanaryScheduleInput{Expression: aws.String("rate(0 minute)")},
				})
				if *c.Schedule.Expression != "rate(0 hour)" {
					x.Error(*c.Schedule.Expression)
				}
			},
		},
		{
			name: "TwoRetriesNeedATimeoutBelowTenMinutes", status: confirmed, mutates: true, needs: []subject{stoppedCanary},
			source: "API_RetryConfigInput",
			check: func(x *trial) {
				x.refused(x.update(stoppedCanary, &awssynthetics.UpdateCanaryInput{
					Schedule: &types.CanaryScheduleInput{
						Expression: aws.String("rate(1 hour)"), RetryConfig: &types.RetryConfigInput{MaxRetries: aws.Int32(2)},
					},
					RunConfig: &types.CanaryRunConfigInput{TimeoutInSeconds: aws.Int32(600)},
				}), validation)
			},
		},
		{
			name: "EnvironmentVariablesAreNeverShown", status: confirmed, needs: []subject{environmentCanary},
			source: "CloudFormation's handler, UpdateHandler.java: they can't be read back",
			check: func(x *trial) {
				if run := x.shown(environmentCanary)["RunConfig"]; strings.Contains(string(run), "Environment") {
					x.Errorf("%s", run)
				}
			},
		},
		{
			name: "EnvironmentKeyIsShown", status: confirmed, needs: []subject{environmentCanary}, source: "API model, Canary.KmsKeyArn",
			check: func(x *trial) {
				if shown := x.shown(environmentCanary)["KmsKeyArn"]; !strings.HasPrefix(string(shown), `"arn:`) {
					x.Errorf("%s", shown)
				}
			},
		},
		{
			name: "UpdateKeepsWhatItDoesNotName", status: confirmed, mutates: true,
			needs:  []subject{canary, visualCanary, environmentCanary, otherKey},
			source: "API_UpdateCanary in words for VisualReference and KmsKeyArn; Terraform, which sends only what changed",
			check:  updateKeeps,
		},
	}
}

func keysByARNOnly(x *trial) {
	arn := x.id(key)
	prefix, id, _ := strings.Cut(arn, "key/")
	for _, name := range []string{x.id(keyAlias), prefix + x.id(keyAlias), id} {
		err := x.update(canary, &awssynthetics.UpdateCanaryInput{ArtifactConfig: &types.ArtifactConfigInput{
			S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: &name},
		}})
		x.refused(err, validation)
	}
}

// shown are the members of the canary as they come over the wire.
func (x *trial) shown(s subject) map[string]json.RawMessage {
	x.Helper()
	var body string
	_, err := x.synthetics.GetCanary(x.ctx, &awssynthetics.GetCanaryInput{Name: x.named(s)}, recorded(&body))
	x.must(err)
	var out struct{ Canary map[string]json.RawMessage }
	x.must(json.Unmarshal([]byte(body), &out))
	return out.Canary
}

// updateKeeps moves nothing but the key, and compares the rest.
func updateKeeps(x *trial) {
	changing := []string{"ArtifactConfig", "Status", "Timeline", "EngineArn", "EngineConfigs", "Code"}
	for _, s := range []subject{canary, visualCanary, environmentCanary} {
		before := x.shown(s)
		c := x.edit(s, x.under(otherKey))
		if keyOf(c) != x.id(otherKey) {
			x.Errorf("%s: the key is %s", x.id(s), keyOf(c))
		}
		after := x.shown(s)
		for member, value := range before {
			if !slices.Contains(changing, member) && string(after[member]) != string(value) {
				x.Errorf("%s: %s was %s and became %s", x.id(s), member, value, after[member])
			}
		}
	}
}
