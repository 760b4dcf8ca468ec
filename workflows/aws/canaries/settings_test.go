package canaries

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

const key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

func TestEncryption(t *testing.T) {
	for name, test := range map[string]struct {
		config *types.ArtifactConfigOutput
		want   workflows.Encryption
	}{
		"never configured": {nil, workflows.Encryption{Mode: workflows.AWSManaged}},
		"no S3Encryption":  {&types.ArtifactConfigOutput{}, workflows.Encryption{Mode: workflows.AWSManaged}},
		"no mode": {
			&types.ArtifactConfigOutput{S3Encryption: &types.S3EncryptionConfig{}},
			workflows.Encryption{Mode: workflows.AWSManaged},
		},
		"SSE_S3": {
			&types.ArtifactConfigOutput{S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3}},
			workflows.Encryption{Mode: workflows.SSES3},
		},
		"SSE_KMS": {
			&types.ArtifactConfigOutput{S3Encryption: &types.S3EncryptionConfig{
				EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: awssdk.String(key),
			}},
			workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: key},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := types.Canary{ArtifactConfig: test.config}
			if got := Encryption(c); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			// What is sent for an encryption reads back as that encryption.
			sent := Config(test.want)
			if got := Encryption(types.Canary{ArtifactConfig: &types.ArtifactConfigOutput{S3Encryption: sent.S3Encryption}}); got != test.want {
				t.Errorf("%v is sent as %v", test.want, got)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	c := types.Canary{
		Id: awssdk.String("id-1"), Name: awssdk.String("shop"),
		Status:             &types.CanaryStatus{State: types.CanaryStateRunning},
		RuntimeVersion:     awssdk.String("syn-nodejs-puppeteer-11.0"),
		ExecutionRoleArn:   awssdk.String("arn:aws:iam::111122223333:role/canary"),
		ArtifactS3Location: awssdk.String("s3://bucket/shop/"),
		KmsKeyArn:          awssdk.String(key),
		BrowserConfigs:     []types.BrowserConfig{{BrowserType: types.BrowserTypeChrome}, {BrowserType: types.BrowserTypeFirefox}},
		Schedule:           &types.CanaryScheduleOutput{Expression: awssdk.String("rate(5 minutes)")},
		VisualReferences: []types.VisualReferenceOutput{
			{BaseCanaryRunId: awssdk.String("run-1"), BrowserType: types.BrowserTypeChrome, BaseScreenshots: []types.BaseScreenshot{
				{ScreenshotName: awssdk.String("home"), IgnoreCoordinates: []string{"1,2,3,4"}},
			}},
		},
		VisualReference: &types.VisualReferenceOutput{BaseCanaryRunId: awssdk.String("older spelling")},
		MultiLocationConfig: &types.MultiLocationConfig{
			LocationType: types.LocationTypePrimary, PrimaryLocation: awssdk.String("eu-west-1"),
			Replicas: []types.Replica{{Location: awssdk.String("eu-west-2")}},
		},
	}
	want := workflows.Settings{
		ID: "id-1", Name: "shop", State: "RUNNING", Runtime: "syn-nodejs-puppeteer-11.0",
		RoleARN: "arn:aws:iam::111122223333:role/canary", From: workflows.Encryption{Mode: workflows.AWSManaged},
		Location: "bucket/shop", EnvironmentKeyARN: key, Browsers: []string{"CHROME", "FIREFOX"},
		Schedule: "rate(5 minutes)", Replicas: []string{"eu-west-2"},
		Visual: []workflows.VisualReference{
			{BaseRunID: "run-1", Browser: "CHROME", Screenshots: []workflows.Screenshot{{Name: "home", Ignore: []string{"1,2,3,4"}}}},
		},
	}
	if diff := cmp.Diff(want, Settings(c)); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(workflows.Settings{From: workflows.Encryption{Mode: workflows.AWSManaged}}, Settings(types.Canary{})); diff != "" {
		t.Errorf("settings of a canary that says nothing (-want +got):\n%s", diff)
	}
}

func TestSettingsOfOlderCanariesAndReplicas(t *testing.T) {
	single := Settings(types.Canary{VisualReference: &types.VisualReferenceOutput{BaseCanaryRunId: awssdk.String("run-1")}})
	if len(single.Visual) != 1 || single.Visual[0].BaseRunID != "run-1" {
		t.Errorf("the single reference of an older runtime was lost: %v", single.Visual)
	}
	replica := Settings(types.Canary{MultiLocationConfig: &types.MultiLocationConfig{
		LocationType: types.LocationTypeReplica, PrimaryLocation: awssdk.String("eu-west-1"),
	}})
	if replica.PrimaryRegion != "eu-west-1" {
		t.Errorf("a replica names the primary Region %q", replica.PrimaryRegion)
	}
}
