package synthetics

import (
	"net/http"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

// change is the body of UpdateCanary and, but for Schedule, DryRunId, KmsKeyArn and the replicas, of
// StartCanaryDryRun. Members that are nil weren't sent and change nothing.
type change struct {
	Code                         *codeInput
	ExecutionRoleArn             *string
	RuntimeVersion               *string
	Schedule                     *scheduleInput
	RunConfig                    *runConfigInput
	SuccessRetentionPeriodInDays *int
	FailureRetentionPeriodInDays *int
	VpcConfig                    *vpcConfig
	VisualReference              *referenceInput
	VisualReferences             []referenceInput
	ArtifactS3Location           *string
	ArtifactConfig               *artifactConfigInput
	ProvisionedResourceCleanup   *string
	BrowserConfigs               []browserConfig
	DryRunID                     *string `json:"DryRunId"`
	KmsKeyArn                    *string
	AddReplicaLocations          []replicaInput
	RemoveReplicaLocations       []string
}

type codeInput struct {
	BlueprintTypes []string
	Dependencies   []struct{ Reference, Type string }
	Handler        *string
	S3Bucket       *string
	S3Key          *string
	S3Version      *string
	ZipFile        []byte
}

type scheduleInput struct {
	Expression        *string
	DurationInSeconds *int64
	RetryConfig       *struct{ MaxRetries *int }
}

type replicaInput struct {
	Location  string
	KmsKeyArn *string
	VpcConfig *vpcConfig
}

type runConfigInput struct {
	ActiveTracing        *bool
	EnvironmentVariables map[string]string
	EphemeralStorage     *int
	MemoryInMB           *int
	TimeoutInSeconds     *int
}

type referenceInput struct {
	BaseCanaryRunID *string          `json:"BaseCanaryRunId"`
	BaseScreenshots []baseScreenshot // nil when not sent
	BrowserType     *string
}

type artifactConfigInput struct{ S3Encryption *encryptionInput }

type encryptionInput struct {
	EncryptionMode *string
	KmsKeyArn      *string
}

type browserConfig struct {
	BrowserType string `json:"BrowserType,omitempty"`
}

// parseChange reads a body of at most 10 MB; unknown members are skipped, as AWS does.
func parseChange(call *wire.Call) (*change, error) {
	const most = 10_000_000
	if len(call.Body) > most {
		return nil, apierr.New("RequestEntityTooLargeException", http.StatusRequestEntityTooLarge,
			"The request is larger than %d bytes.", most)
	}
	var in change
	return &in, restjson.Read(call, &in)
}

// onlyDryRunID says whether nothing but a schedule stands beside DryRunId.
func (in *change) onlyDryRunID() bool {
	rest := *in
	rest.DryRunID, rest.Schedule = nil, nil
	return rest.isEmpty()
}

func (in *change) isEmpty() bool {
	return in.Code == nil && in.ExecutionRoleArn == nil && in.RuntimeVersion == nil && in.Schedule == nil &&
		in.RunConfig == nil && in.SuccessRetentionPeriodInDays == nil && in.FailureRetentionPeriodInDays == nil &&
		in.VpcConfig == nil && in.VisualReference == nil && in.VisualReferences == nil &&
		in.ArtifactS3Location == nil && in.ArtifactConfig == nil && in.ProvisionedResourceCleanup == nil &&
		in.BrowserConfigs == nil && in.KmsKeyArn == nil && in.AddReplicaLocations == nil &&
		in.RemoveReplicaLocations == nil && in.DryRunID == nil
}
