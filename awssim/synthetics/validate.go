package synthetics

import (
	"net/http"
	"regexp"
	"slices"

	"rekey/awssim/apierr"
	"rekey/awssim/synthetics/schedule"
)

// The patterns of the API model; AWS matches them from end to end.
var (
	namePattern    = regexp.MustCompile(`^[0-9a-z_\-]+$`)
	uuidPattern    = regexp.MustCompile(`^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$`)
	rolePattern    = regexp.MustCompile(`^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)
	keyPattern     = regexp.MustCompile(`^arn:(aws[a-zA-Z-]*)?:kms:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}:\d{12}:key/[\w\-/]+$`)
	handlerPattern = regexp.MustCompile(`^([0-9a-zA-Z_-]+/)*[0-9A-Za-z_\\-]+\.[A-Za-z_][A-Za-z0-9_]*$`)
	areaPattern    = regexp.MustCompile(`^(-?\d{1,5}\.?\d{0,2},){3}(-?\d{1,5}\.?\d{0,2}){1}$`)
	envPattern     = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_])+$`)
)

func checkName(name string) error {
	if len(name) > 255 || !namePattern.MatchString(name) {
		return invalid("Value %q at 'name' failed to satisfy constraint: 1 to 255 characters of [0-9a-z_-]", name)
	}
	return nil
}

// check looks at the members one by one: lengths, patterns and enumerations, as AWS does before it looks at
// the canary.
func (in *change) check() error {
	for _, check := range []func() error{
		in.checkCode, in.checkStrings, in.checkLocation, in.checkNumbers, in.checkRunConfig, in.checkScheduleMembers,
		in.checkEncryption, in.checkReferences, in.checkBrowsers,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (in *change) checkCode() error {
	if in.Code == nil {
		return nil
	}
	blueprint := len(in.Code.BlueprintTypes) > 0
	switch {
	case blueprint && !slices.Equal(in.Code.BlueprintTypes, []string{"multi-checks"}):
		return invalid("Value at 'code.blueprintTypes' must be multi-checks")
	case blueprint == (in.Code.Handler != nil):
		return invalid("Either 'code.handler' or 'code.blueprintTypes' must be given, and not both")
	case in.Code.Handler != nil && (len(*in.Code.Handler) > 128 || !handlerPattern.MatchString(*in.Code.Handler)):
		return invalid("Value %q at 'code.handler' failed to satisfy its pattern", *in.Code.Handler)
	case len(in.Code.ZipFile) > 225*1000:
		return apierr.New("RequestEntityTooLargeException", http.StatusRequestEntityTooLarge, "The code must be smaller than 225 KB.")
	}
	for _, d := range in.Code.Dependencies {
		if d.Reference == "" || d.Type != "" && d.Type != "LambdaLayer" {
			return invalid("Value at 'code.dependencies' needs a reference and the type LambdaLayer")
		}
	}
	return nil
}

func (in *change) checkStrings() error {
	switch {
	case in.ExecutionRoleArn != nil && (len(*in.ExecutionRoleArn) > 2048 || !rolePattern.MatchString(*in.ExecutionRoleArn)):
		return invalid("Value %q at 'executionRoleArn' failed to satisfy its pattern", *in.ExecutionRoleArn)
	case in.RuntimeVersion != nil && (*in.RuntimeVersion == "" || len(*in.RuntimeVersion) > 1024):
		return invalid("Value at 'runtimeVersion' must have 1 to 1024 characters")
	case in.DryRunID != nil && !uuidPattern.MatchString(*in.DryRunID):
		return invalid("Value %q at 'dryRunId' failed to satisfy its pattern", *in.DryRunID)
	case in.DryRunID != nil && !in.onlyDryRunID():
		return invalid("Only Schedule can be provided along with DryRunId.")
	case in.ProvisionedResourceCleanup != nil && *in.ProvisionedResourceCleanup != "AUTOMATIC" && *in.ProvisionedResourceCleanup != "OFF":
		return invalid("Value at 'provisionedResourceCleanup' must be AUTOMATIC or OFF")
	case in.AddReplicaLocations != nil || in.RemoveReplicaLocations != nil:
		return invalid("This simulation doesn't change replica locations.")
	}
	if k := in.KmsKeyArn; k != nil && *k != "" && !keyPattern.MatchString(*k) {
		return invalid("Value %q at 'kmsKeyArn' failed to satisfy its pattern", *k)
	}
	return nil
}

func (in *change) checkLocation() error {
	if in.ArtifactS3Location == nil {
		return nil
	}
	if _, err := parseLocation(*in.ArtifactS3Location); err != nil {
		return invalid("%v", err)
	}
	return nil
}

func (in *change) checkNumbers() error {
	for _, days := range []*int{in.SuccessRetentionPeriodInDays, in.FailureRetentionPeriodInDays} {
		if days != nil && (*days < 1 || *days > 1024) {
			return invalid("Retention period %d must be between 1 and 1024 days", *days)
		}
	}
	if v := in.VpcConfig; v != nil && (len(v.SubnetIDs) > 16 || len(v.SecurityGroupIDs) > 5) {
		return invalid("VpcConfig takes at most 16 subnets and 5 security groups")
	}
	return nil
}

// checkRunConfig doesn't insist on the older model's least memory of 960 MB.
func (in *change) checkRunConfig() error {
	c := in.RunConfig
	if c == nil {
		return nil
	}
	switch {
	case c.TimeoutInSeconds != nil && (*c.TimeoutInSeconds < 3 || *c.TimeoutInSeconds > 840):
		return invalid("Value %d at 'runConfig.timeoutInSeconds' must be between 3 and 840", *c.TimeoutInSeconds)
	case c.MemoryInMB != nil && (*c.MemoryInMB < 64 || *c.MemoryInMB > 3008 || *c.MemoryInMB%64 != 0):
		return invalid("Value %d at 'runConfig.memoryInMB' must be a multiple of 64 up to 3008", *c.MemoryInMB)
	case c.EphemeralStorage != nil && (*c.EphemeralStorage < 512 || *c.EphemeralStorage > 10240):
		return invalid("Value %d at 'runConfig.ephemeralStorage' must be between 512 and 10240", *c.EphemeralStorage)
	}
	size := 0
	for name, value := range c.EnvironmentVariables {
		if !envPattern.MatchString(name) {
			return invalid("Environment variable %q failed to satisfy its pattern", name)
		}
		size += len(name) + len(value)
	}
	if size > 4096 {
		return invalid("The environment variables exceed 4 KB")
	}
	return nil
}

func (in *change) checkScheduleMembers() error {
	if in.Schedule == nil {
		return nil
	}
	if in.Schedule.Expression == nil {
		return invalid("Value at 'schedule.expression' must not be null")
	}
	if _, err := schedule.Parse(*in.Schedule.Expression); err != nil {
		return invalid("%v", err)
	}
	if d := in.Schedule.DurationInSeconds; d != nil && (*d < 0 || *d > 31_622_400) {
		return invalid("Value %d at 'schedule.durationInSeconds' must be between 0 and 31622400", *d)
	}
	if r := in.Schedule.RetryConfig; r != nil && (r.MaxRetries == nil || *r.MaxRetries < 0 || *r.MaxRetries > 2) {
		return invalid("Value at 'schedule.retryConfig.maxRetries' must be between 0 and 2")
	}
	return nil
}

// checkEncryption refuses a key without SSE_KMS and SSE_KMS without a key: AWS says that the two go together,
// not what it answers when they don't (inferred).
func (in *change) checkEncryption() error {
	if in.ArtifactConfig == nil || in.ArtifactConfig.S3Encryption == nil {
		return nil
	}
	mode, key := in.ArtifactConfig.S3Encryption.EncryptionMode, in.ArtifactConfig.S3Encryption.KmsKeyArn
	switch {
	case mode != nil && *mode != "SSE_S3" && *mode != "SSE_KMS":
		return invalid("Value %q at 'artifactConfig.s3Encryption.encryptionMode' must be SSE_S3 or SSE_KMS", *mode)
	case key != nil && (len(*key) > 2048 || !keyPattern.MatchString(*key)):
		return invalid("Value %q at 'artifactConfig.s3Encryption.kmsKeyArn' failed to satisfy its pattern", *key)
	case key != nil && (mode == nil || *mode != "SSE_KMS"):
		return invalid("KmsKeyArn goes with EncryptionMode SSE_KMS only.")
	case mode != nil && *mode == "SSE_KMS" && key == nil:
		return invalid("EncryptionMode SSE_KMS needs KmsKeyArn.")
	}
	return nil
}

func (in *change) checkReferences() error {
	refs := in.VisualReferences
	switch {
	case in.VisualReference != nil && refs != nil:
		return invalid("VisualReference and VisualReferences can't be used together.")
	case refs != nil && (len(refs) < 1 || len(refs) > 2):
		return invalid("Value at 'visualReferences' must have 1 or 2 items")
	}
	if in.VisualReference != nil {
		refs = []referenceInput{*in.VisualReference}
	}
	for _, v := range refs {
		if err := v.check(); err != nil {
			return err
		}
	}
	return nil
}

func (v referenceInput) check() error {
	switch {
	case v.BaseCanaryRunID == nil || *v.BaseCanaryRunID == "":
		return invalid("Value at 'visualReference.baseCanaryRunId' must not be null")
	case *v.BaseCanaryRunID != nextRun && *v.BaseCanaryRunID != lastRun && !uuidPattern.MatchString(*v.BaseCanaryRunID):
		return invalid("Value %q at 'visualReference.baseCanaryRunId' must be nextrun, lastrun or a run's id", *v.BaseCanaryRunID)
	case v.BrowserType != nil && *v.BrowserType != chrome && *v.BrowserType != firefox:
		return invalid("Value %q at 'visualReference.browserType' must be CHROME or FIREFOX", *v.BrowserType)
	}
	for _, shot := range v.BaseScreenshots {
		if shot.Name == "" || len(shot.Name) > 1024 {
			return invalid("Value at 'baseScreenshots.screenshotName' must have 1 to 1024 characters")
		}
		if len(shot.Ignore) > 20 {
			return invalid("Value at 'baseScreenshots.ignoreCoordinates' takes at most 20 items")
		}
		for _, area := range shot.Ignore {
			if !areaPattern.MatchString(area) {
				return invalid("Value %q at 'baseScreenshots.ignoreCoordinates' failed to satisfy its pattern", area)
			}
		}
	}
	return nil
}

func (in *change) checkBrowsers() error {
	if in.BrowserConfigs == nil {
		return nil
	}
	if len(in.BrowserConfigs) < 1 || len(in.BrowserConfigs) > 2 {
		return invalid("Value at 'browserConfigs' must have 1 or 2 items")
	}
	seen := map[string]bool{}
	for _, b := range in.BrowserConfigs {
		if b.BrowserType != chrome && b.BrowserType != firefox {
			return invalid("Value %q at 'browserConfigs.browserType' must be CHROME or FIREFOX", b.BrowserType)
		}
		if seen[b.BrowserType] {
			return invalid("Browser %s is given twice.", b.BrowserType)
		}
		seen[b.BrowserType] = true
	}
	return nil
}
