package canaries

import (
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
)

// Settings are a canary's settings, without the Region of its bucket, which Synthetics does not tell.
func Settings(c types.Canary) workflows.Settings {
	s := workflows.Settings{
		ID:                awssdk.ToString(c.Id),
		Name:              awssdk.ToString(c.Name),
		State:             string(State(c)),
		Runtime:           awssdk.ToString(c.RuntimeVersion),
		RoleARN:           awssdk.ToString(c.ExecutionRoleArn),
		From:              Encryption(c),
		Location:          Location(awssdk.ToString(c.ArtifactS3Location)),
		Visual:            visual(c),
		EnvironmentKeyARN: awssdk.ToString(c.KmsKeyArn),
	}
	if days := awssdk.ToInt32(c.SuccessRetentionPeriodInDays); days > 0 {
		s.RetentionDays = int(days)
	}
	for _, b := range c.BrowserConfigs {
		s.Browsers = append(s.Browsers, string(b.BrowserType))
	}
	if m := c.MultiLocationConfig; m != nil {
		if m.LocationType == types.LocationTypeReplica {
			s.PrimaryRegion = awssdk.ToString(m.PrimaryLocation)
		}
		for _, r := range m.Replicas {
			s.Replicas = append(s.Replicas, awssdk.ToString(r.Location))
		}
	}
	if c.Schedule != nil {
		s.Schedule = awssdk.ToString(c.Schedule.Expression)
	}
	return s
}

// Encryption is the encryption of a canary's artifacts. A canary without ArtifactConfig, without S3Encryption or
// without a mode has the default (Synthetics API, S3EncryptionConfig: "if you omit this parameter, an Amazon Web
// Services-managed KMS key is used").
func Encryption(c types.Canary) workflows.Encryption {
	if c.ArtifactConfig == nil || c.ArtifactConfig.S3Encryption == nil {
		return workflows.Encryption{Mode: workflows.AWSManaged}
	}
	switch e := c.ArtifactConfig.S3Encryption; e.EncryptionMode {
	case "":
		return workflows.Encryption{Mode: workflows.AWSManaged}
	case types.EncryptionModeSseKms:
		return workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: awssdk.ToString(e.KmsKeyArn)}
	default:
		return workflows.Encryption{Mode: workflows.Mode(e.EncryptionMode)}
	}
}

// Config is an encryption as UpdateCanary takes it. The default is an empty S3Encryption: that it takes a set key
// away is inferred from AWS's CloudFormation handler, which sends it for templates without ArtifactConfig; an
// omitted one changes nothing.
func Config(e workflows.Encryption) *types.ArtifactConfigInput {
	s3 := &types.S3EncryptionConfig{}
	switch e.Mode {
	case workflows.AWSManaged:
	case workflows.SSEKMS:
		s3.EncryptionMode = types.EncryptionModeSseKms
		s3.KmsKeyArn = awssdk.String(e.KeyARN)
	default:
		s3.EncryptionMode = types.EncryptionMode(e.Mode)
	}
	return &types.ArtifactConfigInput{S3Encryption: s3}
}

// Location is an artifact location as "bucket/prefix". Requests name it with s3://, answers without, and a slash
// at the end comes back as it was given.
func Location(s string) string {
	return strings.TrimRight(strings.TrimPrefix(s, "s3://"), "/")
}

func visual(c types.Canary) []workflows.VisualReference {
	references := c.VisualReferences
	if len(references) == 0 && c.VisualReference != nil {
		references = []types.VisualReferenceOutput{*c.VisualReference}
	}
	var list []workflows.VisualReference
	for _, r := range references {
		if awssdk.ToString(r.BaseCanaryRunId) == "" {
			continue
		}
		v := workflows.VisualReference{BaseRunID: *r.BaseCanaryRunId, Browser: string(r.BrowserType)}
		for _, s := range r.BaseScreenshots {
			v.Screenshots = append(v.Screenshots, workflows.Screenshot{
				Name: awssdk.ToString(s.ScreenshotName), Ignore: s.IgnoreCoordinates,
			})
		}
		list = append(list, v)
	}
	return list
}
