package synthetics

import (
	"net/http"
	"regexp"
	"slices"

	"rekey/awssim/apierr"
	"rekey/awssim/model"
	"rekey/awssim/synthetics/schedule"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

// uuidPattern is a run's id.
var uuidPattern = regexp.MustCompile(`^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$`)

// checkModel holds a request against the API model: what it says in the body, in the path and in the query.
func checkModel(call *wire.Call, op, name string) error {
	in := restjson.Input(call)
	switch op {
	case "DescribeCanaries", "DescribeCanariesLastRun", "DescribeRuntimeVersions":
	default:
		in["Name"] = name
	}
	if id := call.HTTP.URL.Query().Get("dryRunId"); op == "GetCanary" && id != "" {
		in["DryRunId"] = id
	}
	if v := model.Check("synthetics", op, in); v != nil {
		return invalid("%s", v)
	}
	return nil
}

// check is what the model doesn't say: members that go together or exclude each other, and what is in strings.
func (in *change) check() error {
	for _, check := range []func() error{
		in.checkTogether, in.checkCode, in.checkLocation, in.checkRunConfig, in.checkSchedule, in.checkEncryption,
		in.checkReferences, in.checkBrowsers,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (in *change) checkTogether() error {
	switch {
	case in.DryRunID != nil && !in.onlyDryRunID():
		return invalid("Only Schedule can be provided along with DryRunId.")
	case in.AddReplicaLocations != nil || in.RemoveReplicaLocations != nil:
		return invalid("This simulation doesn't change replica locations.")
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
	case len(in.Code.ZipFile) > 225*1000:
		return apierr.New("RequestEntityTooLargeException", http.StatusRequestEntityTooLarge, "The code must be smaller than 225 KB.")
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

func (in *change) checkRunConfig() error {
	c := in.RunConfig
	if c == nil {
		return nil
	}
	if c.MemoryInMB != nil && *c.MemoryInMB%64 != 0 {
		return invalid("Value %d at 'runConfig.memoryInMB' must be a multiple of 64", *c.MemoryInMB)
	}
	size := 0
	for name, value := range c.EnvironmentVariables {
		size += len(name) + len(value)
	}
	if size > 4096 {
		return invalid("The environment variables exceed 4 KB")
	}
	return nil
}

func (in *change) checkSchedule() error {
	if in.Schedule == nil {
		return nil
	}
	if _, err := schedule.Parse(*in.Schedule.Expression); err != nil {
		return invalid("%v", err)
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
	case key != nil && (mode == nil || *mode != "SSE_KMS"):
		return invalid("KmsKeyArn goes with EncryptionMode SSE_KMS only.")
	case mode != nil && *mode == "SSE_KMS" && key == nil:
		return invalid("EncryptionMode SSE_KMS needs KmsKeyArn.")
	}
	return nil
}

func (in *change) checkReferences() error {
	refs := in.VisualReferences
	if in.VisualReference != nil {
		if refs != nil {
			return invalid("VisualReference and VisualReferences can't be used together.")
		}
		refs = []referenceInput{*in.VisualReference}
	}
	for _, v := range refs {
		if base := *v.BaseCanaryRunID; base != nextRun && base != lastRun && !uuidPattern.MatchString(base) {
			return invalid("Value %q at 'visualReference.baseCanaryRunId' must be nextrun, lastrun or a run's id", base)
		}
	}
	return nil
}

func (in *change) checkBrowsers() error {
	seen := map[string]bool{}
	for _, b := range in.BrowserConfigs {
		if seen[b.BrowserType] {
			return invalid("Browser %s is given twice.", b.BrowserType)
		}
		seen[b.BrowserType] = true
	}
	return nil
}
